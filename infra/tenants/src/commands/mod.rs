//! The commands.

mod add;
mod certificates;
mod check;
mod connect;
mod decide;
mod explain;
mod list;
mod migrate;
mod pause;
mod people;
mod person;
mod plan;
mod remove;
mod restore;
mod runs;
mod source_decision;
mod status;
mod sync;

use clap::CommandFactory as _;
use serde::Serialize;
use shared::state::StateError;

use crate::args::{Cli, Command};
use crate::context::CommandContext;
use crate::environment::Environment;
use crate::failure::Result;
use crate::output::{Output, View};

pub(crate) async fn run(cli: Cli, environment: &Environment) -> Result<Output> {
    let Cli { global, command } = cli;
    if let Command::Completions { shell } = command {
        return completions(shell);
    }
    let context = &Box::pin(CommandContext::new(global, environment)).await?;
    match context.store.check_version().await {
        // Where there is no table, each command says what follows for it.
        Ok(()) | Err(StateError::NoTable { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    // On the heap: one command's future is enough for one stack.
    match command {
        Command::Add(args) => Box::pin(add::add(context, &args)).await,
        Command::Connect(args) => Box::pin(connect::connect(context, &args)).await,
        Command::Check(args) => Box::pin(check::check(context, &args)).await,
        Command::Plan(args) => Box::pin(plan::plan(context, &args)).await,
        Command::Sync(args) => Box::pin(sync::sync(context, &args)).await,
        Command::Status(args) => Box::pin(status::status(context, args.tenant.as_ref())).await,
        Command::Runs(args) => Box::pin(runs::runs(context, &args)).await,
        Command::Explain(args) => Box::pin(explain::explain(context, &args)).await,
        Command::People(args) => Box::pin(people::people(context, &args)).await,
        Command::Migrate(args) => Box::pin(migrate::migrate(context, &args)).await,
        Command::Certificates(args) => Box::pin(certificates::certificates(context, &args)).await,
        Command::Approve(args) => Box::pin(decide::approve(context, &args)).await,
        Command::Dismiss(args) => Box::pin(decide::dismiss(context, &args)).await,
        Command::Pause(one) => Box::pin(pause::pause(context, &one.tenant)).await,
        Command::Resume(one) => Box::pin(pause::resume(context, &one.tenant)).await,
        Command::Remove(args) => Box::pin(remove::remove(context, &args)).await,
        Command::Restore(args) => Box::pin(restore::restore(context, &args)).await,
        Command::List => Box::pin(list::list(context)).await,
        Command::Completions { shell } => completions(shell),
    }
}

#[derive(Serialize)]
struct CompletionsView {
    shell: String,
    script: String,
}

impl View for CompletionsView {
    fn text(&self) -> String {
        self.script.clone()
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Output> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tenants", &mut script);
    Output::of(&CompletionsView {
        shell: shell.to_string(),
        script: String::from_utf8_lossy(&script).into_owned(),
    })
}
