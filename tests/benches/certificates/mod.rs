//! What it takes to file certificates: memory, processor time and AWS capacity of the function, which is a process of
//! its own here, against the local stack and the simulators in this one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing amiss"
)]

mod args;
mod cases;
mod figures;
mod stage;
mod transfer;

use std::process::ExitCode;

use certificate_sync::CertificateSync;
use clap::Parser as _;
use harness::process;
use shared::http::RateLimiter;
use shared::runtime::Mode;

use args::Args;

/// What the function may have in memory at most, whatever it files.
const LIMIT: u64 = 64 * 1024 * 1024;
/// What it may take beside what it had at the start: for its connections and what passes through them,
const WORKING_SPACE: u64 = 16 * 1024 * 1024;
/// and for what it has to know of each certificate.
const RECORD: u64 = 3 * 1024;
/// How much more it may have with the largest PDFs than with as many of the smallest.
const LARGER: u64 = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(tenant) = &args.function {
        let mode = if args.full_scan {
            Mode::FullScan
        } else {
            Mode::Scheduled
        };
        // Personio's 60 uploads a minute would be most of what is measured.
        process::run(
            CertificateSync::new().unwrap(),
            tenant,
            &[mode],
            Some(RateLimiter::new(&[])),
        );
        return ExitCode::SUCCESS;
    }
    if let Some(list) = &args.transfer {
        transfer::run(list);
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    process::in_repository();
    let mut measured = Vec::new();
    for case in cases::of(&args) {
        eprintln!("{case} …");
        measured.push(runtime.block_on(stage::play(case)));
    }
    args.output
        .emit(&figures::text(&measured), &figures::json(&measured));
    let above: Vec<_> = measured
        .iter()
        .filter(|measured| measured.is_too_much())
        .collect();
    for measured in &above {
        eprintln!("too much memory: {}", measured.case);
    }
    let growth = figures::growth(&measured).filter(|growth| *growth > LARGER);
    if let Some(growth) = growth {
        eprintln!(
            "memory grows with the size of the PDFs: by {growth} bytes, at most {LARGER} are allowed"
        );
    }
    if above.is_empty() && growth.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
