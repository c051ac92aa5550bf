//! A thousand tenants on one machine, through both functions' own code, with and without hostile ones among them.
//!
//! Everything is real but the vendors and AWS: HTTP over loopback, the machine's clock, the vendors' own pace, an embedded
//! DynamoDB and Secrets Manager. Each environment is a thread with a handler of its own, which takes one event at a time, as on
//! Lambda. Two things are smaller than in life: the time within which every tenant has its ticks (20 s in the place of 5 and 30
//! minutes), and a hostile tenant's deadline (30 s for employees in the place of 240, 50 s for certificates in the place of 900). Limits and
//! latency are not: they are Personio's own, and what `ticks` assumes.
//!
//! Environments, simulators and DynamoDB share the machine's processors, which they do not on AWS. So each run is told apart: how
//! long it took, how much of a processor it had, and for how long it waited for one. What a hostile tenant costs others in
//! waiting alone is this machine; what it costs them in processor, calls or capacity units would be our code.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first thing amiss"
)]

mod args;
mod beside;
mod checks;
mod figures;
mod memory;
mod rounds;
mod verdict;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(tenant) = &args.function {
        memory::function(tenant);
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let size = args.size();
    let load = rounds::play(&runtime, &size);
    let beside = beside::play(&runtime, &size);
    let memory = memory::measure(&runtime, &size);
    let text = if args.json {
        figures::json(&size, &load, &beside, &memory)
    } else {
        figures::text(&size, &load, &beside, &memory)
    };
    // A closed pipe is no reason to fail: the exit code still tells.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    let beyond = if args.judge {
        verdict::beyond(&size, &load)
    } else {
        Vec::new()
    };
    let amiss: Vec<_> = load
        .amiss
        .iter()
        .chain(&beside.amiss)
        .chain(&beyond)
        .collect();
    for it in &amiss {
        eprintln!("amiss: {it}");
    }
    if amiss.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
