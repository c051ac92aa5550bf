//! A certificate's PDF, from an address that reteach names.

mod error;
mod hosts;
mod open;
mod pieces;

pub use error::{DownloadError, Forbidden};

use super::Client;
use crate::http::{Deadline, SignedUrl};
use hosts::Hosts;

/// Downloads of one academy's certificates; copies share the client and its token.
///
/// An address is followed only over https (http on loopback, if the academy itself is there), only to the academy's
/// API host or one of the tenant's `download_hosts`, and only to public machines. The bearer token goes to the API
/// host alone.
#[derive(Clone, Debug)]
pub struct Downloads {
    reteach: Client,
    client: reqwest::Client,
    hosts: Hosts,
}

impl Downloads {
    /// Downloads from `hosts` (`*.reteach.io`, `files.example.com`) over `client`, made by
    /// [`client`](crate::http::client).
    #[must_use]
    pub fn new(reteach: Client, client: reqwest::Client, hosts: &[String]) -> Self {
        let hosts = Hosts::new(&reteach.base, hosts);
        Self {
            reteach,
            client,
            hosts,
        }
    }

    /// The host of `url` where the tenant's file does not allow it.
    #[must_use]
    pub fn refused_host(&self, url: &SignedUrl) -> Option<String> {
        match self.hosts.check(&url.resolve(self.reteach.base.as_url())?) {
            Err(Forbidden::Host(host)) => Some(host),
            Ok(_) | Err(_) => None,
        }
    }

    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.reteach = self.reteach.until(deadline);
        self
    }
}

#[cfg(test)]
mod tests;
