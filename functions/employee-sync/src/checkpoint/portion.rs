//! The part of a large company that one run plans for: a plan takes some 5 KB for each person, and a run has 128 MB. Pure.

use std::collections::BTreeSet;

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

/// When people who are due are looked at, where there are more than one run plans for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// The contract is over: locks come first.
    Leaver,
    Due,
    /// A brake holds their changes, nobody has decided, and the record is as before: a later look loses nothing.
    Held,
}

/// The people that one run plans for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Limited {
    pub taken: BTreeSet<SourceId>,
    /// People who are left for the next run.
    pub left: usize,
    /// People with held changes who were not looked at.
    pub held: usize,
}

/// As many of those who are `due` as one run plans for, of each turn from a shard that moves with the clock: people who are due
/// for good must not keep others waiting.
#[must_use]
pub fn limited(
    due: BTreeSet<SourceId>,
    most: usize,
    now: Timestamp,
    turn: impl Fn(&SourceId) -> Turn,
) -> Limited {
    if due.len() <= most {
        return Limited {
            taken: due,
            ..Limited::default()
        };
    }
    let mut people = in_turn(due, now, turn);
    let rest = people.split_off(most);
    let held = rest.iter().filter(|(turn, _)| *turn == Turn::Held).count();
    Limited {
        taken: people.into_iter().map(|(_, id)| id).collect(),
        left: rest.len() - held,
        held,
    }
}

/// Those who are `due` in their order: by turn, and within each from a shard that moves with the clock.
pub fn in_turn(
    due: BTreeSet<SourceId>,
    now: Timestamp,
    turn: impl Fn(&SourceId) -> Turn,
) -> Vec<(Turn, SourceId)> {
    let first = now.as_second().div_euclid(300);
    let place =
        |id: &SourceId| (i64::from(ShardNumber::of(id).0) - first).rem_euclid(i64::from(SHARDS));
    let mut people: Vec<(Turn, i64, SourceId)> = due
        .into_iter()
        .map(|id| (turn(&id), place(&id), id))
        .collect();
    people.sort_unstable();
    people.into_iter().map(|(turn, _, id)| (turn, id)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::builders::now;

    fn id(number: usize) -> SourceId {
        SourceId::new(number.to_string())
    }

    #[test]
    fn the_first_shard_is_the_next_one_after_five_minutes() {
        let due: BTreeSet<_> = (0..1_000).map(id).collect();
        for tick in [0, 1, 5] {
            let at = Timestamp::from_second(300 * tick).unwrap();
            let people = in_turn(due.clone(), at, |_| Turn::Due);
            let (_, first) = people.first().unwrap();
            assert_eq!(i64::from(ShardNumber::of(first).0), tick);
        }
    }

    #[test]
    fn everybody_who_is_due_gets_a_turn() {
        let due: BTreeSet<_> = (0..1_000).map(id).collect();
        let mut seen = BTreeSet::new();
        for tick in 0..i64::from(SHARDS) {
            let at = now() + jiff::SignedDuration::from_mins(5 * tick);
            let limited = limited(due.clone(), 100, at, |_| Turn::Due);
            assert_eq!((limited.taken.len(), limited.left), (100, 900));
            seen.extend(limited.taken);
        }
        assert_eq!(seen, due);
        let all = limited(due.clone(), 1_000, now(), |_| Turn::Due);
        assert_eq!((all.taken, all.left), (due, 0));
    }

    #[test]
    fn leavers_come_first_and_held_people_last() {
        let turns: BTreeMap<SourceId, Turn> = (0..1_000)
            .map(|number| match number % 10 {
                0 => (id(number), Turn::Leaver),
                1 => (id(number), Turn::Due),
                _ => (id(number), Turn::Held),
            })
            .collect();
        for (most, taken, left, held) in [
            (90, (90, 0, 0), 110, 800),
            (150, (100, 50, 0), 50, 800),
            (300, (100, 100, 100), 0, 700),
        ] {
            let due = turns.keys().cloned().collect();
            let limited = limited(due, most, now(), |id| turns[id]);
            let of = |turn| limited.taken.iter().filter(|id| turns[*id] == turn).count();
            let counts = (of(Turn::Leaver), of(Turn::Due), of(Turn::Held));
            assert_eq!((counts, limited.left, limited.held), (taken, left, held));
        }
    }
}
