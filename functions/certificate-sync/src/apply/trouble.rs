//! Why a certificate was not filed, by what follows from it.

use shared::document::UploadError;
use shared::http::Effect;
use shared::reteach::{self, DownloadError};
use shared::runtime::{Outcome, RunError};
use shared::state::StateError;

use super::out_of_time;

/// Why a certificate was not filed, or is not known to be.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A matter of this certificate alone: it was certainly not filed.
    Document(String),
    /// Its file cannot be had: its host says no to an address that is fresh. That may pass, but not at once. It was
    /// certainly not filed.
    Withheld(String),
    /// Its file broke off while it was sent. It was certainly not filed.
    BrokeOff(String),
    /// Bad weather between us and the HR system, or the academy's files: it was certainly not filed.
    Weather(RunError),
    /// It may be filed: there was no answer.
    Doubt(RunError),
    /// Its PDF is not made yet.
    NoFile,
    /// reteach does not have it any more.
    Gone,
    /// Somebody decided about it meanwhile.
    Decided,
    /// Nothing more must be begun in this run; this one was certainly not filed.
    Stop(RunError),
    /// Nothing more must be begun in this run; this one may be filed.
    StopInDoubt(RunError),
}

impl Trouble {
    /// Whether the same may come through at once.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Weather(_) | Self::BrokeOff(_))
    }
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Self {
        Self::Stop(error.into())
    }
}

impl From<reteach::Error> for Trouble {
    fn from(error: reteach::Error) -> Self {
        use reteach::Error;
        match error {
            Error::OutOfTime { .. } => Self::Stop(out_of_time()),
            Error::Credential(_) | Error::Forbidden(_) => Self::Stop(error.into()),
            other => Self::Weather(other.into()),
        }
    }
}

impl From<DownloadError> for Trouble {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::NotPdf
            | DownloadError::Empty
            | DownloadError::TooLarge
            | DownloadError::Forbidden(_) => Self::Document(error.to_string()),
            DownloadError::Expired { status: 404 | 410 } => Self::Document(withheld(&error)),
            DownloadError::Expired { .. } => Self::Withheld(withheld(&error)),
            DownloadError::Unavailable(_) => {
                Self::Weather(RunError::new(Outcome::ReteachUnavailable, error))
            }
            DownloadError::OutOfTime => Self::Stop(out_of_time()),
            DownloadError::Academy(error) => error.into(),
        }
    }
}

/// What is said of an address that is fresh, and no good all the same.
fn withheld(error: &DownloadError) -> String {
    format!("{error}, nor is a fresh one: see whether reteach itself can open the certificate")
}

/// Except for what may be the folder's fault, not the document's.
impl From<UploadError> for Trouble {
    fn from(error: UploadError) -> Self {
        let text = error.to_string();
        match error {
            UploadError::PersonGone(_)
            | UploadError::Gone(_)
            | UploadError::Refused { .. }
            | UploadError::TooLarge(_) => Self::Document(text),
            UploadError::CategoryGone(_) => Self::Stop(RunError::new(Outcome::NoCategory, text)),
            UploadError::Forbidden(_) => Self::Stop(RunError::new(Outcome::AccessDenied, text)),
            UploadError::FileBrokeOff(_) => Self::BrokeOff(text),
            UploadError::Connection(error) => Self::Stop(error.into()),
            UploadError::RateLimited(_) | UploadError::NotSent(_) => {
                Self::Weather(RunError::new(Outcome::SourceUnavailable, text))
            }
            UploadError::Uncertain(_) => {
                Self::Doubt(RunError::new(Outcome::SourceUnavailable, text))
            }
            UploadError::OutOfTime {
                effect: Effect::None,
                ..
            } => Self::Stop(out_of_time()),
            UploadError::OutOfTime {
                effect: Effect::Unknown,
                ..
            } => Self::StopInDoubt(out_of_time()),
        }
    }
}
