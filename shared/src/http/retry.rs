//! When to try again, and after how long.

use std::time::Duration;

use backon::ExponentialBuilder;
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::reply::RetryHint;
use super::{Effect, Error, Idempotency, TransportError};

/// Attempts after the first one.
const RETRIES: usize = 3;
/// The longest wait that a vendor may ask for within a call; more than that is left to the next run.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest pause that a vendor may ask for: a longer one is taken for this, and no sum of times overflows.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// A 429 that names no time: Personio asks for at least one second.
const WAIT_WHEN_LIMITED: Duration = Duration::from_secs(1);

/// The ceilings of the waits between attempts: 1 s, 2 s, 4 s.
pub(super) fn schedule() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_secs(10))
        .with_max_times(RETRIES)
}

/// Whether the next attempt is worth while, and safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Stop,
    Again,
}

/// An attempt, judged as if it were the last.
pub(super) struct Judged<T> {
    pub(super) settled: Result<T, Error>,
    pub(super) decision: Decision,
    pub(super) asked: Option<Duration>,
}

/// An attempt that another one may improve on.
pub(super) struct Retry<T> {
    /// The result if there is no other one.
    pub(super) settled: Result<T, Error>,
    pub(super) asked: Option<Duration>,
}

impl<T> Judged<T> {
    /// As `backon` takes it: what is final, or what may be tried again.
    pub(super) fn result(self) -> Result<Result<T, Error>, Retry<T>> {
        let Self {
            settled,
            decision,
            asked,
        } = self;
        match decision {
            Decision::Stop => Ok(settled),
            Decision::Again => Err(Retry { settled, asked }),
        }
    }
}

pub(super) fn after_answer(status: StatusCode, hint: RetryHint, repeat: Idempotency) -> Decision {
    match (hint, status.as_u16(), repeat) {
        (RetryHint::Final, ..) => Decision::Stop,
        (RetryHint::Again, ..) | (RetryHint::ByStatus, 429, _) => Decision::Again,
        (RetryHint::ByStatus, 500 | 502..=504, Idempotency::Read | Idempotency::Idempotent) => {
            Decision::Again
        }
        (RetryHint::ByStatus, ..) => Decision::Stop,
    }
}

pub(super) fn after_transport_error(error: TransportError, repeat: Idempotency) -> Decision {
    match (error, repeat) {
        (TransportError::NotPublic, _) => Decision::Stop,
        (TransportError::NotSent(_), _) | (_, Idempotency::Read | Idempotency::Idempotent) => {
            Decision::Again
        }
        (TransportError::TimedOut | TransportError::Broken(_), Idempotency::OnlyIfNotSent) => {
            Decision::Stop
        }
    }
}

/// Whether an attempt that was answered like this may have changed something. A success that turns out to be
/// unreadable did.
pub(super) fn effect_of_answer(status: StatusCode, hint: RetryHint, repeat: Idempotency) -> Effect {
    match repeat {
        Idempotency::Read => Effect::None,
        _ if hint == RetryHint::Again || status.is_client_error() => Effect::None,
        Idempotency::Idempotent | Idempotency::OnlyIfNotSent => Effect::Unknown,
    }
}

/// Whether an attempt that broke off like this may have changed something.
pub(super) fn effect_of_transport_error(error: TransportError, repeat: Idempotency) -> Effect {
    match (error, repeat) {
        (TransportError::NotSent(_) | TransportError::NotPublic, _) | (_, Idempotency::Read) => {
            Effect::None
        }
        (TransportError::TimedOut | TransportError::Broken(_), _) => Effect::Unknown,
    }
}

/// How long to wait: what the vendor asks for plus full jitter, or full jitter alone. `None`: longer than a call
/// may wait. `share` is the jitter, from 0 to 1.
pub(super) fn wait(asked: Option<Duration>, ceiling: Duration, share: f64) -> Option<Duration> {
    let jitter = ceiling.mul_f64(share);
    match asked {
        Some(asked) if asked > LONGEST_WAIT => None,
        Some(asked) => Some(asked + jitter),
        None => Some(jitter),
    }
}

/// What the vendor asks for: `Retry-After` in seconds or as a date, Kombo's `ratelimit-reset` in seconds. At most
/// [`LONGEST_PAUSE`].
pub(super) fn said(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    text(RETRY_AFTER.as_str())
        .and_then(|value| seconds(value).or_else(|| until(value, now)))
        .or_else(|| {
            text("ratelimit-reset")
                .filter(|_| limited)
                .and_then(seconds)
        })
        .map(|asked| asked.min(LONGEST_PAUSE))
}

/// The same, or the usual wait after a limit that names no time.
pub(super) fn asked(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    said(status, headers, now).or_else(|| unsaid(status))
}

