//! Pacing: never faster than a vendor allows, wherever its window begins.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::Instant;

use super::adaptive_pace::AdaptivePace;
use super::retry::LONGEST_PAUSE;
use super::{Deadline, Elapsed};
use crate::locked::locked;

/// A quota as vendors put it: at most `calls` in any window of length `within`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls that need not wait for each other; at least 1.
    pub calls: usize,
    /// After this time each of them may be followed by another one.
    pub within: Duration,
}

/// Quotas that all calls of one credential to one endpoint share; copies share the same count.
#[derive(Clone)]
pub struct RateLimiter(Arc<Shared>);

struct Shared {
    rates: Vec<Rate>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the latest calls were sent, in order: as many as the largest quota allows at once.
    sent: VecDeque<Instant>,
    held_until: Option<Instant>,
    adaptive: Option<AdaptivePace>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    sent: Instant,
    waited: bool,
}

impl RateLimiter {
    /// Keeps to all of `rates` at once. None of them: no limit.
    #[must_use]
    pub fn new(rates: &[Rate]) -> Self {
        Self(Arc::new(Shared {
            rates: rates.to_vec(),
            state: Mutex::default(),
        }))
    }

    /// Finds the vendor's limit from its answers, and sends at most `ceiling` calls a second.
    #[must_use]
    pub fn adaptive(ceiling: f64) -> Self {
        let state = State {
            adaptive: Some(AdaptivePace::new(ceiling, Instant::now())),
            ..State::default()
        };
        Self(Arc::new(Shared {
            rates: Vec::new(),
            state: Mutex::new(state),
        }))
    }

    /// Sleeps until all quotas allow this call, which is to be sent at once then: it counts from that moment. A thread
    /// that was busy when its turn came is late for it, and those behind it are too.
    ///
    /// # Errors
    /// [`Elapsed`] if that is after the deadline, or the deadline is already here.
    pub async fn ready(&self, deadline: Deadline) -> Result<Turn, Elapsed> {
        if deadline.remaining() == Some(Duration::ZERO) {
            return Err(Elapsed);
        }
        let mut waited = false;
        while let Some(free) = self.take() {
            waited = true;
            deadline
                .sleep(free.saturating_duration_since(Instant::now()))
                .await?;
        }
        let sent = Instant::now();
        Ok(Turn { sent, waited })
    }

    /// Holds every call for `time`, an hour at most: the vendor said that it has had enough.
    pub fn pause_for(&self, time: Duration) {
        let until = Instant::now() + time.min(LONGEST_PAUSE);
        let mut state = self.state();
        state.held_until = state.held_until.max(Some(until));
    }

    /// Learns from the answer to the call of `turn`, and from the wait that the vendor asks for. Returns whether the call
    /// is worth sending again at this limiter's pace: a 429 is no failure of the call.
    pub(super) fn learn(&self, turn: Turn, status: StatusCode, asked: Duration) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        let Some(pace) = &mut state.adaptive else {
            return false;
        };
        if status == StatusCode::TOO_MANY_REQUESTS {
            pace.limited(turn.sent, asked, now);
            return true;
        }
        if !status.is_server_error() {
            pace.accepted(turn.sent, turn.waited, now);
        }
        false
    }

    /// Takes this moment for a call; if it is too early, says when to try again.
    fn take(&self) -> Option<Instant> {
        let mut state = self.state();
        let State {
            sent,
            held_until,
            adaptive,
        } = &mut *state;
        let free = self.0.rates.iter().filter_map(|rate| {
            let before = sent.len().checked_sub(rate.calls.max(1))?;
            Some(*sent.get(before)? + rate.within)
        });
        let paced = adaptive.as_ref().and_then(AdaptivePace::free_at);
        let now = Instant::now();
        let too_early = free
            .chain(*held_until)
            .chain(paced)
            .max()
            .filter(|free| *free > now);
        if too_early.is_none() {
            if let Some(pace) = adaptive {
                pace.sent(now);
            }
            sent.push_back(now);
            let kept = self
                .0
                .rates
                .iter()
                .map(|rate| rate.calls.max(1))
                .max()
                .unwrap_or(0);
            sent.drain(..sent.len().saturating_sub(kept));
        }
        too_early
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.0.state)
    }
}

