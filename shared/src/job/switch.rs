//! What ends the writes of a run early, whichever of those in flight finds it out.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// After this many calls in a row that a vendor did not answer, the rest is left for the next run.
const PATIENCE: u32 = 3;

/// Stops all further writes, for the first reason given.
#[derive(Debug)]
pub struct StopSwitch<S> {
    reason: Mutex<Option<S>>,
    unanswered: AtomicU32,
}

impl<S> Default for StopSwitch<S> {
    fn default() -> Self {
        Self {
            reason: Mutex::new(None),
            unanswered: AtomicU32::new(0),
        }
    }
}

impl<S> StopSwitch<S> {
    /// Whether nothing more is to be begun.
    pub fn is_thrown(&self) -> bool {
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// Nothing more is to be begun.
    pub fn throw(&self, reason: S) {
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(reason);
    }

    /// The vendor answered.
    pub fn answered(&self) {
        self.unanswered.store(0, Ordering::Relaxed);
    }

    /// The vendor did not answer; the third time in a row that is the reason to stop.
    pub fn unanswered(&self, reason: S) {
        if self.unanswered.fetch_add(1, Ordering::Relaxed) + 1 >= PATIENCE {
            self.throw(reason);
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
        let switch = StopSwitch::default();
        switch.unanswered("one");
        switch.unanswered("two");
        switch.answered();
        switch.unanswered("three");
        switch.unanswered("four");
        assert!(!switch.is_thrown());
        switch.unanswered("five");
        assert!(switch.is_thrown());
        switch.throw("six");
        assert_eq!(switch.into_reason(), Some("five"));
    }
}
