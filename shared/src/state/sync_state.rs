//! The one item that an unchanged run reads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Brake, BrakeWindow};
use crate::fingerprint::{SHARDS, ShardDigest, ShardNumber};

/// Everything a decision depends on, besides the people themselves. Stored as `FINGERPRINTS`, at most 4 KB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncState {
    /// The mapping's version: after a change the next run compares everybody.
    pub mapping_version: u32,
    /// Digest of the tenant's configuration as far as the mapping reads it. Empty until a first run has come to its end.
    pub configuration: String,
    /// The digest of each shard; empty until people were registered.
    #[serde(with = "table")]
    pub shards: Vec<ShardDigest>,
    /// People whom the HR system reported when this was written: the next reading asks for as many pages at once.
    #[serde(default)]
    pub people: u32,
    /// People whose accounts are open: what the brakes' percentages are of.
    pub open_accounts: u32,
    /// What the brakes have counted over the last 24 hours.
    #[serde(default)]
    pub brakes: BrakeWindow,
    /// Harmful changes that a run was about to apply, by a keyed digest of each: written before the first of them, and
    /// empty again in the end. What is found here was applied as far as the next plan does not ask for it again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pending: BTreeMap<Brake, BTreeSet<u64>>,
    /// People whose record was refused and is not tried again yet: they are not in step, although nothing is to be done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waiting: u32,
    /// Those of them who are gone: their locks are refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waiting_gone: u32,
    /// Whether the academy does not find accounts by external id: they are then addressed by reteach's own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub by_reteach_id: bool,
    /// Whether a run over a reading of most people came to its end: from then on new accounts count against a limit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub has_completed: bool,
    /// When reteach's actual values were last compared with the plan.
    pub reconciled_at: Timestamp,
    /// A comparison of everybody in a company so large that several runs share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparing: Option<Comparing>,
    /// Since when comparisons have found accounts that are open after the date that locks them, and none that is locked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_locked_since: Option<Timestamp>,
    /// Whether something is held for people whom only a comparison of everybody looks at.
    #[serde(default, skip_serializing_if = "is_default")]
    pub holds_absent: bool,
    /// When a run last failed to list the academy's accounts, if none has succeeded since.
    #[serde(default, skip_serializing_if = "is_default")]
    pub listing_failed_at: Option<Timestamp>,
    /// All accounts of the academy when it was last listed, also those of nobody in the HR system.
    #[serde(default, skip_serializing_if = "is_default")]
    pub accounts: u32,
    /// A digest made with the tenant's key: digests in the ledger mean nothing with another one. 0: not known.
    #[serde(default)]
    pub key_check: u64,
    /// The hash of the last move to a new account at the HR system, once all of it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migrated: Option<String>,
    /// The numbers of the last reading that three attempts agreed on, although its total is wrong or not announced. The same
    /// numbers are not read three times again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed: Option<AgreedReading>,
    /// The HR system whose ids the people of the shards have, as external ids name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Whether a [`HeldSource`](super::HeldSource) may be stored.
    #[serde(default, skip_serializing_if = "is_default")]
    pub source_held: bool,
}

/// A write of more than 1 KB is two units.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How far a comparison of everybody has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparing {
    /// The configuration and the mapping by which it compares: with others it begins again.
    pub configuration: String,
    pub mapping_version: u32,
    pub next: u16,
    /// Open accounts of the shards before.
    pub open_accounts: u32,
    /// Whether people who have changed come first.
    pub yields: bool,
    #[serde(default)]
    pub began: Timestamp,
}

/// How many people a reading announced and how many came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedReading {
    /// The total; `None` where none was announced.
    pub announced: Option<u64>,
    pub received: u64,
}

impl SyncState {
    #[must_use]
    pub fn shard_digest(&self, number: ShardNumber) -> ShardDigest {
        self.shards
            .get(usize::from(number.0))
            .copied()
            .unwrap_or_default()
    }

    pub fn set_shard_digest(&mut self, number: ShardNumber, digest: ShardDigest) {
        self.shards
            .resize(usize::from(SHARDS), ShardDigest::default());
        if let Some(stored) = self.shards.get_mut(usize::from(number.0)) {
            *stored = digest;
        }
    }
}

mod table {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::ShardDigest;

    pub(super) fn serialize<S: Serializer>(
        shards: &[ShardDigest],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = shards.iter().flat_map(|line| line.to_bytes()).collect();
        serializer.serialize_bytes(&bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<ShardDigest>, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        let (lines, rest) = bytes.as_chunks::<12>();
        if rest.is_empty() {
            Ok(lines.iter().map(ShardDigest::from_bytes).collect())
        } else {
            Err(serde::de::Error::custom("the table of shards is cut off"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_stored_with_its_shards_and_without_what_it_does_not_say() {
        let nothing = SyncState::default();
        let mut said = SyncState {
            waiting: 2,
            waiting_gone: 1,
            has_completed: true,
            ..SyncState::default()
        };
        let digest = ShardDigest { digest: 7, due: 3 };
        said.set_shard_digest(ShardNumber(5), digest);
        let digests = [4, 5].map(|number| said.shard_digest(ShardNumber(number)));
        assert_eq!(digests, [ShardDigest::default(), digest]);
        for (state, is_stored) in [(nothing, false), (said, true)] {
            let item: serde_dynamo::Item = serde_dynamo::to_item(&state).unwrap();
            for name in ["waiting", "waiting_gone", "has_completed"] {
                assert_eq!(item.inner().contains_key(name), is_stored, "{name}");
            }
            let read: SyncState = serde_dynamo::from_item(item).unwrap();
            assert_eq!(read, state);
        }
    }
}
