//! Kombo marks whom it deletes: whoever is missing from its list without that mark may only have been left out, and keeps
//! their account until somebody decides.

use employee_sync::report::Report;
use harness::{Harness, people};
use shared::runtime::{FindingKind, Outcome};
use shared::state::{Brake, Decision};
use shared::tenant::Via;
use simulators::{Behaviour, Fault};

use crate::brakes::PLAIN;

/// A company on Kombo's unified route whose list leaves three people out, for the second time; who they are, and who is left.
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
        assert_eq!(
            (report.outcome, report.counts.held, report.counts.updated),
            (Outcome::Done, 3, 1)
        );
        assert_eq!(report.held.unwrap().hash, held.hash);
    }
    // The daily comparison with reteach thinks no worse of them.
    let report = harness.after(jiff::SignedDuration::from_hours(25)).await;
    assert_eq!(
        (report.held.unwrap().hash, harness.locked(1..=20)),
        (held.hash.clone(), 0)
    );
    harness.clear_faults();
    harness.forget_requests();
    assert_eq!(
        (harness.tick().await.held, harness.held().await),
        (None, None)
    );
    assert_eq!(harness.writes().len(), 0);
}

#[tokio::test]
async fn a_person_missing_without_the_flag_is_locked_after_approval() {
    let (harness, report, ids, _) = missing_without_flag().await;
    let decision = Decision::Approved {
        at: harness.moment(),
    };
    let hash = report.held.unwrap().hash;
    harness
        .world
        .stack
        .store()
        .decide(&harness.company.tenant, &hash, decision)
        .await
        .unwrap();
    let report = harness.tick().await;
    assert_eq!(
        (report.counts.locked, harness.locked(ids), report.held),
        (3, 3, None)
    );
    assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
    harness.clear_faults();
    harness.tick().await;
    assert_eq!(harness.locked(1..=20), 0, "whoever is back is unlocked");
}

#[tokio::test]
async fn a_flagged_person_is_locked_while_unflagged_ones_are_held() {
    let (harness, _, ids, others) = missing_without_flag().await;
    let [one, two] = [others[0], others[1]];
    harness.company.personio.remove(one);
    harness.company.personio.remove(two);
    harness.tick().await;
    let report = harness.tick().await;
    assert_eq!(
        (
            report.counts.locked,
            report.counts.held,
            harness.locked([one, two])
        ),
        (2, 3, 2)
    );
    assert_eq!(harness.locked(1..=20), 2);
    // Somebody who was left out is marked: that explains the absence.
    harness.company.personio.remove(ids[0]);
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
