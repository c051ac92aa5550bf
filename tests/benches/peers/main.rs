//! The employee function beside what people would read Personio with: Python with requests, and dlt.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing amiss"
)]

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Parser;
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use harness::process::{Usage, in_repository};
use harness::{Harness, people};
use jiff::Timestamp;
use local::{Answer, Function};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::tenant::Via;

/// Reads everybody with Python's requests, with dlt, and with an unchanged tick of the employee function
///
/// All of them from the same simulator of Personio. The function does more: it maps everybody, compares them with what the last run
/// left and writes that down; its start is counted as theirs is.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --workspace --bench peers --", max_term_width = 100)]
struct Args {
    /// The folder with employee-sync/bootstrap, as `cargo lambda build` leaves it
    #[arg(long, value_name = "FOLDER")]
    bootstraps: PathBuf,
    /// A Python that has requests and dlt
    #[arg(long, value_name = "FILE", default_value = "python3")]
    python: PathBuf,
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    people: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What reading everybody took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Took {
    processor_seconds: f64,
    peak_bytes: u64,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    in_repository();
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(args.people)).await;
    harness.settle().await;
    let own = function(&harness, &args.bootstraps).await;
    let base = harness.company.personio.base_url();
    let mut all = vec![("employee-sync", own)];
    for (name, script) in [("requests", "with_requests.py"), ("dlt", "with_dlt.py")] {
        let (base, args) = (base.clone(), [args.python.display().to_string(), args.people.to_string()]);
        let took =
            tokio::task::spawn_blocking(move || python(&args[0], script, &base, &args[1])).await.unwrap();
        match took {
            Some(took) => all.push((name, took)),
            None => eprintln!("{name} is left out: that Python does not have it"),
        }
    }
    let text = if args.json {
        json!({ "people": args.people, "measured": all }).to_string()
    } else {
        format!("Reading {} people.\n\n{}", args.people, table(&all))
    };
    // A closed pipe is no reason to fail.
    let _ = writeln!(io::stdout(), "{text}");
}

async fn function(harness: &Harness, bootstraps: &Path) -> Took {
    let bootstrap = bootstraps.join("employee-sync/bootstrap");
    let mut function = Function::start("employee-sync", bootstrap, &harness.world.stack).await.unwrap();
    let Answer::Reply(report) = function.invoke(json!({"tenant_id": "acme"})).await.unwrap() else {
        panic!("it answers with an error")
    };
    assert_eq!(report["outcome"], "unchanged", "{report:#}");
    let usage = Usage::of_process(function.id().unwrap());
    Took { processor_seconds: usage.processor.unwrap().as_secs_f64(), peak_bytes: usage.peak.unwrap() }
}

fn python(python: &str, script: &str, base: &str, people: &str) -> Option<Took> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(script);
    let mut command = Command::new(python);
    command.arg(script).args([base, people]).stderr(Stdio::inherit());
    let output = command.output().ok()?;
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

fn table(all: &[(&str, Took)]) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["", "processor s", "times ours", "peak MiB", "times ours"]);
    let own = all[0].1;
    table.add_rows(all.iter().map(|(name, took)| {
        [
            (*name).to_owned(),
            format!("{:.3}", took.processor_seconds),
            format!("{:.1}", took.processor_seconds / own.processor_seconds),
            format!("{:.1}", took.peak_bytes as f64 / f64::from(1 << 20)),
            format!("{:.1}", took.peak_bytes as f64 / own.peak_bytes as f64),
        ]
    }));
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}
