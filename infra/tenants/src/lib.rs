//! The operator's command line: one binary, `tenants`, over the state, the secrets, the schedules and the functions of one
//! deployed stack. See `tenants --help`.

mod answer;
pub mod args;
mod aws;
mod commands;
mod failure;
mod files;
mod operator;
mod schedule;
mod stack;
mod surroundings;
mod words;

use std::io::Write;

pub use answer::{Answer, Verdict};
pub use args::Cli;
pub use failure::{Exit, Failure};
pub use surroundings::{Somebody, Surroundings};

/// Runs one command. Its result goes to `out`, as text or as one JSON document; progress, questions and what went wrong go
/// to standard error.
pub async fn run(cli: Cli, surroundings: &Surroundings, out: &mut (dyn Write + Send)) -> Exit {
    let json = cli.global.json;
    let exit = match Box::pin(commands::run(cli, surroundings)).await {
        Ok(answer) => answer.write(json, out),
        Err(failure) => failure.write(json, surroundings, out),
    };
    // A closed pipe is no reason to say anything else.
    let _ = out.flush();
    exit
}
