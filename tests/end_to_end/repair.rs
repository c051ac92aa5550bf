//! Failures of one person, and changes that admins make in reteach.

use harness::{Harness, TICK, date, people};
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::Endpoint;
use simulators::{Behaviour, Body, Fault};

use crate::assertions::{assert_idle, finding};

#[tokio::test]
async fn a_refused_record_stops_no_other_and_is_retried_with_growing_pauses() {
    let mut everybody = people(6);
    everybody[1].last_name = "Ü".repeat(300);
    let harness = Harness::new(Via::Direct, "", everybody).await;
    let report = harness.now().await;
    assert_counts!(report, created = 5, refused = 1);
    assert_eq!((report.counts.unchanged, harness.find(2)), (0, None));
    let finding = finding(&report, FindingKind::Refused);
    assert_eq!(finding.person.as_deref(), Some("2"));
    assert_says!(finding.text, "lastName", "422", "2026-05-11T08:15:00Z");

    let mut tried = Vec::new();
    for minute in (5..=240).step_by(5) {
        harness.forget_requests();
        let report = harness.tick().await;
        let is_tried = harness.reteach.calls(Endpoint::FindOrCreateCustomer) > 0;
        tried.extend(is_tried.then_some(minute));
        let counts = (
            report.counts.refused,
            report.counts.waiting,
            report.counts.unchanged,
        );
        assert_eq!(
            counts,
            if is_tried { (1, 0, 5) } else { (0, 1, 5) },
            "{minute}: never counted as synced"
        );
    }
    assert_eq!(tried, [15, 45, 105, 225]);

    // A changed record is tried immediately.
    harness.change(2, |person| person.last_name = "Übel".into());
    let report = harness.tick().await;
    assert_counts!(report, created = 1);
    assert_eq!(harness.account(2).last_name.as_deref(), Some("Übel"));
    let report = harness.tick().await;
    assert_run!(report, Outcome::Unchanged, unchanged = 6, waiting = 0);
}

#[tokio::test]
async fn a_refused_value_does_not_keep_an_account_open() {
    let harness = Harness::synced(Via::Direct, "", people(9)).await;
    // The mail address belongs to another account in reteach; a position is too long.
    for id in 2..=4 {
        harness.change(id, |person| {
            person.email = Some("person-1@muster.example".into())
        });
    }
    harness.change(5, |person| person.position = Some("x".repeat(300)));
    harness.tick().await;
    harness.change(2, |person| person.termination_date = date("2026-05-10"));
    harness.change(3, |person| person.status = Status::Inactive);
    harness.change(5, |person| person.termination_date = date("2026-05-31"));
    let report = harness.tick().await;
    let seen = harness.moment();
    let both = (harness.locked(2..=3), harness.locked(4..=9));
    assert_eq!(both, (2, 0), "{report:#?}");
    let counts = (report.counts.refused, report.counts.conflicts);
    assert_eq!(counts, (1, 2));
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.text.contains("its lock or unlock went through"))
    );
    // After another refusal the lock stays, and ends on time.
    harness.after(SignedDuration::from_hours(25)).await;
    assert_eq!(harness.account(3).set_inactive_at, Some(seen));
    harness.set_clock("2026-05-31T22:00:00Z");
    assert!(harness.is_locked(5));
    harness.change(2, |person| person.termination_date = None);
    harness.change(3, |person| person.status = Status::Active);
    harness.now().await;
    assert_eq!(harness.locked(2..=3), 0);
    assert_eq!(
        harness.account(2).email.as_deref(),
        Some("person-2@muster.example")
    );
}

#[tokio::test]
async fn two_people_with_one_mail_address_never_share_an_account() {
    let mut everybody = people(4);
    everybody[2].email = Some("PERSON-2@muster.example".to_owned());
    let harness = Harness::new(Via::Direct, "", everybody).await;
    let report = harness.now().await;
    let conflicts = report.counts.refused + report.counts.conflicts;
    assert_counts!(report, created = 3);
    assert_eq!(conflicts, 1);
    let held: Vec<bool> = [2, 3].map(|id| harness.find(id).is_some()).to_vec();
    assert!(held == [true, false] || held == [false, true]);
    let winner = if held[0] { 2 } else { 3 };
    for _ in 0..6 {
        harness.tick().await;
    }
    let account = harness.account(winner);
    assert_eq!(
        account.last_name,
        Some(format!("Groß-{winner}")),
        "the one never overwrites the other"
    );
    assert_eq!(harness.reteach.customers().len(), 3);
    harness.change(3, |account| {
        account.email = Some("own@muster.example".into())
    });
    harness.change(2, |person| {
        person.email = Some("person-2@muster.example".into())
    });
    harness.tick().await;
    harness.after(SignedDuration::from_hours(2)).await;
    assert!(harness.find(2).is_some() && harness.find(3).is_some());
}

