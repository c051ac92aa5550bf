//! A machine whose clock is off.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::domain::clock::{Clock, ManualClock};

#[derive(Debug)]
struct Skewed {
    clock: ManualClock,
    by: SignedDuration,
}

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        self.clock.now() + self.by
    }
}

/// `clock`, ahead by so many seconds, or behind.
pub(crate) fn skewed(clock: &ManualClock, seconds: i64) -> Arc<dyn Clock> {
    Arc::new(Skewed {
        clock: clock.clone(),
        by: SignedDuration::from_secs(seconds),
    })
}
