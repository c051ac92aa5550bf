//! `tenants`: see `tenants --help`.

use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use tenants::{Cli, Environment};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if std::env::var_os("RUST_LOG").is_some() {
        shared::telemetry::init_to(io::stderr);
    }
    tenants::run(cli, &Environment::of_process(), &mut io::stdout())
        .await
        .into()
}
