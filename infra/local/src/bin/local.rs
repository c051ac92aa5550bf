//! `cargo local`: see `cargo local --help`.

use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use local::args::Args;
use local::life;

#[tokio::main]
async fn main() -> ExitCode {
    life::run(Args::parse(), &mut io::stdout()).await
}
