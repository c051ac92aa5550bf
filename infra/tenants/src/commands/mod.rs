//! The commands.

mod add;
mod certificates;
mod check;
mod connect;
mod decide;
mod explain;
mod list;
mod pause;
mod plan;
mod remove;
mod runs;
mod status;
mod sync;

use clap::CommandFactory as _;
use serde_json::json;

use crate::answer::Answer;
use crate::args::{Cli, Command};
use crate::failure::Failure;
use crate::operator::Operator;
use crate::surroundings::Surroundings;

pub(crate) async fn run(cli: Cli, surroundings: &Surroundings) -> Result<Answer, Failure> {
    let Cli { global, command } = cli;
    if let Command::Completions { shell } = command {
        return completions(shell);
    }
    let operator = &Operator::new(global, surroundings).await?;
    match command {
        Command::Add(args) => add::add(operator, &args).await,
        Command::Connect(args) => connect::connect(operator, &args).await,
        Command::Check(args) => check::check(operator, &args).await,
        Command::Plan(args) => plan::plan(operator, &args).await,
        Command::Sync(args) => sync::sync(operator, &args).await,
        Command::Status(args) => status::status(operator, args.tenant.as_ref()).await,
        Command::Runs(args) => runs::runs(operator, &args).await,
        Command::Explain(args) => explain::explain(operator, &args).await,
        Command::Certificates(args) => certificates::certificates(operator, &args).await,
        Command::Approve(args) => decide::decide(operator, &args, decide::Word::Approve).await,
        Command::Dismiss(args) => decide::decide(operator, &args, decide::Word::Dismiss).await,
        Command::Pause(one) => pause::pause(operator, &one.tenant).await,
        Command::Resume(one) => pause::resume(operator, &one.tenant).await,
        Command::Remove(args) => remove::remove(operator, &args).await,
        Command::List => list::list(operator).await,
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tenants", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::done(script.clone(), json!({"shell": shell.to_string(), "script": script}))
}
