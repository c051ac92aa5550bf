//! What can go wrong with a call before its answer is understood.

use std::fmt;
use std::io;

use reqwest::Method;
use thiserror::Error;

use super::Vendor;

/// Which call this is about, without any value in it: `reteach GET /customer/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub vendor: Vendor,
    pub method: Method,
    pub path: &'static str,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.vendor, self.method, self.path)
    }
}

/// Whether a call that failed may have changed something on the other side. It decides about duplicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing was changed: never sent, refused before it began, or only a read.
    #[default]
    None,
    /// It may have taken effect: the answer was lost, or the server failed at an unknown point.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TransportError {
    /// No connection: nothing was sent. Carries the system's reason where it gave one.
    #[error("no connection{}", reason(*.0))]
    NotSent(Option<io::ErrorKind>),
    /// The name does not resolve to a public address: nothing was sent, and another attempt would not help.
    #[error("not sent, the host's name leads to an address that is not public")]
    NotPublic,
    #[error("timed out")]
    TimedOut,
    /// The connection broke before the answer was complete.
    #[error("the connection broke{}", reason(*.0))]
    Broken(Option<io::ErrorKind>),
}

fn reason(kind: Option<io::ErrorKind>) -> String {
    kind.map(|kind| format!(" ({kind})")).unwrap_or_default()
}

/// A call that brought no answer that could be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// No answer, after all retries that were safe.
    #[error("{call}: {fault}")]
    Unreachable {
        call: Call,
        /// What happened to the last attempt.
        fault: TransportError,
        effect: Effect,
    },
    /// The answer is larger than any honest one.
    #[error("{call}: the answer is larger than {limit} bytes")]
    TooLarge {
        call: Call,
        limit: usize,
        effect: Effect,
    },
    /// The deadline came first. The rest follows on the next run.
    #[error("{call}: given up, the time for this run is over")]
    OutOfTime { call: Call, effect: Effect },
    /// The answer is not what the vendor's document says.
    #[error("{call}: the answer does not fit the vendor's document at {at} ({problem})")]
    Unreadable {
        call: Call,
        /// The JSON path of what did not fit.
        at: String,
        /// In which way, without the value.
        problem: &'static str,
        effect: Effect,
    },
    /// The request cannot be put together: an empty id, a path segment such as `..`.
    #[error("{call}: not sent, {problem}")]
    Invalid { call: Call, problem: &'static str },
}

impl Error {
    /// Whether the failed call may have taken effect.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::Unreachable { effect, .. }
            | Self::TooLarge { effect, .. }
            | Self::OutOfTime { effect, .. }
            | Self::Unreadable { effect, .. } => *effect,
            Self::Invalid { .. } => Effect::None,
        }
    }

    /// The same, known to have changed nothing.
    pub(super) fn without_effect(mut self) -> Self {
        match &mut self {
            Self::Unreachable { effect, .. }
            | Self::TooLarge { effect, .. }
            | Self::OutOfTime { effect, .. }
            | Self::Unreadable { effect, .. } => *effect = Effect::None,
            Self::Invalid { .. } => {}
        }
        self
    }
}
