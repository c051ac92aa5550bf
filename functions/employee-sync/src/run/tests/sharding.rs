//! A company that outgrows its shards loses nobody on the way.

use std::collections::BTreeMap;

use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, Shard, ShardCount, ShardEntry, ShardNumber};

use super::world::{End, World};
use crate::checkpoint::Sharding;
use crate::plan::builders::{employee, key};
use crate::run::load::{count, spread};
use crate::source::People;

fn people_in(shards: &BTreeMap<ShardNumber, Shard>) -> BTreeMap<SourceId, ShardEntry> {
    shards.values().flat_map(|shard| shard.0.clone()).collect()
}

#[test]
fn a_company_is_sharded_anew_only_when_everybody_is_looked_at() {
    let cases = [
        (0, 10, false, 1),
        (0, 1_000, true, 16),
        (1, 1_000, false, 1),
        (1, 1_000, true, 16),
        (1, 128, true, 1),
        (16, 10, false, 16),
        (16, 10, true, 1),
        (16, 300, true, 16),
    ];
    for (stored, people, everybody, shards) in cases {
        assert_eq!(
            count(stored, people, everybody).get(),
            shards,
            "{stored} {people} {everybody}"
        );
    }
}

#[test]
fn everybody_keeps_their_standing_in_another_shard() {
    let key = key();
    let print = |id: &str| key.fingerprint([shared::fingerprint::Part::Value(id)]);
    let nobody = People::complete([]);
    for (stored, next) in [(1, 8), (8, 1), (8, 2), (4, 4)] {
        let old = ShardCount::of_table(stored);
        let mut loaded: BTreeMap<ShardNumber, Shard> = BTreeMap::new();
        for id in 0..50 {
            let id = SourceId::new(id.to_string());
            let entry = ShardEntry {
                fingerprint: print(id.as_str()),
                standing: EntryStatus::MissingOnce,
            };
            loaded
                .entry(old.shard_of(&key, &id))
                .or_default()
                .0
                .insert(id, entry);
        }
        let sharding = Sharding::new(&nobody, ShardCount::of_table(next), &key);
        let before = people_in(&loaded);
        let (shards, obsolete) = spread(loaded.into_iter().collect(), stored, &sharding, true);
        assert_eq!(people_in(&shards), before);
        assert_eq!(shards.len(), next);
        assert!(
            shards
                .iter()
                .all(|(number, it)| it.0.keys().all(|id| sharding.shard_of(id) == *number))
        );
        assert_eq!(obsolete.len(), stored.saturating_sub(next));
        assert!(obsolete.iter().all(|number| usize::from(number.0) >= next));
    }
}

#[test]
fn a_company_that_grows_is_in_step_before_and_after_it_is_sharded_anew() {
    let mut world = World::new(10, "");
    assert_eq!(world.root.as_ref().unwrap().shards.len(), 1);
    for id in 10..140 {
        world
            .employees
            .insert(SourceId::new(id.to_string()), employee(&id.to_string()));
    }
    let vanished = world.employees.remove(&SourceId::new("3")).unwrap();
    world.after(5).tick(End::Well);
    assert_eq!(
        (
            world.root.as_ref().unwrap().shards.len(),
            world.academy.customers.len()
        ),
        (1, 140)
    );
    // The daily reconcile shards anew, and finds person 3 missing for the second time.
    world.after(24 * 60).tick(End::Well);
    assert_eq!(
        (world.root.as_ref().unwrap().shards.len(), world.locked()),
        (4, 1)
    );
    assert_eq!(world.after(5).tick(End::Well).limits, None);
    world.employees.insert(SourceId::new("3"), vanished);
    world.after(5).tick(End::Well);
    assert_eq!((people_in(&world.shards).len(), world.locked()), (140, 0));
}
