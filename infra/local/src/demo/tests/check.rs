use jiff::tz::TimeZone;
use simulators::reteach::Customer;

use super::super::check::{Seen, problems};
use super::super::expect::Expected;
use super::*;

fn found(report: &Report, calls: usize, customers: &[Customer], must: Must) -> Vec<String> {
    problems(Seen { report, calls, customers }, must, &Expected::new(TimeZone::UTC))
}

#[test]
fn a_good_run_over_the_right_accounts_has_no_problems() {
    assert_eq!(found(&report(), 400, &[], Must::BeDone), Vec::<String>::new());
    assert_eq!(found(&quiet(), 0, &[], Must::BeDone), Vec::<String>::new());
    assert_eq!(found(&quiet(), 0, &[], Must::BeQuiet), Vec::<String>::new());
}

#[test]
fn a_tick_that_should_be_quiet_is_told_of_each_noise() {
    let one = |report: &Report, calls| found(report, calls, &[], Must::BeQuiet);
    assert_eq!(one(&quiet(), 1), ["nothing had changed, and reteach received 1 calls"]);
    let mut noisy = quiet();
    noisy.calls.reteach = 2;
    assert_eq!(one(&noisy, 0), ["the report counts 2 calls to reteach"]);
    let mut noisy = quiet();
    noisy.dynamodb.read = 4.5;
    assert_eq!(one(&noisy, 0), ["4.5 DynamoDB read units, more than 4"]);
    let mut noisy = quiet();
    noisy.dynamodb.write = 5.0;
    assert_eq!(one(&noisy, 0), ["5 DynamoDB write units, more than 4"]);
    assert_eq!(one(&Report { outcome: shared::job::Outcome::Done, ..quiet() }, 0), ["the run ended as Done"]);
}

#[test]
fn a_run_that_failed_is_a_problem_whatever_reteach_holds() {
    let failed =
        Report { outcome: shared::job::Outcome::ReteachUnavailable, message: "no answer".into(), ..report() };
    assert_eq!(found(&failed, 0, &[], Must::BeDone), ["the run ended as ReteachUnavailable: no answer"]);
}

#[test]
fn a_plan_must_be_held_where_the_story_says_so_and_nowhere_else() {
    assert_eq!(found(&report(), 0, &[], Must::BeHeld), ["no plan is held"]);
    let held = serde_json::json!({"hash": "00", "since": "2026-05-11T08:00:00Z", "counts": {}, "dismissed": false, "text": ""});
    let held = Report { held: Some(serde_json::from_value(held).unwrap()), ..report() };
    assert_eq!(found(&held, 0, &[], Must::BeHeld), Vec::<String>::new());
    assert_eq!(found(&held, 0, &[], Must::BeDone), ["a plan is held"]);
}

#[test]
fn of_many_differences_some_are_told_and_the_rest_counted() {
    let stranger = |number: usize| Customer { id: number.to_string(), ..Customer::default() };
    let strangers: Vec<Customer> = (10..17).map(stranger).collect();
    let found = found(&report(), 0, &strangers, Must::BeDone);
    assert_eq!(found.len(), 6);
    assert_eq!(found.first().unwrap(), "there is an account too many: 10");
    assert_eq!(found.last().unwrap(), "and 2 more differences");
}
