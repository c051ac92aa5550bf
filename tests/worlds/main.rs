//! Random worlds: histories of a small company from a seed, with everything that HR, admins, vendors and the machine may do,
//! played with both functions' real code against the simulators. After each quiet period everything is as a model says that
//! knows nothing of the product's code, and nobody was wrongly locked or unlocked at any run on the way.
//!
//! `WORLDS_SEED=7` lives one seed alone and prints its log. `WORLDS=5000` lives this many, `PROVE=all` all of them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests"
)]

mod backup;
mod broken;
mod choices;
mod cutover;
mod event;
mod fuzz_tests;
mod history;
mod hr_actions;
mod life;
mod migration;
mod model;
mod operator;
mod quiesce;
mod runs;
mod seeds;
mod shrink;
mod trace;
#[path = "../typed.rs"]
mod typed;
mod vendor_faults;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use harness::pool;
use jiff::SignedDuration;
use life::Lived;

/// A quarter of a minute on two cores.
const SAMPLE: u64 = 20;
const ALL: u64 = 1_000;
/// Kinds of calls that a sample has, secrets and others included.
const KINDS: usize = 9;
/// Actions of HR, admins and operators that all worlds together have.
const ACTIONS: usize = 39;
/// After this many failing seeds, the others are skipped.
const MAX_FAILURES: usize = 3;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap())
}

fn is_whole() -> bool {
    std::env::var("PROVE").is_ok_and(|size| size == "all")
}

/// How many worlds are lived: `WORLDS=<n>`, or all with `PROVE=all`, or a sample.
fn worlds() -> u64 {
    number("WORLDS").unwrap_or(if is_whole() { ALL } else { SAMPLE })
}

/// Does `work` on a thread with a stack for a whole world.
fn in_pool<T: Send>(work: impl Fn() -> Result<T, String> + Sync) -> Result<T, String> {
    pool::all(&[()], |()| work()).remove(0)
}

#[derive(Default)]
struct Total {
    worlds: u64,
    runs: usize,
    cut_short: usize,
    hung: usize,
    calls: usize,
    time: SignedDuration,
    sights: BTreeMap<&'static str, usize>,
    effects: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Total {
    fn add(&mut self, lived: &Lived) {
        self.worlds += 1;
        self.runs += lived.runs;
        self.cut_short += lived.cut_short;
        self.hung += lived.hung;
        self.calls += lived.trace.calls;
        self.time += lived.time;
        for (kind, number) in &lived.sights {
            *self.sights.entry(kind).or_default() += number;
        }
        for (action, number) in &lived.effects {
            *self.effects.entry(action.clone()).or_default() += number;
        }
    }
}

#[test]
fn after_each_quiet_period_everything_is_as_it_should_be() {
    if let Some(seed) = number("WORLDS_SEED") {
        let (setting, history) = seeds::of(seed);
        println!("{setting:?}\n{history:#?}");
        let lived = in_pool(|| seeds::check(seed)).unwrap_or_else(|failure| panic!("{failure}"));
        println!("{}", lived.trace.text());
        return;
    }
    let began = Instant::now();
    let failed = AtomicUsize::new(0);
    let seeds: Vec<_> = (0..worlds()).collect();
    let results = pool::all(&seeds, |seed| {
        if failed.load(Ordering::Relaxed) >= MAX_FAILURES {
            return Ok(None);
        }
        let lived = seeds::check(*seed);
        failed.fetch_add(usize::from(lived.is_err()), Ordering::Relaxed);
        lived.map(Some)
    });
    let mut total = Total::default();
    for result in results {
        match result {
            Ok(Some(lived)) => total.add(&lived),
            Ok(None) => {}
            Err(failure) => total.failures.push(failure),
        }
    }
    let Total {
        worlds,
        runs,
        cut_short,
        hung,
        calls,
        time,
        sights,
        effects,
        failures,
    } = total;
    let (seconds, years) = (
        began.elapsed().as_secs_f64(),
        time.as_secs_f64() / (365.25 * 86_400.0),
    );
    let line = format!(
        "{worlds} worlds in {seconds:.0} s: {runs} runs, {cut_short} of them cut short by their time, {calls} HTTP calls to vendors, {hung} calls that hung, {years:.1} tenant-years, {:.1} a minute",
        years / seconds * 60.0
    );
    // The test harness keeps what a test prints if it passes, unless it is asked not to.
    if std::env::args().any(|argument| argument == "--nocapture") {
        println!("{line}");
    } else {
        writeln!(std::io::stderr(), " {line}").unwrap();
    }
    println!("the judge of all traffic saw {sights:?}");
    println!("actions took effect: {effects:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    if worlds >= ALL {
        let idle: Vec<_> = effects.iter().filter(|(_, number)| **number == 0).collect();
        assert!(idle.is_empty(), "actions that never took effect: {idle:?}");
        assert_eq!(effects.len(), ACTIONS, "{effects:?}");
    }
    assert_eq!(sights.len(), KINDS, "{sights:?}");
}

#[test]
fn the_same_seed_twice_is_the_same_log() {
    for seed in 0..(worlds() / 40).clamp(1, 24) {
        let (setting, history) = seeds::of(seed);
        let [one, other] =
            [0; 2].map(|_| in_pool(|| seeds::live(setting, &history)).unwrap().trace);
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
