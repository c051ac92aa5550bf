//! Drift that a comparison finds and cannot repair: later runs go on with it.

use jiff::{SignedDuration, Timestamp};
use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::mapping::DesiredAccount;
use shared::reteach::Customer;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::state::{Decision, Failure, FailureKind};

use super::world::{End, World};
use crate::io::memory::TOOL;
use crate::plan::builders::employee;

/// A company in step, with a leaver (0), somebody gone (1), and many who are employed.
fn synced() -> World {
    let mut world = World::before(40, "[brake]\nat_least = 100\n");
    world.edit(0, |it| {
        it.end_date = Field::Value("2026-05-01".parse().unwrap());
    });
    world.tick(End::Well);
    world.employees.remove(&SourceId::new("1"));
    world.ticks(3, 5);
    assert_eq!(world.locked(), 2);
    world
}

fn account(world: &mut World, id: usize) -> &mut Customer {
    let account = world.academy.account_of(&SourceId::new(id.to_string()));
    let account = account.unwrap().id.clone();
    world.academy.customers.get_mut(&account).unwrap()
}

fn external_id(id: usize) -> ExternalId {
    ExternalId::of(TOOL, &SourceId::new(id.to_string()))
}

/// An admin opens the account of somebody locked, or locks that of somebody employed.
fn turn(world: &mut World, id: usize) {
    let now = world.now;
    let account = account(world, id);
    account.set_inactive_at = match account.set_inactive_at {
        Some(_) => None,
        None => Some(now),
    };
}

#[test]
fn a_lock_or_unlock_that_fails_in_the_comparison_comes_with_the_next_run() {
    for (id, is_locked) in [(0, true), (1, true), (2, false)] {
        for others_answer in [false, true] {
            let mut world = synced();
            turn(&mut world, id);
            if others_answer {
                account(&mut world, 9).position = Some("von Hand".into());
            }
            world.academy.dialect.fails.insert(external_id(id));
            world.after(24 * 60).tick(End::Well);
            assert_eq!(world.is_locked(id), !is_locked);
            world.academy.dialect.fails.clear();
            world.after(5).tick(End::Well);
            assert_eq!(world.is_locked(id), is_locked, "{id} {others_answer}");
            // Then nothing is left to do.
            world.after(5).tick(End::Well);
            let last = world.after(5).sync(End::Well);
            assert_eq!(last.outcome, Outcome::Unchanged, "{id}");
        }
    }
}

#[test]
fn nobody_is_asked_again_about_somebody_whose_absence_was_concluded_before() {
    let mut world = synced();
    world.flags_deleted = true;
    turn(&mut world, 1);
    world.academy.dialect.fails.insert(external_id(1));
    world.after(24 * 60).tick(End::Well);
    world.academy.dialect.fails.clear();
    world.after(5).tick(End::Well);
    assert_eq!((world.is_locked(1), world.hash()), (true, None));
}

#[test]
fn a_lock_that_the_academy_refuses_is_tried_and_reported_until_it_takes_it() {
    for id in [0, 1] {
        let mut world = synced();
        turn(&mut world, id);
        world.academy.dialect.refuses = Some("setInactiveAt");
        world.after(24 * 60);
        for minutes in [0, 15, 30, 60] {
            let tick = world.after(minutes).tick(End::Well);
            let refused = tick.found(FindingKind::Refused);
            assert_eq!(refused, 1, "{id} after {minutes}");
        }
        world.academy.dialect.refuses = None;
        world.after(120).tick(End::Well);
        assert!(world.is_locked(id), "{id}");
    }
}

#[test]
fn a_field_that_the_academy_refuses_to_take_back_stays_reported() {
    let mut world = synced();
    for customer in world.academy.customers.values_mut() {
        customer.position = None;
    }
    world.academy.dialect.refuses = Some("position");
    world.after(24 * 60);
    for _ in 0..3 {
        let result = world.sync(End::Well);
        assert_eq!(result.outcome, Outcome::AcademyRefuses);
        world.after(5);
    }
    world.academy.dialect.refuses = None;
    world.after(60).tick(End::Well);
    let has_position = |id: usize| account(&mut world, id).position.is_some();
    assert!((2..40).all(has_position));
}

#[test]
fn accounts_that_were_deleted_are_made_again_once_the_academy_takes_the_record() {
    let mut world = synced();
    let made = world.academy.customers.len();
    let deleted: Vec<CustomerId> = (10..20)
        .map(|id| account(&mut world, id).id.clone())
        .collect();
    for id in &deleted {
        world.academy.customers.remove(id);
    }
    world.academy.dialect.refuses = Some("position");
    world.after(24 * 60).tick(End::Well);
    world.after(5).tick(End::Well);
    world.academy.dialect.refuses = None;
    world.after(60).tick(End::Well);
    assert_eq!(world.academy.customers.len(), made);
}

#[test]
fn what_a_comparison_has_no_time_to_repair_or_note_is_compared_again_at_once() {
    let mut world = synced();
    for id in 2..12 {
        turn(&mut world, id);
    }
    world.mode = Mode::Reconcile;
    world.after(60).tick(End::OutOfTime(3));
    assert_eq!(world.locked(), 9);
    world.mode = Mode::Scheduled;
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 2);
}

