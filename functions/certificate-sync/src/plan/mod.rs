//! What is to be done about each certificate: a pure function of what reteach lists and what the ledger knows.

mod build;
mod issue;
mod owner;
mod policy;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::{CertificateId, CustomerId, SourceId};
use shared::http::SignedUrl;
use shared::reteach::Participation;
use shared::state::{CertificateEntry, CertificateState, Intent, Issue, Refiled, RetryState};

use crate::outcome::SkipReason;

pub use issue::{Reissue, is_of_this_filing, issue_of, may_be_upload};
pub use owner::{Owner, is_unclear};
pub use policy::{Look, Policy};

/// A document that is not found counts as missing only this long after its upload: it may show up late.
pub const VERIFY_AFTER: SignedDuration = SignedDuration::from_mins(15);

#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: CertificateId,
    /// As reteach lists it; `None` if it is not listed (any more).
    pub listed: Option<Listed>,
    /// As the ledger has it.
    pub entry: Option<CertificateEntry>,
}

#[derive(Clone)]
pub struct Listed {
    pub owner: Owner,
    /// Where its PDF is; `None`: not made yet.
    pub url: Option<SignedUrl>,
    pub course: Option<String>,
    pub completed_at: Option<Timestamp>,
    pub issue: Issue,
}

/// How to tell whose a certificate is.
#[derive(Clone, Copy, Debug)]
pub struct People<'a> {
    /// What our external ids begin with.
    pub tool: &'a str,
    /// Whose account is whose, by the ledger of employees.
    pub owners: &'a HashMap<CustomerId, SourceId>,
}

#[derive(Debug, Default)]
pub struct Plan {
    /// Uploads of unknown outcome that are to be looked for, the oldest first.
    pub checks: Vec<Check>,
    /// Certificates to be filed, the newest first.
    pub uploads: Vec<Upload>,
    /// Certificates that the ledger is to keep as held. The employee is empty where it belongs to nobody yet.
    pub holds: Vec<(CertificateId, SourceId)>,
    /// Filed certificates that were issued again since, of which the ledger does not say so yet.
    pub reissues: Vec<Reissue>,
    /// All other certificates, and why nothing is done about them.
    pub skipped: BTreeMap<CertificateId, SkipReason>,
}

#[derive(Clone)]
pub struct Upload {
    pub id: CertificateId,
    pub employee: SourceId,
    pub url: SignedUrl,
    pub course: Option<String>,
    pub completed_at: Option<Timestamp>,
    pub previous: PreviousFailures,
    pub read: Option<CertificateState>,
    /// How it is looked up first; `None`: it is not.
    pub look: Option<Look>,
    pub issue: Issue,
    /// It is filed again in the place of an earlier document.
    pub refiled: Option<Refiled>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PreviousFailures {
    /// Failures in a row.
    pub failures: u32,
    pub refusals: u32,
    /// When the first of them was.
    pub since: Option<Timestamp>,
    /// It is looked up before it is filed, each time: a look shows nothing while its person cannot be seen.
    pub unlisted: bool,
    /// When an upload began that got no answer, and whose document lists did not show.
    pub unverified_at: Option<Timestamp>,
}

/// An upload of unknown outcome.
#[derive(Clone, Debug)]
pub struct Check {
    pub id: CertificateId,
    /// In whose file it may be.
    pub employee: SourceId,
    pub intent: Intent,
    /// As reteach lists it now.
    pub listed: Option<Listed>,
    /// What it was issued as when the upload began.
    pub issue: Issue,
    /// It was filed again in the place of an earlier document.
    pub refiled: Option<Refiled>,
}

impl Listed {
    /// Takes what a plan needs from `participation`.
    #[must_use]
    pub fn new(participation: Participation, issue: Issue, people: People<'_>) -> Self {
        let Participation {
            id: _,
            customer,
            course_name,
            completed_at,
            certificate,
        } = participation;
        Self {
            owner: Owner::of(customer.as_ref(), people),
            url: certificate.and_then(|certificate| certificate.url),
            course: course_name,
            completed_at,
            issue,
        }
    }
}

impl From<Intent> for PreviousFailures {
    fn from(intent: Intent) -> Self {
        Self {
            failures: intent.failures,
            refusals: intent.refusals,
            since: intent.failing_since,
            unlisted: false,
            unverified_at: None,
        }
    }
}

impl From<&RetryState> for PreviousFailures {
    fn from(retry: &RetryState) -> Self {
        Self {
            failures: retry.failures,
            refusals: retry.refusals,
            since: Some(retry.since),
            unlisted: retry.unlisted,
            unverified_at: retry.unverified_at,
        }
    }
}

// Without the course: which one somebody took is personal.
shared::debug_only!(Listed, owner);

// Without the course: which one somebody took is personal.
shared::debug_only!(Upload, id, employee, previous);
