//! What becomes of a certificate that could not be filed: tried again after growing pauses, parked in the end.

use jiff::{SignedDuration, Timestamp};
use shared::state::RetryState;

use crate::plan::Earlier;

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The document itself: its file, its owner, its values. The same will most likely fail again.
    Document,
    /// Something that may pass by itself.
    Weather,
}

/// What is to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another try later.
    Retry(RetryState),
    /// No more tries, for this reason.
    Park(String),
}

/// A document that is refused this often in a row is parked.
const MOST_REFUSALS: u32 = 5;
/// What may pass by itself is given this long.
pub(super) const MOST_WEATHER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The pause is half an hour at first, then twice as long each time, at most a day.
pub(super) fn after(earlier: Earlier, kind: Kind, reason: String, now: Timestamp) -> Next {
    let failures = earlier.failures.saturating_add(1);
    let since = earlier.since.unwrap_or(now);
    let enough = match kind {
        Kind::Document => failures >= MOST_REFUSALS,
        Kind::Weather => failures >= MOST_REFUSALS && now.duration_since(since) >= MOST_WEATHER,
    };
    if enough {
        let text = format!("given up after {failures} tries since {since:.0}: {reason}");
        return Next::Park(text);
    }
    let minutes = 30_i64.saturating_mul(1 << (failures - 1).min(10));
    let retry_at = now + SignedDuration::from_mins(minutes.min(24 * 60));
    Next::Retry(RetryState {
        reason,
        failures,
        since,
        retry_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-05-11T08:00:00Z".parse().unwrap()
    }

    /// The pauses in minutes until it is parked, at most `most` of them.
    fn pauses(kind: Kind, most: usize) -> (Vec<i64>, bool) {
        let (mut earlier, mut now, mut pauses) = (Earlier::default(), start(), Vec::new());
        while pauses.len() < most {
            match after(earlier, kind, "why".to_owned(), now) {
                Next::Park(_) => return (pauses, true),
                Next::Retry(setback) => {
                    pauses.push(setback.retry_at.duration_since(now).as_mins());
                    earlier = Earlier {
                        failures: setback.failures,
                        since: Some(setback.since),
                    };
                    now = setback.retry_at;
                }
            }
        }
        (pauses, false)
    }

    #[test]
    fn a_refused_document_is_parked_at_the_fifth_try() {
        assert_eq!(pauses(Kind::Document, 20), (vec![30, 60, 120, 240], true));
    }

    #[test]
    fn what_may_pass_by_itself_is_tried_for_a_week() {
        let (pauses, parked) = pauses(Kind::Weather, 20);
        assert_eq!(
            pauses,
            [
                30, 60, 120, 240, 480, 960, 1440, 1440, 1440, 1440, 1440, 1440
            ]
        );
        assert!(parked);
    }

    #[test]
    fn the_reason_is_kept() {
        let earlier = Earlier {
            failures: 4,
            since: Some(start()),
        };
        let Next::Park(reason) = after(earlier, Kind::Document, "not a PDF".to_owned(), start())
        else {
            panic!("not parked")
        };
        assert_eq!(
            reason,
            "given up after 5 tries since 2026-05-11T08:00:00Z: not a PDF"
        );
    }
}
