//! The command line.

mod certificates;
mod help;
mod tenant;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use shared::domain::id::TenantId;

pub use certificates::Certificates;
pub use tenant::{
    Add, Check, Connect, Decide, Explain, Plan, Remove, Runs, Status, Sync, SyncJob, SyncMode,
};

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
    ///
    /// Reads and checks both files, tries every credential, then writes the tenant, stores the credentials and makes one schedule
    /// for each function: all or nothing. If a step fails or is interrupted, the steps before it are taken back.
    ///
    /// It can be repeated at any time: what is there stays, what is missing or was changed by hand is put right. The key of the
    /// tenant's fingerprints is made once and kept. Nobody is synced by it: the schedules do that, or `tenants sync`.
    Add(Add),
    /// Let a company connect Personio through Kombo, and store the connection
    ///
    /// First it makes the Kombo Connect link for the HR admin. Later, given the new connection's id, it stores it if it carries this
    /// tenant's id, leads to Personio and is set up completely; while the first sync is still running this is waited for. Then the
    /// schedules fire, unless the tenant is paused. A connection of another tenant is never stored.
    Connect(Connect),
    /// Check every credential, right, attribute and folder, and say what to do about each miss
    ///
    /// Tries everything that the tenant's runs will need, as they do it, and names each attribute and right as Personio's own pages
    /// do. Nothing is written anywhere: neither here nor in Personio or reteach.
    Check(Check),
    /// Show what the next employee run would do, person by person
    ///
    /// Reads everybody and compares, as a run does, in this process and with your own AWS rights. Nothing is written. Before the first
    /// run it shows which accounts are adopted, created, created locked or in conflict.
    Plan(Plan),
    /// Run a function now
    ///
    /// Without --here the deployed function is called, and its report shown when it comes: the same code with the same rights as on
    /// every tick. A run that is under way already is not disturbed: the answer then is Busy. Brakes hold what they hold on a tick.
    Sync(Sync),
    /// Show how tenants are doing
    ///
    /// From what is recorded: no vendor is called. It repairs nothing by itself.
    Status(Status),
    /// Show a tenant's last runs
    ///
    /// Their reports, newest first. A run with nothing to do leaves one once an hour only; reports are kept for 30 days.
    Runs(Runs),
    /// Show why one person's account is as it is
    ///
    /// Read → scope → match → map → decide → last write, live: the person is read from Personio and from reteach now, put through the
    /// same mapping and the same planner as in a run, and laid beside what the last run wrote down. Only this person is read, whatever
    /// the company's size, and nothing is written. Values are shown with --details only: they are personal data.
    Explain(Explain),
    /// List and decide about certificates that wait for somebody
    ///
    /// A certificate is parked where it was refused again and again, or where nobody can tell whether an upload arrived. It stays so
    /// until somebody decides.
    #[command(subcommand, after_long_help = help::CERTIFICATES)]
    Certificates(Certificates),
    /// Let a held plan be applied
    ///
    /// The next run applies it. The approval is for this hash alone, lapses after 24 hours or when the plan changes, and leaves every
    /// brake on.
    #[command(after_long_help = help::APPROVE)]
    Approve(Decide),
    /// Leave a held plan unapplied, for as long as it stays the same
    ///
    /// It stays held, and `tenants status` does not ask about it any more. Everything else goes on. A plan that changes asks again.
    #[command(after_long_help = help::DISMISS)]
    Dismiss(Decide),
    /// Stop a tenant's runs; nothing is lost
    ///
    /// A run that is under way goes on to its end, no other begins. Schedules are switched off, not deleted, and no alarm is raised for
    /// a paused tenant. Accounts stay as they are: nobody who leaves is locked meanwhile.
    #[command(after_long_help = help::PAUSE)]
    Pause(One),
    /// Let a paused tenant's runs go on
    ///
    /// The next tick catches up with everything that has changed meanwhile.
    #[command(after_long_help = help::RESUME)]
    Resume(One),
    /// Remove a tenant; its accounts in reteach stay
    ///
    /// Says what it will delete and what it keeps, and asks. A run that is under way is waited for; if it takes too long, nothing is
    /// removed.
    Remove(Remove),
    /// List all tenants
    #[command(after_long_help = help::LIST)]
    List,
    /// Print completions for a shell
    #[command(after_long_help = help::COMPLETIONS)]
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
