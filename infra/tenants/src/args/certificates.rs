//! Commands about certificates.

use clap::{Args, Subcommand};
use shared::domain::id::{CertificateId, TenantId};

use super::help;

/// `tenants certificates`
#[derive(Clone, Debug, Subcommand)]
pub enum Certificates {
    /// Show the certificates that wait for somebody, or the whole ledger
    ///
    /// From the ledger: no vendor is called. The ledger outlives a tenant that is removed, and is shown with --all then too.
    #[command(after_long_help = help::CERTIFICATES_LIST)]
    List(List),
    /// Let parked certificates be tried again
    ///
    /// One whose upload may have gone through is sent again where nobody can tell: look into the person's documents in
    /// Personio first.
    #[command(after_long_help = help::CERTIFICATES_RETRY)]
    Retry(Which),
    /// Leave parked or failed certificates unfiled for good
    ///
    /// For what is filed already, or not wanted. Nothing is deleted in Personio or reteach.
    #[command(after_long_help = help::CERTIFICATES_DISMISS)]
    Dismiss(Which),
}

/// `tenants certificates list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// The tenant
    #[arg(value_parser = TenantId::parse)]
    pub tenant: TenantId,
    /// Show the whole ledger, not only what waits for somebody
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
