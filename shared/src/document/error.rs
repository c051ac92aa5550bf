//! Why a document could not be filed, by what is to be done about it.

use thiserror::Error;

use super::BodyError;
use crate::http::{self, Effect};
use crate::source::SourceError;

/// Why an upload failed. The text names the vendor's answer, never a person, a file or a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UploadError {
    /// There is no such employee (any more): this certificate has nowhere to go.
    #[error("{0}")]
    PersonGone(String),
    /// There is no such category (any more): read the categories again.
    #[error("{0}")]
    CategoryGone(String),
    /// Employee or category is gone, the answer does not say which.
    #[error("{0}")]
    Gone(String),
    /// This document is not taken as it is; the same will be refused again.
    #[error("{problem}{}", named(.fields))]
    Refused {
        /// The vendor's answer.
        problem: String,
        /// The fields that did not pass, where the vendor names them.
        fields: Vec<String>,
    },
    /// The file is larger than the HR system takes.
    #[error("{0}")]
    TooLarge(String),
    /// The credential may not file documents: nothing will be filed until somebody grants the right.
    #[error("{0}")]
    Forbidden(String),
    /// Nothing reaches the HR system: the credential is refused, the connection lapsed or not ready. A matter of the
    /// tenant, not of this document.
    #[error(transparent)]
    Connection(SourceError),
    /// Too many uploads; it was not carried out. The pace already waits as long as was asked for.
    #[error("{0}")]
    RateLimited(String),
    /// The file broke off while it was sent: it certainly was not filed. A matter of this document, which may pass.
    #[error("{0}")]
    FileBrokeOff(String),
    /// It certainly was not filed (no connection): try again on a later run.
    #[error("{0}")]
    NotSent(String),
    /// It may have been filed or not: look for it before it is sent again.
    #[error("{0}")]
    Uncertain(String),
    /// The deadline came first.
    #[error("{problem}")]
    OutOfTime {
        /// Which call was given up.
        problem: String,
        /// Whether it may have been filed.
        effect: Effect,
    },
}

/// The fields that did not pass, for the end of a sentence.
fn named(fields: &[String]) -> String {
    if fields.is_empty() {
        String::new()
    } else {
        format!(" (did not pass: {})", fields.join(", "))
    }
}

impl UploadError {
    /// Whether the document may have been filed all the same.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::Uncertain(_) => Effect::Unknown,
            Self::OutOfTime { effect, .. } => *effect,
            Self::PersonGone(_)
            | Self::CategoryGone(_)
            | Self::Gone(_)
            | Self::Refused { .. }
            | Self::TooLarge(_)
            | Self::Forbidden(_)
            | Self::Connection(_)
            | Self::RateLimited(_)
            | Self::FileBrokeOff(_)
            | Self::NotSent(_) => Effect::None,
        }
    }

    /// A failure of which only the effect matters.
    pub(crate) fn by_effect(problem: String, effect: Effect) -> Self {
        match effect {
            Effect::None => Self::NotSent(problem),
            Effect::Unknown => Self::Uncertain(problem),
        }
    }
}

impl From<http::Error> for UploadError {
    fn from(error: http::Error) -> Self {
        let (problem, effect) = (error.to_string(), error.effect());
        match error {
            http::Error::OutOfTime { .. } => Self::OutOfTime { problem, effect },
            http::Error::Invalid { .. } => Self::Refused {
                problem,
                fields: Vec::new(),
            },
            http::Error::Unreachable { .. }
            | http::Error::TooLarge { .. }
            | http::Error::Unreadable { .. } => Self::by_effect(problem, effect),
        }
    }
}

/// What came before the upload failed: a login, a look-up. The document was not touched.
impl From<SourceError> for UploadError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Forbidden(problem) => Self::Forbidden(problem),
            SourceError::Unavailable(problem) | SourceError::Unreadable(problem) => {
                Self::NotSent(problem)
            }
            SourceError::Credential(_) | SourceError::NotReady(_) | SourceError::Lapsed(_) => {
                Self::Connection(error)
            }
        }
    }
}

/// The file itself failed before all of it was out: nobody can have filed it.
impl From<BodyError> for UploadError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge(error.to_string()),
            BodyError::OutOfTime => Self::OutOfTime {
                problem: error.to_string(),
                effect: Effect::None,
            },
            BodyError::Interrupted(_) => Self::FileBrokeOff(error.to_string()),
        }
    }
}
