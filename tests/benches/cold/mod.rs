//! Cold starts: both functions as Lambda gets them, beside the smallest function that `lambda_runtime` makes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing amiss"
)]

mod figures;
mod stage;
mod start;

use std::path::PathBuf;

use clap::Parser;
use harness::output::Output;
use harness::process::in_repository;

/// Times cold starts: to the first question for an event, and to the first answer
///
/// The answer is that of an unchanged tick over ten people; the bare function says hello. Once at full speed, and once with the
/// fourteenth of a processor that comes with 128 MB, where control groups can be made. The bare function is to be built by the same
/// toolchain as the others, `cargo lambda build --release -p bare`, and by itself: with the others it would get their features of what they share.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --workspace --bench cold --", max_term_width = 100)]
struct Args {
    /// The folder with employee-sync/bootstrap and certificate-sync/bootstrap, as `cargo lambda build` leaves them
    #[arg(long, value_name = "FOLDER")]
    bootstraps: PathBuf,
    /// What they are held against: the package `bare`, built as they are [default: bare/bootstrap beside them]
    #[arg(long, value_name = "FILE")]
    bare: Option<PathBuf>,
    /// The same folder, built with `--features employee-sync/extra-root,certificate-sync/extra-root`: the first answer is timed
    /// over TLS as well
    #[arg(long, value_name = "FOLDER")]
    tls: Option<PathBuf>,
    /// How often each is started; the median counts
    #[arg(long, value_name = "N", default_value_t = 21)]
    starts: usize,
    #[command(flatten)]
    output: Output,
}

fn main() {
    let args = Args::parse();
    in_repository();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let measured = runtime.block_on(start::measure(&args));
    args.output
        .emit(&figures::text(&measured), &figures::json(&measured));
}
