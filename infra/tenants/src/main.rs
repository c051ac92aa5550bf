//! `tenants`: see `tenants --help`.

use std::process::ExitCode;
use std::{env, io};

use clap::Parser as _;
use tenants::{Cli, Environment};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && env::args_os().any(|word| word == "--json") => {
            return tenants::refuse(&error, &Environment::of_process(), &mut io::stdout()).into();
        }
        Err(error) => error.exit(),
    };
    if env::var_os("RUST_LOG").is_some() {
        shared::telemetry::init_to(io::stderr);
    }
    tenants::run(cli, &Environment::of_process(), &mut io::stdout())
        .await
        .into()
}
