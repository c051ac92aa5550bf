//! What came back.

use std::fmt;

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
    /// Which call it answers.
    pub call: Call,
    /// The status; through a passthrough, the remote one.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, unpacked.
    pub body: Bytes,
    /// Whether the call may have taken effect if this answer is not a success.
    pub effect: Effect,
    /// Whose words these are.
    pub origin: Origin,
}

/// Who gave an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server that was called.
    Called,
    /// A server behind it, through a passthrough.
    Remote,
}

/// A reply and whether it is worth another attempt.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The reply, rewritten where the vendor wraps one answer into another.
    pub reply: Reply,
    /// Whether to try again.
    pub verdict: Verdict,
}

/// Whether an answer is worth another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
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
        let text = str::from_utf8(&self.body).map_err(|_| self.unreadable(".", "not JSON"))?;
        json::read(text).map_err(|misfit| {
            let problem = match misfit.category {
                Category::Data => "another type or a missing field",
                Category::Eof => "it ends too early",
                Category::Syntax | Category::Io => "not JSON",
            };
            self.unreadable(&misfit.path, problem)
        })
    }

    /// The body as `T` if it fits; otherwise nobody asks why. Text that is known to be UTF-8 is read faster.
    pub(crate) fn fitting<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(std::str::from_utf8(&self.body).ok()?).ok()
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
