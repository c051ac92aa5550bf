//! What the ticks of a tenant take, counted and measured, and what that costs on AWS in a month.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing amiss"
)]

mod args;
mod bounds;
mod certificates;
mod cost;
mod count;
mod employees;
mod figures;
mod log;
mod month;
mod prices;
mod stored;
mod timing;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use harness::process::in_repository;
use shared::tenant::Via;

use args::Args;
use count::Count;
use timing::Timing;

/// Everything about one company.
#[derive(Debug)]
struct Measured {
    via: Via,
    people: u64,
    counts: Vec<Count>,
    stored: Vec<stored::Kind>,
    timings: Vec<Timing>,
}

impl Measured {
    fn is_counted(&self) -> bool {
        !self.counts.is_empty()
    }

    fn is_timed(&self) -> bool {
        !self.timings.is_empty()
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    in_repository();
    log::init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut measured = Vec::new();
    for (people, via) in args.companies() {
        eprintln!("{}, {people} people …", local::route(via));
        measured.push(runtime.block_on(measure(via, people, &args)));
    }
    let text = if args.json { figures::json(&measured) } else { figures::text(&measured) };
    // A closed pipe is no reason to fail: the exit code still tells.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    let bounded = measured.iter().filter(|measured| measured.people == bounds::PEOPLE);
    let exceeded: Vec<_> = bounded.flat_map(bounds::exceeded).collect();
    for excess in &exceeded {
        eprintln!("more than before: {excess}");
    }
    if exceeded.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(via: Via, people: u64, args: &Args) -> Measured {
    let mut measured = Measured { via, people, counts: Vec::new(), stored: Vec::new(), timings: Vec::new() };
    if !args.timings_only {
        let harness = count::company(via, people).await;
        measured.counts = employees::count_all(&harness, people).await;
        measured.counts.extend(certificates::count_all(&harness, people).await);
        measured.counts.push(employees::reconcile(&harness).await);
        measured.stored = stored::of(&harness).await;
    }
    if let Some(bootstraps) = &args.bootstraps {
        measured.timings = timing::measure(via, people, bootstraps).await;
    }
    measured
}
