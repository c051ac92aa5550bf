//! Commands about certificates.

use clap::{Args, Subcommand};
use shared::domain::id::{CertificateId, SourceId, TenantId};

use super::help;
use super::people::person;

#[derive(Clone, Debug, Subcommand)]
pub enum Certificates {
    /// Show the certificates that wait for a decision, or the whole ledger
    ///
    /// From the ledger: no vendor is called. The ledger outlives a removed tenant: --all then still shows it.
    #[command(after_long_help = help::CERTIFICATES_LIST)]
    List(List),
    /// File the certificates that `backfill = "hold"` keeps back
    ///
    /// Shows how many there are and into which folder they go, and asks. The next certificate runs file them. It cannot be taken back.
    #[command(after_long_help = help::CERTIFICATES_START)]
    Start(Start),
    /// Try parked and failed certificates again, or file what was issued again
    ///
    /// An upload that may have succeeded is looked for first. If Personio cannot tell, a certificate given by its id is filed
    /// again, so look at the person's documents before. Chosen by --all, --reason or --person it is parked again instead.
    #[command(after_long_help = help::CERTIFICATES_RETRY)]
    Retry(Retry),
    /// Leave parked or failed certificates unfiled for good
    ///
    /// For certificates that are filed already or not wanted, and for those that were issued again: their filed document
    /// stays the only one. Nothing is deleted in Personio or reteach. A certificate given by
    /// its id may also be one that no run has filed or parked yet: reteach is asked whether it has it.
    #[command(after_long_help = help::CERTIFICATES_DISMISS)]
    Dismiss(Choice),
    /// Move the documents of filed certificates into another folder of Personio
    ///
    /// Looks up each filed certificate in the documents of its person, shows how many would move, and asks. Only documents that name
    /// the certificate are moved. It can be interrupted and repeated: what is in the folder already stays there.
    #[command(after_long_help = help::CERTIFICATES_MOVE)]
    Move(Move),
}

#[derive(Clone, Debug, Args)]
pub struct List {
    /// The tenant
    pub tenant: TenantId,
    /// Show the whole ledger
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub filter: Filter,
}

/// Narrows a list of certificates. What is not given matches everything.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Only certificates whose reason contains this text, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only certificates of this person
    #[arg(long, value_name = "ID", value_parser = person)]
    pub person: Option<SourceId>,
    /// The reason is all of `reason`, as a page groups by it.
    #[arg(skip)]
    pub is_whole_reason: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Retry {
    #[command(flatten)]
    pub choice: Choice,
    /// File certificates again that reteach has issued again since
    ///
    /// The new document is filed next to the earlier one, which stays until somebody deletes it in Personio. Without this, no
    /// certificate is filed a second time. --all, --reason and --person then choose among these alone.
    #[arg(long)]
    pub refile: bool,
}

/// Which certificates a decision is about: `tenants certificates retry`, `tenants certificates dismiss`
#[derive(Clone, Debug, Args)]
pub struct Choice {
    /// The tenant
    pub tenant: TenantId,
    /// The certificates' ids, as `tenants certificates list` shows them
    #[arg(
        value_name = "CERTIFICATE",
        value_parser = certificate,
        required_unless_present_any = ["all", "reason", "person"],
        conflicts_with_all = ["all", "reason", "person"],
    )]
    pub certificates: Vec<CertificateId>,
    /// Every certificate that waits or has failed
    #[arg(long, conflicts_with_all = ["reason", "person"])]
    pub all: bool,
    #[command(flatten)]
    pub filter: Filter,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Start {
    /// The tenant
    pub tenant: TenantId,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Move {
    /// The tenant
    pub tenant: TenantId,
    /// The folder's name in Personio; by default the one that new certificates go to
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

fn certificate(text: &str) -> Result<CertificateId, std::convert::Infallible> {
    Ok(CertificateId::new(text))
}
