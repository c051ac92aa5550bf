//! Every fault at every call of both jobs on every route. After each case, accounts, documents and ledger match the fault-free run;
//! no document is duplicated; nobody was wrongly locked.
//!
//! Sizes: [`cases::Size`]. `FAULT_LIST=1` prints the names of the chosen cases and runs none.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test with a report of its own"
)]

mod broken_products;
mod case;
mod cases;
mod command;
mod companies;
mod exceptions;
mod execution;
mod scene;
mod skew;
#[path = "../typed.rs"]
mod typed;

use std::process::ExitCode;
use std::time::Instant;

use broken_products::broken_products;
use case::Baseline;
use cases::{Size, Tried};
use clap::ValueEnum as _;
use execution::Scenario;
use harness::{ROUTES, pool};
use scene::Scene;

/// Every broken product fails each of its cases, by what it does.
fn are_broken_products_caught(baselines: &[Baseline]) -> bool {
    let mut all = true;
    for product in broken_products() {
        let cases = product.cases(baselines);
        let results = pool::all(&cases, |(baseline, case)| case.check(baseline));
        let is_caught = |result: &&Result<(), String>| matches!(result, Err(said) if said.contains(product.says));
        let (caught, total) = (results.iter().filter(is_caught).count(), cases.len());
        println!(
            "broken on purpose: {}: caught in {caught} of {total} cases",
            product.name
        );
        all &= caught == total && caught > 0;
    }
    all
}

/// Runs them, prints those that fail, each with the command that runs it alone, and counts them.
fn failures(cases: &[Tried<'_>]) -> usize {
    let results = pool::all(cases, |(baseline, case)| case.check(baseline));
    let mut failed = 0;
    for ((_, case), result) in cases.iter().zip(results) {
        if let Err(error) = result {
            println!("FAULT='{case}' cargo test --workspace --test faults\n  {error}");
            failed += 1;
        }
    }
    failed
}

fn run() -> Result<bool, String> {
    let start = Instant::now();
    let size = Size::from_environment()?;
    let may_match = |scene: &Scene| size.name().is_none_or(|part| scene.may_match(part));
    let scenarios: Vec<_> = Scene::value_variants()
        .iter()
        .copied()
        .filter(may_match)
        .flat_map(|scene| ROUTES.map(|via| Scenario { scene, via }))
        .collect();
    let baselines: Result<Vec<_>, _> = pool::all(&scenarios, Baseline::of).into_iter().collect();
    let baselines = baselines.map_err(|error| format!("without any fault: {error}"))?;
    let all = cases::all(&baselines);
    let total = all.len();
    let unused = match size.name() {
        None => exceptions::unused(all.iter().map(|(_, case)| case.to_string())),
        Some(_) => Vec::new(),
    };
    for exception in &unused {
        println!("no case has this exception: {exception}");
    }
    let cases = size.choose(all);
    if cases.is_empty() {
        let example = "first/direct/reteach GET /customer#1/hang";
        return Err(format!(
            "no case has this in its name; names are like {example}"
        ));
    }
    if std::env::var_os("FAULT_LIST").is_some() {
        cases.iter().for_each(|(_, case)| println!("{case}"));
        return Ok(true);
    }
    let failed = failures(&cases);
    let calls: usize = baselines
        .iter()
        .map(|baseline| baseline.execution.calls.len())
        .sum();
    let (tried, runs, time) = (cases.len(), scenarios.len(), start.elapsed());
    println!("{tried} of {total} cases, {calls} calls of {runs} runs: {failed} failed; {time:.0?}");
    let is_caught = size.name().is_some() || are_broken_products_caught(&baselines);
    Ok(failed == 0 && unused.is_empty() && is_caught)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
