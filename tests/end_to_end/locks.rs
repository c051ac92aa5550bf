//! Access windows: who may log in, and from which second.

use employee_sync::report::Counts;
use harness::{Harness, ROUTES, date, people, person};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::access::FARTHEST;
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::Person;
use simulators::people::Status;
use simulators::reteach::{Customer, Quirk, Spelling};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Nothing is written to reteach until the reconcile a day later, and no account changes.
async fn nothing_more_is_written(harness: &Harness, label: &str) {
    let before = harness.reteach.customers();
    harness.forget_requests();
    harness.tick().await;
    harness.after(SignedDuration::from_hours(25)).await;
    harness.tick().await;
    assert_eq!(harness.writes().len(), 0, "{label}");
    assert_eq!(harness.reteach.customers(), before, "{label}");
}

#[tokio::test]
async fn an_end_date_locks_at_midnight_in_berlin() {
    // Winter, summer and both changes of daylight saving.
    let cases = [
        ("2026-02-10", "2026-02-10T23:00:00Z"),
        ("2026-03-28", "2026-03-28T23:00:00Z"),
        ("2026-03-29", "2026-03-29T22:00:00Z"),
        ("2026-07-31", "2026-07-31T22:00:00Z"),
        ("2026-10-24", "2026-10-24T22:00:00Z"),
        ("2026-10-25", "2026-10-25T23:00:00Z"),
        ("2026-12-31", "2026-12-31T23:00:00Z"),
    ];
    let brake = "[brake]\nat_least = 10\n";
    for via in ROUTES {
        let harness = Harness::at("2026-01-12T08:00:00Z", via, brake, people(7)).await;
        harness.first_run().await;
        for (id, (end, _)) in (1..).zip(cases) {
            harness.change(id, |person| person.termination_date = date(end));
        }
        harness.tick().await;
        assert_eq!(harness.writes().len(), cases.len());
        harness.forget_requests();
        for (id, (end, locks)) in (1..).zip(cases) {
            let label = format!("{via:?} {end}");
            harness
                .world
                .clock
                .set(at(locks) - SignedDuration::from_secs(1));
            assert!(!harness.is_locked(id), "{label}");
            harness.world.clock.set(at(locks));
            assert!(harness.is_locked(id), "{label}");
            // Personio sets them inactive at night: nothing is written for that.
            harness.after(SignedDuration::from_hours(26)).await;
            harness.personio.settle();
            harness.tick().await;
            assert_eq!(harness.writes().len(), 0, "{label}");
            assert_eq!(
                harness.account(id).set_inactive_at,
                Some(at(locks)),
                "{label}"
            );
        }
    }
}

#[tokio::test]
async fn a_future_hire_date_opens_the_account_at_midnight_in_berlin() {
    let cases = [
        ("2026-03-01", "2026-02-28T23:00:00Z"),
        ("2026-03-29", "2026-03-28T23:00:00Z"),
        ("2026-03-30", "2026-03-29T22:00:00Z"),
        ("2026-10-25", "2026-10-24T22:00:00Z"),
        ("2026-10-26", "2026-10-25T23:00:00Z"),
    ];
    for via in ROUTES {
        let newcomers = (1..).zip(cases).map(|(id, (hired, _))| Person {
            status: Status::Onboarding,
            hire_date: date(hired),
            ..person(id)
        });
        let harness = Harness::at("2026-01-12T08:00:00Z", via, "", newcomers).await;
        harness.first_run().await;
        for (id, (hired, opens)) in (1..).zip(cases) {
            harness
                .world
                .clock
                .set(at(opens) - SignedDuration::from_secs(1));
            assert!(harness.is_locked(id), "{via:?} {hired}");
            harness.world.clock.set(at(opens));
            assert!(!harness.is_locked(id), "{via:?} {hired}");
            harness.after(SignedDuration::from_hours(12)).await;
            assert_eq!(harness.personio.settle(), 1);
            harness.tick().await;
            assert_eq!(harness.writes().len(), 0, "{via:?} {hired}");
        }
    }
}

