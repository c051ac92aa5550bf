//! Commands about one tenant.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use shared::domain::id::{SourceId, TenantId};
use shared::kombo::IntegrationId;
use shared::state::{Brake, JobKind};

use super::help;
use super::people::person;

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::ADD)]
pub struct Add {
    /// The tenant's file (TOML)
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// The tenant's credentials (JSON), or - for standard input; the stored ones by default
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
    /// Replace the configuration of an existing tenant
    #[arg(long)]
    pub update: bool,
    /// Add a new tenant without letting it run: `plan` shows what would happen, `resume` begins
    #[arg(long, conflicts_with = "update")]
    pub paused: bool,
    /// Skip the check of the credentials
    #[arg(long)]
    pub unchecked: bool,
    /// Add it although another tenant has the same academy: both take accounts with their people's ids for their own
    #[arg(long)]
    pub shared_academy: bool,
    /// Send credentials to this host, although it is in no vendor's domain; can be repeated
    #[arg(long = "allow-host", value_name = "HOST")]
    pub allowed_hosts: Vec<String>,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::CONNECT)]
pub struct Connect {
    /// The tenant
    pub tenant: TenantId,
    /// Mail address of the HR admin who will connect
    #[arg(long, value_name = "ADDRESS", value_parser = mail_address, requires = "company", required_unless_present_any = ["integration", "token"])]
    pub email: Option<String>,
    /// The company's name, as the HR admin knows it
    #[arg(long, value_name = "NAME", requires = "email")]
    pub company: Option<String>,
    /// The connection's id, from Kombo's dashboard
    #[arg(long, value_name = "ID", conflicts_with_all = ["email", "token"])]
    pub integration: Option<IntegrationId>,
    /// File with the token that Kombo's dialogue returned, instead of the id; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "email")]
    pub token: Option<PathBuf>,
    /// Replace a stored connection
    #[arg(long)]
    pub replace: bool,
    /// Minutes to wait for the first sync
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    pub wait: u32,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::CHECK)]
pub struct Check {
    /// The tenant
    #[arg(required_unless_present = "file")]
    pub tenant: Option<TenantId>,
    /// A tenant's file (TOML) that is not stored yet
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "tenant",
        requires = "credentials"
    )]
    pub file: Option<PathBuf>,
    /// Credentials (JSON) that are not stored yet, or - for standard input
    #[arg(long, value_name = "FILE", requires = "file")]
    pub credentials: Option<PathBuf>,
    /// Send credentials to this host, although it is in no vendor's domain; can be repeated
    #[arg(long = "allow-host", value_name = "HOST", requires = "file")]
    pub allowed_hosts: Vec<String>,
    /// Make a test account in the academy, write to it, lock it and delete it, to see what the academy accepts
    #[arg(long)]
    pub write_probe: bool,
    /// Do not ask before the test account is made
    #[arg(long, requires = "write_probe")]
    pub yes: bool,
    /// Send one test message to each recipient of notices, and check nothing else
    #[arg(long, conflicts_with = "write_probe")]
    pub notice: bool,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::PLAN)]
pub struct Plan {
    /// The tenant; with --save or --against all tenants by default
    #[arg(required_unless_present_any = ["save", "against"])]
    pub tenant: Option<TenantId>,
    /// Show values, days and courses, not only the names of fields: personal data
    #[arg(long, conflicts_with_all = ["save", "against"])]
    pub details: bool,
    /// Save the plan in a file, to compare it with the plan of another version of this program
    #[arg(long, value_name = "FILE", conflicts_with = "against")]
    pub save: Option<PathBuf>,
    /// Show what differs from the plan in a file that another version has saved
    #[arg(long, value_name = "FILE")]
    pub against: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::SYNC)]
pub struct Sync {
    /// The tenant
    pub tenant: TenantId,
    /// The function
    #[arg(long, value_enum, default_value_t = SyncJob::Employees)]
    pub job: SyncJob,
    /// The mode
    #[arg(long, value_enum, default_value_t = SyncMode::Scheduled)]
    pub mode: SyncMode,
    /// Run in this process, with your own AWS rights and a progress bar, instead of calling the function
    #[arg(long)]
    pub here: bool,
}

/// One of the two jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SyncJob {
    /// People, from Personio to reteach
    Employees,
    /// Certificates, from reteach to Personio
    Certificates,
}

