//! Personio's rate limits.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::engine::limiter::{Limiter, Pacing, admit_to_all, tick};

/// Log-ins 60 a minute (v2: 150, apart from the rest) with a cool-down of one, employees 300 a minute and 15 a second, uploads 60 a
/// minute, everything of v1 2,000 a minute.
pub(super) struct Limits {
    pub(super) pacing: Pacing,
    started: Instant,
    login: Limiter,
    login_v2: Limiter,
    uploads: Limiter,
    employees: [Limiter; 2],
    all: Limiter,
}

impl Limits {
    pub(super) fn new() -> Self {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        Self {
            pacing: Pacing::default(),
            started: Instant::now(),
            login: Limiter::new(60, minute).with_cool_down(minute),
            login_v2: Limiter::new(150, minute),
            uploads: Limiter::new(60, minute),
            employees: [Limiter::new(300, minute), Limiter::new(15, second)],
            all: Limiter::new(2_000, minute),
        }
    }

    pub(super) fn admit_login(&mut self, now: Timestamp) -> bool {
        tick(self.pacing, self.started, now).is_none_or(|tick| {
            self.all.remaining(tick) > 0 && self.login.admit(tick) && self.all.admit(tick)
        })
    }

    pub(super) fn admit_employees(&mut self, now: Timestamp) -> bool {
        let limiters = self.employees.iter_mut().chain([&mut self.all]);
        tick(self.pacing, self.started, now).is_none_or(|tick| admit_to_all(limiters, tick))
    }

    pub(super) fn admit_upload(&mut self, now: Timestamp) -> bool {
        let limiters = [&mut self.uploads, &mut self.all].into_iter();
        tick(self.pacing, self.started, now).is_none_or(|tick| admit_to_all(limiters, tick))
    }

    pub(super) fn admit_login_v2(&mut self, now: Timestamp) -> bool {
        tick(self.pacing, self.started, now).is_none_or(|tick| self.login_v2.admit(tick))
    }

    pub(super) fn admit_other(&mut self, now: Timestamp) -> bool {
        tick(self.pacing, self.started, now).is_none_or(|tick| self.all.admit(tick))
    }
}
