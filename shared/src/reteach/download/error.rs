//! Why a certificate's PDF could not be had.

use std::fmt;

use thiserror::Error;

use crate::document::{BodyError, FilingError, TenantFault};
use crate::http::Vendor;
use crate::reteach;

/// Why there is no PDF. The text never holds the address: it may be signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DownloadError {
    /// What is there is something else.
    #[error("the certificate's file is not a PDF")]
    NotPdf,
    #[error("the certificate's file is empty")]
    Empty,
    /// It is larger than the HR system takes.
    #[error("the certificate's file is larger than 30 MB, Personio's limit")]
    TooLarge,
    /// The address leads where nothing is fetched from.
    #[error("the certificate's address {0}")]
    Forbidden(Forbidden),
    /// The address is no longer good: ask for a fresh one.
    #[error("the certificate's address is no longer good ({status})")]
    Expired { status: u16 },
    /// Its answer is about this file alone, and may change.
    #[error("the certificate's address answered {status}")]
    Refused { status: u16 },
    /// Transient: it may pass by itself.
    #[error("{0}")]
    Unavailable(String),
    #[error("the download was given up, the time for this run is over")]
    OutOfTime,
    /// No token for reteach's own host.
    #[error(transparent)]
    Academy(#[from] reteach::Error),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// It is no URL, or carries a user name.
    Url,
    Scheme,
    /// The host is none of those allowed.
    Host(String),
    /// The name does not resolve to a public address.
    NotPublic(String),
    /// Too many redirects, or one that leads nowhere.
    Redirect,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("is no usable URL"),
            Self::Scheme => f.write_str("is not https"),
            Self::Host(host) => {
                write!(
                    f,
                    "leads to {host}, which is not in [reteach] download_hosts: add it there if it is right"
                )
            }
            Self::NotPublic(host) => write!(f, "leads to {host}, which is not a public machine"),
            Self::Redirect => f.write_str("is redirected too often, or to nowhere"),
        }
    }
}

/// While an upload is under way, only the way in which the file failed matters.
impl From<DownloadError> for BodyError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::TooLarge => Self::TooLarge,
            DownloadError::OutOfTime => Self::OutOfTime,
            other => Self::Interrupted(other.to_string()),
        }
    }
}

/// An address that is no longer good counts as fresh here: ask for a fresh one first.
impl From<DownloadError> for FilingError {
    fn from(error: DownloadError) -> Self {
        let reason = error.to_string();
        match error {
            DownloadError::NotPdf
            | DownloadError::Empty
            | DownloadError::TooLarge
            | DownloadError::Forbidden(_) => Self::refused(reason),
            DownloadError::Expired { status } => {
                let reason = format!(
                    "{reason}, nor is a fresh one: see whether reteach itself can open the certificate"
                );
                match status {
                    404 | 410 => Self::refused(reason),
                    _ => Self::interrupted(reason),
                }
            }
            DownloadError::Refused { .. } => Self::interrupted(reason),
            DownloadError::Unavailable(_) => Self::no_file(Vendor::Reteach, reason),
            DownloadError::OutOfTime => Self::out_of_time(reason),
            DownloadError::Academy(error) => error.into(),
        }
    }
}

/// A look-up or a login failed; no document was touched.
impl From<reteach::Error> for FilingError {
    fn from(error: reteach::Error) -> Self {
        let reason = error.to_string();
        match error {
            reteach::Error::OutOfTime { .. } => Self::out_of_time(reason),
            reteach::Error::Credential(_) => Self::tenant(TenantFault::AcademyCredential, reason),
            reteach::Error::Forbidden(_) => Self::tenant(TenantFault::AcademyRight, reason),
            reteach::Error::Limited(_) => Self::limited(Vendor::Reteach, None, reason),
            _ => Self::vendor(Vendor::Reteach, reason),
        }
    }
}
