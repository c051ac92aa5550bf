use shared::runtime::Outcome;
use simulators::reteach::Customer;

use super::super::check::{Due, Seen, problems};
use super::*;
use oracle::ExpectedAccounts;
use oracle::{DocumentFields, ExpectedDocuments};

/// A run that called nobody and left nothing.
fn nothing() -> Seen {
    Seen {
        reteach_calls: 0,
        hr_calls: 0,
        uploads: 0,
        customers: Vec::new(),
        documents: Vec::new(),
    }
}

fn found(report: impl Into<Told>, seen: &Seen, must: Must) -> Vec<String> {
    let (accounts, filing) = (
        ExpectedAccounts::default(),
        ExpectedDocuments::new(DocumentFields::All),
    );
    let due = Due {
        must,
        uploads: 0,
        accounts: &accounts,
        filing: &filing,
    };
    problems(&report.into(), seen, due)
}

#[test]
fn a_good_run_over_the_right_accounts_has_no_problems() {
    let calls = |reteach_calls| Seen {
        reteach_calls,
        ..nothing()
    };
    assert_eq!(
        found(report(), &calls(400), Must::BeDone),
        Vec::<String>::new()
    );
    assert_eq!(
        found(quiet(), &nothing(), Must::BeDone),
        Vec::<String>::new()
    );
    assert_eq!(
        found(quiet(), &nothing(), Must::BeQuiet),
        Vec::<String>::new()
    );
    assert_eq!(
        found(certificates(), &calls(4), Must::BeQuiet),
        Vec::<String>::new()
    );
}

#[test]
fn a_tick_that_should_be_quiet_is_told_of_each_noise() {
    let one = |report: Report, reteach_calls| {
        found(
            report,
            &Seen {
                reteach_calls,
                ..nothing()
            },
            Must::BeQuiet,
        )
    };
    assert_eq!(
        one(quiet(), 1),
        ["nothing had changed, and reteach received 1 calls"]
    );
    let mut noisy = quiet();
    noisy.calls.reteach = 2;
    assert_eq!(one(noisy, 0), ["the report counts 2 calls to reteach"]);
    let mut noisy = quiet();
    noisy.dynamodb.read = 4.5;
    assert_eq!(one(noisy, 0), ["4.5 DynamoDB read units, more than 4"]);
    let mut noisy = quiet();
    noisy.dynamodb.write = 5.0;
    assert_eq!(one(noisy, 0), ["5 DynamoDB write units, more than 4"]);
    assert_eq!(
        one(
            Report {
                outcome: Outcome::Done,
                ..quiet()
            },
            0
        ),
        ["the run ended as Done"]
    );
}

#[test]
fn a_certificate_run_must_come_to_what_the_story_says() {
    use Must::{BeDone, BeInDoubt, BeQuiet, BeVerified, BeWaiting};
    let ended = |outcome| CertificateReport {
        outcome,
        ..certificates()
    };
    let with = |change: fn(&mut CertificateReport)| {
        let mut report = ended(Outcome::Done);
        change(&mut report);
        report
    };
    let called = |reteach_calls, hr_calls, uploads| Seen {
        reteach_calls,
        hr_calls,
        uploads,
        ..nothing()
    };
    let doubt: fn(&mut CertificateReport) = |report| report.counts.doubtful = 1;
    let verified: fn(&mut CertificateReport) = |report| report.counts.verified = 1;
    let cases: Vec<(CertificateReport, Seen, Must, &[&str])> = vec![
        (ended(Outcome::Waiting), nothing(), BeWaiting, &[]),
        (
            ended(Outcome::Unchanged),
            nothing(),
            BeWaiting,
            &["the run ended as Unchanged"],
        ),
        (
            ended(Outcome::Waiting),
            called(1, 1, 0),
            BeWaiting,
            &["there was nothing to do, and the vendors received 2 calls"],
        ),
        (
            ended(Outcome::Unchanged),
            called(1, 1, 1),
            BeQuiet,
            &[
                "there was nothing to do, and the HR system received 1 calls",
                "1 documents were sent to Personio, not 0",
            ],
        ),
        (
            with(|report| report.outcome = Outcome::Partly),
            nothing(),
            BeDone,
            &["the run ended as Partly"],
        ),
        (
            with(doubt),
            nothing(),
            BeDone,
            &["1 uploads are in doubt, not 0"],
        ),
        (with(doubt), nothing(), BeInDoubt, &[]),
        (
            with(|_| {}),
            nothing(),
            BeInDoubt,
            &["0 uploads are in doubt, not 1"],
        ),
        (with(verified), nothing(), BeVerified, &[]),
        (
            with(|_| {}),
            nothing(),
            BeVerified,
            &["0 uploads were found filed, not 1"],
        ),
        (
            with(|_| {}),
            called(0, 1, 1),
            BeDone,
            &["1 documents were sent to Personio, not 0"],
        ),
    ];
    for (report, seen, must, expected) in cases {
        assert_eq!(found(report, &seen, must), expected, "{must:?}");
    }
}

#[test]
fn a_run_that_failed_is_a_problem_whatever_reteach_holds() {
    let failed = Report {
        outcome: Outcome::ReteachUnavailable,
        message: "no answer".into(),
        ..report()
    };
    assert_eq!(
        found(failed, &nothing(), Must::BeDone),
        ["the run ended as ReteachUnavailable: no answer"]
    );
}

#[test]
fn a_plan_must_be_held_where_the_story_says_so_and_nowhere_else() {
    assert_eq!(
        found(report(), &nothing(), Must::BeHeld),
        ["no plan is held"]
    );
    let held = serde_json::json!({"hash": "00", "since": "2026-05-11T08:00:00Z", "counts": {}, "dismissed": false, "text": ""});
    let held = Report {
        held: Some(serde_json::from_value(held).unwrap()),
        ..report()
    };
    assert_eq!(
        found(held.clone(), &nothing(), Must::BeHeld),
        Vec::<String>::new()
    );
    assert_eq!(found(held, &nothing(), Must::BeDone), ["a plan is held"]);
}

#[test]
fn of_many_differences_some_are_told_and_the_rest_counted() {
    let stranger = |number: usize| Customer {
        id: number.to_string(),
        ..Customer::default()
    };
    let customers: Vec<Customer> = (10..17).map(stranger).collect();
    let found = found(
        report(),
        &Seen {
            customers,
            ..nothing()
        },
        Must::BeDone,
    );
    assert_eq!(found.len(), 6);
    assert_eq!(found.first().unwrap(), "account 10 should not exist");
    assert_eq!(found.last().unwrap(), "and 2 more differences");
}
