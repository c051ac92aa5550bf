//! `cargo local`: see `cargo local --help`.

use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use local::args::Args;
use local::command;

#[tokio::main]
async fn main() -> ExitCode {
    command::run(Args::parse(), &mut io::stdout()).await
}
