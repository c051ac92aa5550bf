//! What is to be done about each certificate: a pure function of what reteach lists and what the ledger knows.

mod build;
mod owner;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::{CertificateId, CustomerId, SourceId};
use shared::http::SignedUrl;
use shared::reteach::Participation;
use shared::state::{CertificateEntry, Intent};

pub use owner::{Owner, is_unclear};

/// "Not there" is believed only this long after an upload: a document may show up late.
pub const LATE: SignedDuration = SignedDuration::from_mins(15);

/// Everything that is known of one certificate.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which one.
    pub id: CertificateId,
    /// As reteach lists it; `None` if it was looked for and is not there (any more).
    pub listed: Option<Listed>,
    /// As the ledger has it.
    pub entry: Option<CertificateEntry>,
}

/// A certificate as reteach lists it.
#[derive(Clone)]
pub struct Listed {
    /// Whose it is.
    pub owner: Owner,
    /// Where its PDF is; `None`: not made yet.
    pub url: Option<SignedUrl>,
    /// The course's name.
    pub course: Option<String>,
    /// When the course was completed.
    pub completed_at: Option<Timestamp>,
}

/// How to tell whose a certificate is.
#[derive(Clone, Copy, Debug)]
pub struct People<'a> {
    /// What our external ids begin with.
    pub tool: &'a str,
    /// Whose account is whose, by the ledger of employees.
    pub owners: &'a HashMap<CustomerId, SourceId>,
}

/// One decision for each certificate.
#[derive(Debug, Default)]
pub struct Plan {
    /// What is to be done.
    pub todo: Todo,
    /// All other certificates, and why nothing is done about them.
    pub resting: BTreeMap<CertificateId, Rest>,
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Todo {
    /// Uploads of unknown outcome that are to be looked for, the oldest first.
    pub checks: Vec<Check>,
    /// Certificates to be filed, the newest first.
    pub uploads: Vec<Upload>,
}

/// A certificate to be filed.
#[derive(Clone)]
pub struct Upload {
    /// Which one.
    pub id: CertificateId,
    /// In whose file.
    pub employee: SourceId,
    /// Where its PDF is.
    pub url: SignedUrl,
    /// The course's name.
    pub course: Option<String>,
    /// When the course was completed.
    pub completed_at: Option<Timestamp>,
    /// How it went before.
    pub earlier: Earlier,
}

/// How often a certificate could not be filed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// In a row.
    pub failures: u32,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// An upload whose outcome nobody knows.
#[derive(Clone, Debug)]
pub struct Check {
    /// Which certificate.
    pub id: CertificateId,
    /// In whose file it may be.
    pub employee: SourceId,
    /// The upload.
    pub intent: Intent,
    /// As reteach lists it now.
    pub listed: Option<Listed>,
}

/// Why nothing is done about a certificate in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It is filed, or somebody decided that it is not to be.
    Settled,
    /// Somebody has to decide.
    Parked {
        /// In whose file it belongs.
        employee: SourceId,
        /// Why it was parked.
        reason: String,
    },
    /// Its PDF is not made yet.
    AwaitingPdf,
    /// It failed, and its next try is still ahead.
    AwaitingRetry(Timestamp),
    /// Its upload's outcome is not known, and a document may still show up.
    AwaitingCheck(Timestamp),
    /// Its owner is not from the HR system.
    Stranger,
    /// It has no owner.
    Nobody,
    /// reteach does not list it any more.
    Gone,
}

impl Listed {
    /// `participation` with its owner told.
    #[must_use]
    pub fn new(participation: Participation, people: People<'_>) -> Self {
        let Participation {
            id: _,
            customer,
            course_name,
            status: _,
            completed_at,
            certificate,
        } = participation;
        Self {
            owner: Owner::of(customer.as_ref(), people),
            url: certificate.and_then(|certificate| certificate.url),
            course: course_name,
            completed_at,
        }
    }
}

impl From<Intent> for Earlier {
    fn from(intent: Intent) -> Self {
        Self {
            failures: intent.failures,
            since: intent.failing_since,
        }
    }
}

impl fmt::Debug for Listed {
    /// Without the course: which one somebody took is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Upload {
    /// Without the course: which one somebody took is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("id", &self.id)
            .field("employee", &self.employee)
            .field("earlier", &self.earlier)
            .finish_non_exhaustive()
    }
}
