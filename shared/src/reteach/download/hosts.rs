//! Which hosts a certificate may come from.

use url::{Host, Url};

use super::Forbidden;
use crate::http::{BaseUrl, is_loopback, is_public};

/// The academy's API host and the tenant's `download_hosts`.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    api: BaseUrl,
    patterns: Vec<String>,
}

/// Whether the token goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It is reteach's API: the token is its own.
    WithToken,
    /// Somebody else's host.
    Bare,
}

impl Hosts {
    pub(super) fn new(api: &BaseUrl, patterns: &[String]) -> Self {
        let patterns = patterns.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
        Self { api: api.clone(), patterns }
    }

    /// How `url` may be fetched.
    pub(super) fn check(&self, url: &Url) -> Result<Access, Forbidden> {
        let Some(host) = url.host() else { return Err(Forbidden::Url) };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::Url);
        }
        // A simulator's academy on loopback may name loopback; a real one never does.
        let local = is_loopback(url);
        if !(url.scheme() == "https" || url.scheme() == "http" && local && self.api.is_loopback()) {
            return Err(Forbidden::Scheme);
        }
        let name = host.to_string();
        if url.origin() == self.api.as_url().origin() {
            return Ok(Access::WithToken);
        }
        if !self.patterns.iter().any(|pattern| matches(pattern, &name)) {
            return Err(Forbidden::Host(name));
        }
        let public = match host {
            Host::Ipv4(address) => is_public(address.into()),
            Host::Ipv6(address) => is_public(address.into()),
            Host::Domain(_) => !local,
        };
        if public || local && self.api.is_loopback() {
            Ok(Access::Bare)
        } else {
            Err(Forbidden::NotPublic(name))
        }
    }
}

/// `*.reteach.io` is any name below `reteach.io`, not that itself.
fn matches(pattern: &str, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    match pattern.strip_prefix("*.") {
        Some(parent) => name
            .strip_suffix(parent)
            .and_then(|below| below.strip_suffix('.'))
            .is_some_and(|below| !below.is_empty()),
        None => name == pattern,
    }
}
