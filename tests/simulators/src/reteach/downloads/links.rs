//! Signed URLs: who has one may download for a while, without a token.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::engine::digest;
use crate::engine::exchange::Request;
use crate::reteach::state::State;

/// What URLs look like, and what the host counts.
#[derive(Serialize, Deserialize)]
pub(in crate::reteach) struct Links {
    pub(super) base_url: String,
    /// Where each download is redirected to.
    pub(super) redirects_to: Option<String>,
    pub(super) lifetime: SignedDuration,
    pub(super) content_type: Option<String>,
    pub(super) with_authorization: usize,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            redirects_to: None,
            lifetime: SignedDuration::from_mins(15),
            content_type: Some("application/pdf".to_owned()),
            with_authorization: 0,
        }
    }
}

/// Why a URL is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadLink {
    Unsigned,
    Forged,
    Expired,
}

impl Links {
    /// The path and query that a file can be had under until `now` plus the lifetime.
    pub(super) fn signed(&self, path: &str, now: Timestamp) -> String {
        let expires = now
            .saturating_add(self.lifetime)
            .unwrap_or(Timestamp::MAX)
            .as_second()
            .to_string();
        let signature = signature(path, &expires);
        format!("{path}?X-Expires={expires}&X-Signature={signature}")
    }

    /// Refuses a request whose signature does not fit its path, or fits no more.
    pub(super) fn check(request: &Request, now: Timestamp) -> Result<(), BadLink> {
        let (Some(expires), Some(signed)) =
            (request.query("X-Expires"), request.query("X-Signature"))
        else {
            return Err(BadLink::Unsigned);
        };
        if signature(&request.path, expires) != signed {
            return Err(BadLink::Forged);
        }
        let ends: i64 = expires.parse().map_err(|_| BadLink::Forged)?;
        if now.as_second() < ends {
            Ok(())
        } else {
            Err(BadLink::Expired)
        }
    }
}

fn signature(path: &str, expires: &str) -> String {
    format!("{:016x}", digest::number(&["signature", path, expires]))
}

impl State {
    /// `certificate.url` as of `now`; null until the PDF is there.
    pub(in crate::reteach) fn certificate_url(&self, id: &str, now: Timestamp) -> Option<String> {
        let issued = self
            .participations
            .certificate(id)
            .filter(|issued| issued.is_published(now))?;
        if let super::Delivery::Elsewhere(url) = &issued.certificate.delivery {
            return Some(url.clone());
        }
        Some(format!(
            "{}{}",
            self.links.base_url,
            self.links.signed(&format!("/certificates/{id}.pdf"), now)
        ))
    }
}
