//! What a failed write means for the rest of the run.

use std::fmt;

use shared::reteach;
use shared::state::StateError;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApplyAbort {
    #[error("the time for this run is over; the rest follows on the next one")]
    OutOfTime,
    /// The lease is lost, or the ledger cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// reteach does not answer, takes no more calls for now, or takes none from these credentials.
    #[error("{0}")]
    Reteach(reteach::Error),
}

#[derive(Debug)]
pub(crate) enum WriteError {
    /// reteach refuses this record.
    Refused(Refusal),
    NotFound,
    NotOurs,
    /// The account carries no external id any more.
    IdLost,
    /// No usable answer; the write may have taken effect.
    NoAnswer(reteach::Error),
    /// Nothing more must be written in this run.
    Abort(ApplyAbort),
}

/// What reteach did not take, by field names; never with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The fields, as far as reteach names them.
    pub(crate) fields: Vec<String>,
    pub(crate) problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Problem {
    Status(u16),
    /// Another account has the mail address or user name.
    Conflict,
    /// It answered with a success, and the account in its reply has other values.
    NotKept,
    /// The same, for values that null should have cleared.
    NotCleared,
    /// It answered with a success, and the account in its reply lacks values that were not written.
    Lost,
    /// It took the account, and gives no answer about the tags.
    NoAnswer,
    /// It took the account, and these credentials may not write its tags.
    Forbidden,
}

impl Problem {
    /// Whether the account has all that was written but the tags, of which nothing is known.
    pub(crate) fn is_of_tags_alone(self) -> bool {
        matches!(self, Self::NoAnswer | Self::Forbidden)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            Problem::Status(status) => write!(f, "reteach refuses the record ({status})")?,
            Problem::Conflict => {
                return f.write_str(
                    "reteach has another account with this mail address or user name (409)",
                );
            }
            Problem::NotKept => f.write_str("reteach does not keep what it was given")?,
            Problem::NotCleared => f.write_str("reteach does not clear what it should")?,
            Problem::Lost => {
                f.write_str("reteach loses what an update does not name; it was written back")?;
            }
            Problem::NoAnswer => f.write_str("reteach gives no answer about the account's tags")?,
            Problem::Forbidden => f.write_str("reteach refuses to take tags")?,
        }
        match self.fields.as_slice() {
            [] => Ok(()),
            fields => write!(f, ": {}", fields.join(", ")),
        }
    }
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
            Error::NotFound { .. } => Self::NotFound,
            Error::Rejected { status, fields, .. } => Self::Refused(Refusal {
                fields,
                problem: Problem::Status(status),
            }),
            Error::Conflict { .. } => Self::Refused(Refusal {
                fields: Vec::new(),
                problem: Problem::Conflict,
            }),
            Error::OutOfTime { .. } => Self::Abort(ApplyAbort::OutOfTime),
            Error::Credential(_) | Error::Limited(_) => Self::Abort(ApplyAbort::Reteach(error)),
            Error::Forbidden(_)
            | Error::Unavailable { .. }
            | Error::TooLarge { .. }
            | Error::Unreadable { .. } => Self::NoAnswer(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::http::Effect;

    use super::*;

    #[test]
    fn a_429_ends_the_run_and_is_no_accounts_silence() {
        let problem = || "PUT /customer/{id}".to_owned();
        let limited = reteach::Error::Limited(problem());
        let unavailable = reteach::Error::Unavailable {
            problem: problem(),
            effect: Effect::None,
        };
        for (error, ends_run) in [(limited, true), (unavailable, false)] {
            let text = error.to_string();
            let ended = WriteError::from(error);
            assert_eq!(
                matches!(ended, WriteError::Abort(ApplyAbort::Reteach(_))),
                ends_run,
                "{text}"
            );
        }
    }
}
