//! First runs against academies of all limits, in virtual time.

use std::cell::RefCell;
use std::collections::VecDeque;

use futures::{StreamExt as _, stream};
use reqwest::StatusCode;

use super::*;
use crate::http::{Deadline, RateLimiter};

/// An academy that takes so many calls in each window, and when it lets another one in.
struct Academy {
    calls: usize,
    within: Duration,
    /// Whether windows begin at full multiples of `within`; else each call counts for `within` after it.
    fixed: bool,
    says_when: bool,
    begun: Instant,
    taken: RefCell<VecDeque<Instant>>,
    refused: RefCell<u32>,
}

impl Academy {
    fn new(calls: usize, within: u64, fixed: bool, says_when: bool) -> Self {
        Self {
            calls,
            within: Duration::from_secs(within),
            fixed,
            says_when,
            begun: Instant::now(),
            taken: RefCell::default(),
            refused: RefCell::default(),
        }
    }

    /// The answer, and the wait that it asks for.
    fn answer(&self) -> (StatusCode, Duration) {
        let (now, mut taken) = (Instant::now(), self.taken.borrow_mut());
        let phase = now.duration_since(self.begun).as_nanos() % self.within.as_nanos();
        let opened = now - Duration::from_nanos(phase as u64);
        let counts = |at: Instant| {
            if self.fixed {
                at >= opened
            } else {
                at + self.within > now
            }
        };
        while taken.front().is_some_and(|at| !counts(*at)) {
            taken.pop_front();
        }
        if taken.len() < self.calls {
            taken.push_back(now);
            return (StatusCode::OK, Duration::ZERO);
        }
        *self.refused.borrow_mut() += 1;
        let free = if self.fixed {
            opened + self.within
        } else {
            taken[0] + self.within
        };
        let asked = Duration::from_secs(1);
        let said = Duration::from_secs(free.duration_since(now).as_secs() + 1);
        let asked = if self.says_when { said } else { asked };
        (StatusCode::TOO_MANY_REQUESTS, asked)
    }
}

/// Sends one call until it is accepted; a reply takes 200 ms.
async fn send(pace: &RateLimiter, academy: &Academy) -> u32 {
    for attempt in 1.. {
        let turn = pace.ready(Deadline::never()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (status, asked) = academy.answer();
        tokio::time::sleep(Duration::from_millis(100)).await;
        if !pace.learn(turn, status, asked) {
            return attempt;
        }
    }
    unreachable!()
}

/// Seconds that `calls` took, and how often the most unlucky one was sent.
async fn run(pace: &RateLimiter, academy: &Academy, calls: usize) -> (f64, u32) {
    let started = Instant::now();
    let sent = stream::iter(0..calls).map(|_| send(pace, academy));
    let attempts: Vec<u32> = sent.buffer_unordered(16).collect().await;
    assert_eq!(attempts.len(), calls);
    let most = attempts.into_iter().max().unwrap_or_default();
    (started.elapsed().as_secs_f64(), most)
}

#[tokio::test(start_paused = true)]
async fn a_first_run_over_10_000_people_comes_close_to_the_academys_limit() {
    let people = 10_000;
    for (calls, within, slowest) in [
        (50, 1, 1.2),
        (30, 1, 1.25),
        (12, 1, 1.25),
        (2, 1, 1.25),
        (100, 10, 1.5),
        (60, 60, 1.25),
        (600, 60, 1.3),
    ] {
        for (fixed, says_when) in [(true, true), (true, false), (false, true), (false, false)] {
            let academy = Academy::new(calls, within, fixed, says_when);
            let (took, most) = run(&RateLimiter::adaptive(50.0), &academy, people).await;
            let allowed = people as f64 * within as f64 / calls as f64;
            let share = f64::from(*academy.refused.borrow()) / people as f64;
            let case = format!(
                "{calls} in {within} s, fixed {fixed}, says when {says_when}: {:.2} times, {:.2} % refused, {most} attempts",
                took / allowed,
                share * 100.0
            );
            assert!(took < allowed * slowest, "{case}");
            assert!(share < 0.01, "{case}");
            assert!(most <= 4, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ticks_of_15_minutes_that_know_nothing_are_refused_less_than_one_call_in_a_hundred() {
    for (calls, within, people) in [(2, 1, 1_500), (60, 60, 700)] {
        for (fixed, says_when) in [(true, true), (true, false), (false, true), (false, false)] {
            let academy = Academy::new(calls, within, fixed, says_when);
            let (took, _) = run(&RateLimiter::adaptive(50.0), &academy, people).await;
            let refused = *academy.refused.borrow();
            let case = format!(
                "{calls} in {within} s, fixed {fixed}, says when {says_when}: {refused} refused in {took:.0} s"
            );
            assert!(took < 900.0, "{case}");
            assert!(refused * 100 < people as u32, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_429_nine_tenths_of_the_last_good_rate_are_held_for_five_minutes() {
    let start = Instant::now();
    let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
    let mut pace = AdaptivePace::new(50.0, start);
    assert_eq!(pace.rate, 10.0);
    for call in 0..2000 {
        let moment = at(f64::from(call) * 0.05);
        pace.accepted(moment, true, moment);
    }
    assert_eq!(pace.rate, 50.0);
    let good = 19.0;
    pace.limited(at(100.0), Duration::from_secs(3), at(100.2));
    pace.limited(at(100.1), Duration::ZERO, at(100.3));
    assert_eq!(pace.free_at(), Some(at(100.2) + Duration::from_secs(3)));
    pace.accepted(at(100.1), true, at(100.4));
    assert!(pace.limited.is_some(), "an older call says nothing");
    pace.accepted(at(103.3), true, at(103.5));
    assert!((pace.rate - good * 0.9).abs() < 0.01, "{}", pace.rate);
    pace.accepted(at(403.0), true, at(403.4));
    assert!((pace.rate - good * 0.9).abs() < 0.01, "{}", pace.rate);
    pace.accepted(at(403.5), true, at(403.6));
    assert!(pace.rate > good * 0.9, "{}", pace.rate);
}

#[tokio::test(start_paused = true)]
async fn the_pace_stays_between_one_call_in_two_seconds_and_the_ceiling() {
    for (ceiling, slowest) in [(50.0, 0.5), (5.0, 0.5), (0.5, 0.5)] {
        let mut now = Instant::now();
        let mut pace = AdaptivePace::new(ceiling, now);
        for _ in 0..1_000 {
            now += Duration::from_millis(20);
            pace.accepted(now, true, now);
        }
        assert!((pace.rate - ceiling).abs() < 0.01, "{}", pace.rate);
        for _ in 0..100 {
            pace.limited(now, Duration::from_secs(60), now);
            now += Duration::from_secs(61);
            pace.accepted(now, true, now);
        }
        assert!((pace.rate - slowest).abs() < 0.01, "{}", pace.rate);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_did_not_wait_for_the_pace_do_not_raise_it() {
    let mut now = Instant::now();
    let mut pace = AdaptivePace::new(50.0, now);
    for _ in 0..100 {
        now += Duration::from_secs(1);
        pace.accepted(now, false, now);
    }
    assert_eq!(pace.rate, 10.0);
}
