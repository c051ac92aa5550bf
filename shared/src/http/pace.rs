//! Pacing: never faster than a vendor allows, whatever the window it counts in.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::{Deadline, Elapsed};

/// One quota: `burst` calls at once, then one more `every` so often.
///
/// At most `burst + w / every` calls fall into any window of length `w`; choose both so that this stays under the
/// vendor's limit, wherever its window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls that need not wait; at least 1.
    pub burst: u32,
    /// The time in which one further call is earned.
    pub every: Duration,
}

impl Rate {
    /// The most calls that can fall into a window of this length.
    #[must_use]
    pub fn most_within(&self, window: Duration) -> u128 {
        u128::from(self.burst) + window.as_nanos() / self.every.as_nanos().max(1)
    }
}

/// Quotas that all calls of one credential to one endpoint share; copies share the same count.
#[derive(Clone)]
pub struct Pace(Arc<Shared>);

struct Shared {
    limiters: Vec<Limiter>,
    held_until: Mutex<Option<Instant>>,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>;

/// Tokio's time, so that a test that pauses it pauses the pace as well.
#[derive(Clone, Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Pace {
    /// Keeps to all of `rates` at once. None of them: no limit.
    #[must_use]
    pub fn new(rates: &[Rate]) -> Self {
        let limiter = |rate: &Rate| {
            let burst = std::num::NonZeroU32::new(rate.burst).unwrap_or(std::num::NonZeroU32::MIN);
            let quota = Quota::with_period(rate.every)?.allow_burst(burst);
            Some(RateLimiter::direct_with_clock(quota, TokioClock(Instant::now())))
        };
        let limiters = rates.iter().filter_map(limiter).collect();
        Self(Arc::new(Shared { limiters, held_until: Mutex::new(None) }))
    }

    /// Waits for this call's turn.
    ///
    /// # Errors
    /// [`Elapsed`] if its turn comes after the deadline.
    pub async fn ready(&self, deadline: Deadline) -> Result<(), Elapsed> {
        while let Some(wait) = self.held_for() {
            deadline.sleep(wait).await?;
        }
        for limiter in &self.0.limiters {
            while let Err(not_yet) = limiter.check() {
                deadline.sleep(not_yet.wait_time_from(limiter.clock().now())).await?;
            }
        }
        Ok(())
    }

    /// Holds every call for `time`: the vendor said that it has had enough.
    pub fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut held = self.0.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        *held = (*held).max(Some(until));
    }

    fn held_for(&self) -> Option<Duration> {
        let held = *self.0.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        held.map(|until| until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn keeps_to_every_quota_at_once() {
        let pace = Pace::new(&[
            Rate { burst: 2, every: Duration::from_millis(100) },
            Rate { burst: 5, every: Duration::from_secs(1) },
        ]);
        let start = Instant::now();
        let mut sent = Vec::new();
        for _ in 0..8 {
            pace.ready(Deadline::never()).await.unwrap();
            sent.push(start.elapsed());
        }
        assert_eq!(sent.iter().filter(|at| at.is_zero()).count(), 2, "{sent:?}");
        assert!(sent[4] < SECOND && sent[5] >= SECOND && sent[7] >= 3 * SECOND, "{sent:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_stops_all_who_share_the_pace() {
        let pace = Pace::new(&[]);
        pace.clone().hold(5 * SECOND);
        pace.hold(SECOND);
        let start = Instant::now();
        pace.ready(Deadline::never()).await.unwrap();
        assert!(start.elapsed() >= 5 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_not_waited_for() {
        let pace = Pace::new(&[Rate { burst: 1, every: 10 * SECOND }]);
        let deadline = Deadline::after(5 * SECOND);
        assert_eq!(pace.ready(deadline).await, Ok(()));
        let start = Instant::now();
        assert_eq!(pace.ready(deadline).await, Err(Elapsed));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
