//! What the last run left, compared with who is there now: who needs a look. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, Fingerprint, Shard, ShardNumber};
use shared::mapping::MAPPING_VERSION;
use shared::state::SyncState;

use super::in_progress;
use crate::source::Completeness;
use crate::source::Snapshot;

/// reteach's actual values are compared with the plan this often.
const RECONCILE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// An academy that could not be listed is listed again after this long.
const LIST_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// How much of the company a run looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Nobody: the root says that all is as the last run left it.
    Nobody,
    Shards(BTreeSet<ShardNumber>),
    /// Everybody, compared with the accounts that reteach actually holds.
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
}

/// The people of a snapshot, with their fingerprints, by their shards.
#[derive(Debug)]
pub struct Sharding<'a>(BTreeMap<ShardNumber, Vec<(&'a SourceId, Fingerprint)>>);

impl<'a> Sharding<'a> {
    #[must_use]
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let mut members: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, person) in snapshot.iter() {
            let shard = members.entry(ShardNumber::of(id)).or_default();
            shard.push((id, person.fingerprint()));
        }
        Self(members)
    }

    pub fn members(
        &self,
        number: ShardNumber,
    ) -> impl Iterator<Item = (&'a SourceId, Fingerprint)> + '_ {
        self.0.get(&number).into_iter().flatten().copied()
    }

    /// The shards that have changed since `state` was written, or are due.
    #[must_use]
    pub fn unsettled(&self, state: &SyncState, now: Timestamp) -> BTreeSet<ShardNumber> {
        ShardNumber::all()
            .filter(|number| {
                let prints = self.members(*number).map(|(_, print)| print);
                !state.shard_digest(*number).is_settled(prints, now)
            })
            .collect()
    }
}

/// Whether the academy could not be listed a short time ago.
#[must_use]
pub fn waits_for_list(state: &SyncState, now: Timestamp) -> bool {
    let failed_at = state.listing_failed_at;
    failed_at.is_some_and(|at| now < at + LIST_AGAIN)
}

/// How much of the company this run has to look at.
#[must_use]
pub fn select(
    state: Option<&SyncState>,
    sharding: &Sharding<'_>,
    configuration: &str,
    asked: bool,
    now: Timestamp,
) -> Selection {
    // A first run that did not come to its end leaves the shards of people it registered, and no configuration.
    let Some(state) = state.filter(|state| !state.configuration.is_empty()) else {
        return Selection::Everybody(Reason::FirstRun);
    };
    let waits = waits_for_list(state, now);
    let has_new_rules =
        state.mapping_version != MAPPING_VERSION || state.configuration != configuration;
    let is_due = state.reconciled_at + RECONCILE_EVERY <= now;
    let begun = in_progress(state, configuration);
    // One that was asked for goes on from run to run as well.
    let goes_on = is_due || begun.is_some();
    let reason = if has_new_rules && (asked || !waits) {
        Some(Reason::NewRules)
    } else {
        (asked || (goes_on && !waits)).then_some(Reason::Reconcile)
    };
    let open = sharding.unsettled(state, now);
    // Between two parts of a long comparison those who have changed have their turn.
    let yields = begun.is_some_and(|begun| begun.yields) && !open.is_empty();
    if let Some(reason) = reason.filter(|_| !yields) {
        return Selection::Everybody(reason);
    }
    if open.is_empty() && state.pending.is_empty() {
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
    /// Missing for the second time in a row, or gone and due for another try.
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
                .get(id)
                .filter(|entry| entry.fingerprint == fingerprint);
            let rests = same.is_some_and(|entry| match entry.status {
                EntryStatus::Synced => true,
                // Back again: what was refused or held before they were missing is not known any more.
                EntryStatus::MissingOnce => false,
                EntryStatus::RetryAt(at) | EntryStatus::Dismissed(at) => at > now,
            });
            if everybody || !rests {
                found.due.insert(id.clone());
            }
            there.insert(id);
        }
        let missing = shard.0.iter().filter(|(id, _)| !there.contains(id));
        let is_due = |at: Timestamp| everybody || at <= now;
        let twice = missing.filter(|(_, entry)| {
            entry.status == EntryStatus::MissingOnce || entry.gone_until().is_some_and(is_due)
        });
        if completeness == Completeness::Complete {
            found.gone.extend(twice.map(|(id, _)| id.clone()));
        }
    }
    found
}
