//! The certificate job: gate → collect → plan → download → upload → ledger → report.

pub mod apply;
pub mod collect;
pub mod plan;
pub mod report;
mod run;

use shared::http;

/// The job: certificates from reteach to the personnel file.
#[derive(Clone, Debug)]
pub struct CertificateSync {
    downloads: reqwest::Client,
}

impl CertificateSync {
    /// The job. Downloads have an HTTP client of their own.
    ///
    /// # Errors
    /// Where the TLS configuration cannot be built.
    pub fn new() -> Result<Self, reqwest::Error> {
        Ok(Self { downloads: http::client()? })
    }
}
