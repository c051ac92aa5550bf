//! Commands about certificates.

use clap::{Args, Subcommand};
use shared::domain::id::{CertificateId, TenantId};

use super::help;

/// `tenants certificates`
#[derive(Clone, Debug, Subcommand)]
pub enum Certificates {
    /// Show the certificates that wait for a decision, or the whole ledger
    ///
    /// From the ledger: no vendor is called. The ledger outlives a removed tenant: --all then still shows it.
    #[command(after_long_help = help::CERTIFICATES_LIST)]
    List(List),
    /// File parked certificates again
    ///
    /// An upload that may have succeeded is repeated if Personio cannot tell: first look at the person's documents in Personio.
    #[command(after_long_help = help::CERTIFICATES_RETRY)]
    Retry(Which),
    /// Leave parked or failed certificates unfiled for good
    ///
    /// For certificates that are filed already or not wanted. Nothing is deleted in Personio or reteach.
    #[command(after_long_help = help::CERTIFICATES_DISMISS)]
    Dismiss(Which),
}

/// `tenants certificates list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// The tenant
    #[arg(value_parser = TenantId::parse)]
    pub tenant: TenantId,
    /// Show the whole ledger
    #[arg(long)]
    pub all: bool,
}

/// `tenants certificates retry`, `tenants certificates dismiss`
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// The tenant
    #[arg(value_parser = TenantId::parse)]
    pub tenant: TenantId,
    /// The certificates' ids, as `tenants certificates list` shows them
    #[arg(required = true, value_name = "CERTIFICATE", value_parser = certificate)]
    pub certificates: Vec<CertificateId>,
}

fn certificate(text: &str) -> Result<CertificateId, std::convert::Infallible> {
    Ok(CertificateId::new(text))
}
