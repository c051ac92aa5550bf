//! What the last run left, compared with who is there now: who needs a look. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::{
    EntryStatus, Fingerprint, FingerprintKey, Shard, ShardCount, ShardEntry, ShardNumber,
};
use shared::mapping::MAPPING_VERSION;
use shared::state::SyncState;

use crate::source::Snapshot;
use crate::source::{Completeness, People};

/// reteach's actual values are compared with the plan this often.
const RECONCILE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How much of the company a run looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Nobody: the root says that all is as the last run left it.
    Nobody,
    /// The people of these shards.
    Shards(BTreeSet<ShardNumber>),
    /// Everybody, beside the accounts that reteach actually holds.
    Everybody(Reason),
}

/// Why a run looks at everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing is known yet, or no more than whom a run has begun with.
    FirstRun,
    /// The mapping or the tenant's configuration is another one.
    NewRules,
    /// The daily reconcile, or one that was asked for.
    Reconcile,
    /// Many more people than the shards are made for: they are sharded anew, and not only at the next reconcile.
    Outgrown,
}

/// Who falls into which shard.
#[derive(Debug)]
pub struct Sharding<'a> {
    count: ShardCount,
    key: &'a FingerprintKey,
    snapshot: &'a Snapshot,
    /// Places in the snapshot.
    members: BTreeMap<ShardNumber, Vec<usize>>,
}

impl<'a> Sharding<'a> {
    /// Spreads `people` over `count` shards.
    #[must_use]
    pub fn new(people: &'a People, count: ShardCount, key: &'a FingerprintKey) -> Self {
        let mut members: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, id) in people.snapshot.ids().enumerate() {
            members
                .entry(count.shard_of(key, &id))
                .or_default()
                .push(place);
        }
        Self {
            count,
            key,
            snapshot: &people.snapshot,
            members,
        }
    }

    /// The number of shards.
    #[must_use]
    pub fn count(&self) -> ShardCount {
        self.count
    }

    /// The shard of somebody, there or not.
    #[must_use]
    pub fn shard_of(&self, id: &SourceId) -> ShardNumber {
        self.count.shard_of(self.key, id)
    }

    /// How many people there are.
    fn people(&self) -> usize {
        self.snapshot.len()
    }

    fn places(&self, number: ShardNumber) -> impl Iterator<Item = usize> + '_ {
        self.members.get(&number).into_iter().flatten().copied()
    }

    /// The people of a shard.
    pub fn members(
        &self,
        number: ShardNumber,
    ) -> impl Iterator<Item = (SourceId, Fingerprint)> + '_ {
        self.places(number)
            .filter_map(|place| self.snapshot.at(place))
    }

    fn fingerprints(&self, number: ShardNumber) -> impl Iterator<Item = Fingerprint> + '_ {
        self.places(number)
            .filter_map(|place| self.snapshot.fingerprint_at(place))
    }

    /// The shards whose line in the root does not settle them.
    #[must_use]
    pub fn unsettled(&self, root: &SyncState, now: Timestamp) -> BTreeSet<ShardNumber> {
        let numbered = (0..).map(ShardNumber).zip(&root.shards);
        let open =
            numbered.filter(|(number, line)| !line.is_settled(self.fingerprints(*number), now));
        open.map(|(number, _)| number).collect()
    }
}

/// How much of the company this run has to look at.
#[must_use]
pub fn select(
    root: Option<&SyncState>,
    sharding: &Sharding<'_>,
    configuration: &str,
    asked: bool,
    now: Timestamp,
) -> Selection {
    // A first run that did not come to its end leaves the shards of those whom it announced, and no configuration.
    let Some(root) = root.filter(|root| !root.shards.is_empty() && !root.configuration.is_empty())
    else {
        return Selection::Everybody(Reason::FirstRun);
    };
    if root.mapping_version != MAPPING_VERSION || root.configuration != configuration {
        return Selection::Everybody(Reason::NewRules);
    }
    if asked || root.reconciled_at + RECONCILE_EVERY <= now {
        return Selection::Everybody(Reason::Reconcile);
    }
    let open = sharding.unsettled(root, now);
    if !open.is_empty() && sharding.count.is_overfull_with(sharding.people()) {
        return Selection::Everybody(Reason::Outgrown);
    }
    if open.is_empty() && root.pending.is_empty() {
        Selection::Nobody
    } else {
        Selection::Shards(open)
    }
}

