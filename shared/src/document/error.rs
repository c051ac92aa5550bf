//! Why a certificate's document was not filed, by what a caller decides from.

use std::time::Duration;

use thiserror::Error;

use super::BodyError;
use crate::http::{self, Effect, Elapsed, Vendor};
use crate::source::SourceError;

/// Why a document was not filed, or is not known to be filed.
///
/// `reach`, `effect` and `transient` decide what follows. The text names the vendor's answer, never a person, a file
/// or a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct FilingError {
    pub reach: Reach,
    /// Whether the document may have been filed all the same.
    pub effect: Effect,
    /// Whether the same attempt may succeed later without anybody acting.
    pub transient: bool,
    /// The folder or the person may be to blame rather than the document: read the folders again, then the person.
    pub folder_suspected: bool,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This certificate alone; all others may be filed.
    Certificate,
    /// This certificate alone, or what is suspected: only other certificates show it.
    Unclear(Suspect),
    Tenant(TenantFault),
    /// Everything that the vendor does at the moment.
    Vendor(Vendor),
    /// All certificates of its person: the HR system has deleted them.
    Person,
    /// Nothing: the vendor has had enough for now, and says for how long where it does.
    Limit(Vendor, Option<Duration>),
    /// This run: its time is over.
    Run,
}

/// What an answer to one certificate's file or upload says about all others, if it is not that certificate's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspect {
    Tenant(TenantFault),
    Vendor(Vendor),
}

/// What keeps a tenant's certificates from being filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantFault {
    /// There is no folder for them (any more).
    Folder,
    Right,
    Credential,
    AcademyCredential,
    /// Our credentials lack a right in the academy.
    AcademyRight,
    /// The connection is not ready yet, or has lapsed.
    Connection,
}

impl FilingError {
    /// The document was refused and not filed. The same document would be refused again.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::new(Reach::Certificate, false, reason)
    }

    /// The certificate's file failed, and the document was not filed. That may pass.
    #[must_use]
    pub fn interrupted(reason: impl Into<String>) -> Self {
        Self::new(Reach::Certificate, true, reason)
    }

    /// The HR system has no such person (any more).
    #[must_use]
    pub fn no_person(reason: impl Into<String>) -> Self {
        Self::new(Reach::Person, false, reason)
    }

    /// The vendor's limit of calls is reached; nothing was filed.
    #[must_use]
    pub fn limited(vendor: Vendor, wait: Option<Duration>, reason: impl Into<String>) -> Self {
        Self::new(Reach::Limit(vendor, wait), true, reason)
    }

    /// Nothing of the tenant can be filed; this document was not.
    #[must_use]
    pub fn tenant(fault: TenantFault, reason: impl Into<String>) -> Self {
        Self::new(Reach::Tenant(fault), false, reason)
    }

    /// The upload was answered as if nothing of the tenant could be filed; this document was not.
    #[must_use]
    pub fn unclear(fault: TenantFault, reason: impl Into<String>) -> Self {
        Self::new(Reach::Unclear(Suspect::Tenant(fault)), false, reason)
    }

    /// The file's address did not answer, or as if its host did not work; nothing was filed.
    #[must_use]
    pub fn no_file(vendor: Vendor, reason: impl Into<String>) -> Self {
        Self::new(Reach::Unclear(Suspect::Vendor(vendor)), true, reason)
    }

    /// The vendor does not work at the moment; nothing was filed.
    #[must_use]
    pub fn vendor(vendor: Vendor, reason: impl Into<String>) -> Self {
        Self::new(Reach::Vendor(vendor), true, reason)
    }

    /// The run's time is over; nothing was filed.
    #[must_use]
    pub fn out_of_time(reason: impl Into<String>) -> Self {
        Self::new(Reach::Run, true, reason)
    }

    /// The vendor's answer was lost or leaves the outcome open.
    #[must_use]
    pub fn outcome_unknown(vendor: Vendor, reason: impl Into<String>) -> Self {
        Self::vendor(vendor, reason).with_effect(Effect::Unknown)
    }

    #[must_use]
    pub fn with_effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    /// The same; the folder may be to blame.
    #[must_use]
    pub fn suspecting_folder(self) -> Self {
        Self {
            folder_suspected: true,
            ..self
        }
    }

    fn new(reach: Reach, transient: bool, reason: impl Into<String>) -> Self {
        Self {
            reach,
            effect: Effect::None,
            transient,
            folder_suspected: false,
            reason: reason.into(),
        }
    }
}

impl From<Elapsed> for FilingError {
    fn from(error: Elapsed) -> Self {
        Self::out_of_time(error.to_string())
    }
}

impl From<http::Error> for FilingError {
    fn from(error: http::Error) -> Self {
        let (reason, effect) = (error.to_string(), error.effect());
        match error {
            http::Error::OutOfTime { .. } => Self::out_of_time(reason),
            http::Error::Invalid { .. } => Self::refused(reason).suspecting_folder(),
            http::Error::Unreachable { call, .. }
            | http::Error::TooLarge { call, .. }
            | http::Error::Unreadable { call, .. } => Self::vendor(call.vendor, reason),
        }
        .with_effect(effect)
    }
}

/// What came before the upload failed: a login, a look-up. The document was not touched.
impl From<SourceError> for FilingError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Forbidden(reason) => Self::tenant(TenantFault::Right, reason),
            SourceError::Credential(reason) => Self::tenant(TenantFault::Credential, reason),
            SourceError::NotReady(reason) | SourceError::Lapsed(reason) => {
                Self::tenant(TenantFault::Connection, reason)
            }
            SourceError::Unavailable(reason)
            | SourceError::Refused(reason)
            | SourceError::Unreadable(reason) => Self::vendor(Vendor::Personio, reason),
        }
    }
}

/// The file itself failed before all of it was out: nobody can have filed it.
impl From<BodyError> for FilingError {
    fn from(error: BodyError) -> Self {
        let reason = error.to_string();
        match error {
            BodyError::TooLarge => Self::refused(reason),
            BodyError::OutOfTime => Self::out_of_time(reason),
            BodyError::Interrupted(_) => Self::interrupted(reason),
        }
    }
}
