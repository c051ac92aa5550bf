//! What a run leaves of each person for the next one. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, Shard, ShardEntry, ShardNumber};
use shared::state::EmployeeEntry;

use super::Sharding;
use crate::apply::{Applied, ApplyOutcome};
use crate::io::ApplyAbort;
use crate::plan::{Candidate, Change, Extent, Plan, SkipReason, SourceState};
use crate::source::Completeness;

/// A record that does not fit is reported again after this long, if it is still the same.
const REPORT_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// What became of somebody who was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// reteach holds what the source says, or nothing is to be done.
    Settled,
    /// Refused: the same record is tried again from then on.
    RetryAt(Timestamp),
    /// Dismissed: looked at again from then on. The person waits for nothing.
    Dismissed(Timestamp),
    /// Held by a brake, or not reached in this run: the next run looks again.
    Open,
}

/// Due in the next run, whenever that is.
pub const DUE_NOW: EntryStatus = EntryStatus::RetryAt(Timestamp::UNIX_EPOCH);

/// When a record that was refused is tried again. Somebody due in the next run waits for nothing.
#[must_use]
pub fn waits_until(status: EntryStatus) -> Option<Timestamp> {
    match status {
        EntryStatus::RetryAt(at) if status != DUE_NOW => Some(at),
        _ => None,
    }
}

/// What became of each candidate. `noted` are the ledger entries that were written for people whose account is somebody else's
/// or gives no answer.
pub(crate) fn resolve(
    candidates: &[Candidate],
    plan: &Plan,
    noted: &[EmployeeEntry],
    outcome: &ApplyOutcome,
    now: Timestamp,
) -> BTreeMap<SourceId, Resolution> {
    let mut resolutions: BTreeMap<_, _> = candidates
        .iter()
        .map(|candidate| (candidate.source_id.clone(), Resolution::Open))
        .collect();
    if !matches!(outcome.abort, Some(ApplyAbort::State(_))) {
        let kept = plan.bookkeeping.iter().map(|entry| &entry.source_id);
        let settled = plan.unchanged.iter().chain(kept);
        resolutions.extend(settled.map(|id| (id.clone(), Resolution::Settled)));
    }
    let skipped = plan.skipped.iter();
    resolutions.extend(skipped.map(|(id, skip)| (id.clone(), of_skip(skip, now))));
    let left_out: BTreeMap<_, _> = plan.left_out.iter().map(|(id, skip)| (id, skip)).collect();
    let changed = plan.changes.iter();
    resolutions.extend(changed.map(|change| {
        let id = &change.source_id;
        let resolution = match (of_change(change, outcome.applied.get(id)), left_out.get(id)) {
            (None, Some(SkipReason::AwaitingRetry(_, at))) => Resolution::RetryAt(*at),
            (resolution, _) => resolution.unwrap_or(Resolution::Open),
        };
        (id.clone(), resolution)
    }));
    let held = plan.held.iter();
    resolutions.extend(held.map(|change| (change.source_id.clone(), Resolution::Open)));
    resolutions.extend(noted.iter().filter_map(|entry| {
        let retry_at = entry.failure.as_ref()?.retry_at;
        Some((entry.source_id.clone(), Resolution::RetryAt(retry_at)))
    }));
    resolutions
}

/// `None` if a part of the change was applied, and the rest left out.
fn of_change(change: &Change, applied: Option<&Applied>) -> Option<Resolution> {
    match applied {
        Some(Applied::Done) if change.extent == Extent::Whole => Some(Resolution::Settled),
        Some(Applied::Done) => None,
        Some(
            Applied::Refused(failure)
            | Applied::WindowAlone(Some(failure))
            | Applied::AccountLost(Some(failure)),
        ) => Some(Resolution::RetryAt(failure.retry_at)),
        Some(Applied::WindowAlone(None) | Applied::AccountLost(None) | Applied::Open) | None => {
            Some(Resolution::Open)
        }
    }
}

