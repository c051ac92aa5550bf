//! The moment by which a run's work must have stopped.

use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;

/// No attempt and no wait goes past this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

/// The deadline is here, or would be before the wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the time for this run is over")]
pub struct Elapsed;

impl Deadline {
    /// For programs that a person watches: no deadline.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    #[must_use]
    pub const fn at(instant: Instant) -> Self {
        Self(Some(instant))
    }

    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(two)) => Self(Some(one.min(two))),
            (one, two) => Self(one.or(two)),
        }
    }

    /// The time that is left; `None` without a deadline, zero once it is here.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.0
            .map(|instant| instant.saturating_duration_since(Instant::now()))
    }

    /// Sleeper for `time`, or says at once that there is not that much time left.
    pub async fn sleep(&self, time: Duration) -> Result<(), Elapsed> {
        if self.remaining().is_some_and(|left| left <= time) {
            return Err(Elapsed);
        }
        tokio::time::sleep(time).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_would_end_too_late_is_not_begun() {
        let before = Instant::now();
        let deadline = Deadline::after(Duration::from_secs(10));
        assert_eq!(deadline.sleep(Duration::from_secs(10)).await, Err(Elapsed));
        assert_eq!(Instant::now(), before);
        assert_eq!(deadline.sleep(Duration::from_secs(9)).await, Ok(()));
        assert_eq!(deadline.remaining(), Some(Duration::from_secs(1)));
        assert_eq!(Deadline::never().remaining(), None);
        let sooner = Deadline::after(Duration::from_millis(500));
        assert_eq!(deadline.earlier(sooner), sooner);
        assert_eq!(sooner.earlier(Deadline::never()), sooner);
    }
}
