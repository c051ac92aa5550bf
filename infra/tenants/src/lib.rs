//! The operator's command line: one binary, `tenants`, over the state, the secrets, the schedules and the functions of one
//! deployed stack. See `tenants --help`.

mod academies;
pub mod args;
mod aws;
mod check;
mod clock;
mod commands;
mod confirm;
mod context;
mod environment;
mod failure;
mod files;
mod format;
mod item;
mod job;
mod leases;
mod migration;
mod operator;
mod output;
mod probe;
mod schedule;
mod stack;
mod transfer;
mod web;

use std::io::Write;

pub use args::Cli;
pub use environment::{Environment, Interactivity};
pub use failure::{Exit, Failure};
pub use web::Console;

/// Runs one command. Its result goes to `out`, as text or as one JSON document. Progress, questions and errors go to
/// standard error.
pub async fn run(cli: Cli, environment: &Environment, out: &mut (dyn Write + Send)) -> Exit {
    let json = cli.global.json;
    match Box::pin(commands::run(cli, environment)).await {
        Ok(output) => output.write(json, environment, out),
        Err(failure) => failure.write(json, environment, out),
    }
}

/// Refuses a command line that cannot be used, as one JSON document: for one that asks for JSON.
pub fn refuse(
    error: &clap::Error,
    environment: &Environment,
    out: &mut (dyn Write + Send),
) -> Exit {
    let text = error.to_string();
    let text = text.trim_end();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    Failure::usage(text).write(true, environment, out)
}