/// Adds people who are gone and in no shard, and whose account this run could not lock: the next run tries again.
pub(crate) fn with_left_open(
    mut shards: BTreeMap<ShardNumber, Shard>,
    candidates: &[Candidate],
    plan: &Plan,
    outcome: &ApplyOutcome,
) -> BTreeMap<ShardNumber, Shard> {
    let is_locked = |change: &&Change| {
        let applied = outcome.applied.get(&change.source_id);
        applied.is_some_and(Applied::wrote_window)
    };
    let changes = plan.changes.iter().filter(|change| !is_locked(change));
    let open: BTreeSet<_> = changes.map(|change| &change.source_id).collect();
    for candidate in candidates {
        let (id, SourceState::Gone { .. }) = (&candidate.source_id, &candidate.source) else {
            continue;
        };
        // An account that nobody has a history with is locked only by a comparison, after approval.
        let entry = candidate.entry.as_ref().filter(|_| open.contains(id));
        if let (Some(entry), Some(shard)) = (entry, shards.get_mut(&ShardNumber::of(id))) {
            shard.0.entry(id.clone()).or_insert(ShardEntry {
                fingerprint: entry.fingerprint.unwrap_or_default(),
                status: EntryStatus::MissingOnce,
            });
        }
    }
    shards
}

fn of_skip(skip: &SkipReason, now: Timestamp) -> Resolution {
    match skip {
        SkipReason::OutOfScope | SkipReason::GoneAlready | SkipReason::HandedOver(_) => {
            Resolution::Settled
        }
        SkipReason::AwaitingRetry(_, at) => Resolution::RetryAt(*at),
        // Once it is noted, the note says when the next look is due.
        SkipReason::Conflict(..)
        | SkipReason::Contested(_)
        | SkipReason::MailTaken(_)
        | SkipReason::MailShared(_) => Resolution::Open,
        SkipReason::Rejected { .. }
        | SkipReason::EmployedAgain(_)
        | SkipReason::ScopeUndecided(_) => Resolution::RetryAt(now + REPORT_AGAIN),
    }
}

/// The shard after the run: `resolutions` says what came of those who were looked at.
#[must_use]
pub fn next_shard(
    number: ShardNumber,
    old: &Shard,
    sharding: &Sharding<'_>,
    completeness: Completeness,
    resolutions: &BTreeMap<SourceId, Resolution>,
) -> Shard {
    let mut next = Shard::default();
    for (id, fingerprint) in sharding.members(number) {
        let before = old.0.get(id).copied();
        let entry = match resolutions.get(id) {
            Some(Resolution::Settled) => Some(ShardEntry {
                fingerprint,
                status: EntryStatus::Synced,
            }),
            Some(Resolution::RetryAt(at)) => Some(ShardEntry {
                fingerprint,
                status: EntryStatus::RetryAt(*at),
            }),
            Some(Resolution::Dismissed(at)) => Some(ShardEntry {
                fingerprint,
                status: EntryStatus::Dismissed(*at),
            }),
            Some(Resolution::Open) => Some(ShardEntry {
                fingerprint,
                status: DUE_NOW,
            }),
            None => before.map(|entry| match entry.status {
                EntryStatus::MissingOnce => ShardEntry {
                    status: DUE_NOW,
                    ..entry
                },
                EntryStatus::Synced | EntryStatus::RetryAt(_) | EntryStatus::Dismissed(_) => entry,
            }),
        };
        next.0.extend(entry.map(|entry| (id.clone(), entry)));
    }
    let there: BTreeSet<&SourceId> = sharding.members(number).map(|(id, _)| id).collect();
    for (id, entry) in old.0.iter().filter(|(id, _)| !there.contains(id)) {
        let kept = match (resolutions.get(id), completeness) {
            (Some(Resolution::Settled), _) => None,
            (Some(Resolution::RetryAt(at)), _) => Some(ShardEntry::gone(*at)),
            (None, _) if entry.gone_until().is_some() => Some(*entry),
            (_, Completeness::Complete) => Some(ShardEntry {
                status: EntryStatus::MissingOnce,
                ..*entry
            }),
            (_, Completeness::Agreeing(_) | Completeness::Incomplete(_)) => Some(*entry),
        };
        next.0.extend(kept.map(|entry| (id.clone(), entry)));
    }
    next
}
