//! The employee function beside what people would read Personio with: Python with requests, and dlt.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing amiss"
)]

mod figures;
mod python;

use std::path::{Path, PathBuf};

use clap::Parser;
use harness::output::Output;
use harness::process::{Usage, in_repository};
use harness::{Harness, people};
use jiff::Timestamp;
use local::{Answer, Function};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::tenant::Via;

use python::Python;

/// Reads everybody with Python's requests, with dlt, and with an unchanged tick of the employee function
///
/// All of them from the same simulator of Personio. The function does more: it maps everybody, compares them with what the last run
/// left and writes that down; its start is counted as theirs is.
#[derive(Debug, Parser)]
#[command(
    name = "cargo bench --workspace --bench baselines --",
    max_term_width = 100
)]
struct Args {
    /// The folder with employee-sync/bootstrap, as `cargo lambda build` leaves it
    #[arg(long, value_name = "FOLDER")]
    bootstraps: PathBuf,
    /// A Python that has requests and dlt
    #[arg(long, value_name = "FILE", default_value = "python3")]
    python: PathBuf,
    /// How many people; may be given several times
    #[arg(long, value_name = "N", default_values_t = [1_000])]
    people: Vec<u64>,
    #[command(flatten)]
    output: Output,
}

/// What reading everybody took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Took {
    processor_seconds: f64,
    peak_bytes: u64,
}

/// All who read so many people; the function first.
#[derive(Debug, Serialize)]
struct Read {
    people: u64,
    by: Vec<(&'static str, Took)>,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    in_repository();
    let python = Python::find(&args.python);
    for package in python.missing() {
        eprintln!(
            "{package} is left out: {} does not have it",
            args.python.display()
        );
    }
    let mut all = Vec::new();
    for people in &args.people {
        all.push(read(*people, &args.bootstraps, &python).await);
    }
    args.output
        .emit(&figures::text(&all, &python), &figures::json(&all, &python));
}

async fn read(size: u64, bootstraps: &Path, python: &Python) -> Read {
    eprintln!("{size} people …");
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(size)).await;
    harness.settle().await;
    let mut by = vec![("employee-sync", function(&harness, bootstraps).await)];
    let base = harness.company.personio.base_url();
    for package in python.found() {
        let (python, base) = (python.clone(), base.clone());
        let took = tokio::task::spawn_blocking(move || python.read_with(package, &base, size))
            .await
            .unwrap();
        by.push((package, took));
    }
    Read { people: size, by }
}

async fn function(harness: &Harness, bootstraps: &Path) -> Took {
    let bootstrap = bootstraps.join("employee-sync/bootstrap");
    let mut function = Function::start("employee-sync", bootstrap, &harness.world.stack)
        .await
        .unwrap();
    let Answer::Reply(report) = function.invoke(json!({"tenant_id": "acme"})).await.unwrap() else {
        panic!("it answers with an error")
    };
    assert_eq!(report["outcome"], "unchanged", "{report:#}");
    let usage = Usage::of_process(function.id().unwrap());
    Took {
        processor_seconds: usage.processor.unwrap().as_secs_f64(),
        peak_bytes: usage.peak.unwrap(),
    }
}
