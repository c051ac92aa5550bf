//! What an academy did.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::http::LimitsSeen;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Observed {
    AsAssumed,
    Refused(u16),
    /// It answered with a success and kept another value.
    NotKept,
    /// It kept another moment of the same day.
    OtherTime,
    LostOthers,
    LostTags,
    /// Its replies do not show it.
    NotShown,
    LowerCase,
    NotFound,
    /// `POST` returned the account that was there, unchanged.
    Found,
    /// The same, and wrote to it.
    FoundAndWritten,
    /// `POST` made a second account.
    MadeSecond,
    NoAnswer,
    /// The status of an account: in use at once, invited, locked, or a word of its own.
    Active,
    Invited,
    Locked,
    OtherStatus,
    /// A second log-in used the client code, not a refresh token.
    WithCode,
    LogInRefused,
    /// No call of this many was answered 429.
    NeverLimited(u64),
    Limited(u64),
    LimitNamed(u64),
}

impl Observed {
    /// What answers to `calls` calls have said of limits.
    pub(super) fn of_limits(seen: LimitsSeen, calls: u64) -> Self {
        match seen {
            LimitsSeen {
                named: Some(limit), ..
            } => Self::LimitNamed(limit),
            LimitsSeen { refused: 0, .. } => Self::NeverLimited(calls),
            LimitsSeen { refused, .. } => Self::Limited(refused),
        }
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsAssumed => f.write_str("yes"),
            Self::Refused(status) => write!(f, "refused ({status})"),
            Self::NotKept => f.write_str("accepted, and not done"),
            Self::OtherTime => f.write_str("kept with another time of day"),
            Self::LostOthers => f.write_str("other fields were cleared"),
            Self::LostTags => f.write_str("the tags were taken off"),
            Self::NotShown => f.write_str("replies show no status"),
            Self::LowerCase => f.write_str("kept in lower case"),
            Self::NotFound => f.write_str("not found"),
            Self::Found => f.write_str("yes, the account came back unchanged"),
            Self::FoundAndWritten => f.write_str("yes, the account came back with the new values"),
            Self::MadeSecond => f.write_str("a second account was made"),
            Self::NoAnswer => f.write_str("no answer"),
            Self::Active => f.write_str("it is active at once"),
            Self::Invited => f.write_str("it is invited"),
            Self::Locked => f.write_str("it is locked"),
            Self::OtherStatus => f.write_str("it has an unknown status"),
            Self::WithCode => f.write_str("yes, with the client code"),
            Self::LogInRefused => f.write_str("refused"),
            Self::NeverLimited(calls) => {
                write!(f, "yes, none of {calls} calls, one after the other")
            }
            Self::Limited(calls) => write!(f, "{calls} of the probe's calls were"),
            Self::LimitNamed(calls) => write!(f, "its replies name a limit of {calls} calls"),
        }
    }
}