#[test]
fn an_address_that_another_account_has_is_not_taken_for_written() {
    let mut world = synced();
    let mail = employee("5").email.value().cloned();
    let theirs = account(&mut world, 5);
    theirs.email = Some("alt@muster.example".into());
    theirs.position = Some("von Hand".into());
    let holder = world.academy.make(mail.clone());
    let foreign = Some(ExternalId::new("sap:77"));
    world.customer(&holder).external_id = foreign;
    world.after(24 * 60).tick(End::Well);
    let tick = world.after(5).tick(End::Well);
    assert_eq!(tick.found(FindingKind::Conflict), 1);
    world.academy.customers.remove(&holder);
    world.after(60).tick(End::Well);
    assert_eq!(account(&mut world, 5).email, mail);
}

/// Notes that the academy has refused the present record of these people, and that it is tried again at `retry_at`.
fn pause(world: &mut World, ids: std::ops::Range<usize>, retry_at: Timestamp) {
    for id in ids {
        let id = SourceId::new(id.to_string());
        let entry = world.academy.ledger.get_mut(&id).unwrap();
        entry.failure = Some(Failure {
            kind: FailureKind::Refused,
            reason: "422".to_owned(),
            fingerprint: entry.fingerprint.unwrap(),
            attempts: 8,
            retry_at,
            ..Failure::default()
        });
    }
}

#[test]
fn a_person_whose_values_wait_for_another_try_is_locked_and_unlocked_by_the_comparison() {
    for (id, is_locked) in [(0, true), (2, false)] {
        let mut world = synced();
        let retry_at = world.now + SignedDuration::from_hours(48);
        pause(&mut world, id..id + 1, retry_at);
        turn(&mut world, id);
        account(&mut world, id).position = Some("von Hand".into());
        let result = world.after(24 * 60).sync(End::Well);
        assert_eq!(
            (
                result.counts.locked + result.counts.unlocked,
                result.counts.waiting
            ),
            (1, 1)
        );
        assert_eq!(world.is_locked(id), is_locked);
        let entry = &world.academy.ledger[&SourceId::new(id.to_string())];
        assert_eq!(entry.failure.as_ref().unwrap().retry_at, retry_at);
        let next = world.after(5).sync(End::Well);
        assert_eq!(next.outcome, Outcome::Unchanged);
        let expected = Some("von Hand");
        assert_eq!(account(&mut world, id).position.as_deref(), expected);
        // Its other drift is repaired by the next try.
        world.now = retry_at;
        world.tick(End::Well);
        let expected = Some("Schlosser");
        assert_eq!(account(&mut world, id).position.as_deref(), expected);
    }
}

#[test]
fn held_locks_of_people_whose_values_wait_are_written_once_they_are_approved() {
    let mut world = World::before(100, "[brake]\nat_least = 5\n");
    world.deactivate(0..40);
    world.tick(End::Well);
    let retry_at = world.now + SignedDuration::from_hours(48);
    pause(&mut world, 0..40, retry_at);
    (0..40).for_each(|id| turn(&mut world, id));
    world.after(24 * 60).tick(End::Well);
    let held = world.hash().map(str::to_owned);
    assert!(held.is_some());
    for _ in 0..3 {
        world.after(5).tick(End::Well);
        assert_eq!(world.hash().map(str::to_owned), held);
    }
    assert_eq!(world.locked(), 0);
    world.decide(|at| Decision::Approved { at });
    world.ticks(2, 5);
    assert_eq!((world.locked(), world.hash()), (40, None));
}

#[test]
fn held_addresses_stay_held_while_their_people_wait_and_are_locked() {
    let mut world = World::before(100, "[brake]\nat_least = 5\n");
    world.tick(End::Well);
    for id in 0..40 {
        let mail = format!("neu{id}@muster.example");
        world.edit(id, |it| it.email = Field::Value(mail));
    }
    world.after(5).tick(End::Well);
    let held = world.hash().map(str::to_owned);
    assert!(held.is_some());
    // The rest of one record is refused, and an admin locks the account.
    let entry = world.academy.ledger.get_mut(&SourceId::new("0")).unwrap();
    let person = &world.employees[&SourceId::new("0")];
    let record = DesiredAccount::of(person, TOOL, &world.config);
    entry.fingerprint = Some(record.fingerprint(&world.key));
    let retry_at = world.now + SignedDuration::from_hours(48);
    pause(&mut world, 0..1, retry_at);
    turn(&mut world, 0);
    world.after(24 * 60).tick(End::Well);
    assert!(!world.is_locked(0));
    for _ in 0..3 {
        assert_eq!(world.hash().map(str::to_owned), held);
        world.after(5).tick(End::Well);
    }
}

#[test]
fn a_refused_value_of_a_person_whose_lock_is_held_is_tried_again() {
    let mut world = World::new(40, "");
    for id in 0..7 {
        world.edit(id, |it| {
            it.status = Field::Value(shared::domain::employee::Status::Inactive);
            if id == 2 {
                it.position = Field::Value("Leiterin".into());
            }
        });
    }
    world.academy.dialect.refuses = Some("position");
    world.tick(End::Well);
    world.academy.dialect.refuses = None;
    world.ticks(8, 5);
    assert_eq!(account(&mut world, 2).position.as_deref(), Some("Leiterin"));
}
