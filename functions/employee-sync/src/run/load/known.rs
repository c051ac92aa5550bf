//! What the last run left: shards, and where everybody is looked at the whole ledger.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardDigest, ShardNumber, ShardRange};
use shared::state::{EmployeeEntry, StateError, SyncState};

use super::is_shut;
use crate::checkpoint::{Identity, Reason, Selection, Sharding};
use crate::io::Reader;
use crate::source::People;

/// What the last run left of the people who are looked at.
pub(in super::super) struct Known {
    pub(in super::super) shards: BTreeMap<ShardNumber, Shard>,
    /// The whole ledger, where everybody is looked at.
    pub(in super::super) entries: HashMap<SourceId, EmployeeEntry>,
}

impl Known {
    pub(in super::super) async fn load(
        reader: &impl Reader,
        state: Option<&SyncState>,
        selection: &Selection,
        portion: ShardRange,
    ) -> Result<Self, StateError> {
        let Selection::Everybody(_) = selection else {
            return Ok(Self {
                shards: shards_of(reader, selection).await?,
                entries: HashMap::new(),
            });
        };
        let stored: Vec<ShardNumber> = ShardNumber::all()
            .filter(|number| has_people(state, *number))
            .collect();
        let mut shards = reader.shards(&stored).await?;
        for number in ShardNumber::all() {
            shards.entry(number).or_default();
        }
        let entries = reader.entries_of(portion).await?;
        Ok(Self { shards, entries })
    }

    /// The known people, compared with those of a reading.
    pub(in super::super) fn compare(
        &self,
        people: &People,
        sharding: &Sharding<'_>,
        selection: &Selection,
        now: Timestamp,
    ) -> Identity<'_> {
        // Without a state, and after a migration.
        let is_empty = || self.shards.values().all(|shard| shard.0.is_empty());
        let is_lost = match selection {
            Selection::Everybody(reason) => *reason == Reason::FirstRun || is_empty(),
            Selection::Nobody | Selection::Shards(_) => false,
        };
        let entries = self.entries.values().filter(|_| is_lost);
        let ledger = entries.filter(|entry| entry.customer_id.is_some() && !is_shut(entry, now));
        let ids = ledger.map(|entry| &entry.source_id);
        Identity::of(&people.snapshot, sharding, &self.shards, ids)
    }
}

pub(super) async fn shards_of(
    reader: &impl Reader,
    selection: &Selection,
) -> Result<BTreeMap<ShardNumber, Shard>, StateError> {
    let numbers: Vec<ShardNumber> = match selection {
        Selection::Shards(numbers) => numbers.iter().copied().collect(),
        Selection::Nobody | Selection::Everybody(_) => Vec::new(),
    };
    reader.shards(&numbers).await
}

/// Whether a shard may hold anybody: reading an empty one costs as much as reading a full one.
fn has_people(state: Option<&SyncState>, number: ShardNumber) -> bool {
    state.is_some_and(|state| state.shard_digest(number) != ShardDigest::default())
}
