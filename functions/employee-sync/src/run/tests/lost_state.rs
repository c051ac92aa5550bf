//! A state, a ledger or a key that was lost: nobody is locked by it, and the company is in step again.

use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::SourceId;
use shared::fingerprint::FingerprintKey;
use shared::state::{EmployeeEntry, SyncState};

use super::world::{End, World};
use crate::plan::builders::employee;

type Lose = fn(&mut World);

/// Ways to lose parts of the state. In the test, one person leaves at the same moment.
const LOSSES: [(&str, Lose); 8] = [
    ("nothing", |_| {}),
    ("the key", |world| {
        world.key = FingerprintKey::from_bytes(&[8; 32])
    }),
    ("the state", |world| world.academy.state = None),
    ("the shards", |world| world.academy.shards.clear()),
    ("one shard", |world| drop(world.academy.shards.pop_first())),
    ("the ledger", |world| world.academy.ledger.clear()),
    ("state and shards", |world| {
        world.academy.state = None;
        world.academy.shards.clear();
    }),
    ("everything", |world| {
        world.academy.state = None;
        world.academy.shards.clear();
        world.academy.ledger.clear();
        world.key = FingerprintKey::from_bytes(&[9; 32]);
    }),
];

#[test]
fn a_lost_state_refuses_no_plan_and_locks_nobody_who_is_there() {
    for (name, lose) in LOSSES {
        let mut world = World::new(40, "");
        lose(&mut world);
        let left = world.employees.remove(&SourceId::new("3"));
        assert!(left.is_some());
        for tick in 0..3 {
            let done = world.after(5).try_tick(End::Well);
            assert!(done.is_ok(), "{name}, tick {tick}: {:?}", done.err());
            assert!(world.locked() <= 1, "{name}, tick {tick}");
        }
        world.after(24 * 60).tick(End::Well);
        assert!(world.locked() <= 1, "{name}");
        assert_eq!(world.academy.customers.len(), 40, "{name}");
        // What is left of the ledger or the shards tells that person 3 was there.
        if !["the ledger", "everything"].contains(&name) {
            world.after(5).tick(End::Well);
            assert_eq!(world.locked(), 1, "{name}");
        }
        assert_eq!(world.after(5).tick(End::Well).limits, None, "{name}");
    }
}

/// A company right after `tenants migrate`: the ledger knows the people, no shard does.
fn migrated() -> World {
    let mut world = World::new(40, "");
    world.academy.shards.clear();
    world.academy.state = world.academy.state.take().map(|state| SyncState {
        has_completed: state.has_completed,
        open_accounts: state.open_accounts,
        ..SyncState::default()
    });
    for entry in world.academy.ledger.values_mut() {
        entry.fingerprint = None;
    }
    world
}

#[test]
fn after_a_migration_another_companys_people_are_still_rejected() {
    let mut world = migrated();
    let strangers = (1_000..1_040).map(|id| employee(&id.to_string()));
    world.employees = strangers.map(|it| (it.source_id.clone(), it)).collect();
    world.after(5).tick(End::Well);
    assert!(world.academy.held_source.is_some());
    assert_eq!(world.academy.customers.len(), 40);
}

#[test]
fn after_a_migration_nobody_is_gone_after_one_reading() {
    let mut world = migrated();
    let seven = world.employees.remove(&SourceId::new("7")).unwrap();
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 0);
    // A reading that missed them.
    world.employees.insert(seven.source_id.clone(), seven);
    world.after(5).tick(End::Well);
    world.employees.remove(&SourceId::new("9"));
    for locked in [0, 1] {
        world.after(5).tick(End::Well);
        assert_eq!(world.locked(), locked);
    }
}

#[test]
fn with_another_key_people_are_compared_with_what_reteach_holds() {
    let mut world = World::new(40, "");
    world.key = FingerprintKey::from_bytes(&[8; 32]);
    // Digests of the old key mean nothing: without the academy's list nothing can be compared.
    world.academy.cannot_list = true;
    let mut before = world.academy.clone();
    assert!(world.after(5).try_tick(End::Well).is_err());
    (before.lists, before.named) = (world.academy.lists, world.academy.named);
    assert!(world.academy == before);
    world.academy.cannot_list = false;
    let tick = world.after(5).tick(End::Well);
    assert_eq!((tick.changes, world.hash()), (0, None));
    assert_eq!(world.after(5).tick(End::Well).limits, None);
}

#[test]
fn a_lock_whose_cause_nobody_can_read_any_more_stays() {
    type Edit = fn(&mut Employee);
    let cases: [(&str, Edit, Edit); 2] = [
        (
            "",
            |it| it.status = Field::Value(Status::Inactive),
            |it| it.status = Field::Absent,
        ),
        (
            "[scope]\ninclude_locations = [\"Köln\"]\n",
            |it| it.location = Field::Value("Ulm".into()),
            |it| it.location = Field::Absent,
        ),
    ];
    for (rules, leave, hide) in cases {
        for refuses in [None, Some("position")] {
            let (mut world, id) = (World::new(40, rules), SourceId::new("3"));
            world.edit(3, leave);
            world.tick(End::Well);
            assert!(world.is_locked(3), "{rules}");
            // The dates of the entry cannot be decrypted any more.
            let entry = world.academy.ledger.get_mut(&id).unwrap();
            *entry = EmployeeEntry {
                customer_id: entry.customer_id.take(),
                is_sealed: true,
                ..EmployeeEntry::new(id.clone())
            };
            (0..40).for_each(|id| world.edit(id, hide));
            world.edit(3, |it| it.position = Field::Value("Meister".into()));
            world.academy.dialect.refuses = refuses;
            for minutes in [5, 5, 24 * 60, 5, 24 * 60] {
                world.after(minutes).tick(End::Well);
                assert!(world.is_locked(3), "{rules} {refuses:?} {minutes}");
            }
            world.academy.dialect.refuses = None;
            world.employees.insert(id, employee("3"));
            world.after(24 * 60).tick(End::Well);
            assert!(!world.is_locked(3), "{rules} {refuses:?}");
        }
    }
}
