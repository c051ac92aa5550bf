//! The executor: makes no choices of its own. Each change goes to reteach and then into the ledger, a few at a time;
//! what is not reached is left for the next run.

mod write;

use std::collections::HashMap;

use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::Fingerprint;
use shared::runtime::CircuitBreaker;
use shared::state::{EmployeeEntry, Failure, FailureKind, StateError};

use crate::io::{ApplyAbort, WriteError, Writer};
use crate::plan::{Candidate, Change, Plan, SourceState};

/// Changes in flight at once.
pub(crate) const CONCURRENCY: usize = 8;

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// reteach and the ledger hold it.
    Done,
    /// reteach refused it; noted on the person.
    Refused(Failure),
    /// reteach refused the values, which is noted on the person, and took the lock or unlock without them.
    WindowAlone(Failure),
    /// Not reached, or not known to have taken effect: the next run looks again.
    Open,
}

impl Applied {
    /// Whether the change of the access window took effect.
    #[must_use]
    pub(crate) fn wrote_window(&self) -> bool {
        matches!(self, Self::Done | Self::WindowAlone(_))
    }
}

/// The outcome of applying a plan.
#[derive(Debug, Default)]
pub(crate) struct ApplyOutcome {
    /// What became of each change, by person.
    pub(crate) applied: HashMap<SourceId, Applied>,
    /// Why it stopped early, if it did.
    pub(crate) abort: Option<ApplyAbort>,
}

/// Writes the ledger entries that need no change in reteach, applies the plan's changes, and calls `progress` after each.
pub(crate) async fn apply(
    writer: &impl Writer,
    plan: &Plan,
    candidates: &[Candidate],
    progress: &(dyn Fn() + Sync),
) -> ApplyOutcome {
    if let Err(error) = write_entries(writer, &plan.bookkeeping).await {
        return ApplyOutcome {
            abort: Some(ApplyAbort::State(error)),
            ..ApplyOutcome::default()
        };
    }
    let entries: HashMap<_, _> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate.entry.as_ref()))
        .collect();
    let breaker = CircuitBreaker::default();
    // Collected first: a closure kept across the await would tie the run to one thread.
    let mut changes = Vec::with_capacity(plan.changes.len());
    for change in &plan.changes {
        let entry = entries.get(&change.source_id).copied().flatten().cloned();
        changes.push(apply_one(writer, change, entry, &breaker, progress));
    }
    let applied = stream::iter(changes)
        .buffer_unordered(writer.concurrency())
        .collect()
        .await;
    ApplyOutcome {
        applied,
        abort: breaker.into_reason(),
    }
}

/// Writes ledger entries, a few at a time.
///
/// # Errors
/// [`StateError`] at the first one that fails; the rest is found again by the next run.
pub(crate) async fn write_entries(
    writer: &impl Writer,
    entries: &[EmployeeEntry],
) -> Result<(), StateError> {
    let mut writes = Vec::with_capacity(entries.len());
    for entry in entries {
        writes.push(write_entry(writer, entry));
    }
    let results: Vec<_> = stream::iter(writes)
        .buffer_unordered(writer.concurrency())
        .collect()
        .await;
    results.into_iter().collect()
}

/// The ledger entries of people whose mail address belongs to another account, with the pause before the next look.
pub(crate) fn conflict_entries(
    plan: &Plan,
    candidates: &[Candidate],
    now: Timestamp,
) -> Vec<EmployeeEntry> {
    let by_id: HashMap<_, _> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let conflicts = plan.skipped.iter().filter(|(_, skip)| skip.is_conflict());
    conflicts
        .filter_map(|(id, _)| {
            let candidate = by_id.get(id)?;
            let SourceState::Present { fingerprint, .. } = candidate.source else {
                return None;
            };
            let reason = "the mail address belongs to another account".to_owned();
            Some(with_failure(
                candidate.entry_or_new(),
                FailureKind::Conflict,
                fingerprint,
                reason,
                now,
            ))
        })
        .collect()
}

async fn write_entry(writer: &impl Writer, entry: &EmployeeEntry) -> Result<(), StateError> {
    writer.check_lease().await?;
    writer.put_entry(entry).await
}

