//! The command line.

mod certificates;
mod help;
mod people;
mod tenant;
mod web;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use shared::domain::id::TenantId;

pub use certificates::{
    Certificates, Choice as CertificateChoice, Filter as CertificateFilter,
    List as ListCertificates, Move as MoveCertificates, Start as StartCertificates,
};
pub use people::{
    ExportPerson, FindPerson, ForgetPerson, Handover, ListPeople, People, PersonState, RetryPeople,
};
pub use tenant::{
    Add, Check, Connect, Decide, Explain, Migrate, Plan, Remove, Restore, Runs, Status, Sync,
    SyncJob, SyncMode,
};
pub use web::Web;

/// Adds and operates tenants: companies whose Personio and reteach are kept in sync
///
/// A tenant is one company with one academy. Two AWS Lambda functions keep each tenant in sync: people from Personio to
/// reteach every 5 minutes, certificates from reteach to Personio every 30. This command adds tenants, shows what the
/// functions do and why, and decides about held plans and parked certificates.
#[derive(Clone, Debug, Parser)]
#[command(name = "tenants", version, max_term_width = 100, after_help = help::SHORT, after_long_help = help::LONG)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of all commands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The deployed CloudFormation stack; TENANTS_STACK by default
    ///
    /// Its outputs name table, secrets, functions and schedules. Without it these variables name them, as for a local stack:
    /// TABLE_NAME and SECRET_PREFIX, and for schedules SCHEDULE_GROUP_NAME, SCHEDULER_ROLE_ARN, DELIVERY_QUEUE_ARN,
    /// EMPLOYEE_FUNCTION_ARN and CERTIFICATE_FUNCTION_ARN.
    #[arg(long, global = true, value_name = "NAME")]
    pub stack: Option<String>,
    /// The AWS region; AWS_REGION by default
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Print one JSON document, and nothing else
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Add a tenant, change it, or repair what is missing
    ///
    /// Reads and checks both files, tries every credential, then writes the tenant, stores the credentials and creates one
    /// schedule for each function. If a step fails or is interrupted, the steps before it are taken back.
    ///
    /// Nothing is written if a credential is refused, a vendor does not answer, people or accounts cannot be read, or the
    /// academy is another one. Any other MISS is named, and the tenant is written: its runs do what they can.
    ///
    /// It can be repeated at any time: it creates what is missing and repairs what was changed by hand. The key of the tenant's
    /// fingerprints is created once and kept. `add` syncs nobody: the schedules do that, or `tenants sync`.
    Add(Add),
    /// Let a company connect Personio through Kombo, and store the connection
    ///
    /// First it makes the Kombo Connect link for the HR admin. Later, given the id of the new connection, it waits for Kombo's first
    /// sync and stores the connection if it belongs to this tenant, reaches Personio and is complete. Then the
    /// schedules fire, unless the tenant is paused. A connection of another tenant is never stored.
    Connect(Connect),
    /// Check every credential, right, attribute and folder, and say what to do about each miss
    ///
    /// Tries everything that the tenant's runs will need, and names each attribute and right as Personio's own pages do. Nothing is
    /// written: neither in AWS nor in Personio or reteach.
    ///
    /// With --write-probe it makes a test account in the academy instead, and asks before. The test account is written to, locked,
    /// opened and deleted, also after Ctrl-C. The answers are kept with the tenant, and later checks compare them with its file.
    ///
    /// With --notice it sends one test message to each recipient of notices: the stack's topic, the tenant's mail addresses for
    /// notices, and the webhook in the credentials.
    Check(Check),
    /// Show what the next runs would do, person by person and certificate by certificate
    ///
    /// Reads and compares all people, as a run does, in this process and with your own AWS rights. Nothing is written. Before the
    /// first run it shows which accounts would be adopted, created, created locked or in conflict.
    Plan(Plan),
    /// Run a function now
    ///
    /// Without --here it calls the deployed function and shows its report: the same code with the same rights as on every tick. A
    /// run that is under way is not disturbed: the outcome is then `busy`. Brakes apply as on a tick.
    Sync(Sync),
    /// Show how tenants are doing
    ///
    /// From the state alone: no vendor is called. Nothing is repaired.
    Status(Status),
    /// Show a tenant's last runs
    ///
    /// Reports, newest first. A run with nothing to do leaves at most one an hour; reports are kept for 30 days.
    Runs(Runs),
    /// Explain the state of one person's account
    ///
    /// Read → scope → match → map → decide → last write: the person is read from Personio and reteach now, goes through the mapping and
    /// the planner of a run, and is compared with the ledger. Only this person is read, whatever the company's size, and nothing is
    /// written. Values are shown with --details only: they are personal data.
    Explain(Explain),
    /// List people by state, retry, hand an account over, export and forget a person
    ///
    /// People appear by their id in Personio. Names and mail addresses are not stored.
    #[command(subcommand, after_long_help = help::PEOPLE)]
    People(People),
    /// Move the accounts of a company to the ids of its new Personio account
    ///
    /// First it shows which account would get which id, and a hash. Nothing is written before that hash is approved.
    Migrate(Migrate),
    /// List certificates that wait for a decision, and decide
    ///
    /// A certificate is parked after repeated refusals, or if nothing shows whether an upload arrived. It stays parked until you
    /// decide.
    #[command(subcommand, after_long_help = help::CERTIFICATES)]
    Certificates(Certificates),
    /// Let a held plan be applied
    ///
    /// The next run applies it. The approval belongs to each change: this person, this change. It lapses after 24 hours or when the
    /// change is no longer planned, survives new changes and interruptions, and switches off no brake for others.
    #[command(after_long_help = help::APPROVE)]
    Approve(Decide),
    /// Leave held changes unapplied, for as long as they are planned
    ///
    /// They stay held, and `tenants status` no longer asks for a decision about them. Everything else goes on. New changes need a new decision.
    #[command(after_long_help = help::DISMISS)]
    Dismiss(Decide),
    /// List what was approved, dismissed or paused, when and by whom
    ///
    /// What the state still has, newest first: decisions about held plans while they count, about a rejected reading
    /// and about certificates, and a pause. Who decided is a role with a digest of the caller's ARN.
    #[command(after_long_help = help::DECISIONS)]
    Decisions(One),
    /// Stop a tenant's runs; nothing is lost
    ///
    /// A running job finishes; no new one starts. Schedules are switched off, not deleted, and no alarm is raised for a
    /// paused tenant. Accounts stay as they are: leavers are not locked during a pause.
    #[command(after_long_help = help::PAUSE)]
    Pause(One),
    /// Let a paused tenant run again
    ///
    /// The next tick applies all changes since the pause.
    #[command(after_long_help = help::RESUME)]
    Resume(One),
    /// Remove a tenant; its accounts in reteach stay
    ///
    /// Lists what it will delete and what it keeps, and asks. It waits for a run that is under way; if the run takes too long,
    /// nothing is removed. The academy's login is kept for a later `add` with the same credentials: the client code may be good
    /// for one login only. --certificate-ledger deletes the login too.
    Remove(Remove),
    /// Put a restored table to use: no certificate is filed twice
    ///
    /// Stops all tenants, waits for their runs, and marks their certificates: what the ledger does not know is looked up in Personio
    /// before it is filed. Approvals from before the restore are forgotten. Then the tenants run again, unless they were paused before.
    /// It can be interrupted and repeated.
    Restore(Restore),
    /// Open the console: the same views and actions in a browser
    ///
    /// Serves pages on 127.0.0.1 with your own AWS rights until Ctrl-C, and prints an address that works once. Every page shows
    /// what the commands show. Every button is a command.
    #[command(after_long_help = help::WEB)]
    Web(Web),
    /// Find problems before they cause failures: quotas, alarms, schedules, credentials
    ///
    /// Asks AWS about the deployment and says for each finding what to do. A question that your rights do not cover is shown as not
    /// asked, and stops no other. Nothing is written, no vendor is called.
    #[command(after_long_help = help::DOCTOR)]
    Doctor,
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

#[derive(Clone, Debug, Args)]
pub struct One {
    /// The tenant
    #[arg(value_name = "TENANT")]
    pub tenant: TenantId,
}
