//! People whose new profile is in the HR system before the contract of the old one ends.

use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::runtime::FindingKind;
use shared::state::{EmployeeEntry, Failure, FailureKind};

use super::world::{End, World};
use crate::io::memory::TOOL;
use crate::plan::builders::employee;

const PEOPLE: usize = 20;
const OLD: usize = 3;
const NEW: usize = 103;

/// From the first tick with both profiles until the old contract ends: midnight in Berlin.
const ENDS_AFTER: i64 = (2 * 24 + 9) * 60 + 55;

/// A company in step. The new profile of person 3 has the same mail address and names.
fn with_new_profile() -> World {
    let mut world = World::new(PEOPLE, "");
    let new = Employee {
        source_id: SourceId::new(NEW.to_string()),
        hire_date: Field::Value("2026-05-13".parse().unwrap()),
        status: Field::Value(Status::Onboarding),
        ..world.employees[&SourceId::new(OLD.to_string())].clone()
    };
    world.employees.insert(new.source_id.clone(), new);
    world
}

/// The same, and the old contract ends on the day before the new one begins.
fn with_end() -> World {
    let mut world = with_new_profile();
    world.edit(OLD, |old| {
        old.end_date = Field::Value("2026-05-12".parse().unwrap());
    });
    world
}

fn account_of(world: &World, id: usize) -> Option<CustomerId> {
    let account = world.academy.account_of(&SourceId::new(id.to_string()));
    account.map(|account| account.id.clone())
}

/// Ticks for so many minutes, in which the account is the old profile's and open. Returns after how many of them a tick
/// asked the academy for its accounts.
fn looks(world: &mut World, minutes: i64) -> Vec<i64> {
    let mut looks = Vec::new();
    for minute in (0..minutes).step_by(5) {
        let asked = world.academy.lists;
        world.tick(End::Well);
        looks.extend((world.academy.lists > asked).then_some(minute));
        assert!(account_of(world, OLD).is_some(), "{minute}");
        assert!(!world.is_locked(OLD), "{minute}");
        assert_eq!(world.academy.customers.len(), PEOPLE, "{minute}");
        world.after(5);
    }
    looks
}

#[test]
fn a_new_profile_gets_the_account_at_the_first_tick_after_the_old_contract_ends() {
    let mut world = with_end();
    let account = account_of(&world, OLD);
    looks(&mut world, ENDS_AFTER);
    assert!(world.is_locked(OLD));
    let tick = world.tick(End::Well);
    assert_eq!((tick.changes, tick.found(FindingKind::Conflict)), (1, 0));
    assert_eq!(account_of(&world, NEW), account);
    assert!(!world.is_locked(NEW));
    let customers = world.academy.customers.clone();
    assert_eq!(customers.len(), PEOPLE);
    for minutes in [5, 24 * 60] {
        assert_eq!(world.after(minutes).tick(End::Well).changes, 0);
        assert_eq!(world.academy.customers, customers);
    }
}

#[test]
fn until_the_old_contract_ends_its_new_profile_is_looked_at_no_more_often_than_another_conflict() {
    let (mut ends, mut stays) = (with_end(), with_new_profile());
    let until_the_end = looks(&mut stays, ENDS_AFTER);
    assert_eq!(looks(&mut ends, ENDS_AFTER), until_the_end);
    // Nobody looks at the other one at that moment.
    assert!(looks(&mut stays, 5).is_empty());
}

#[test]
fn a_last_change_of_the_old_profile_delays_the_handover_by_a_short_pause() {
    let mut world = with_end();
    let account = account_of(&world, OLD);
    looks(&mut world, ENDS_AFTER);
    world.edit(OLD, |old| old.position = Field::Value("Meister".into()));
    world.tick(End::Well);
    assert_eq!(account_of(&world, NEW), None);
    world.after(30).tick(End::Well);
    assert_eq!(account_of(&world, NEW), account);
    assert!(!world.is_locked(NEW));
}

