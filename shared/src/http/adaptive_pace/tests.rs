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

/// A pace at a moment from which on time is counted in milliseconds.
fn begun(ceiling: f64) -> (AdaptivePace, impl Fn(u64) -> Instant) {
    let start = Instant::now();
    let pace = AdaptivePace::new(ceiling, start);
    (pace, move |time| start + Duration::from_millis(time))
}

fn assert_rate(pace: &AdaptivePace, expected: f64, case: u64) {
    let difference = (pace.rate - expected).abs();
    assert!(difference < 0.000_1, "{case}: {} {expected}", pace.rate);
}

#[tokio::test(start_paused = true)]
async fn ten_seconds_after_its_start_each_call_that_waited_makes_it_faster() {
    let (mut pace, at) = begun(10.25);
    for (time, waited, rate) in [
        (0, true, 10.0),
        (9_999, true, 10.0),
        (10_000, false, 10.0),
        (10_000, true, 10.1),
        (10_100, true, 10.201),
        (10_200, true, 10.25),
    ] {
        pace.accepted(at(time), waited, at(time));
        assert_rate(&pace, rate, time);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_keep_their_distance_and_after_a_429_at_least_a_second() {
    for (ceiling, interval, trial) in [(50.0, 100, 1_000), (0.5, 2_000, 2_000)] {
        let (mut pace, at) = begun(ceiling);
        assert_eq!(pace.free_at(), None);
        pace.sent(at(1_000));
        assert_eq!(pace.free_at(), Some(at(1_000 + interval)));
        pace.limited(at(1_000), Duration::ZERO, at(1_200));
        assert_eq!(pace.free_at(), Some(at(3_200)));
        pace.sent(at(3_200));
        assert_eq!(pace.free_at(), Some(at(3_200 + trial)));
    }
}

/// Seconds of the pauses after three 429s in a row from `time` on. Older calls are answered 429 as well.
fn pauses(pace: &mut AdaptivePace, at: &impl Fn(u64) -> Instant, mut time: u64) -> [u64; 3] {
    [0, 1, 2].map(|_| {
        pace.limited(at(time), Duration::ZERO, at(time));
        let held_until = |pace: &AdaptivePace| pace.limited.as_ref().unwrap().held_until;
        let until = held_until(pace);
        pace.limited(at(time), Duration::ZERO, at(time + 100));
        assert_eq!(held_until(pace), until, "an older call says nothing new");
        let pause = until.duration_since(at(time));
        time += 1 + u64::try_from(pause.as_millis()).unwrap();
        pause.as_secs()
    })
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_with_429s_in_a_row_and_more_slowly_near_a_known_limit() {
    let (mut pace, at) = begun(50.0);
    assert_eq!(pauses(&mut pace, &at, 1_000), [2, 60, 60]);
    pace.accepted(at(200_000), true, at(200_000));
    assert_eq!(pauses(&mut pace, &at, 201_000), [2, 15, 60]);
    // The vendor may ask for a longer one, also in answer to an older call.
    pace.accepted(at(400_000), true, at(400_000));
    for (asked, until) in [(1, 403_000), (3, 404_000), (2, 404_000)] {
        pace.limited(at(401_000), Duration::from_secs(asked), at(401_000));
        assert_eq!(pace.free_at(), Some(at(until)), "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_lasts_longer_than_five_seconds_is_one_by_the_minute() {
    // A call a second since the start: none within the last second, 59 within the last minute.
    for (accepted, rate) in [
        (65_000, SLOWEST),
        (65_001, 59.0 / 60.0 * 0.9),
        (200_000, 59.0 / 60.0 * 0.9),
    ] {
        let (mut pace, at) = begun(50.0);
        for second in 0..60 {
            let sent = at(second * 1_000);
            pace.sent(sent);
            pace.accepted(sent, false, sent);
        }
        pace.limited(at(60_000), Duration::ZERO, at(60_000));
        pace.accepted(at(accepted), false, at(accepted));
        assert_rate(&pace, rate, accepted);
    }
}

#[tokio::test(start_paused = true)]
async fn the_minute_of_a_limit_begins_after_the_last_break_of_more_than_ten_seconds() {
    // 21 calls, the first one before a break.
    for (break_ends, within) in [(10_000, 36.0), (10_001, 26.0), (30_000, 26.0)] {
        let (mut pace, at) = begun(50.0);
        let rest = (0..20).map(|second| break_ends + second * 1_000);
        for sent in [0].into_iter().chain(rest) {
            pace.sent(at(sent));
            pace.accepted(at(sent), false, at(sent));
        }
        let refused = break_ends + 20_000;
        pace.limited(at(refused), Duration::ZERO, at(refused));
        let accepted = refused + 6_000;
        pace.accepted(at(accepted), false, at(accepted));
        assert_rate(&pace, 21.0 / within * 0.9, break_ends);
    }
}
