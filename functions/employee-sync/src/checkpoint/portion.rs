//! The part of a large company that one run plans for: a plan takes some 5 KB for each person, and a run has 128 MB. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{SHARDS, ShardNumber, ShardRange};
use shared::mapping::MAPPING_VERSION;
use shared::state::{Comparing, SyncState};

use super::{Reason, Selection, Sharding};

/// People for whom one run plans.
pub const PORTION: usize = 6_000;

/// The shards of which a run with `selection` compares everybody: as many as have `most` people, at least one, after those that the
/// last runs have compared.
#[must_use]
pub fn portion(
    selection: &Selection,
    state: Option<&SyncState>,
    sharding: &Sharding<'_>,
    configuration: &str,
    most: usize,
) -> ShardRange {
    let Selection::Everybody(reason) = selection else {
        return ShardRange::WHOLE;
    };
    let state = state.filter(|_| *reason != Reason::FirstRun);
    let begun = state.and_then(|state| in_progress(state, configuration));
    let first = begun.map_or(0, |comparing| comparing.next);
    let numbers = (first..SHARDS).map(ShardNumber);
    let taken = numbers
        .scan(0, |people, number| {
            *people += sharding.members(number).count();
            Some(*people)
        })
        .take_while(|people| *people <= most)
        .count();
    let taken = u16::try_from(taken.max(1)).unwrap_or(SHARDS);
    ShardRange {
        first,
        end: first.saturating_add(taken).min(SHARDS),
    }
}

/// The comparison that the last run did not end, unless it was made by other rules.
#[must_use]
pub fn in_progress<'a>(state: &'a SyncState, configuration: &str) -> Option<&'a Comparing> {
    let is_same = |it: &&Comparing| {
        it.configuration == configuration && it.mapping_version == MAPPING_VERSION
    };
    state.comparing.as_ref().filter(is_same)
}

/// As many of those who are `due` as one run plans for, from a shard that moves with the clock: people who are due for good must
/// not keep others waiting. Returns how many are left for the next run.
#[must_use]
pub fn limited(
    due: BTreeSet<SourceId>,
    most: usize,
    now: Timestamp,
) -> (BTreeSet<SourceId>, usize) {
    if due.len() <= most {
        return (due, 0);
    }
    let mut by_shard: BTreeMap<ShardNumber, Vec<SourceId>> = BTreeMap::new();
    for id in due {
        by_shard.entry(ShardNumber::of(&id)).or_default().push(id);
    }
    let turn = now
        .as_second()
        .div_euclid(300)
        .rem_euclid(i64::from(SHARDS));
    let from = ShardNumber(u16::try_from(turn).unwrap_or_default());
    let later = by_shard.split_off(&from);
    let mut people = later.into_values().chain(by_shard.into_values()).flatten();
    let taken = people.by_ref().take(most).collect();
    (taken, people.count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::builders::now;

    #[test]
    fn everybody_who_is_due_gets_a_turn() {
        let due: BTreeSet<_> = (0..1_000).map(|id| SourceId::new(id.to_string())).collect();
        let mut seen = BTreeSet::new();
        for tick in 0..i64::from(SHARDS) {
            let at = now() + jiff::SignedDuration::from_mins(5 * tick);
            let (taken, left) = limited(due.clone(), 100, at);
            assert_eq!((taken.len(), left), (100, 900));
            seen.extend(taken);
        }
        assert_eq!(seen, due);
        assert_eq!(limited(due.clone(), 1_000, now()), (due, 0));
    }
}