#[test]
fn a_former_profile_gets_no_account_while_the_current_one_waits() {
    let mut world = World::new(PEOPLE, "");
    for (id, mail, status) in [
        (101, "Neu@muster.example", Status::Inactive),
        (NEW, "neu@muster.example ", Status::Active),
    ] {
        let profile = Employee {
            email: Field::Value(mail.into()),
            status: Field::Value(status),
            ..employee(&id.to_string())
        };
        world.employees.insert(profile.source_id.clone(), profile);
    }
    let current = ExternalId::of(TOOL, &SourceId::new(NEW.to_string()));
    world.academy.dialect.fails.insert(current);
    for _ in 0..40 {
        let tick = world.tick(End::Well);
        assert_eq!(tick.found(FindingKind::Conflict), 0, "{:?}", tick.findings);
        world.after(5);
        assert_eq!(world.academy.customers.len(), PEOPLE);
    }
    // An earlier run took the two for a conflict.
    let former = SourceId::new("101");
    for shift in 0..3 {
        let conflict = Failure {
            kind: FailureKind::Conflict,
            attempts: 1,
            retry_at: world.now,
            ..Failure::default()
        };
        let entry = EmployeeEntry {
            failure: Some(conflict),
            ..EmployeeEntry::new(former.clone())
        };
        world.academy.ledger.insert(former.clone(), entry);
        world.edit(101, |former| {
            former.position = Field::Value(format!("Schicht {shift}"));
        });
        world.tick(End::Well);
        assert_eq!(world.academy.ledger[&former].failure, None, "{shift}");
        world.after(5);
    }
    world.academy.dialect.fails.clear();
    for _ in 0..3 {
        let tick = world.after(24 * 60).tick(End::Well);
        assert_eq!(tick.found(FindingKind::Conflict), 0, "{:?}", tick.findings);
        assert!(account_of(&world, NEW).is_some());
        assert_eq!(account_of(&world, 101), None);
    }
}

#[test]
fn an_end_that_is_entered_during_the_pause_ends_the_pause() {
    // The conflict was just looked at, and the next look is due a day later.
    type Edit = fn(&mut Employee);
    let ends: [(Edit, i64); 3] = [
        (|old| old.status = Field::Value(Status::Inactive), 0),
        (
            |old| old.end_date = Field::Value("2026-05-10".parse().unwrap()),
            0,
        ),
        (
            |old| old.end_date = Field::Value("2026-05-11".parse().unwrap()),
            125,
        ),
    ];
    for (edit, minutes) in ends {
        let mut world = with_new_profile();
        let account = account_of(&world, OLD);
        looks(&mut world, 1_910);
        world.edit(OLD, edit);
        assert!(looks(&mut world, minutes).is_empty(), "{minutes}");
        if minutes == 0 {
            world.tick(End::Well);
            world.after(5);
        }
        assert!(world.is_locked(OLD), "{minutes}");
        let tick = world.tick(End::Well);
        assert_eq!((tick.changes, tick.found(FindingKind::Conflict)), (1, 0));
        assert_eq!(account_of(&world, NEW), account, "{minutes}");
        assert_eq!(world.after(5).tick(End::Well).changes, 0, "{minutes}");
    }
}

#[test]
fn a_comparison_hands_the_account_of_a_deleted_profile_over_although_the_conflict_has_a_pause() {
    let mut world = with_new_profile();
    let account = account_of(&world, OLD);
    // The next look is due more than 20 hours later, the next comparison before that.
    looks(&mut world, 2_000);
    world.employees.remove(&SourceId::new(OLD.to_string()));
    world.tick(End::Well);
    world.after(5).tick(End::Well);
    assert!(world.is_locked(OLD));
    let lists = world.academy.lists;
    world.after(15 * 60).tick(End::Well);
    assert_eq!(world.academy.lists, lists + 1);
    assert_eq!(account_of(&world, NEW), account);
    assert_eq!(world.academy.customers.len(), PEOPLE);
}
