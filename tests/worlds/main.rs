//! Random worlds: histories of a small company from a seed, with everything that HR, admins, vendors and the machine may do,
//! played with both functions' real code against the simulators. After each quiet period everything is as a model says that
//! knows nothing of the product's code, and nobody was wrongly locked or unlocked at any run on the way.
//!
//! `WORLDS_SEED=7` lives one seed alone and prints its log; `WORLDS=5000` lives another number of them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

mod broken;
mod deeds;
mod event;
mod history;
mod life;
mod model;
mod operator;
mod rest;
mod runs;
mod seeds;
mod shrink;
mod trace;
mod trouble;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use jiff::SignedDuration;

/// Worlds of a run of the tests.
const WORLDS: u64 = 1_000;
/// Failing seeds that are shrunk and told before the rest is left.
const MOST_FAILURES: usize = 3;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap())
}

#[derive(Default)]
struct Total {
    worlds: u64,
    runs: usize,
    cut_short: usize,
    hung: usize,
    calls: usize,
    time: SignedDuration,
    failures: Vec<String>,
}

#[test]
fn after_each_quiet_period_everything_is_as_it_should_be() {
    if let Some(seed) = number("WORLDS_SEED") {
        let (setting, history) = seeds::of(seed);
        println!("{setting:?}\n{history:#?}");
        let lived =
            seeds::roomy(|| seeds::check(seed)).unwrap_or_else(|failure| panic!("{failure}"));
        println!("{}", lived.trace.text());
        return;
    }
    let (worlds, next, began) = (
        number("WORLDS").unwrap_or(WORLDS),
        AtomicU64::new(0),
        Instant::now(),
    );
    let total = Mutex::new(Total::default());
    let threads = std::thread::available_parallelism().map_or(4, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                seeds::roomy(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= worlds || total.lock().unwrap().failures.len() >= MOST_FAILURES {
                            return;
                        }
                        let lived = seeds::check(seed);
                        let mut total = total.lock().unwrap();
                        total.worlds += 1;
                        match lived {
                            Ok(lived) => {
                                total.runs += lived.runs;
                                total.cut_short += lived.cut_short;
                                total.hung += lived.hung;
                                total.calls += lived.trace.calls;
                                total.time += lived.time;
                            }
                            Err(failure) => total.failures.push(failure),
                        }
                    }
                });
            });
        }
    });
    let Total {
        worlds,
        runs,
        cut_short,
        hung,
        calls,
        time,
        failures,
    } = total.into_inner().unwrap();
    let (seconds, years) = (
        began.elapsed().as_secs_f64(),
        time.as_secs_f64() / (365.25 * 86_400.0),
    );
    println!(
        "{worlds} worlds in {seconds:.0} s: {runs} runs, {cut_short} of them cut short by their time, {calls} HTTP calls to vendors, {hung} calls that hung, {years:.1} tenant-years, {:.1} a minute",
        years / seconds * 60.0
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_same_seed_twice_is_the_same_log() {
    for seed in 0..24 {
        let (setting, history) = seeds::of(seed);
        let [one, other] = [0; 2].map(|_| {
            seeds::roomy(|| seeds::live(setting, &history))
                .unwrap()
                .trace
        });
        if one.hash() != other.hash() {
            let lines = one.text().lines().zip(other.text().lines());
            let first = lines
                .clone()
                .position(|(one, other)| one != other)
                .unwrap_or_default();
            panic!(
                "seed {seed}, line {first}: {:#?}",
                lines
                    .skip(first.saturating_sub(2))
                    .take(6)
                    .collect::<Vec<_>>()
            );
        }
    }
}
