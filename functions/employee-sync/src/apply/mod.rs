//! The executor: makes no choices of its own. Each change goes to reteach and then into the ledger, a few at a time;
//! what is not reached is left for the next run.

mod write;

#[cfg(test)]
pub(crate) use write::{after, input};

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use shared::domain::clock::Clock;
use shared::domain::id::{SourceId, TenantId};
use shared::fingerprint::Fingerprint;
use shared::http::Deadline;
use shared::reteach;
use shared::runtime::{CircuitBreaker, LeaseGuard};
use shared::state::{EmployeeEntry, Failure, StateError, Store};

use crate::checkpoint::Resolution;
use crate::plan::{Candidate, Change, Plan, SourceState};

/// Changes in flight at once.
pub const CONCURRENCY: usize = 8;

/// Everything the executor acts with.
#[derive(Clone, Copy, Debug)]
pub struct ApplyContext<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// Its academy.
    pub reteach: &'a reteach::Client,
    /// The ledger.
    pub store: &'a Store,
    /// The lease.
    pub guard: &'a LeaseGuard<'a>,
    /// The present.
    pub clock: &'a dyn Clock,
    /// No new change is begun after this.
    pub stop_at: Deadline,
    /// Changes in flight at once.
    pub at_once: usize,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// reteach and the ledger hold it.
    Done,
    /// reteach refused it; noted on the person.
    Refused(Failure),
    /// reteach refused the values, which is noted on the person, and took the lock or unlock without them.
    WindowAlone(Failure),
    /// Not reached, or not known to have taken effect: the next run looks again.
    Open,
}

/// Why the executor stopped early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyAbort {
    /// The time for this run is over.
    #[error("the time for this run is over; the rest follows on the next one")]
    OutOfTime,
    /// The lease is lost, or the ledger cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// reteach does not answer, or not to these credentials.
    #[error("{0}")]
    Reteach(reteach::Error),
}

/// The outcome of applying a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What became of each change, by person.
    pub applied: HashMap<SourceId, Applied>,
    /// Why it stopped early, if it did.
    pub stop: Option<ApplyAbort>,
}

/// Applies `changes`, each with the ledger's entry of its person, and tells `progress` after each.
pub async fn apply(
    context: ApplyContext<'_>,
    changes: Vec<(Change, Option<EmployeeEntry>)>,
    progress: &(dyn Fn() + Sync),
) -> Outcome {
    let brake = CircuitBreaker::default();
    let each = changes.into_iter().map(|(change, entry)| {
        let brake = &brake;
        async move {
            let id = change.source_id.clone();
            let applied = one(context, change, entry, brake).await;
            progress();
            (id, applied)
        }
    });
    let applied = stream::iter(each)
        .buffer_unordered(context.at_once)
        .collect()
        .await;
    Outcome {
        applied,
        stop: brake.into_reason(),
    }
}

/// Writes ledger entries of accounts that are as they should be.
///
/// # Errors
/// [`StateError`] at the first one that fails; the rest is found again by the next run.
pub async fn keep(context: ApplyContext<'_>, entries: &[EmployeeEntry]) -> Result<(), StateError> {
    // Collected first: a closure kept across the await would tie the run to one thread.
    let writes: Vec<_> = entries
        .iter()
        .map(|entry| write_entry(context, entry))
        .collect();
    let results: Vec<_> = stream::iter(writes)
        .buffer_unordered(context.at_once)
        .collect()
        .await;
    results.into_iter().collect()
}

/// Writes down whose mail address belongs to another account, with the pause before it is looked at again.
///
/// # Errors
/// [`StateError`] if an entry cannot be written.
pub async fn note_conflicts(
    context: ApplyContext<'_>,
    plan: &Plan,
    candidates: &[Candidate],
) -> Result<BTreeMap<SourceId, Resolution>, StateError> {
    let conflicts: HashSet<&SourceId> = plan
        .skipped
        .iter()
        .filter(|(_, skip)| skip.is_conflict())
        .map(|(id, _)| id)
        .collect();
    let mut became = BTreeMap::new();
    for candidate in candidates
        .iter()
        .filter(|candidate| conflicts.contains(&candidate.source_id))
    {
        let SourceState::Present { fingerprint, .. } = &candidate.source else {
            continue;
        };
        let entry = candidate
            .entry
            .clone()
            .unwrap_or_else(|| EmployeeEntry::new(candidate.source_id.clone()));
        let reason = "the mail address belongs to another account".to_owned();
        if let Some(failure) = note(context, entry, Some(*fingerprint), reason).await? {
            became.insert(
                candidate.source_id.clone(),
                Resolution::RetryAt(failure.retry_at),
            );
        }
    }
    Ok(became)
}

