//! Held plans: approved, dismissed, changed, resolved.

use std::collections::BTreeSet;

use employee_sync::report::Report;
use harness::{Harness, people};
use jiff::SignedDuration;
use shared::domain::id::SourceId;
use shared::state::{Choice, Decision};
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
async fn an_approval_survives_new_changes_and_covers_none_of_them() {
    let (harness, report) = held().await;
    harness.approve(&report.held.unwrap().hash).await;
    (7..=12).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    let report = harness.tick().await;
    assert_eq!((harness.locked(1..=6), harness.locked(7..=20)), (6, 0));
    assert_counts!(report, locked = 6, held = 6);
    let stored = harness.held().await.unwrap();
    assert_eq!((stored.undecided().len(), stored.sample.len()), (1, 6));
    assert_eq!(
        Some(&stored.hash),
        report.held.as_ref().map(|held| &held.hash)
    );
}

#[tokio::test]
async fn one_person_of_a_held_plan_is_approved_and_the_others_wait() {
    let (harness, report) = held().await;
    let choice = Choice {
        people: BTreeSet::from([SourceId::new("4")]),
        ..Choice::default()
    };
    let at = harness.moment();
    let store = harness.world.stack.store();
    let hash = report.held.unwrap().hash;
    let approved = Decision::Approved { at };
    store
        .decide(&harness.company.tenant, &hash, &choice, approved)
        .await
        .unwrap();
    for _ in 0..2 {
        let report = harness.tick().await;
        assert_counts!(report, held = 5);
        assert_eq!((harness.locked(1..=20), harness.is_locked(4)), (1, true));
    }
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
    let note = harness.tick().await.held.unwrap();
    assert_eq!((&note.hash, note.dismissed), (&hash, true));
    assert!(
        note.text.contains("dismissed") && !note.text.contains("tenants approve"),
        "{}",
        note.text
    );
    assert_idle(&harness).await;
    assert_eq!(harness.locked(1..=20), 0);
    (7..=12).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
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