async fn apply_one(
    writer: &impl Writer,
    change: &Change,
    entry: Option<EmployeeEntry>,
    breaker: &CircuitBreaker<ApplyAbort>,
    progress: &(dyn Fn() + Sync),
) -> (SourceId, Applied) {
    let entry = entry.unwrap_or_else(|| EmployeeEntry::new(change.source_id.clone()));
    let applied = if breaker.is_open() {
        Ok(Applied::Open)
    } else if writer.is_out_of_time() {
        Err(ApplyAbort::OutOfTime)
    } else {
        attempt(writer, change, entry, breaker).await
    };
    progress();
    let applied = applied.unwrap_or_else(|abort| {
        breaker.open(abort);
        Applied::Open
    });
    (change.source_id.clone(), applied)
}

async fn attempt(
    writer: &impl Writer,
    change: &Change,
    entry: EmployeeEntry,
    breaker: &CircuitBreaker<ApplyAbort>,
) -> Result<Applied, ApplyAbort> {
    match write::write(writer, change, entry.clone()).await {
        Ok(_) => {
            breaker.success();
            Ok(Applied::Done)
        }
        Err(WriteError::Refused(reason)) => {
            breaker.success();
            Ok(refused(writer, change, entry, reason).await?)
        }
        // Somebody deleted the account: the next run looks for one again, and creates it if there is none.
        Err(WriteError::AccountGone) => {
            let fresh = EmployeeEntry {
                locked: entry.locked,
                ..EmployeeEntry::new(entry.source_id)
            };
            write_entry(writer, &fresh).await?;
            Ok(Applied::Open)
        }
        Err(WriteError::NoAnswer(error)) => {
            breaker.failure(ApplyAbort::Reteach(error));
            Ok(Applied::Open)
        }
        Err(WriteError::Abort(abort)) => Err(abort),
    }
}

/// Notes the refusal on the person, with the pause before the same record is tried again. A value that does not fit must
/// not keep an account open whose owner has left: the window is written without it.
async fn refused(
    writer: &impl Writer,
    change: &Change,
    entry: EmployeeEntry,
    reason: String,
) -> Result<Applied, StateError> {
    let alone = match write::window_alone(change) {
        Some(window) => write::write(writer, &window, entry.clone()).await.ok(),
        None => None,
    };
    let became = if alone.is_some() {
        Applied::WindowAlone
    } else {
        Applied::Refused
    };
    // Nobody who is gone has a record.
    let Some(fingerprint) = change.fingerprint else {
        return Ok(Applied::Open);
    };
    let noted = with_failure(
        alone.unwrap_or(entry),
        FailureKind::Refused,
        fingerprint,
        reason,
        writer.now(),
    );
    write_entry(writer, &noted).await?;
    Ok(noted.failure.map_or(Applied::Open, became))
}

fn with_failure(
    entry: EmployeeEntry,
    kind: FailureKind,
    fingerprint: Fingerprint,
    reason: String,
    now: Timestamp,
) -> EmployeeEntry {
    let earlier = entry.failure.as_ref();
    EmployeeEntry {
        failure: Some(Failure {
            kind,
            ..failure(earlier, fingerprint, reason, now)
        }),
        ..entry
    }
}

/// The refusal of a record, after `earlier` ones: 15 minutes until the next try, then twice as long each time, at most
/// a day.
fn failure(
    earlier: Option<&Failure>,
    fingerprint: Fingerprint,
    reason: String,
    now: Timestamp,
) -> Failure {
    let attempts = earlier
        .filter(|failure| failure.fingerprint == fingerprint)
        .map_or(0, |failure| failure.attempts)
        .saturating_add(1);
    let minutes = 15_i64.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    let pause = SignedDuration::from_mins(minutes.min(24 * 60));
    Failure {
        kind: FailureKind::default(),
        reason,
        fingerprint,
        attempts,
        retry_at: now + pause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::builders::{key, now};

    #[test]
    fn the_pause_before_the_same_record_is_tried_again_grows_to_a_day() {
        let fingerprint = key().fingerprint([]);
        let mut earlier = None;
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let next = failure(earlier.as_ref(), fingerprint, String::new(), now());
            pauses.push(next.retry_at.duration_since(now()).as_mins());
            earlier = Some(next);
        }
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        let other = key().fingerprint([shared::fingerprint::Part::Null]);
        assert_eq!(
            failure(earlier.as_ref(), other, String::new(), now()).attempts,
            1
        );
    }
}