impl From<SyncJob> for JobKind {
    fn from(job: SyncJob) -> Self {
        match job {
            SyncJob::Employees => Self::Employees,
            SyncJob::Certificates => Self::Certificates,
        }
    }
}

/// What kind of run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SyncMode {
    /// Runs as on every tick
    Scheduled,
    /// Plans and stops: nothing is written
    DryRun,
    /// Employees: compares everybody with all accounts in reteach
    Reconcile,
    /// Certificates: reads all completed courses
    FullScan,
    /// Certificates: as full-scan, and looks for documents that others have filed
    Verify,
}

impl From<SyncMode> for shared::runtime::Mode {
    fn from(mode: SyncMode) -> Self {
        match mode {
            SyncMode::Scheduled => Self::Scheduled,
            SyncMode::DryRun => Self::DryRun,
            SyncMode::Reconcile => Self::Reconcile,
            SyncMode::FullScan => Self::FullScan,
            SyncMode::Verify => Self::Verify,
        }
    }
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::STATUS)]
pub struct Status {
    /// The tenant; all tenants by default
    pub tenant: Option<TenantId>,
    /// Also show what changed and failed in the last 24 hours: one more query per tenant
    #[arg(long, conflicts_with = "tenant")]
    pub last_day: bool,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::RUNS)]
pub struct Runs {
    /// The tenant
    pub tenant: TenantId,
    /// The number of runs, newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub number: u16,
    /// Show the findings of each run
    #[arg(long)]
    pub findings: bool,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::EXPLAIN)]
pub struct Explain {
    /// The tenant
    pub tenant: TenantId,
    /// The person's id in Personio: 1042, or personio:1042 as reteach has it
    pub person: String,
    /// Show values and days of the contract, not only the names of fields: personal data
    #[arg(long)]
    pub details: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Decide {
    /// The tenant
    pub tenant: TenantId,
    /// The held plan's hash, from `tenants status` or the run's report
    pub hash: String,
    /// Only changes of this kind: unexplained_lock, unlock, mail, … as in `status`; can be repeated
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    pub kinds: Vec<Brake>,
    /// Only changes of these people, by their ids: 4711,4712
    #[arg(long = "only", value_name = "IDS", value_delimiter = ',', value_parser = person)]
    pub people: Vec<SourceId>,
    /// Nothing that somebody has decided about already: a button is about what its page showed as undecided.
    #[arg(skip)]
    pub is_undecided_alone: bool,
}

fn kind(name: &str) -> Result<Brake, String> {
    let known = Brake::ALL.map(Brake::name);
    let name = name.replace('-', "_");
    Brake::ALL
        .into_iter()
        .find(|brake| brake.name() == name)
        .ok_or_else(|| format!("kinds are {}", known.join(", ")))
}

fn mail_address(text: &str) -> Result<String, &'static str> {
    let is_address = text.split_once('@').is_some_and(|(user, domain)| {
        !user.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace)
    });
    if is_address {
        Ok(text.to_owned())
    } else {
        Err("give a mail address such as hr@acme.example")
    }
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    text.parse()
        .map_err(|_| "give a moment with its zone, such as 2026-05-11T06:00:00Z")
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::MIGRATE)]
pub struct Migrate {
    /// The tenant
    pub tenant: TenantId,
    /// Move the accounts of the table with this hash
    #[arg(long, value_name = "HASH")]
    pub approve: Option<String>,
    /// Show mail addresses: personal data
    #[arg(long)]
    pub details: bool,
    /// Seconds to wait for runs that are under way
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u32,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::RESTORE)]
pub struct Restore {
    /// The moment whose state the table has
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Timestamp,
    /// The restored table; the deployment's own by default
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// Nothing was filed since: where documents cannot be listed, certificates are filed instead of parked
    #[arg(long)]
    pub assume_empty: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Seconds to wait for runs that are under way
    #[arg(long, value_name = "SECONDS", default_value_t = 1200)]
    pub wait: u32,
}

#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::REMOVE)]
pub struct Remove {
    /// The tenant
    pub tenant: TenantId,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Delete the ledger of certificates too: a tenant that is added again looks for each of them in Personio
    #[arg(long)]
    pub certificate_ledger: bool,
    /// Seconds to wait for a run that is under way
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u32,
}
