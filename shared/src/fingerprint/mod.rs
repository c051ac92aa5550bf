//! Keyed hashes that stand for people in the state: whether somebody changed is known, who they are is not.
//!
//! A company's fingerprints are packed into shards, and the shards' digests into one root item, so that a run in
//! which nothing changed reads one item whatever the company's size.

mod key;
mod shard;

pub use key::{Fingerprint, FingerprintKey, FingerprintKeyError, Part};
pub use shard::{
    EntryStatus, SHARDS, Shard, ShardDigest, ShardEntry, ShardError, ShardNumber, ShardRange,
};
