//! Whether a reading is one of the same company: how many of the known people are in it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, FingerprintKey, Part, Shard, ShardNumber};

use super::Sharding;
use crate::source::Snapshot;

/// With fewer known people nothing is concluded: small companies do change by half.
const MIN_KNOWN: usize = 20;

/// The known people and those of a reading, compared.
#[derive(Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// People in the last accepted reading, in scope or not.
    pub known: usize,
    /// Those of them who are in this reading.
    pub found: usize,
    /// Other people in this reading.
    pub new: usize,
    /// Everybody who was ever known and is not in this reading.
    missing: BTreeSet<&'a SourceId>,
}

impl<'a> Identity<'a> {
    /// Compares `snapshot` with the people of `shards`. Shards that are not among them are unchanged: all their people are known
    /// and there. `ledger` has people whom no shard knows because the state was lost.
    #[must_use]
    pub fn of(
        snapshot: &Snapshot,
        sharding: &Sharding<'_>,
        shards: &'a BTreeMap<ShardNumber, Shard>,
        ledger: impl Iterator<Item = &'a SourceId>,
    ) -> Self {
        let mut known = BTreeSet::new();
        let mut missing = BTreeSet::new();
        for (id, entry) in shards.values().flat_map(|shard| &shard.0) {
            if !snapshot.contains(id) {
                missing.insert(id);
            }
            if entry.status != EntryStatus::MissingOnce && entry.gone_until().is_none() {
                known.insert(id);
            }
        }
        for id in ledger {
            known.insert(id);
            if !snapshot.contains(id) {
                missing.insert(id);
            }
        }
        let unread = ShardNumber::all().filter(|number| !shards.contains_key(number));
        let unchanged: usize = unread.map(|number| sharding.members(number).count()).sum();
        let found = known.iter().filter(|id| snapshot.contains(id)).count() + unchanged;
        Self {
            known: known.len() + unchanged,
            found,
            new: snapshot.len().saturating_sub(found),
            missing,
        }
    }

    /// Whether the reading is rejected: it may be another company's.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.known >= MIN_KNOWN && self.found * 2 < self.known
    }

    /// Identifies the known people who are missing. New people do not change it, so an approval holds while they are created.
    #[must_use]
    pub fn hash(&self, key: &FingerprintKey) -> String {
        let ids = self.missing.iter().map(|id| Part::Value(id.as_str()));
        let print = key.fingerprint([Part::Value("source")].into_iter().chain(ids));
        format!("{print}").chars().take(HASH_LENGTH).collect()
    }
}