#[tokio::test]
async fn a_day_in_9999_is_far_ahead_written_once_and_keeps_no_leaver_open() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    let last_day = Quirk::Shows(Spelling::LastDay);
    harness.reteach.set_quirks([last_day]);
    let by_hand = harness.reteach.insert(Customer {
        set_inactive_at: Some(FARTHEST),
        ..harness::by_hand("person-2@muster.example")
    });
    let hired = json!("9999-12-31T00:00:00+01:00");
    harness.personio.set_raw(3, "hire_date", hired);
    let report = harness.first_run().await;
    assert_counts!(report, created = 2, adopted = 1);
    assert_eq!(harness.account(2).id, by_hand);
    assert_eq!(harness.account(3).set_active_at, Some(FARTHEST));
    assert!(harness.is_locked(3));
    nothing_more_is_written(&harness, "far ahead").await;

    let never_ends = |account: &mut Customer| account.set_inactive_at = Some(FARTHEST);
    harness.reteach.edit("personio:2", never_ends);
    harness.change(2, |person| person.status = Status::Inactive);
    let report = harness.tick().await;
    assert_counts!(report, locked = 1);
    assert!(harness.is_locked(2));
}

#[tokio::test]
async fn inactive_without_an_end_date_locks_when_first_seen() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    harness.change(2, |person| person.status = Status::Inactive);
    let report = harness.tick().await;
    let seen = Some(at("2026-05-11T08:05:00Z"));
    let both = (harness.account(2).set_inactive_at, harness.is_locked(2));
    assert_eq!(both, (seen, true));
    assert_counts!(report, locked = 1, updated = 0);
    nothing_more_is_written(&harness, "still inactive").await;
    // The moment survives a lost ledger and a later end date.
    harness.lose_the_ledger("").await;
    harness.tick().await;
    assert_eq!(harness.account(2).set_inactive_at, seen);
    harness.change(2, |person| person.termination_date = date("2026-05-31"));
    harness.tick().await;
    assert_eq!(harness.account(2).set_inactive_at, seen);
    nothing_more_is_written(&harness, "with an end date").await;

    harness.change(2, |person| {
        (person.status, person.termination_date) = (Status::Active, None)
    });
    let report = harness.tick().await;
    assert_counts!(report, unlocked = 1);
    assert_eq!(harness.account(2).set_inactive_at, None);
    nothing_more_is_written(&harness, "back").await;
}

#[tokio::test]
async fn a_withdrawn_or_later_end_date_unlocks() {
    let mut everybody = people(3);
    everybody[1].termination_date = date("2026-05-12");
    let harness = Harness::synced(Via::Direct, "", everybody).await;
    harness.at_moment("2026-05-12T22:00:00Z").await;
    assert!(harness.is_locked(2));
    harness.change(2, |person| person.termination_date = date("2026-05-31"));
    let report = harness.tick().await;
    assert_counts!(report, unlocked = 1);
    assert!(!harness.is_locked(2));
    let end = harness.account(2).set_inactive_at;
    assert_eq!(end, Some(at("2026-05-31T22:00:00Z")));
    harness.change(2, |person| person.termination_date = None);
    harness.tick().await;
    assert_eq!(harness.account(2).set_inactive_at, None);
}

#[tokio::test]
async fn a_rehired_person_is_locked_until_the_hire_date() {
    let left = Person {
        status: Status::Inactive,
        termination_date: date("2025-12-31"),
        ..person(2)
    };
    let harness = Harness::synced(Via::Direct, "", [person(1), left]).await;
    harness.change(2, |person| {
        (person.status, person.hire_date, person.termination_date) =
            (Status::Onboarding, date("2026-06-01"), None);
    });
    harness.tick().await;
    let account = harness.account(2);
    let window = (account.set_active_at, account.set_inactive_at);
    assert_eq!(window, (Some(at("2026-05-31T22:00:00Z")), None));
    assert!(harness.is_locked(2));
    harness.set_clock("2026-05-31T22:00:00Z");
    assert!(!harness.is_locked(2));
}

