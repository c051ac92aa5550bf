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
    let operator = &Box::pin(Operator::new(global, surroundings)).await?;
    // On the heap: one command's future is enough for one stack.
    match command {
        Command::Add(args) => Box::pin(add::add(operator, &args)).await,
        Command::Connect(args) => Box::pin(connect::connect(operator, &args)).await,
        Command::Check(args) => Box::pin(check::check(operator, &args)).await,
        Command::Plan(args) => Box::pin(plan::plan(operator, &args)).await,
        Command::Sync(args) => Box::pin(sync::sync(operator, &args)).await,
        Command::Status(args) => Box::pin(status::status(operator, args.tenant.as_ref())).await,
        Command::Runs(args) => Box::pin(runs::runs(operator, &args)).await,
        Command::Explain(args) => Box::pin(explain::explain(operator, &args)).await,
        Command::Certificates(args) => Box::pin(certificates::certificates(operator, &args)).await,
        Command::Approve(args) => {
            Box::pin(decide::decide(operator, &args, decide::Word::Approve)).await
        }
        Command::Dismiss(args) => {
            Box::pin(decide::decide(operator, &args, decide::Word::Dismiss)).await
        }
        Command::Pause(one) => Box::pin(pause::pause(operator, &one.tenant)).await,
        Command::Resume(one) => Box::pin(pause::resume(operator, &one.tenant)).await,
        Command::Remove(args) => Box::pin(remove::remove(operator, &args)).await,
        Command::List => Box::pin(list::list(operator)).await,
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tenants", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::done(
        script.clone(),
        json!({"shell": shell.to_string(), "script": script}),
    )
}
