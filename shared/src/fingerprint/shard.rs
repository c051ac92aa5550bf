//! Shards of fingerprints and their digests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ring::digest;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Fingerprint;
use crate::domain::id::SourceId;

/// Shards of a company, whatever its size: at 100,000 people each has about 70 KB, and all their digests fit one read unit.
pub const SHARDS: u16 = 64;

/// The number of a shard, below [`SHARDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardNumber(pub u16);

impl ShardNumber {
    /// The shard of a person, by the hash of the id alone: no other key and no growth moves anybody elsewhere.
    #[must_use]
    pub fn of(id: &SourceId) -> Self {
        let hash = digest::digest(&digest::SHA256, id.as_str().as_bytes());
        let first = hash.as_ref().first().copied().unwrap_or_default();
        Self(u16::from(first) % SHARDS)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }
}

/// Shards in a row, from the first one up to the one before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardRange {
    pub first: u16,
    pub end: u16,
}

impl ShardRange {
    pub const WHOLE: Self = Self {
        first: 0,
        end: SHARDS,
    };

    #[must_use]
    pub fn contains(self, id: &SourceId) -> bool {
        (self.first..self.end).contains(&ShardNumber::of(id).0)
    }

    #[must_use]
    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// The first shard after these, if there is one.
    #[must_use]
    pub fn next(self) -> Option<u16> {
        (self.end < SHARDS).then_some(self.end)
    }
}

/// What the last run left of a person, besides the fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryStatus {
    /// reteach holds what the fingerprint stands for.
    Synced,
    /// reteach refused this record; the same record is tried again from this moment on.
    RetryAt(Timestamp),
    /// Missing from one complete read; missing from the next one too means gone.
    MissingOnce,
    /// Somebody has dismissed the change; looked at again from this moment on.
    Dismissed(Timestamp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardEntry {
    /// The record the last run saw.
    pub fingerprint: Fingerprint,
    pub status: EntryStatus,
}

impl ShardEntry {
    /// Somebody who is gone, and whose account is tried again from `at` on. Without a fingerprint the shard is settled until
    /// then: its digest is that of the people who are there.
    #[must_use]
    pub fn gone(at: Timestamp) -> Self {
        Self {
            fingerprint: Fingerprint::default(),
            status: EntryStatus::RetryAt(at),
        }
    }

    /// When the account of somebody who is gone is tried again.
    #[must_use]
    pub fn gone_until(&self) -> Option<Timestamp> {
        match self.status {
            EntryStatus::RetryAt(at) if self.fingerprint == Fingerprint::default() => Some(at),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard(pub BTreeMap<SourceId, ShardEntry>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardDigest {
    /// Digest of all fingerprints of the shard. Zero for an empty one.
    pub digest: u64,
    /// From when on (Unix seconds) the shard must be looked at although its digest fits; 0: never.
    pub due: u32,
}

/// A stored shard that cannot be read: written by a newer version, or damaged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a stored shard of fingerprints cannot be read")]
pub struct ShardError;

impl Shard {
    #[must_use]
    pub fn digest(&self) -> ShardDigest {
        let digest = digest_of(self.0.values().map(|entry| entry.fingerprint));
        let due = self.0.values().filter_map(|entry| match entry.status {
            EntryStatus::Synced => None,
            EntryStatus::RetryAt(at) | EntryStatus::Dismissed(at) => {
                Some(u32::try_from(at.as_second().max(1)).unwrap_or(u32::MAX))
            }
            EntryStatus::MissingOnce => Some(1),
        });
        ShardDigest {
            digest,
            due: due.min().unwrap_or(0),
        }
    }

    /// The shard in its stored form.
    ///
    /// # Errors
    /// [`ShardError`] if it cannot be written, which no shard built from valid ids does.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ShardError> {
        postcard::to_stdvec(self).map_err(|_| ShardError)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShardError> {
        postcard::from_bytes(bytes).map_err(|_| ShardError)
    }
}

/// The digest of a set of fingerprints: does not depend on their order. Fingerprints cover the person's id, so equal
/// records of two people do not cancel out.
#[must_use]
pub(crate) fn digest_of(fingerprints: impl IntoIterator<Item = Fingerprint>) -> u64 {
    let sum = fingerprints
        .into_iter()
        .fold(0_u128, |sum, print| sum.wrapping_add(print.as_u128()));
    u64::try_from(sum >> 64).unwrap_or_default()
}

impl ShardDigest {
    /// Whether this line says that nothing has to be done for people with these fingerprints at `now`.
    #[must_use]
    pub fn is_settled(
        self,
        fingerprints: impl IntoIterator<Item = Fingerprint>,
        now: Timestamp,
    ) -> bool {
        let due = self.due != 0 && i64::from(self.due) <= now.as_second();
        !due && self.digest == digest_of(fingerprints)
    }

    #[must_use]
    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let (digest, due) = bytes.split_at_mut(8);
        digest.copy_from_slice(&self.digest.to_be_bytes());
        due.copy_from_slice(&self.due.to_be_bytes());
        bytes
    }

    /// The line from its 12 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 12]) -> Self {
        let digest = bytes.first_chunk::<8>().copied().unwrap_or_default();
        let due = bytes.last_chunk::<4>().copied().unwrap_or_default();
        Self {
            digest: u64::from_be_bytes(digest),
            due: u32::from_be_bytes(due),
        }
    }
}

#[cfg(test)]
mod tests;
