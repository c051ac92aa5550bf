#![doc = include_str!("README.md")]

mod base_url;
mod calls;
mod context;
mod deadline;
mod error;
mod pace;
mod redact;
mod reply;
mod request;
mod retry;
mod token;
mod vocabulary;

pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use calls::{Calls, Counts, Vendor};
pub use context::{Context, MAX_REPLY_BYTES};
pub use deadline::{Deadline, Elapsed};
pub use error::{Call, Effect, Error, Fault};
pub use pace::{Pace, Rate};
pub use redact::redact;
pub use reply::{Answer, Origin, Reply, Verdict};
pub use request::{Repeat, Request, Target};
pub use token::{Grant, Token, TokenCache};

use std::time::Duration;

/// The one HTTP client of a process: connections are pooled over all tenants and vendors.
///
/// # Errors
/// Where the TLS configuration cannot be built.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("reteach-personio/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .gzip(true)
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(16)
        .build()
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
