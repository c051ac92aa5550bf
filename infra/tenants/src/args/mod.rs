//! The command line.

mod certificates;
mod help;
mod tenant;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use shared::id::TenantId;

pub use certificates::Certificates;
pub use tenant::{Add, Check, Connect, Decide, Explain, Plan, Remove, Runs, Status, Sync, SyncJob, SyncMode};

/// Onboards companies and looks after them: Personio and reteach, kept in step
///
/// A tenant is one company with one academy. Two AWS Lambda functions keep each tenant in step: people from Personio to
/// reteach every 5 minutes, certificates from reteach to Personio every 30. This command adds tenants, shows what the
/// functions do and why, and decides what they leave to somebody.
#[derive(Clone, Debug, Parser)]
#[command(name = "tenants", version, max_term_width = 100, after_help = help::SHORT, after_long_help = help::LONG)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The deployed CloudFormation stack, whose outputs name table, secrets, functions and schedules
    ///
    /// Without it the environment has to name them, as for a local stack: TABLE_NAME and SECRET_PREFIX, and for schedules
    /// SCHEDULE_GROUP_NAME, SCHEDULER_ROLE_ARN, DELIVERY_QUEUE_ARN, EMPLOYEE_FUNCTION_ARN and CERTIFICATE_FUNCTION_ARN.
    #[arg(long, global = true, value_name = "NAME", env = "TENANTS_STACK")]
    pub stack: Option<String>,
    /// The AWS region; AWS_REGION by default
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Print one JSON document, and nothing else
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Add a tenant, change it, or repair what is missing
    Add(Add),
    /// Let a company connect Personio through Kombo, and store the connection
    Connect(Connect),
    /// Check every credential, right, attribute and folder, and say what to do about each miss
    Check(Check),
    /// Show what the next employee run would do, person by person
    Plan(Plan),
    /// Run a function now
    Sync(Sync),
    /// Show how tenants are doing
    Status(Status),
    /// Show a tenant's last runs
    Runs(Runs),
    /// Show why one person's account is as it is
    Explain(Explain),
    /// List and decide about certificates that wait for somebody
    #[command(subcommand)]
    Certificates(Certificates),
    /// Let a held plan be applied
    Approve(Decide),
    /// Leave a held plan unapplied, for as long as it stays the same
    Dismiss(Decide),
    /// Stop a tenant's runs; nothing is lost
    Pause(One),
    /// Let a paused tenant's runs go on
    Resume(One),
    /// Remove a tenant; its accounts in reteach stay
    Remove(Remove),
    /// List all tenants
    List,
    /// Print completions for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// One tenant.
#[derive(Clone, Debug, Args)]
pub struct One {
    /// The tenant
    #[arg(value_name = "TENANT", value_parser = TenantId::parse)]
    pub tenant: TenantId,
}
