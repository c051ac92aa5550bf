//! What ends the writes of a run early, whichever of those in flight finds it out.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// After this many calls in a row that a vendor did not answer, the rest is left for the next run.
const FAILURE_THRESHOLD: u32 = 3;

/// Stops all further writes, for the first reason given.
#[derive(Debug)]
pub struct CircuitBreaker<S> {
    reason: Mutex<Option<S>>,
    failures: AtomicU32,
}

impl<S> Default for CircuitBreaker<S> {
    fn default() -> Self {
        Self {
            reason: Mutex::new(None),
            failures: AtomicU32::new(0),
        }
    }
}

impl<S> CircuitBreaker<S> {
    /// Whether nothing more is to be begun.
    pub fn is_open(&self) -> bool {
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// Nothing more is to be begun.
    pub fn open(&self, reason: S) {
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(reason);
    }

    /// The vendor answered.
    pub fn success(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    /// The vendor did not answer; the third time in a row that is the reason to stop.
    pub fn failure(&self, reason: S) {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURE_THRESHOLD {
            self.open(reason);
        }
    }

    /// Why it was thrown, if it was.
    pub fn into_reason(self) -> Option<S> {
        self.reason
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_silence_in_a_row_stops_and_the_first_reason_counts() {
        let breaker = CircuitBreaker::default();
        breaker.failure("one");
        breaker.failure("two");
        breaker.success();
        breaker.failure("three");
        breaker.failure("four");
        assert!(!breaker.is_open());
        breaker.failure("five");
        assert!(breaker.is_open());
        breaker.open("six");
        assert_eq!(breaker.into_reason(), Some("five"));
    }
}
