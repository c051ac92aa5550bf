//! What ends the writes of a run early, whichever of those in flight finds it out.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::SourceId;
use crate::locked::locked;

/// After this many calls in a row that a vendor did not answer, the rest is left for the next run.
const FAILURE_THRESHOLD: u32 = 3;
/// The same for calls of two people, or of one if nothing was answered at all.
const FAILURES_OF_FEW: u32 = 10;
/// So many people show that it is not one person.
const NOT_ONE_PERSONS: usize = 2;

/// Stops all further writes, for the first reason given.
#[derive(Debug)]
pub struct CircuitBreaker<S> {
    reason: Mutex<Option<S>>,
    failures: AtomicU32,
    unanswered: Mutex<Unanswered<S>>,
}

/// Calls in a row for people that the vendor did not answer.
#[derive(Debug)]
struct Unanswered<S> {
    calls: u32,
    people: BTreeSet<SourceId>,
    /// Why the last one was not answered, as long as none was.
    reason: Option<S>,
    has_answered: bool,
}

impl<S> Unanswered<S> {
    fn is_not_one_persons(&self) -> bool {
        self.people.len() >= NOT_ONE_PERSONS
    }
}

impl<S> Default for CircuitBreaker<S> {
    fn default() -> Self {
        Self {
            reason: Mutex::new(None),
            failures: AtomicU32::new(0),
            unanswered: Mutex::new(Unanswered {
                calls: 0,
                people: BTreeSet::new(),
                reason: None,
                has_answered: false,
            }),
        }
    }
}

impl<S> CircuitBreaker<S> {
    pub fn is_open(&self) -> bool {
        locked(&self.reason).is_some()
    }

    /// Nothing more is to be begun.
    pub fn open(&self, reason: S) {
        locked(&self.reason).get_or_insert(reason);
    }

    pub fn success(&self) {
        self.failures.store(0, Ordering::Relaxed);
        *self.unanswered() = Unanswered {
            calls: 0,
            people: BTreeSet::new(),
            reason: None,
            has_answered: true,
        };
    }

    /// The vendor did not answer; the third time in a row that is the reason to stop.
    pub fn failure(&self, reason: S) {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURE_THRESHOLD {
            self.open(reason);
        }
    }

    /// The vendor did not answer a call for `person`. It takes three people in a row, or ten calls for two, before that
    /// is the reason to stop.
    pub fn failure_of(&self, person: &SourceId, reason: S) {
        let mut unanswered = self.unanswered();
        unanswered.calls += 1;
        unanswered.people.insert(person.clone());
        let people = u32::try_from(unanswered.people.len()).unwrap_or(u32::MAX);
        let are_many = unanswered.is_not_one_persons() && unanswered.calls >= FAILURES_OF_FEW;
        if people >= FAILURE_THRESHOLD || are_many {
            self.open(reason);
        } else if !unanswered.has_answered {
            unanswered.reason = Some(reason);
        }
    }

    fn unanswered(&self) -> MutexGuard<'_, Unanswered<S>> {
        locked(&self.unanswered)
    }

    /// Why it was thrown, if it was, or why nothing was answered of several calls.
    pub fn into_reason(self) -> Option<S> {
        let unanswered = self.unanswered.into_inner();
        let unanswered = unanswered.unwrap_or_else(PoisonError::into_inner);
        let is_vendors = unanswered.is_not_one_persons() || unanswered.calls >= FAILURES_OF_FEW;
        self.reason
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .or(unanswered.reason.filter(|_| is_vendors))
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

    /// Feeds people by their ids; `-` is an answer. Whether it was thrown, and the number of the call that is the reason.
    fn fed(calls: &str) -> (bool, Option<usize>) {
        let breaker = CircuitBreaker::default();
        for (number, call) in calls.chars().enumerate() {
            match call {
                '-' => breaker.success(),
                person => breaker.failure_of(&SourceId::new(person.to_string()), number),
            }
        }
        (breaker.is_open(), breaker.into_reason())
    }

    #[test]
    fn it_takes_three_people_in_a_row_or_ten_calls_for_two_and_less_if_nothing_is_answered_at_all()
    {
        for (calls, is_open, reason) in [
            ("123", true, Some(2)),
            ("1112223", true, Some(6)),
            ("12-3", false, None),
            ("-12", false, None),
            ("1111", false, None),
            ("12", false, Some(1)),
            ("1112", false, Some(3)),
            // Others are tried after one person's, and in the end nothing was answered.
            ("1111111111", false, Some(9)),
            ("-1111111111", false, None),
            ("11111111112", true, Some(10)),
            ("-1111122222", true, Some(10)),
        ] {
            assert_eq!(fed(calls), (is_open, reason), "{calls}");
        }
    }
}