/// Who of a shard needs what.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Classification {
    /// There, and other than the last run left them, or due for another try.
    pub due: BTreeSet<SourceId>,
    /// Missing for the second time in a row.
    pub gone: BTreeSet<SourceId>,
}

/// Sorts the people of the `shards` that are looked at. With `everybody` all who are there need a look.
#[must_use]
pub fn classify(
    sharding: &Sharding<'_>,
    shards: &BTreeMap<ShardNumber, Shard>,
    completeness: Completeness,
    everybody: bool,
    now: Timestamp,
) -> Classification {
    let mut found = Classification::default();
    for (number, shard) in shards {
        let mut there = BTreeSet::new();
        for (id, fingerprint) in sharding.members(*number) {
            let same = shard
                .0
                .get(&id)
                .filter(|entry| entry.fingerprint == fingerprint);
            let rests = same.is_some_and(|entry| match entry.standing {
                EntryStatus::Synced => true,
                // Back again: what was refused or held before they were missing is not known any more.
                EntryStatus::MissingOnce => false,
                EntryStatus::RetryAt(at) => at > now,
            });
            if everybody || !rests {
                found.due.insert(id.clone());
            }
            there.insert(id);
        }
        let missing = shard.0.iter().filter(|(id, _)| !there.contains(*id));
        let twice = missing.filter(|(_, entry)| entry.standing == EntryStatus::MissingOnce);
        if completeness == Completeness::Complete {
            found.gone.extend(twice.map(|(id, _)| id.clone()));
        }
    }
    found
}

/// What became of somebody who was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// reteach holds what the source says, or nothing is to be done.
    Settled,
    /// Refused: the same record is tried again from then on.
    RetryAt(Timestamp),
    /// Held by a brake, or not reached in this run: the next run looks again.
    Open,
}

/// Due in the next run, whenever that is.
pub const DUE_NOW: EntryStatus = EntryStatus::RetryAt(Timestamp::UNIX_EPOCH);

/// The shard after the run: `became` says what came of those who were looked at.
#[must_use]
pub fn next_shard(
    number: ShardNumber,
    old: &Shard,
    sharding: &Sharding<'_>,
    completeness: Completeness,
    became: &BTreeMap<SourceId, Resolution>,
) -> Shard {
    let mut next = Shard::default();
    for (id, fingerprint) in sharding.members(number) {
        let before = old.0.get(&id).copied();
        let entry = match became.get(&id) {
            Some(Resolution::Settled) => Some(ShardEntry {
                fingerprint,
                standing: EntryStatus::Synced,
            }),
            Some(Resolution::RetryAt(at)) => Some(ShardEntry {
                fingerprint,
                standing: EntryStatus::RetryAt(*at),
            }),
            Some(Resolution::Open) => Some(ShardEntry {
                fingerprint,
                standing: DUE_NOW,
            }),
            None => before.map(|entry| match entry.standing {
                EntryStatus::MissingOnce => ShardEntry {
                    standing: DUE_NOW,
                    ..entry
                },
                EntryStatus::Synced | EntryStatus::RetryAt(_) => entry,
            }),
        };
        next.0.extend(entry.map(|entry| (id, entry)));
    }
    let there: BTreeSet<SourceId> = sharding.members(number).map(|(id, _)| id).collect();
    for (id, entry) in old.0.iter().filter(|(id, _)| !there.contains(*id)) {
        let kept = match (became.get(id), completeness) {
            (Some(Resolution::Settled), _) => None,
            (_, Completeness::Complete) => Some(ShardEntry {
                standing: EntryStatus::MissingOnce,
                ..*entry
            }),
            (_, Completeness::Incomplete(_)) => Some(*entry),
        };
        next.0.extend(kept.map(|entry| (id.clone(), entry)));
    }
    next
}

#[cfg(test)]
mod tests;
