//! Calls that add and remove several tags, answered 404.

use harness::{Harness, TICK, people};
use http::Method;
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::people::EmploymentType;
use simulators::{Behaviour, Body, Fault};

/// Three tags a person.
const TAGS: &str = "[employees]\nposition = \"tag\"\nlocation = \"tag\"\n[brake]\nat_least = 100\n";

/// Person 3 to 6 get another position, office and contract; the calls of this method for the tags of person 4 are answered 404.
async fn company(method: Method) -> Harness {
    let harness = Harness::synced(Via::Direct, TAGS, people(6)).await;
    for id in 3..=6 {
        harness.change(id, |person| {
            person.position = Some("Meisterin".to_owned());
            person.office = Some("Ulm".to_owned());
            person.employment_type = Some(EmploymentType::External);
        });
    }
    let not_found = Fault::new(Behaviour::Status(404, Body::Vendor));
    let tags = match method {
        Method::PUT => "multiple-tags",
        _ => "tags/",
    };
    let path = format!("/customer/{}/{tags}", harness.account(4).id);
    let fault = not_found.method(method).path(path);
    harness.reteach.fail(fault.always());
    harness
}

fn has_new_tags_alone(harness: &Harness, id: u64) -> bool {
    let mut tags = harness.account(id).tags;
    tags.sort();
    tags == [
        "Anstellungsart: extern",
        "Position: Meisterin",
        "Standort: Ulm",
    ]
}

#[tokio::test]
async fn a_404_for_the_tags_of_one_account_is_that_persons_and_stops_nobody_else() {
    let harness = company(Method::PUT).await;
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, updated = 3, refused = 1);
    let refused = &report.findings[0];
    assert_eq!(refused.kind, FindingKind::Refused);
    assert_eq!(refused.person.as_deref(), Some("4"));
    for says in ["tag:Position", "tag:Standort", "tag:Anstellungsart", "404"] {
        assert!(refused.text.contains(says), "{}", refused.text);
    }
    assert!([3, 5, 6].iter().all(|id| has_new_tags_alone(&harness, *id)));
    // The account is not forgotten: nobody gets a second one.
    assert_run!(harness.tick().await, Outcome::Unchanged, waiting = 1);
    assert_eq!(harness.reteach.customers().len(), 6);
    harness.clear_faults();
    let report = harness.after(SignedDuration::from_mins(15)).await;
    assert_run!(report, Outcome::Done, updated = 1);
    assert!(has_new_tags_alone(&harness, 4));
}

#[tokio::test]
async fn a_404_for_a_tag_to_remove_stops_nobody_and_the_comparison_removes_it() {
    let harness = company(Method::DELETE).await;
    // It is the answer for a tag that is off already.
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, updated = 4, refused = 0);
    assert!([3, 5, 6].iter().all(|id| has_new_tags_alone(&harness, *id)));
    assert_eq!(harness.account(4).tags.len(), 6);
    harness.clear_faults();
    let report = harness.after(SignedDuration::from_hours(24) - TICK).await;
    assert_run!(report, Outcome::Done, updated = 1);
    assert!(has_new_tags_alone(&harness, 4));
}
