//! What ends the writes of a run early, whichever of those in flight finds it out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::SourceId;

/// After this many calls in a row that a vendor did not answer, the rest is left for the next run.
const FAILURE_THRESHOLD: u32 = 3;

/// Stops all further writes, for the first reason given.
#[derive(Debug)]
pub struct CircuitBreaker<S> {
    reason: Mutex<Option<S>>,
    failures: AtomicU32,
    /// People to whom one of these failures belongs.
    failing: Mutex<BTreeSet<SourceId>>,
}

impl<S> Default for CircuitBreaker<S> {
    fn default() -> Self {
        Self {
            reason: Mutex::new(None),
            failures: AtomicU32::new(0),
            failing: Mutex::default(),
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
        self.failing().clear();
    }

    /// The vendor did not answer; the third time in a row that is the reason to stop.
    pub fn failure(&self, reason: S) {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURE_THRESHOLD {
            self.open(reason);
        }
    }

    /// The vendor did not answer a call for `person`, whose further failures add nothing until the vendor answers.
    pub fn failure_of(&self, person: &SourceId, reason: S) {
        if self.failing().insert(person.clone()) {
            self.failure(reason);
        }
    }

    fn failing(&self) -> MutexGuard<'_, BTreeSet<SourceId>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn one_persons_failures_in_a_row_count_once_until_the_vendor_answers() {
        let [one, two, three] = ["1", "2", "3"].map(SourceId::new);
        let breaker = CircuitBreaker::default();
        for reason in ["first", "second", "third"] {
            breaker.failure_of(&one, reason);
        }
        breaker.failure_of(&two, "fourth");
        assert!(!breaker.is_open());
        breaker.success();
        for person in [&two, &three] {
            breaker.failure_of(person, "after the answer");
        }
        assert!(!breaker.is_open());
        breaker.failure_of(&one, "of the third person");
        assert_eq!(breaker.into_reason(), Some("of the third person"));
    }
}
