//! What the ticks of a tenant take, counted and measured, and what that costs on AWS in a month.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark stops at the first thing amiss")]

mod args;
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

fn main() -> ExitCode {
    let args = Args::parse();
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
    ExitCode::SUCCESS
}

async fn measure(via: Via, people: u64, args: &Args) -> Measured {
    let harness = count::company(via, people).await;
    let mut counts = employees::count_all(&harness, people).await;
    counts.extend(certificates::count_all(&harness, people).await);
    counts.push(employees::reconcile(&harness).await);
    let stored = stored::of(&harness).await;
    drop(harness);
    let timings = match &args.bootstraps {
        Some(bootstraps) => timing::measure(via, people, bootstraps).await,
        None => Vec::new(),
    };
    Measured { via, people, counts, stored, timings }
}
