//! A company that grows, shrinks or gets another key loses nobody on the way.

use shared::domain::id::SourceId;

use super::world::{End, World};
use crate::plan::builders::employee;

fn people_in_shards(world: &World) -> usize {
    let shards = world.academy.shards.values();
    shards.map(|shard| shard.0.len()).sum()
}

#[test]
fn a_company_that_grows_stays_in_step() {
    let mut world = World::new(10, "[brake]\nat_least = 130\n");
    for id in 10..140 {
        world
            .employees
            .insert(SourceId::new(id.to_string()), employee(&id.to_string()));
    }
    let vanished = world.employees.remove(&SourceId::new("3")).unwrap();
    world.after(5).tick(End::Well);
    assert_eq!(world.academy.customers.len(), 140);
    // The daily reconcile finds person 3 missing for the second time.
    world.after(24 * 60).tick(End::Well);
    assert_eq!(world.locked(), 1);
    assert_eq!(world.after(5).tick(End::Well).limits, None);
    world.employees.insert(SourceId::new("3"), vanished);
    world.after(5).tick(End::Well);
    assert_eq!((people_in_shards(&world), world.locked()), (140, 0));
}

#[test]
fn another_fingerprint_key_moves_and_locks_nobody() {
    let mut world = World::new(40, "");
    world.key = shared::fingerprint::FingerprintKey::from_bytes(&[8; 32]);
    let left = world.employees.remove(&SourceId::new("3"));
    assert!(left.is_some());
    for locked in [0, 1, 1] {
        world.after(5).tick(End::Well);
        assert_eq!(world.locked(), locked);
    }
    assert_eq!(world.academy.customers.len(), 40);
    assert_eq!(world.after(5).tick(End::Well).limits, None);
}