#[tokio::test]
async fn a_missing_person_is_locked_after_two_complete_readings_and_unlocked_when_back() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(4)).await;
        let colleague = harness.personio.person(2).unwrap();
        harness.personio.remove(2);
        let report = harness.tick().await;
        assert_counts!("{via:?}", report, missing_once = 1);
        assert!(!harness.is_locked(2), "{via:?}");
        assert_eq!(harness.writes().len(), 0);
        let report = harness.tick().await;
        let seen = Some(at("2026-05-11T08:10:00Z"));
        let both = (harness.is_locked(2), harness.account(2).set_inactive_at);
        assert_eq!(both, (true, seen), "{via:?}");
        let counts = Counts {
            people: 3,
            readings: 1,
            locked: 1,
            unchanged: 3,
            ..Counts::default()
        };
        assert_run!("{via:?}", report, Outcome::Done);
        assert_eq!(report.counts, counts, "{via:?}");
        assert_eq!(harness.writes().len(), 1);
        nothing_more_is_written(&harness, "gone").await;
        // Kombo clears the record after 14 days: that overwrites nothing.
        harness.after(SignedDuration::from_hours(15 * 24)).await;
        nothing_more_is_written(&harness, "long gone").await;
        assert_eq!(harness.account(2).last_name.as_deref(), Some("Groß-2"));

        harness.personio.put(colleague);
        let report = harness.tick().await;
        assert_counts!("{via:?}", report, unlocked = 1);
        assert!(!harness.is_locked(2), "{via:?}");
        nothing_more_is_written(&harness, "back").await;
        assert_eq!(harness.reteach.customers().len(), 4);
    }
}

#[tokio::test]
async fn an_unreadable_status_locks_and_unlocks_nobody() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    harness.change(2, |person| person.status = Status::Inactive);
    harness.tick().await;
    assert!(harness.is_locked(2));
    harness.forget_requests();
    harness.personio.revoke(&["status"]);
    harness.change(3, |person| person.status = Status::Inactive);
    harness.tick().await;
    assert_eq!((harness.is_locked(2), harness.is_locked(3)), (true, false));
    assert_eq!(harness.writes().len(), 0);
    harness.personio.grant(&["status"]);
    harness.tick().await;
    assert!(harness.is_locked(3));
}

#[tokio::test]
async fn a_person_who_disappears_while_the_sync_state_is_lost_is_still_missed() {
    let harness = Harness::synced(Via::Direct, "", people(20)).await;
    harness.lose_the_root().await;
    harness.personio.remove(7);
    let missed = harness.tick().await;
    assert_counts!(missed, missing_once = 1, locked = 0);
    assert!(!harness.is_locked(7));
    assert_eq!(harness.tick().await.counts.locked, 1);
    assert!(harness.is_locked(7));
}

#[tokio::test]
async fn without_a_ledger_an_end_date_is_not_taken_for_our_own_lock() {
    let left = |day| Person {
        status: Status::Inactive,
        termination_date: date(day),
        ..person(1)
    };
    let undated = Person {
        status: Status::Inactive,
        ..person(2)
    };
    let harness = Harness::synced(Via::Direct, "", [left("2026-05-04"), undated, person(3)]).await;
    let seen = harness.account(2).set_inactive_at;
    harness.lose_the_ledger("").await;
    harness.tick().await;
    harness.personio.put(left("2026-05-07"));
    harness.tick().await;
    let end = harness.account(1).set_inactive_at;
    assert_eq!(end, Some(at("2026-05-07T22:00:00Z")));
    let end = harness.account(2).set_inactive_at;
    assert_eq!(end, seen, "this one nothing else explains");
}
