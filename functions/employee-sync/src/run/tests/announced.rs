//! Accounts that a killed run created and did not record.

use shared::domain::id::SourceId;

use super::world::{End, World};
use crate::plan::builders::employee;

/// Everybody leaves but the first `left`, all of a sudden.
fn delete_all_but(world: &mut World, left: usize) {
    let ids: Vec<SourceId> = world.employees.keys().cloned().collect();
    ids.iter()
        .skip(left)
        .for_each(|id| drop(world.employees.remove(id)));
}

#[test]
fn whoever_is_gone_after_a_run_that_died_with_their_account_is_locked() {
    let mut world = World::new(10, "");
    let id = SourceId::new("99");
    world.employees.insert(id.clone(), employee("99"));
    world.killed_after(1);
    assert!(world.academy.account_of(&id).is_some() && !world.academy.ledger.contains_key(&id));
    world.employees.remove(&id);
    // Missing once is not gone.
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 0);
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 1);
    assert_eq!(world.after(5).tick(End::Well).limits, None);
}

#[test]
fn whoever_is_gone_after_a_first_run_that_died_is_locked() {
    for killed_after in [1, 3, 100] {
        let mut world = World::before(100, "");
        world.killed_after(killed_after);
        assert_eq!(world.academy.customers.len(), killed_after);
        delete_all_but(&mut world, 98);
        world.ticks(2, 5);
        let open = world.academy.customers.len() - world.locked();
        assert_eq!(open, 98, "killed after {killed_after}");
        assert_eq!(world.after(5).tick(End::Well).limits, None);
    }
}

#[test]
fn who_was_announced_and_never_made_is_forgotten() {
    let mut world = World::new(10, "");
    let id = SourceId::new("99");
    world.employees.insert(id.clone(), employee("99"));
    world.tick(End::Dies(0));
    world.employees.remove(&id);
    world.ticks(2, 5);
    assert_eq!((world.academy.customers.len(), world.locked()), (10, 0));
    assert!(
        world
            .academy
            .shards
            .values()
            .all(|shard| !shard.0.contains_key(&id))
    );
    assert_eq!(world.after(5).tick(End::Well).limits, None);
}

#[test]
fn who_was_announced_and_is_still_there_gets_one_account() {
    for killed_after in [0, 1] {
        let mut world = World::new(10, "");
        world.employees.insert(SourceId::new("99"), employee("99"));
        world.tick(End::Dies(killed_after));
        world.after(5).tick(End::Well);
        let both = (world.academy.customers.len(), world.academy.ledger.len());
        assert_eq!(both, (11, 11));
        assert_eq!(world.after(5).tick(End::Well).limits, None);
    }
}
