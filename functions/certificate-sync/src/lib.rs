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
    async fn downloads_follow_no_name_that_leads_beside_us() {
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