#[tokio::test]
async fn drift_is_repaired_daily_and_foreign_fields_stay() {
    let mut everybody = people(4);
    everybody[2].termination_date = date("2026-04-30");
    let harness = Harness::synced(Via::Direct, "", everybody).await;
    let before = harness.reteach.customers();
    let academy = &harness.reteach;
    academy.edit("personio:1", |account| {
        (account.first_name, account.position, account.gender) =
            (Some("Kathi".into()), None, Some("MALE".into()));
        account.tags = vec!["Anstellungsart: extern".into(), "Vertrieb".into()];
        account.note = Some("eine Notiz".into());
    });
    academy.edit("personio:3", |account| account.set_inactive_at = None);
    for _ in 0..3 {
        harness.tick().await;
    }
    let number = harness.asked().len();
    assert_eq!(number, 0, "nobody looks before the day is over");
    let report = harness.after(SignedDuration::from_hours(24) - TICK).await;
    assert_counts!(report, updated = 1, locked = 1);
    let (repaired, original) = (
        harness.account(1),
        &before[before
            .iter()
            .position(|account| account.external_id.as_deref() == Some("personio:1"))
            .unwrap()],
    );
    assert_eq!(repaired.tags, ["Vertrieb", "Anstellungsart: intern"]);
    assert_eq!(repaired.note.as_deref(), Some("eine Notiz"));
    let ours = |account: &simulators::reteach::Customer| {
        (
            account.first_name.clone(),
            account.position.clone(),
            account.gender.clone(),
        )
    };
    assert_eq!(ours(&repaired), ours(original));
    assert!(harness.is_locked(3));
    assert_idle(&harness).await;
}

#[tokio::test]
async fn an_account_that_an_admin_deleted_is_created_again() {
    // By the reconcile, and by the first change.
    let harness = Harness::synced(Via::Direct, "", people(4)).await;
    harness.reteach.remove("personio:2");
    let report = harness.run(Mode::Reconcile, Deadline::never()).await.report;
    assert_counts!(report, created = 1);
    assert_eq!(harness.account(2).position.as_deref(), Some("Ingenieurin"));

    harness.reteach.remove("personio:3");
    harness.change(3, |person| person.position = Some("Chefin".into()));
    let report = harness.tick().await;
    assert_run!(report, Outcome::Partly, left = 1);
    let report = harness.tick().await;
    assert_counts!(report, created = 1);
    assert_eq!(harness.account(3).position.as_deref(), Some("Chefin"));
    assert_eq!(harness.account(3).tags, ["Anstellungsart: intern"]);
    assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn an_account_with_a_cleared_external_id_is_adopted_again() {
    let harness = Harness::synced(Via::Direct, "", people(4)).await;
    let id = harness.account(2).id;
    harness
        .reteach
        .edit(&id, |account| account.external_id = None);
    harness.run(Mode::Reconcile, Deadline::never()).await;
    assert_eq!(harness.account(2).id, id);
    assert_eq!(harness.reteach.customers().len(), 4);
}

#[tokio::test]
async fn an_account_that_lost_its_external_id_and_has_another_mail_address_may_be_somebody_elses() {
    let harness = Harness::synced(Via::Direct, "", people(4)).await;
    let id = harness.account(2).id;
    harness.reteach.edit(&id, |account| {
        (account.external_id, account.email) = (None, Some("anders@muster.example".into()))
    });
    let given = harness.reteach.customer(&id);
    harness.run(Mode::Reconcile, Deadline::never()).await;
    assert_eq!(harness.reteach.customer(&id), given);
    assert_ne!(harness.account(2).id, id);

    // Nor does it lock when the person leaves.
    harness.personio.remove(2);
    for _ in 0..3 {
        harness.run(Mode::Reconcile, Deadline::never()).await;
    }
    assert_eq!(harness.reteach.customer(&id), given);
}

#[tokio::test]
async fn a_leaver_is_locked_although_an_admin_cleared_the_external_id_of_the_account() {
    for is_deleted in [false, true] {
        let harness = Harness::synced(Via::Direct, "", people(6)).await;
        let id = harness.account(2).id;
        harness
            .reteach
            .edit(&id, |account| account.external_id = None);
        if is_deleted {
            harness.personio.remove(2);
        } else {
            harness.change(2, |person| person.status = Status::Inactive);
        }
        for _ in 0..3 {
            harness.tick().await;
        }
        harness.run(Mode::Reconcile, Deadline::never()).await;
        assert_eq!(
            harness.reteach.status(&id),
            Some("INACTIVE"),
            "{is_deleted}"
        );
        assert_eq!(harness.reteach.customers().len(), 6);
        assert_idle(&harness).await;
    }
}

#[tokio::test]
async fn a_missing_person_is_locked_although_the_account_was_not_found_at_first() {
    let harness = Harness::synced(Via::Direct, "", people(6)).await;
    harness.personio.remove(2);
    harness.tick().await;
    let not_found = Behaviour::Status(404, Body::Vendor);
    harness
        .reteach
        .fail(Fault::new(not_found).path("/customer/{customerIdentifier}"));
    let report = harness.tick().await;
    assert_run!(report, Outcome::Partly, left = 1);
    let both = (harness.tick().await.counts.locked, harness.is_locked(2));
    assert_eq!(both, (1, true));
    assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
    // A deleted account of a missing person is not searched again.
    harness.personio.remove(3);
    harness.reteach.remove("personio:3");
    for _ in 0..3 {
        harness.tick().await;
    }
    assert_idle(&harness).await;
}

#[tokio::test]
async fn an_empty_academy_list_is_rejected() {
    let harness = Harness::synced(Via::Direct, "", people(6)).await;
    let listing = || Fault::new(Behaviour::EmptyList).path("/customer");
    harness.reteach.fail(listing());
    let report = harness.run(Mode::Reconcile, Deadline::never()).await.report;
    assert_eq!(report.outcome, Outcome::ReteachUnavailable, "{report:#?}");
    assert!(report.message.contains("6 are known"), "{}", report.message);
    assert!(harness.writes().is_empty());
    let ran = harness.run(Mode::Reconcile, Deadline::never()).await;
    assert_eq!(ran.report.outcome, Outcome::Done);
}