/// The wait after a limit that names no time.
fn unsaid(status: StatusCode) -> Option<Duration> {
    (status == StatusCode::TOO_MANY_REQUESTS).then_some(WAIT_WHEN_LIMITED)
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn until(text: &str, now: Timestamp) -> Option<Duration> {
    let moment = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?;
    // A date in the past means now.
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use backon::BackoffBuilder as _;

    use super::*;
    use Decision::{Again, Stop};
    use Idempotency::{Idempotent, OnlyIfNotSent, Read};

    #[test]
    fn repeats_only_what_is_safe() {
        for (status, read, idempotent, only_if_not_sent) in [
            (200, Stop, Stop, Stop),
            (400, Stop, Stop, Stop),
            (401, Stop, Stop, Stop),
            (404, Stop, Stop, Stop),
            (409, Stop, Stop, Stop),
            (422, Stop, Stop, Stop),
            (429, Again, Again, Again),
            (500, Again, Again, Stop),
            (501, Stop, Stop, Stop),
            (502, Again, Again, Stop),
            (503, Again, Again, Stop),
            (504, Again, Again, Stop),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let decide = |repeat| after_answer(status, RetryHint::ByStatus, repeat);
            let decided = (decide(Read), decide(Idempotent), decide(OnlyIfNotSent));
            assert_eq!(decided, (read, idempotent, only_if_not_sent), "{status}");
        }
        for (error, read, only_if_not_sent) in [
            (TransportError::NotSent(None), Again, Again),
            (TransportError::TimedOut, Again, Stop),
            (TransportError::Broken(None), Again, Stop),
        ] {
            let decide = |repeat| after_transport_error(error, repeat);
            let decided = (decide(Read), decide(Idempotent), decide(OnlyIfNotSent));
            assert_eq!(decided, (read, read, only_if_not_sent), "{error}");
        }
    }

    #[test]
    fn a_vendors_hint_outweighs_the_status() {
        let (ok, down) = (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(after_answer(ok, RetryHint::Again, OnlyIfNotSent), Again);
        assert_eq!(after_answer(down, RetryHint::Final, Read), Stop);
        let effect = effect_of_answer(ok, RetryHint::Again, OnlyIfNotSent);
        assert_eq!(effect, Effect::None);
    }

    #[test]
    fn says_what_may_have_taken_effect() {
        for (status, idempotent) in [
            (200, Effect::Unknown),
            (404, Effect::None),
            (429, Effect::None),
            (503, Effect::Unknown),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let effect = |repeat| effect_of_answer(status, RetryHint::ByStatus, repeat);
            assert_eq!(effect(Read), Effect::None, "{status}");
            assert_eq!(effect(Idempotent), idempotent, "{status}");
            assert_eq!(effect(OnlyIfNotSent), idempotent, "{status}");
        }
        for (error, repeat, effect) in [
            (TransportError::NotSent(None), OnlyIfNotSent, Effect::None),
            (TransportError::TimedOut, OnlyIfNotSent, Effect::Unknown),
            (TransportError::Broken(None), Idempotent, Effect::Unknown),
            (TransportError::TimedOut, Read, Effect::None),
        ] {
            let found = effect_of_transport_error(error, repeat);
            assert_eq!(found, effect, "{error} {repeat:?}");
        }
    }

    #[test]
    fn reads_what_the_vendor_asks_for() {
        let now: Timestamp = "2015-10-21T07:27:00Z".parse().unwrap();
        let ahead = "Wed, 21 Oct 2015 07:28:00 GMT";
        let passed = "Wed, 21 Oct 2015 07:00:00 GMT";
        let a_year_ahead = "Fri, 21 Oct 2016 07:28:00 GMT";
        for (status, name, value, asked_for) in [
            (503, "retry-after", "7", Some(7.0)),
            (429, "retry-after", "0", Some(0.0)),
            (429, "retry-after", "1.5", Some(1.5)),
            (503, "retry-after", ahead, Some(60.0)),
            (503, "retry-after", passed, Some(0.0)),
            (503, "retry-after", a_year_ahead, Some(3_600.0)),
            (429, "retry-after", "3600", Some(3_600.0)),
            (429, "retry-after", "3601", Some(3_600.0)),
            (429, "retry-after", "9999999999999999999", Some(3_600.0)),
            (429, "ratelimit-reset", "9999999999999999999", Some(3_600.0)),
            (503, "retry-after", "soon", None),
            (503, "retry-after", "-3", None),
            (503, "retry-after", "NaN", None),
            (429, "retry-after", "soon", Some(1.0)),
            (429, "ratelimit-reset", "57", Some(57.0)),
            (503, "ratelimit-reset", "57", None),
            (429, "x-other", "57", Some(1.0)),
        ] {
            let name = reqwest::header::HeaderName::from_static(name);
            let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
            let read = asked(StatusCode::from_u16(status).unwrap(), &headers, now);
            let read = read.map(|wait| wait.as_secs_f64());
            assert_eq!(read, asked_for, "{status} {headers:?}");
        }
    }

    #[test]
    fn waits_no_less_than_asked_and_no_more_than_a_call_may() {
        let ceiling = Duration::from_secs(2);
        let asked = Some(Duration::from_secs(5));
        for (share, alone, after) in [(0.0, 0, 5_000), (0.5, 1_000, 6_000), (1.0, 2_000, 7_000)] {
            let [alone, after] = [alone, after].map(|ms| Some(Duration::from_millis(ms)));
            assert_eq!(wait(None, ceiling, share), alone);
            assert_eq!(wait(asked, ceiling, share), after);
        }
        assert_eq!(wait(Some(Duration::from_secs(61)), ceiling, 0.5), None);
        let ceilings = schedule().build().map(|ceiling| ceiling.as_secs());
        assert!(ceilings.eq([1, 2, 4]));
    }
}
