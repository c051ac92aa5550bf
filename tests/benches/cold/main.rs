//! Cold starts: both functions as Lambda gets them, beside the smallest function that `lambda_runtime` makes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing amiss"
)]

mod figures;
mod start;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Parser;
use harness::process::in_repository;

/// Times cold starts: to the first question for an event, and to the first answer
///
/// The answer is that of an unchanged tick over ten people; the bare function says hello. Once at full speed, and once with the
/// fourteenth of a processor that comes with 128 MB, where control groups can be made.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --workspace --bench cold --", max_term_width = 100)]
struct Args {
    /// The folder with employee-sync/bootstrap and certificate-sync/bootstrap, as `cargo lambda build` leaves them
    #[arg(long, value_name = "FOLDER")]
    bootstraps: PathBuf,
    /// What they are held against: the program that `cargo build --release -p bare` makes
    #[arg(long, value_name = "FILE")]
    bare: PathBuf,
    /// How often each is started; the median counts
    #[arg(long, value_name = "N", default_value_t = 21)]
    starts: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    in_repository();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let measured = runtime.block_on(start::measure(&args));
    let text = if args.json { figures::json(&measured) } else { figures::text(&measured) };
    // A closed pipe is no reason to fail.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
