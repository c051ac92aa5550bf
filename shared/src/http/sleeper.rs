//! How the time between two attempts passes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;

use super::Deadline;
use crate::domain::clock::ManualClock;
use crate::locked::locked;

/// How the time between two attempts passes.
#[derive(Clone, Debug, Default)]
pub enum Sleeper {
    /// As it does, with jitter of the machine's own.
    #[default]
    Real,
    /// Nobody waits: the clock is moved instead, by what is asked for and jitter from a seed. For tests that have to go the
    /// same way each time.
    Simulated(Simulated),
}

/// A clock that waiting moves, and where jitter comes from.
#[derive(Clone, Debug)]
pub struct Simulated {
    clock: ManualClock,
    random: Arc<Mutex<fastrand::Rng>>,
}

impl Sleeper {
    /// Waiting moves `clock`; `seed` makes the jitter.
    #[must_use]
    pub fn simulated(clock: ManualClock, seed: u64) -> Self {
        Self::Simulated(Simulated {
            clock,
            random: Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))),
        })
    }

    /// A share of a wait, from 0 to 1.
    pub(super) fn jitter(&self) -> f64 {
        match self {
            Self::Real => fastrand::f64(),
            Self::Simulated(Simulated { random, .. }) => locked(random).f64(),
        }
    }

    /// Whether others are to wait as well, by the machine's clock, when a vendor has had enough.
    pub(super) fn hold_others(&self) -> bool {
        matches!(self, Self::Real)
    }

    /// Whether a wait of `time` ends before `deadline`.
    pub(super) fn fits(&self, time: Duration, deadline: Deadline) -> bool {
        match self {
            Self::Real => deadline.remaining().is_none_or(|left| left > time),
            Self::Simulated(_) => true,
        }
    }

    pub(super) async fn sleep(self, time: Duration) {
        match self {
            Self::Real => tokio::time::sleep(time).await,
            Self::Simulated(Simulated { clock, .. }) => {
                clock.advance(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::clock::Clock as _;

    #[tokio::test(start_paused = true)]
    async fn a_simulated_wait_moves_the_clock_and_takes_no_time() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let waits = Sleeper::simulated(clock.clone(), 1);
        let before = tokio::time::Instant::now();
        waits.sleep(Duration::from_millis(2_500)).await;
        assert_eq!(tokio::time::Instant::now(), before);
        assert_eq!(clock.now(), Timestamp::from_millisecond(2_500).unwrap());
    }

    #[test]
    fn the_same_seed_makes_the_same_jitter() {
        let jitter = |seed| {
            let waits = Sleeper::simulated(ManualClock::new(Timestamp::UNIX_EPOCH), seed);
            [waits.jitter(), waits.jitter()]
        };
        assert_eq!(jitter(7), jitter(7));
        assert_ne!(jitter(7), jitter(8));
    }

    #[tokio::test(start_paused = true)]
    async fn real_waits_end_before_the_deadline_and_hold_the_others_too() {
        let second = Duration::from_secs(1);
        let simulated = Sleeper::simulated(ManualClock::new(Timestamp::UNIX_EPOCH), 1);
        for (time, deadline, fits) in [
            (second, Deadline::never(), true),
            (second, Deadline::after(2 * second), true),
            (second, Deadline::after(second), false),
            (2 * second, Deadline::after(second), false),
        ] {
            assert_eq!(Sleeper::Real.fits(time, deadline), fits, "{time:?}");
            assert!(simulated.fits(time, deadline));
        }
        assert!(Sleeper::Real.hold_others() && !simulated.hold_others());
        let before = tokio::time::Instant::now();
        Sleeper::Real.sleep(second).await;
        assert_eq!(before.elapsed().as_secs(), 1);
    }
}
