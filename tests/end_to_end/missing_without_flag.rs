//! Kombo flags deleted people. People missing from its list without that flag are locked only after approval.

use employee_sync::report::Report;
use harness::{Harness, people};
use shared::runtime::{FindingKind, Outcome};
use shared::state::Brake;
use shared::tenant::Via;
use simulators::{Behaviour, Fault};

use crate::brakes::PLAIN;

/// A company on Kombo's unified route whose list lacks three people for the second time, with the missing ids and the others.
async fn missing_without_flag() -> (Harness, Report, [u64; 3], Vec<u64>) {
    let harness = Harness::synced(Via::Kombo, PLAIN, people(20)).await;
    harness.fail_reading(Behaviour::DropRows(3), Fault::always);
    let report = harness.tick().await;
    assert_eq!((report.counts.missing_once, report.held), (3, None));
    let report = harness.tick().await;
    let ids: Vec<u64> = harness
        .held()
        .await
        .unwrap()
        .sample
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    let others = (1..=20).filter(|id| !ids.contains(id)).collect();
    (harness, report, ids.try_into().unwrap(), others)
}

#[tokio::test]
async fn a_person_missing_without_the_flag_is_held() {
    let (harness, report, _, others) = missing_without_flag().await;
    let held = report.held.as_ref().unwrap();
    assert_eq!(
        held.counts.iter().collect::<Vec<_>>(),
        [(&Brake::UnflaggedLock, &3)]
    );
    for words in [
        "3 locks of people who are missing and not marked as deleted",
        "stay open",
        "`tenants approve acme ",
    ] {
        assert!(held.text.contains(words), "{}", held.text);
    }
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.kind == FindingKind::Held && finding.text == held.text)
    );
    for id in others.into_iter().take(3) {
        harness.change(id, |person| person.position = Some("Chefin".into()));
        let report = harness.tick().await;
        assert_run!(report, Outcome::Done, held = 3, updated = 1);
        assert_eq!(report.held.unwrap().hash, held.hash);
    }
    // The daily reconcile does not lock them either.
    let report = harness.after(jiff::SignedDuration::from_hours(25)).await;
    let both = (report.held.unwrap().hash, harness.locked(1..=20));
    assert_eq!(both, (held.hash.clone(), 0));
    harness.clear_faults();
    harness.forget_requests();
    let both = (harness.tick().await.held, harness.held().await);
    assert_eq!(both, (None, None));
    assert_eq!(harness.writes().len(), 0);
}

#[tokio::test]
async fn a_person_missing_without_the_flag_is_locked_after_approval() {
    let (harness, report, ids, _) = missing_without_flag().await;
    let hash = report.held.unwrap().hash;
    harness.approve(&hash).await;
    let report = harness.tick().await;
    assert_counts!(report, locked = 3);
    assert_eq!((harness.locked(ids), report.held), (3, None));
    assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
    harness.clear_faults();
    harness.tick().await;
    assert_eq!(
        harness.locked(1..=20),
        0,
        "people who are back are unlocked"
    );
}

#[tokio::test]
async fn a_flagged_person_is_locked_while_unflagged_ones_are_held() {
    let (harness, _, ids, others) = missing_without_flag().await;
    let [one, two] = [others[0], others[1]];
    harness.personio.remove(one);
    harness.personio.remove(two);
    harness.tick().await;
    let report = harness.tick().await;
    assert_counts!(report, locked = 2, held = 3);
    assert_eq!(harness.locked([one, two]), 2);
    assert_eq!(harness.locked(1..=20), 2);
    // The flag explains the absence of one of them.
    harness.personio.remove(ids[0]);
    harness.clear_faults();
    harness.tick().await;
    harness.tick().await;
    assert_eq!(
        (
            harness.locked([ids[0]]),
            harness.locked(1..=20),
            harness.held().await
        ),
        (1, 3, None)
    );
}
