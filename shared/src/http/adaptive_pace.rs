//! The pace towards a vendor that does not say how many calls it takes. Pure: the clock is an argument.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Calls a second of a run that knows nothing yet.
const START: f64 = 10.0;
/// The slowest pace, in calls a second.
pub const SLOWEST: f64 = 0.5;
/// Each accepted call that had to wait for its turn makes the pace this much faster.
const RISE: f64 = 1.01;
/// The share of the last good rate that is held after a 429.
const HELD_SHARE: f64 = 0.9;
/// For so long after a 429 the pace does not rise.
const HOLD: Duration = Duration::from_secs(300);
/// It does not rise within this time from its start, so that few calls are in flight at the first limit by the minute.
const FIRST_HOLD: Duration = Duration::from_secs(10);
/// The least pauses after 429s in a row: limits by the second are over after the first one, limits by the minute after the
/// last one. The first time in a run there is no medium one: each try costs a 429.
const SHORT_PAUSE: Duration = Duration::from_secs(2);
const MEDIUM_PAUSE: Duration = Duration::from_secs(15);
const LONG_PAUSE: Duration = Duration::from_secs(60);
/// A pause longer than this shows that the vendor counts over a longer time than a second.
const LONG_LIMIT: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);
/// The longest time over which a vendor is assumed to count.
const MINUTE: Duration = Duration::from_secs(60);
/// Between two calls that try whether the pause is over.
const BETWEEN_TRIALS: Duration = Duration::from_secs(1);
/// After so long without a call, averages begin again.
const IDLE: Duration = Duration::from_secs(10);

/// Rises while all calls are accepted. After a 429 it holds nine tenths of the last good rate and rises again after five
/// minutes.
#[derive(Debug)]
pub(super) struct AdaptivePace {
    ceiling: f64,
    /// Calls a second.
    rate: f64,
    last_sent: Option<Instant>,
    /// Since when calls have been sent at this rate or a rising one, without a long break.
    since: Instant,
    /// When the accepted calls of the last minute were sent.
    recent: VecDeque<Instant>,
    /// It does not rise before this.
    rises_from: Instant,
    knows_limit: bool,
    limited: Option<Limited>,
}

/// From a 429 until the next accepted call.
#[derive(Debug)]
struct Limited {
    began: Instant,
    /// The latest 429 that was taken into account; calls that were sent before it say nothing new.
    latest: Instant,
    held_until: Instant,
    in_a_row: usize,
    /// Calls that were accepted in the second before, and in the minute before.
    last_second: u32,
    last_minute: u32,
}

impl AdaptivePace {
    pub(super) fn new(ceiling: f64, now: Instant) -> Self {
        Self {
            ceiling,
            rate: START.min(ceiling),
            last_sent: None,
            since: now,
            recent: VecDeque::new(),
            rises_from: now + FIRST_HOLD,
            knows_limit: false,
            limited: None,
        }
    }

    pub(super) fn free_at(&self) -> Option<Instant> {
        let interval = Duration::from_secs_f64(self.rate.recip());
        let after_last = |interval| self.last_sent.map(|sent| sent + interval);
        match &self.limited {
            None => after_last(interval),
            Some(limited) => {
                let trial = after_last(interval.max(BETWEEN_TRIALS));
                trial.max(Some(limited.held_until))
            }
        }
    }

    pub(super) fn sent(&mut self, now: Instant) {
        let is_idle = self.last_sent.is_none_or(|last| last + IDLE < now);
        if is_idle && self.limited.is_none() {
            self.since = now;
        }
        self.last_sent = Some(now);
    }

    /// The call that was sent at `sent` was accepted.
    pub(super) fn accepted(&mut self, sent: Instant, waited: bool, now: Instant) {
        self.recent.push_back(sent);
        while self.recent.front().is_some_and(|at| *at + MINUTE < sent) {
            self.recent.pop_front();
        }
        match &self.limited {
            Some(limited) if sent <= limited.latest => {}
            Some(limited) => {
                self.rate = self.rate_after(limited, now);
                self.since = now;
                self.knows_limit = true;
                self.rises_from = now + HOLD;
                self.limited = None;
            }
            None if waited && now >= self.rises_from => {
                self.rate = (self.rate * RISE).min(self.ceiling);
            }
            None => {}
        }
    }

    /// The call that was sent at `sent` was answered 429, and the vendor asks for a wait.
    pub(super) fn limited(&mut self, sent: Instant, asked: Duration, now: Instant) {
        let last = |time| self.accepted_within(time, sent);
        let (last_second, last_minute) = (last(SECOND), last(MINUTE));
        let limited = self.limited.get_or_insert(Limited {
            began: now,
            latest: sent,
            held_until: now,
            in_a_row: 0,
            last_second,
            last_minute,
        });
        let least = match limited.in_a_row {
            0 => SHORT_PAUSE,
            _ if sent <= limited.latest => Duration::ZERO,
            // Near a known limit the vendor takes calls again within seconds.
            1 if self.knows_limit => MEDIUM_PAUSE,
            _ => LONG_PAUSE,
        };
        if least > Duration::ZERO {
            limited.latest = now;
            limited.in_a_row += 1;
        }
        limited.held_until = limited.held_until.max(now + asked.max(least));
    }

    /// Calls that were accepted within `time` before `sent`.
    fn accepted_within(&self, time: Duration, sent: Instant) -> u32 {
        let counts = |at: &&Instant| **at <= sent && **at + time > sent;
        let count = self.recent.iter().rev().filter(counts).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Nine tenths of the last good rate: that of the second before, or that of the minute before where the vendor counts
    /// over a longer time.
    fn rate_after(&self, limited: &Limited, now: Instant) -> f64 {
        let good = if now.duration_since(limited.began) > LONG_LIMIT {
            let within = now.duration_since(self.since).clamp(SECOND, MINUTE);
            f64::from(limited.last_minute) / within.as_secs_f64()
        } else {
            f64::from(limited.last_second)
        };
        (good.min(self.rate) * HELD_SHARE).clamp(SLOWEST.min(self.ceiling), self.ceiling)
    }
}

#[cfg(test)]
mod tests;
