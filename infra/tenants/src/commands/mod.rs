//! The commands.

mod add;
pub(crate) mod certificates;
mod check;
mod connect;
pub(crate) mod decide;
pub(crate) mod decisions;
mod doctor;
pub(crate) mod explain;
mod list;
mod migrate;
pub(crate) mod pause;
pub(crate) mod people;
mod person;
pub(crate) mod plan;
mod remove;
mod restore;
pub(crate) mod runs;
mod source_decision;
pub(crate) mod status;
pub(crate) mod sync;

use clap::CommandFactory as _;
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::StateError;

use crate::args::{
    CertificateChoice, Check, Cli, Command, Decide, Global, RetryPeople, StartCertificates,
};
use crate::context::CommandContext;
use crate::environment::Environment;
use crate::failure::{Failure, Result};
use crate::output::{Output, View};
use crate::web;

pub(crate) async fn run(cli: Cli, environment: &Environment) -> Result<Output> {
    let Cli { global, command } = cli;
    match command {
        Command::Completions { shell } => completions(shell),
        Command::Web(args) => Box::pin(web::serve(global, args, environment)).await,
        command => {
            let context = open(global, environment).await?;
            dispatch(&context, command).await
        }
    }
}

/// The context of a command, where this version may read the state.
pub(crate) async fn open(global: Global, environment: &Environment) -> Result<CommandContext<'_>> {
    let context = Box::pin(CommandContext::new(global, environment)).await?;
    match context.store.check_version().await {
        // Where there is no table, each command says what follows for it.
        Ok(()) | Err(StateError::NoTable { .. }) => Ok(context),
        Err(error) => Err(error.into()),
    }
}

async fn dispatch(context: &CommandContext<'_>, command: Command) -> Result<Output> {
    // On the heap: one command's future is enough for one stack.
    match command {
        Command::Add(args) => Box::pin(add::add(context, &args)).await,
        Command::Connect(args) => Box::pin(connect::connect(context, &args)).await,
        Command::Check(args) => Box::pin(check::check(context, &args)).await,
        Command::Plan(args) => Box::pin(plan::plan(context, &args)).await,
        Command::Sync(args) => Box::pin(sync::sync(context, &args)).await,
        Command::Status(args) => Box::pin(status::status(context, &args)).await,
        Command::Runs(args) => Box::pin(runs::runs(context, &args)).await,
        Command::Explain(args) => Box::pin(explain::explain(context, &args)).await,
        Command::People(args) => Box::pin(people::people(context, &args)).await,
        Command::Migrate(args) => Box::pin(migrate::migrate(context, &args)).await,
        Command::Certificates(args) => Box::pin(certificates::certificates(context, &args)).await,
        Command::Approve(args) => Box::pin(decide::approve(context, &args)).await,
        Command::Dismiss(args) => Box::pin(decide::dismiss(context, &args)).await,
        Command::Decisions(one) => Box::pin(decisions::decisions(context, &one.tenant)).await,
        Command::Pause(one) => Box::pin(pause::pause(context, &one.tenant)).await,
        Command::Resume(one) => Box::pin(pause::resume(context, &one.tenant)).await,
        Command::Remove(args) => Box::pin(remove::remove(context, &args)).await,
        Command::Restore(args) => Box::pin(restore::restore(context, &args)).await,
        Command::List => Box::pin(list::list(context)).await,
        Command::Doctor => Box::pin(doctor::doctor(context)).await,
        Command::Completions { .. } | Command::Web(_) => {
            Err(Failure::usage("this command runs on its own"))
        }
    }
}

/// A command that a button of the console carries out.
#[derive(Debug)]
pub(crate) enum Action {
    Approve(Decide),
    Dismiss(Decide),
    Pause(TenantId),
    Resume(TenantId),
    Check(Check),
    RetryPeople(RetryPeople),
    RetryCertificates(CertificateChoice),
    RefileCertificates(CertificateChoice),
    DismissCertificates(CertificateChoice),
    StartCertificates(StartCertificates),
}

pub(crate) async fn act(context: &CommandContext<'_>, action: Action) -> Result<Output> {
    use certificates::decide::{self as certificate, Decision};
    match action {
        Action::Approve(args) => decide::approve(context, &args).await,
        Action::Dismiss(args) => decide::dismiss(context, &args).await,
        Action::Pause(tenant) => pause::pause(context, &tenant).await,
        Action::Resume(tenant) => pause::resume(context, &tenant).await,
        Action::Check(args) => Box::pin(check::check(context, &args)).await,
        Action::RetryPeople(args) => people::retry::retry(context, &args).await,
        Action::RetryCertificates(args) => {
            certificate::decide(context, &args, Decision::Retry).await
        }
        Action::RefileCertificates(args) => {
            certificate::decide(context, &args, Decision::Refile).await
        }
        Action::DismissCertificates(args) => {
            certificate::decide(context, &args, Decision::Dismiss).await
        }
        Action::StartCertificates(args) => certificates::start::start(context, &args).await,
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
