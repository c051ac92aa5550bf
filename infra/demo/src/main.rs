//! `cargo demo`: see `cargo demo --help`.

use std::io;
use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let args = demo::Args::parse();
    if std::env::var_os("RUST_LOG").is_some() {
        shared::telemetry::init_to(io::stderr);
    }
    demo::run(args, &mut io::stdout()).await
}