async fn write_entry(context: ApplyContext<'_>, entry: &EmployeeEntry) -> Result<(), StateError> {
    context.guard.check().await?;
    context
        .store
        .put_employee(context.tenant, context.guard.token(), entry)
        .await
}

async fn one(
    context: ApplyContext<'_>,
    change: Change,
    entry: Option<EmployeeEntry>,
    breaker: &CircuitBreaker<ApplyAbort>,
) -> Applied {
    if breaker.is_open() {
        return Applied::Open;
    }
    if context
        .stop_at
        .remaining()
        .is_some_and(|left| left.is_zero())
    {
        breaker.open(ApplyAbort::OutOfTime);
        return Applied::Open;
    }
    let fingerprint = change.fingerprint;
    let entry = entry.unwrap_or_else(|| EmployeeEntry::new(change.source_id.clone()));
    let window = write::window_alone(&change);
    match write::write(context, change, entry.clone()).await {
        Ok(_) => {
            breaker.success();
            Applied::Done
        }
        Err(write::WriteError::Refused(reason)) => {
            breaker.success();
            refused(context, window, entry, (fingerprint, reason), breaker).await
        }
        Err(write::WriteError::AccountGone) => match forget_account(context, entry).await {
            Ok(()) => Applied::Open,
            Err(error) => open(breaker, ApplyAbort::State(error)),
        },
        Err(write::WriteError::NoAnswer(error)) => {
            breaker.failure(ApplyAbort::Reteach(error));
            Applied::Open
        }
        Err(write::WriteError::ApplyAbort(stop)) => open(breaker, stop),
    }
}

/// A value that does not fit must not keep an account open whose owner has left: the window is written without it.
async fn refused(
    context: ApplyContext<'_>,
    window: Option<Change>,
    entry: EmployeeEntry,
    (fingerprint, reason): (Option<Fingerprint>, String),
    breaker: &CircuitBreaker<ApplyAbort>,
) -> Applied {
    let alone = match window {
        Some(window) => write::write(context, window, entry.clone()).await.ok(),
        None => None,
    };
    let became = if alone.is_some() {
        Applied::WindowAlone
    } else {
        Applied::Refused
    };
    match note(context, alone.unwrap_or(entry), fingerprint, reason).await {
        Ok(failure) => failure.map_or(Applied::Open, became),
        Err(error) => open(breaker, ApplyAbort::State(error)),
    }
}

fn open(breaker: &CircuitBreaker<ApplyAbort>, stop: ApplyAbort) -> Applied {
    breaker.open(stop);
    Applied::Open
}

/// Writes a refusal down, with the pause before the same record is tried again. Nobody who is gone has a record.
async fn note(
    context: ApplyContext<'_>,
    entry: EmployeeEntry,
    fingerprint: Option<Fingerprint>,
    reason: String,
) -> Result<Option<Failure>, StateError> {
    let Some(fingerprint) = fingerprint else {
        return Ok(None);
    };
    let failure = failure(
        entry.failure.as_ref(),
        fingerprint,
        reason,
        context.clock.now(),
    );
    let entry = EmployeeEntry {
        failure: Some(failure.clone()),
        ..entry
    };
    write_entry(context, &entry).await?;
    Ok(Some(failure))
}

/// An account that somebody deleted in reteach: the next run looks for one again, and creates it if there is none.
async fn forget_account(context: ApplyContext<'_>, entry: EmployeeEntry) -> Result<(), StateError> {
    let fresh = EmployeeEntry {
        locked: entry.locked,
        ..EmployeeEntry::new(entry.source_id)
    };
    write_entry(context, &fresh).await
}

/// The refusal of a record, after `earlier` ones: 15 minutes until the next try, then twice as long each time, at most
/// a day.
#[must_use]
pub fn failure(
    earlier: Option<&Failure>,
    fingerprint: Fingerprint,
    reason: String,
    now: Timestamp,
) -> Failure {
    let attempts = earlier
        .filter(|it| it.fingerprint == fingerprint)
        .map_or(0, |it| it.attempts)
        .saturating_add(1);
    let minutes = 15_i64.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    let pause = SignedDuration::from_mins(minutes.min(24 * 60));
    Failure {
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