/// As long as the hash of a held plan.
const HASH_LENGTH: usize = 12;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use shared::fingerprint::ShardEntry;

    use super::*;
    use crate::plan::builders::{employee, key};
    use crate::source::Person;

    fn snapshot(ids: impl IntoIterator<Item = u32>) -> Snapshot {
        let person = |id: u32| {
            let id = id.to_string();
            let fingerprint = key().fingerprint([Part::Value(&id)]);
            let employee = Box::new(employee(&id));
            (SourceId::new(id), Person::Employee(employee, fingerprint))
        };
        ids.into_iter().map(person).collect()
    }

    fn shards(
        ids: impl IntoIterator<Item = u32>,
        status: EntryStatus,
    ) -> BTreeMap<ShardNumber, Shard> {
        let mut shards: BTreeMap<ShardNumber, Shard> = BTreeMap::new();
        for id in ids {
            let id = SourceId::new(id.to_string());
            let fingerprint = key().fingerprint([Part::Value(id.as_str())]);
            let shard = shards.entry(ShardNumber::of(&id)).or_default();
            shard.0.insert(
                id,
                ShardEntry {
                    fingerprint,
                    status,
                },
            );
        }
        shards
    }

    #[test]
    fn a_reading_without_half_of_the_known_people_is_foreign() {
        let cases = [
            ("everybody", 0..900, 0..900, false),
            ("half", 0..900, 450..900, false),
            ("fewer than half", 0..900, 451..900, true),
            ("three of 900", 0..900, 0..3, true),
            ("nobody", 0..900, 0..0, true),
            ("strangers alone", 0..900, 1000..1230, true),
            ("strangers besides everybody", 0..100, 0..5000, false),
            ("a small company", 0..19, 100..200, false),
            ("the smallest that is checked", 0..20, 100..200, true),
            ("nobody known", 0..0, 0..900, false),
        ];
        for (label, known, there, foreign) in cases {
            let (snapshot, shards) = (snapshot(there), shards(known, EntryStatus::Synced));
            let sharding = Sharding::new(&snapshot);
            let mut all: BTreeMap<_, _> = ShardNumber::all()
                .map(|number| (number, Shard::default()))
                .collect();
            all.extend(shards);
            let identity = Identity::of(&snapshot, &sharding, &all, std::iter::empty());
            assert_eq!(identity.is_foreign(), foreign, "{label}: {identity:?}");
        }
    }

    #[test]
    fn after_a_lost_state_the_ledger_says_who_is_known() {
        let snapshot = snapshot(1000..1230);
        let ledger: Vec<_> = (0..230).map(|id| SourceId::new(id.to_string())).collect();
        let nobody = shards(0..0, EntryStatus::Synced);
        let sharding = Sharding::new(&snapshot);
        let all: BTreeMap<_, _> = ShardNumber::all()
            .map(|number| (number, Shard::default()))
            .chain(nobody)
            .collect();
        let identity = Identity::of(&snapshot, &sharding, &all, ledger.iter());
        assert_eq!(
            (
                identity.known,
                identity.found,
                identity.new,
                identity.is_foreign()
            ),
            (230, 0, 230, true)
        );
        let missing: BTreeSet<&SourceId> = ledger.iter().collect();
        assert_eq!(identity.missing, missing);
    }

    #[test]
    fn people_missing_from_the_last_reading_are_not_known() {
        let snapshot = snapshot(0..40);
        let mut all = shards(0..40, EntryStatus::Synced);
        for (number, shard) in shards(100..1000, EntryStatus::MissingOnce) {
            all.entry(number).or_default().0.extend(shard.0);
        }
        let identity = Identity::of(
            &snapshot,
            &Sharding::new(&snapshot),
            &all,
            std::iter::empty(),
        );
        assert_eq!((identity.known, identity.is_foreign()), (40, false));
    }

    proptest! {
        #[test]
        fn rejects_exactly_readings_with_fewer_than_half_of_at_least_20_known_people(
            known in prop::collection::btree_set(0_u32..200, 0..120),
            there in prop::collection::btree_set(0_u32..400, 0..120),
        ) {
            let found = known.intersection(&there).count();
            let foreign = known.len() >= 20 && found * 2 < known.len();
            let snapshot = snapshot(there.iter().copied());
            let sharding = Sharding::new(&snapshot);
            let mut read = shards(known.iter().copied(), EntryStatus::Synced);
            // A shard whose people are all there, and nobody else, is unchanged: it is not read.
            let of = |ids: &BTreeSet<u32>, number| -> BTreeSet<u32> {
                let is_in = |id: &&u32| ShardNumber::of(&SourceId::new(id.to_string())) == number;
                ids.iter().filter(is_in).copied().collect()
            };
            for number in ShardNumber::all() {
                if of(&known, number) == of(&there, number) {
                    read.remove(&number);
                } else {
                    read.entry(number).or_default();
                }
            }
            let identity = Identity::of(&snapshot, &sharding, &read, std::iter::empty());
            prop_assert_eq!(
                (identity.known, identity.found, identity.new, identity.is_foreign()),
                (known.len(), found, there.len() - found, foreign)
            );
        }

        #[test]
        fn new_people_do_not_change_the_hash_and_a_missing_person_does(
            there in prop::collection::btree_set(0_u32..30, 0..15),
            hires in prop::collection::btree_set(1000_u32..1100, 0..20),
        ) {
            let hash = |known: BTreeSet<u32>, there: BTreeSet<u32>| {
                let snapshot = snapshot(there);
                let shards = shards(known, EntryStatus::Synced);
                Identity::of(&snapshot, &Sharding::new(&snapshot), &shards, std::iter::empty()).hash(&key())
            };
            let known: BTreeSet<u32> = (0..30).collect();
            let before = hash(known.clone(), there.clone());
            let with_hires: BTreeSet<u32> = there.union(&hires).copied().collect();
            prop_assert_eq!(&hash(known.clone(), with_hires.clone()), &before);
            let registered = known.union(&hires).copied().collect();
            prop_assert_eq!(&hash(registered, with_hires), &before);
            if let Some(first) = there.first() {
                let fewer = there.iter().copied().filter(|id| id != first).collect();
                prop_assert_ne!(&hash(known, fewer), &before);
            }
        }
    }
}
