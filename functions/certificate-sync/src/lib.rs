//! The certificate job, from reteach to the personnel file: load → plan → apply → conclude → commit → report.
//!
//! Pure rooms: `checkpoint` (how little has to be read), `plan` (what is to be done about each certificate), `decide`
//! (what follows from an attempt), `outcome` (how a run leaves a certificate). `list` and `apply` speak to vendors and
//! the ledger; `job` drives all of them.

pub mod apply;
pub mod checkpoint;
pub mod decide;
mod job;
pub mod list;
pub mod outcome;
pub mod plan;
pub mod report;

use shared::http;

/// The job: certificates from reteach to the personnel file.
#[derive(Clone, Debug)]
pub struct CertificateSync {
    downloads: reqwest::Client,
}

impl CertificateSync {
    /// Downloads have an HTTP client of their own.
    pub fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            downloads: http::client()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::iter;

    use shared::http::NotPublic;

    use super::*;

    #[tokio::test]
    async fn download_rejects_hosts_that_resolve_to_loopback() {
        let downloads = CertificateSync::new().unwrap().downloads;
        for name in simulators::loopback_names() {
            let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = server.local_addr().unwrap().port();
            let error = downloads
                .get(format!("https://{name}:{port}/c.pdf"))
                .send()
                .await
                .unwrap_err();
            let causes = iter::successors(Some(&error as &(dyn Error + 'static)), |error| {
                (*error).source()
            });
            assert!(
                causes.into_iter().any(|error| error.is::<NotPublic>()),
                "{name}: {error:?}"
            );
        }
    }
}
