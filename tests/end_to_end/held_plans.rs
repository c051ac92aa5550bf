//! A plan that a brake holds: approved, dismissed, changed, gone.

use employee_sync::report::Report;
use harness::{Harness, people};
use jiff::SignedDuration;
use shared::runtime::Outcome;
use shared::state::Decision;
use shared::tenant::Via;
use simulators::people::Status;

use crate::brakes::PLAIN;

/// A company of 20 with six held locks.
async fn held() -> (Harness, Report) {
    let harness = Harness::synced(Via::Direct, PLAIN, people(20)).await;
    (1..=6).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    let report = harness.tick().await;
    assert_eq!((report.counts.held, harness.locked(1..=20)), (6, 0));
    (harness, report)
}

async fn decide(harness: &Harness, hash: &str, decision: Decision) {
    harness
        .world
        .stack
        .store()
        .decide(&harness.company.tenant, hash, decision)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_approved_plan_is_applied_and_nothing_else() {
    let (harness, report) = held().await;
    let hash = report.held.unwrap().hash;
    decide(
        &harness,
        &hash,
        Decision::Approved {
            at: harness.moment(),
        },
    )
    .await;
    let report = harness.tick().await;
    assert_eq!((harness.locked(1..=6), harness.locked(7..=20)), (6, 0));
    assert_eq!(
        (report.counts.locked, report.counts.held, report.held),
        (6, 0, None)
    );
    assert_eq!(harness.held().await, None);
    harness.forget_requests();
    assert_eq!(
        (harness.tick().await.outcome, harness.asked().len()),
        (Outcome::Unchanged, 0)
    );
    // The brake goes on for everything else.
    (7..=12).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    harness.tick().await;
    assert_eq!(harness.locked(7..=20), 0);
}

#[tokio::test]
async fn an_approval_lapses_when_the_plan_changes() {
    let (harness, report) = held().await;
    decide(
        &harness,
        &report.held.unwrap().hash,
        Decision::Approved {
            at: harness.moment(),
        },
    )
    .await;
    harness.change(7, |person| person.status = Status::Inactive);
    let report = harness.tick().await;
    assert_eq!((harness.locked(1..=20), report.counts.held), (0, 7));
    let stored = harness.held().await.unwrap();
    assert_eq!((stored.decision, stored.sample.len()), (None, 7));
    assert_eq!(
        Some(&stored.hash),
        report.held.as_ref().map(|held| &held.hash)
    );
}

#[tokio::test]
async fn an_approval_lapses_after_a_day() {
    let (harness, report) = held().await;
    decide(
        &harness,
        &report.held.unwrap().hash,
        Decision::Approved {
            at: harness.moment(),
        },
    )
    .await;
    let report = harness.after(SignedDuration::from_hours(24)).await;
    assert_eq!(
        (harness.locked(1..=20), report.counts.held),
        (0, 6),
        "{report:#?}"
    );
}

#[tokio::test]
async fn a_dismissed_plan_stays_held_without_a_prompt() {
    let (harness, report) = held().await;
    let hash = report.held.unwrap().hash;
    decide(
        &harness,
        &hash,
        Decision::Dismissed {
            at: harness.moment(),
        },
    )
    .await;
    for _ in 0..3 {
        let note = harness.tick().await.held.unwrap();
        assert_eq!((&note.hash, note.dismissed), (&hash, true));
        assert!(
            note.text.contains("dismissed") && !note.text.contains("tenants approve"),
            "{}",
            note.text
        );
    }
    assert_eq!(harness.locked(1..=20), 0);
    harness.change(7, |person| person.status = Status::Inactive);
    assert!(!harness.tick().await.held.unwrap().dismissed);
}

#[tokio::test]
async fn a_held_plan_that_resolves_itself_disappears() {
    let (harness, _) = held().await;
    (1..=6).for_each(|id| harness.change(id, |person| person.status = Status::Active));
    let report = harness.tick().await;
    assert_eq!(
        (report.held, harness.held().await, harness.locked(1..=20)),
        (None, None, 0)
    );
    harness.forget_requests();
    assert_eq!(
        (harness.tick().await.outcome, harness.asked().len()),
        (Outcome::Unchanged, 0)
    );
}
