//! What came back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::error::Category;

use super::{Call, Effect, Error};
use crate::json;

/// An answer, whatever its status: what it means is for the vendor's client to say.
#[derive(Clone)]
pub struct Reply {
    pub call: Call,
    /// The status; through a passthrough, the remote one.
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Its body, unpacked.
    pub body: Bytes,
    /// Whether the call may have taken effect if this answer is not a success.
    pub effect: Effect,
    pub origin: Origin,
    /// How long the vendor asks to wait, where it says so.
    pub asked: Option<Duration>,
    /// The members of `body` that lead to the answer, where another one is wrapped around it: `["data", "data"]`. Nobody
    /// reads the whole body to take the wrapping off.
    pub within: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Called,
    /// A server behind it, through a passthrough.
    Remote,
}

/// A reply and whether another attempt may improve on it.
#[derive(Clone, Debug)]
pub struct Interpreted {
    /// The reply, rewritten where the vendor wraps one answer into another.
    pub reply: Reply,
    pub retry: RetryHint,
}

/// Whether another attempt may improve on a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryHint {
    /// As HTTP says: 429, 500, 502, 503 and 504 are.
    ByStatus,
    /// Another attempt may succeed, and nothing was carried out.
    Again,
    /// Another attempt will bring the same.
    Final,
}

impl Reply {
    /// The body as `T`.
    ///
    /// # Errors
    /// [`Error::Unreadable`] naming the JSON path, never the value.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        let text = self
            .text()
            .ok_or_else(|| self.unreadable(".", "not JSON"))?;
        json::read_within(text, self.within).map_err(|error| {
            let problem = match error.category {
                Category::Data => "another type or a missing field",
                Category::Eof => "it ends too early",
                Category::Syntax | Category::Io => "not JSON",
            };
            self.unreadable(&error.path, problem)
        })
    }

    /// The body as `T` if it fits, without the cost of the reason if it does not.
    pub(crate) fn fitting<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        json::parse_within(self.text()?, self.within).ok()
    }

    /// The body without a byte order mark; `None` if it is not UTF-8.
    fn text(&self) -> Option<&str> {
        let text = str::from_utf8(&self.body).ok()?;
        Some(text.trim_start_matches('\u{feff}'))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// The error for an answer that cannot be understood: after a write, it may have taken effect.
    #[must_use]
    pub fn unreadable(&self, at: &str, problem: &'static str) -> Error {
        Error::Unreadable {
            call: self.call.clone(),
            at: at.to_owned(),
            problem,
            effect: self.effect,
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("call", &format_args!("{}", self.call))
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
