//! Held plans: approved, dismissed, changed, resolved.

use employee_sync::report::Report;
use harness::{Harness, people};
use jiff::SignedDuration;
use shared::state::Decision;
use shared::tenant::Via;
use simulators::people::Status;

use crate::assertions::assert_idle;
use crate::brakes::PLAIN;

/// A company of 20 with six held locks.
async fn held() -> (Harness, Report) {
    let harness = Harness::synced(Via::Direct, PLAIN, people(20)).await;
    (1..=6).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    let report = harness.tick().await;
    assert_eq!((report.counts.held, harness.locked(1..=20)), (6, 0));
    (harness, report)
}

#[tokio::test]
async fn an_approved_plan_is_applied_and_nothing_else() {
    let (harness, report) = held().await;
    let hash = report.held.unwrap().hash;
    harness.approve(&hash).await;
    let report = harness.tick().await;
    assert_eq!((harness.locked(1..=6), harness.locked(7..=20)), (6, 0));
    assert_counts!(report, locked = 6, held = 0);
    assert_eq!(report.held, None);
    assert_eq!(harness.held().await, None);
    assert_idle(&harness).await;
    // The brake goes on for everything else.
    (7..=12).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    harness.tick().await;
    assert_eq!(harness.locked(7..=20), 0);
}

#[tokio::test]
async fn an_approval_lapses_when_the_plan_changes() {
    let (harness, report) = held().await;
    harness.approve(&report.held.unwrap().hash).await;
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
    harness.approve(&report.held.unwrap().hash).await;
    let report = harness.after(SignedDuration::from_hours(24)).await;
    assert_counts!(report, held = 6);
    assert_eq!(harness.locked(1..=20), 0);
}

#[tokio::test]
async fn a_dismissed_plan_stays_held_without_a_prompt() {
    let (harness, report) = held().await;
    let hash = report.held.unwrap().hash;
    let at = harness.moment();
    harness.decide(&hash, Decision::Dismissed { at }).await;
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
    assert_idle(&harness).await;
}
