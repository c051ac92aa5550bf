//! What a failed write means for the rest of the run.

use shared::reteach;
use shared::state::StateError;

/// Why the executor stopped early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApplyAbort {
    /// The time for this run is over.
    #[error("the time for this run is over; the rest follows on the next one")]
    OutOfTime,
    /// The lease is lost, or the ledger cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// reteach does not answer, or not to these credentials.
    #[error("{0}")]
    Reteach(reteach::Error),
}

/// Why a change did not come through.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// reteach refuses this record. The text holds field names, never values.
    Refused(String),
    /// The account is not there any more.
    AccountGone,
    /// No answer; the write may have taken effect.
    NoAnswer(reteach::Error),
    /// Nothing more must be written in this run.
    Abort(ApplyAbort),
}

impl From<StateError> for WriteError {
    fn from(error: StateError) -> Self {
        Self::Abort(ApplyAbort::State(error))
    }
}

impl From<reteach::Error> for WriteError {
    fn from(error: reteach::Error) -> Self {
        use reteach::Error;
        match error {
            Error::NotFound { .. } => Self::AccountGone,
            Error::Rejected {
                status, ref fields, ..
            } if fields.is_empty() => {
                Self::Refused(format!("reteach refuses the record ({status})"))
            }
            Error::Rejected { status, fields, .. } => Self::Refused(format!(
                "reteach refuses the record ({status}): {}",
                fields.join(", ")
            )),
            Error::Conflict { .. } => Self::Refused(
                "reteach has another account with this mail address or user name (409)".to_owned(),
            ),
            Error::OutOfTime { .. } => Self::Abort(ApplyAbort::OutOfTime),
            Error::Credential(_) | Error::Forbidden(_) => Self::Abort(ApplyAbort::Reteach(error)),
            Error::Unavailable { .. } | Error::Unreadable { .. } => Self::NoAnswer(error),
        }
    }
}
