//! Selects ledger entries of people who have been gone for a year. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardNumber, ShardRange};
use shared::state::EmployeeEntry;

use crate::plan::{Account, Candidate};
use crate::source::{Completeness, People};

/// An entry outlives the lock of its account for this long.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Entries that one comparison deletes. The next one goes on.
const MAX_EXPIRED: usize = 200;

/// What Personio calls the end date.
const END_DATE: &str = "termination_date";

/// People whose entries may end: missing from a complete reading and from the shards, and locked a year ago.
///
/// Who comes back later is matched by external id, and the lock is lifted because the record has no end date. Where end
/// dates cannot be read, only the entry tells that a lock is ours: it stays.
pub(super) fn long_gone(
    entries: &HashMap<SourceId, EmployeeEntry>,
    shards: &BTreeMap<ShardNumber, Shard>,
    people: &People,
    portion: ShardRange,
    now: Timestamp,
) -> BTreeSet<SourceId> {
    if people.completeness != Completeness::Complete {
        return BTreeSet::new();
    }
    let is_there = |id: &SourceId| {
        let shard = shards.get(&ShardNumber::of(id));
        people.snapshot.contains(id) || shard.is_some_and(|shard| shard.0.contains_key(id))
    };
    let reads_end_dates = !people.unreadable.contains(&END_DATE);
    let is_over = |entry: &EmployeeEntry| {
        gone_since(entry).is_some_and(|since| since + KEPT <= now)
            && (entry.locked.is_none() || reads_end_dates)
    };
    // The entry of an earlier profile is deleted after the entry of its successor.
    let is_without_heir = |entry: &EmployeeEntry| match &entry.handed_over_to {
        Some(heir) => portion.contains(heir) && !is_there(heir) && !entries.contains_key(heir),
        None => is_over(entry),
    };
    let gone = entries
        .values()
        .filter(|entry| !is_there(&entry.source_id) && is_without_heir(entry));
    gone.map(|entry| entry.source_id.clone()).collect()
}

/// When the entry was last needed. `None` while the account is open.
fn gone_since(entry: &EmployeeEntry) -> Option<Timestamp> {
    let refused = entry.failure.as_ref().map(|failure| failure.retry_at);
    match entry.customer_id {
        Some(_) => entry.window.inactive_at,
        None => Some(refused.unwrap_or(Timestamp::UNIX_EPOCH)),
    }
}

/// Those of the people who are `long_gone` whose account is locked or deleted, as the academy's list shows it.
pub(super) fn expired(
    mut long_gone: BTreeSet<SourceId>,
    candidates: &[Candidate],
    now: Timestamp,
) -> Vec<SourceId> {
    for candidate in candidates {
        let is_shut = match &candidate.account {
            Account::Missing => true,
            Account::Fetched(account, _) => !account.is_open_at(now),
            Account::FromLedger(_) | Account::Conflicting(..) | Account::NotFetched => false,
        };
        if !is_shut {
            long_gone.remove(&candidate.source_id);
        }
    }
    long_gone.into_iter().take(MAX_EXPIRED).collect()
}
