#![doc = include_str!("README.md")]

mod adaptive_pace;
mod address;
mod base_url;
mod calls;
mod content;
mod context;
mod deadline;
mod error;
#[cfg(feature = "extra-root")]
mod extra_root;
mod fetch;
mod rate_limiter;
mod redact;
mod reply;
mod request;
mod retirement;
mod retry;
mod rows;
mod safe_words;
mod signed_url;
mod sleeper;
mod token;
mod webhook;

pub use adaptive_pace::SLOWEST;
pub use address::{NotPublic, PublicAddresses, SystemNames, is_public};
pub(crate) use base_url::is_loopback;
pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use calls::{Calls, Counts, LimitsSeen, Vendor};
pub use content::{Content, ContentError, Payload};
pub use context::{Context, MAX_REPLY_BYTES};
pub use deadline::{Deadline, Elapsed};
pub use error::{Call, Effect, Error, TransportError};
pub use fetch::{Fetch, body_fault};
pub use rate_limiter::{Rate, RateLimiter, Turn};
pub use redact::redact;
pub use reply::{Interpreted, Origin, Reply, RetryHint};
pub(crate) use request::fill;
pub use request::{Idempotency, Request, Target};
pub use retirement::Retirement;
pub(crate) use rows::rows;
pub use signed_url::SignedUrl;
pub use sleeper::{Simulated, Sleeper};
pub use token::{Answered, Grant, On403, Token, TokenCache};
pub use webhook::WebhookUrl;

use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;

/// The one HTTP client of a process for all that is not AWS: connections are pooled over all tenants and vendors. It
/// connects to public addresses only, names that mean this machine aside.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    client_with(SystemNames)
}

/// The same with other name servers.
pub fn client_with(names: impl Resolve + 'static) -> Result<reqwest::Client, reqwest::Error> {
    builder()
        .dns_resolver(Arc::new(PublicAddresses(names)))
        .build()
}

/// Where every client begins: with the roots that come with the program.
pub(crate) fn trusting() -> reqwest::ClientBuilder {
    #[cfg(feature = "extra-root")]
    return extra_root::added_to(reqwest::Client::builder());
    #[cfg(not(feature = "extra-root"))]
    reqwest::Client::builder()
}

fn builder() -> reqwest::ClientBuilder {
    trusting()
        .user_agent(concat!("reteach-personio/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .gzip(true)
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(16)
}

#[cfg(test)]
mod content_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
