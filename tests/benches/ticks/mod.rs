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
mod changed;
mod cost;
mod count;
mod employees;
mod figures;
mod log;
mod month;
mod pages;
mod prices;
mod reference;
mod stored;
mod timed;
mod timing;

use std::process::ExitCode;

use clap::Parser as _;
use harness::process::in_repository;
use shared::tenant::Via;

use args::{Args, Company, Runs};
use changed::Changed;
use count::Count;
use reference::Reference;
use timing::Timing;

/// Everything about one company.
#[derive(Debug)]
struct Measured {
    via: Via,
    people: u64,
    counts: Vec<Count>,
    stored: Vec<stored::Kind>,
    timings: Vec<Timing>,
    changed: Option<Changed>,
    /// Only where this program is optimised, as the functions are.
    reference: Option<Reference>,
}

impl Measured {
    /// Whether each kind of run was.
    fn is_counted(&self) -> bool {
        !self.stored.is_empty()
    }

    fn is_timed(&self) -> bool {
        !self.timings.is_empty()
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    in_repository();
    log::init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut measured = Vec::new();
    for company in args.companies() {
        eprintln!("{}, {} people …", local::route(company.via), company.people);
        measured.push(runtime.block_on(measure(company, &args)));
    }
    let handshake = args
        .handshake
        .map_or(month::HANDSHAKE, |milliseconds| milliseconds / 1e3);
    args.output.emit(
        &figures::text(&measured, handshake),
        &figures::json(&measured, handshake),
    );
    let exceeded: Vec<_> = measured.iter().flat_map(bounds::exceeded).collect();
    for excess in &exceeded {
        eprintln!("more than before: {excess}");
    }
    if exceeded.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn measure(Company { people, via, runs }: Company, args: &Args) -> Measured {
    let (counts, stored) = match runs {
        Runs::All => count_all(via, people).await,
        Runs::Unchanged => (
            employees::unchanged(&count::company(via, people).await).await,
            Vec::new(),
        ),
        Runs::None => (Vec::new(), Vec::new()),
    };
    let mut measured = Measured {
        via,
        people,
        counts,
        stored,
        timings: Vec::new(),
        changed: None,
        reference: None,
    };
    if let Some(bootstraps) = &args.bootstraps {
        let harness = timing::company(via, people).await;
        measured.timings = timing::measure(&harness, people, bootstraps).await;
        if !cfg!(debug_assertions) {
            measured.reference = Some(reference::measure(&harness, people).await);
        }
        if people <= changed::UP_TO {
            measured.changed = Some(changed::measure(via, people, bootstraps).await);
        }
    }
    measured
}

async fn count_all(via: Via, people: u64) -> (Vec<Count>, Vec<stored::Kind>) {
    let harness = count::company(via, people).await;
    let mut counts = employees::count_all(&harness, people).await;
    counts.extend(certificates::count_all(&harness, people).await);
    counts.push(employees::reconcile(&harness).await);
    (counts, stored::of(&harness).await)
}
