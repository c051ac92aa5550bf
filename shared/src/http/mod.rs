#![doc = include_str!("README.md")]

mod address;
mod base_url;
mod calls;
mod content;
mod context;
mod deadline;
mod error;
mod fetch;
mod pace;
mod redact;
mod reply;
mod request;
mod retry;
mod secret_url;
mod token;
mod vocabulary;

pub use address::{NotPublic, PublicAddresses, is_public};
pub(crate) use base_url::is_loopback;
pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use calls::{Calls, Counts, Vendor};
pub use content::{Content, ContentError, Payload};
pub use context::{Context, MAX_REPLY_BYTES};
pub use deadline::{Deadline, Elapsed};
pub use error::{Call, Effect, Error, Fault};
pub use fetch::{Fetch, FetchError, body_fault};
pub use pace::{Pace, Rate};
pub use redact::redact;
pub use reply::{Answer, Origin, Reply, Verdict};
pub use request::{Repeat, Request, Target};
pub use secret_url::SecretUrl;
pub use token::{Answered, Grant, Token, TokenCache};

use std::time::Duration;

/// The one HTTP client of a process: connections are pooled over all tenants and vendors.
///
/// # Errors
/// Where the TLS configuration cannot be built.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    builder().build()
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("reteach-personio/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .gzip(true)
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(16)
}

/// The client for files at addresses that a vendor names: as [`client`], but it connects to public addresses only
/// (names that mean this machine aside). One per process, too.
///
/// # Errors
/// Where the TLS configuration cannot be built.
pub fn download_client() -> Result<reqwest::Client, reqwest::Error> {
    builder().dns_resolver(std::sync::Arc::new(PublicAddresses)).build()
}

#[cfg(test)]
mod content_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