crate::debug_only!(RateLimiter);

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When each of `calls` was let through that came at the same moment.
    async fn at_once(pace: &RateLimiter, calls: usize) -> Vec<Duration> {
        let start = Instant::now();
        let one = async || {
            pace.ready(Deadline::never()).await.unwrap();
            start.elapsed()
        };
        join_all((0..calls).map(|_| one())).await
    }

    #[test]
    fn what_it_has_counted_is_not_shown() {
        let shown = format!("{:?}", RateLimiter::new(&[]));
        assert_eq!(shown, "RateLimiter(…)");
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_to_every_quota_at_once() {
        let pace = RateLimiter::new(&[
            Rate {
                calls: 2,
                within: Duration::from_millis(100),
            },
            Rate {
                calls: 5,
                within: SECOND,
            },
        ]);
        let sent: Vec<_> = at_once(&pace, 8)
            .await
            .iter()
            .map(Duration::as_millis)
            .collect();
        assert_eq!(sent, [0, 0, 100, 100, 200, 1000, 1000, 1100]);
    }

    #[test]
    fn no_window_has_more_calls_than_its_quota_and_none_waits_for_nothing() {
        let rates = prop::collection::vec((1..6_usize, 1..50_u64), 1..3);
        let pauses = prop::collection::vec(0..20_u64, 1..60);
        proptest!(|(rates in rates, pauses in pauses)| {
            let rates: Vec<_> =
                rates.into_iter().map(|(calls, ms)| Rate { calls, within: Duration::from_millis(ms) }).collect();
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let sent = runtime.block_on(async {
                let (pace, mut sent) = (RateLimiter::new(&rates), Vec::new());
                for pause in pauses {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    let came = Instant::now();
                    pace.ready(Deadline::never()).await.unwrap();
                    sent.push((came, Instant::now()));
                }
                sent
            });
            for (number, &(came, at)) in sent.iter().enumerate() {
                // The call that stood in its way, a whole quota before it.
                let free = |rate: &Rate| number.checked_sub(rate.calls).map(|before| sent[before].1 + rate.within);
                let earliest = rates.iter().filter_map(free).chain([came]).max().unwrap();
                prop_assert_eq!(at, earliest);
            }
        });
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_stops_all_who_share_the_pace() {
        let pace = RateLimiter::new(&[]);
        pace.clone().pause_for(5 * SECOND);
        pace.pause_for(SECOND);
        let start = Instant::now();
        pace.ready(Deadline::never()).await.unwrap();
        assert!(start.elapsed() >= 5 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_without_end_lasts_an_hour() {
        let pace = RateLimiter::new(&[]);
        pace.pause_for(Duration::MAX);
        let start = Instant::now();
        let soon = Deadline::after(900 * SECOND);
        assert_eq!(pace.ready(soon).await, Err(Elapsed));
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.ready(Deadline::never()).await.unwrap();
        let waited = start.elapsed();
        assert!(
            (3_600 * SECOND..3_601 * SECOND).contains(&waited),
            "{waited:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_while_all_were_held_keeps_to_the_quota_after_it() {
        let pace = RateLimiter::new(&[Rate {
            calls: 2,
            within: SECOND,
        }]);
        at_once(&pace, 2).await;
        let hold = async {
            tokio::time::sleep(SECOND / 2).await;
            pace.pause_for(9 * SECOND);
        };
        let (sent, ()) = tokio::join!(at_once(&pace, 5), hold);
        let sent: Vec<_> = sent.iter().map(Duration::as_millis).collect();
        assert!(sent.iter().all(|at| *at >= 9_500), "{sent:?}");
        let most = sent
            .iter()
            .map(|from| {
                sent.iter()
                    .filter(|at| (*from..from + 1_000).contains(at))
                    .count()
            })
            .max();
        assert_eq!(most, Some(2), "{sent:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_late_because_the_thread_was_busy_keeps_to_the_quota_after_it() {
        let pace = RateLimiter::new(&[Rate {
            calls: 2,
            within: SECOND,
        }]);
        // Nobody is polled while time jumps.
        let busy = async {
            tokio::time::sleep(SECOND / 2).await;
            tokio::time::advance(2 * SECOND).await;
        };
        let (sent, ()) = tokio::join!(at_once(&pace, 8), busy);
        let sent: Vec<_> = sent.iter().map(Duration::as_millis).collect();
        assert_eq!(sent, [0, 0, 2500, 2500, 3500, 3500, 4500, 4500]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_not_waited_for() {
        let pace = RateLimiter::new(&[Rate {
            calls: 1,
            within: 10 * SECOND,
        }]);
        let deadline = Deadline::after(5 * SECOND);
        assert!(pace.ready(deadline).await.is_ok());
        let start = Instant::now();
        assert_eq!(pace.ready(deadline).await, Err(Elapsed));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
