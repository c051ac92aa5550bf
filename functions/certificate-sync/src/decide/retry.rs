//! What becomes of a certificate that could not be filed: tried again after growing pauses, parked in the end.

use jiff::{SignedDuration, Timestamp};
use shared::state::{Intent, RetryState};

use super::Transition;
use crate::plan::PreviousFailures;

/// A document that is refused this often is parked. A transient failure has at least as many tries.
const MAX_REFUSALS: u32 = 5;
/// A transient failure is retried for this long.
pub(super) const MAX_TRANSIENT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the reason ends with where an upload without an answer may have filed it.
const MAY_BE_FILED: &str =
    "; it may be filed all the same: look into the employee's documents, then retry or dismiss";

/// The next try after one that failed at `failed_at`: half an hour later at first, then twice as long each time, at
/// most a day.
pub(super) fn after(
    previous: PreviousFailures,
    transient: bool,
    reason: String,
    failed_at: Timestamp,
    now: Timestamp,
) -> Transition {
    let failures = previous.failures.saturating_add(1);
    let since = previous.since.unwrap_or(failed_at);
    let refusals = previous.refusals.saturating_add(u32::from(!transient));
    let is_over = match transient {
        true => failures >= MAX_REFUSALS && failed_at.duration_since(since) >= MAX_TRANSIENT,
        false => refusals >= MAX_REFUSALS,
    };
    if is_over {
        let unverified = previous.unverified_at.map(Intent::unverified);
        let more = match unverified {
            Some(_) => MAY_BE_FILED,
            None => "",
        };
        let reason = format!("given up after {failures} tries since {since:.0}: {reason}{more}");
        return Transition::parked(reason, unverified, now);
    }
    Transition::failed(RetryState {
        refusals,
        ..paused(previous, reason, failed_at)
    })
}

/// The pause after one more failure at `failed_at`, however many there were.
pub(super) fn paused(
    previous: PreviousFailures,
    reason: String,
    failed_at: Timestamp,
) -> RetryState {
    let failures = previous.failures.saturating_add(1);
    let minutes = 30_i64.saturating_mul(1 << (failures - 1).min(10));
    RetryState {
        reason,
        failures,
        refusals: previous.refusals,
        unlisted: previous.unlisted,
        unverified_at: previous.unverified_at,
        since: previous.since.unwrap_or(failed_at),
        retry_at: failed_at + SignedDuration::from_mins(minutes.min(24 * 60)),
    }
}

/// The same for a person who, or whose documents, cannot be seen. It is never given up: the next transient failure has
/// a week of its own.
pub(super) fn paused_for_good(
    previous: PreviousFailures,
    reason: String,
    failed_at: Timestamp,
) -> RetryState {
    let previous = PreviousFailures {
        since: None,
        unlisted: true,
        ..previous
    };
    paused(previous, reason, failed_at)
}
