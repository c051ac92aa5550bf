//! Rate limits: sliding windows, by the machine's steady clock or by the simulator's own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// By which clock a simulator's rate limits run.
///
/// Clients pace themselves by the machine's clock, so that is the default: under a simulator clock that stands still every
/// minute's allowance would be the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pacing {
    #[default]
    Machine,
    /// The simulator's clock: what a test of the limits themselves wants.
    Simulated,
    Off,
}

/// Milliseconds since some fixed point, by the clock that `pacing` names; `None` without limits.
pub(crate) fn tick(pacing: Pacing, started: Instant, now: Timestamp) -> Option<i64> {
    match pacing {
        Pacing::Machine => Some(i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX)),
        Pacing::Simulated => Some(now.as_millisecond()),
        Pacing::Off => None,
    }
}

/// At most `allowed` requests in any stretch of `window`.
#[derive(Debug)]
pub(crate) struct Limiter {
    allowed: usize,
    window: i64,
    cool_down: i64,
    taken: VecDeque<i64>,
    closed_until: Option<i64>,
}

impl Limiter {
    pub(crate) fn new(allowed: usize, window: Duration) -> Self {
        let window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        Self {
            allowed,
            window,
            cool_down: 0,
            taken: VecDeque::new(),
            closed_until: None,
        }
    }

    /// The same limit, closed for `cool_down` whenever it is exceeded.
    pub(crate) fn with_cool_down(mut self, cool_down: Duration) -> Self {
        self.cool_down = i64::try_from(cool_down.as_millis()).unwrap_or(i64::MAX);
        self
    }

    /// Takes one place at `tick`, or says that there is none. A refused request takes no place.
    pub(crate) fn admit(&mut self, tick: i64) -> bool {
        if self.closed_until.is_some_and(|until| tick < until) {
            return false;
        }
        self.forget(tick);
        if self.taken.len() >= self.allowed {
            self.closed_until = (self.cool_down > 0).then(|| tick.saturating_add(self.cool_down));
            return false;
        }
        self.taken.push_back(tick);
        true
    }

    /// Places left at `tick`.
    pub(crate) fn remaining(&mut self, tick: i64) -> usize {
        self.forget(tick);
        self.allowed.saturating_sub(self.taken.len())
    }

    /// Whole seconds until the oldest place is free again.
    pub(crate) fn reset_seconds(&self, tick: i64) -> i64 {
        self.taken
            .front()
            .map_or(0, |oldest| (oldest + self.window - tick + 999) / 1000)
    }

    fn forget(&mut self, tick: i64) {
        while self
            .taken
            .front()
            .is_some_and(|taken| tick - taken >= self.window)
        {
            self.taken.pop_front();
        }
    }
}

/// Takes one place in every limiter, or in none if one of them is full.
pub(crate) fn admit_to_all<'l>(limiters: impl Iterator<Item = &'l mut Limiter>, tick: i64) -> bool {
    let mut limiters: Vec<&mut Limiter> = limiters.collect();
    let open = limiters
        .iter_mut()
        .all(|limiter| limiter.remaining(tick) > 0);
    if open {
        for limiter in limiters {
            limiter.admit(tick);
        }
    }
    open
}
