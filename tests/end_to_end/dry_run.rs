//! A dry run reports the plan and changes nothing.

use std::collections::BTreeMap;

use employee_sync::EmployeeSync;
use employee_sync::plan::Details;
use harness::{Harness, by_hand, date, numbered, people, person};
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome, Ran};
use shared::state::Brake;
use shared::tenant::Via;
use simulators::people::Status;

async fn dry(harness: &Harness) -> Ran<EmployeeSync> {
    let (items, accounts) = (harness.items().await, harness.reteach.customers());
    harness.forget_requests();
    let ran = harness.run(Mode::DryRun, Deadline::never()).await;
    assert_eq!(
        harness.items().await,
        items,
        "the state is as it was, down to the lease"
    );
    assert_eq!(harness.reteach.customers(), accounts);
    assert_eq!(harness.writes().len(), 0);
    // The first log-in of all is kept: the client code may be good once.
    assert!(ran.report.dynamodb.write <= 1.0);
    ran
}

#[tokio::test]
async fn a_first_dry_run_lists_creates_adoptions_and_held_take_overs() {
    let harness = Harness::new(Via::Direct, "", people(4)).await;
    harness.reteach.insert(by_hand("person-2@muster.example"));
    let foreign = numbered("sap:3", "person-3@muster.example");
    harness.reteach.insert(foreign);
    let ran = dry(&harness).await;
    let counts = ran.report.counts;
    assert_eq!(ran.report.outcome, Outcome::Planned);
    assert_eq!((counts.created, counts.adopted, counts.held), (2, 1, 1));
    let said: BTreeMap<_, _> = ran
        .report
        .findings
        .iter()
        .map(|finding| (finding.person.clone().unwrap(), finding.text.clone()))
        .collect();
    assert!(
        said["1"].starts_with("create email, firstName, lastName"),
        "{}",
        said["1"]
    );
    assert!(said["2"].starts_with("adopt"), "{}", said["2"]);
    assert!(!said.contains_key("3"), "{said:?}");
    let held = ran.report.held.as_ref().unwrap();
    assert_eq!(held.counts, [(Brake::TakeOver, 1)].into());
    let shown = ran
        .plan
        .unwrap()
        .shown(harness.moment(), Details::Values)
        .to_string();
    assert!(shown.contains("(empty) → \"Groß-1\""), "{shown}");
}

#[tokio::test]
async fn a_dry_run_predicts_the_next_run() {
    let harness = Harness::synced(Via::Direct, "", people(12)).await;
    harness.change(1, |person| person.office = Some("Wien".into()));
    harness.change(2, |person| person.termination_date = date("2026-05-08"));
    harness.change(3, |person| person.position = None);
    harness.personio.put(person(13));
    (4..=9).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    let ran = dry(&harness).await;
    let planned = ran.report;
    assert_counts!(planned, held = 6);
    assert!(planned.held.is_some());
    let texts: Vec<_> = planned
        .findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Change)
        .map(|finding| finding.text.as_str())
        .collect();
    assert!(texts.contains(&"update location"), "{texts:?}");
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("lock") && text.ends_with("(contract ends)")),
        "{texts:?}"
    );
    assert_eq!(harness.held().await, None);

    let done = harness.now().await;
    let counts = |report: &employee_sync::report::Report| {
        let report = report.counts;
        (
            report.created,
            report.updated,
            report.locked,
            report.unlocked,
            report.held,
            report.unchanged,
        )
    };
    assert_eq!(counts(&done), counts(&planned));
    assert_eq!(
        done.held.map(|held| held.hash),
        planned.held.map(|held| held.hash)
    );
}

#[tokio::test]
async fn a_dry_run_needs_no_lease() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    harness.take_lease("another").await;
    harness.change(2, |person| person.office = Some("Wien".into()));
    let ran = dry(&harness).await;
    let ended = (ran.report.outcome, ran.report.counts.updated);
    assert_eq!(ended, (Outcome::Planned, 1));
}

#[tokio::test]
async fn a_failing_dry_run_writes_nothing() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    harness.personio.remove_credentials("papi-client");
    assert_eq!(dry(&harness).await.report.outcome, Outcome::AccessDenied);
    harness
        .configure("[employees]\nposition = \"label\"\n")
        .await;
    let outcome = dry(&harness).await.report.outcome;
    assert_eq!(outcome, Outcome::BadConfiguration);
}
