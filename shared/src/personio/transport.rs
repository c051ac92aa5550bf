//! How calls get to Personio: with a credential of ours, or through a party that holds one.

use std::fmt;
use std::future::Future;

use serde_json::Value;

use super::limits::{DOCUMENTS, EMPLOYEES, LISTS};
use crate::document::{Document, FilingError, PdfBody};
use crate::http::{Deadline, Elapsed, RateLimiter, Reply};
use crate::source::SourceError;

/// Sent with every call, as Personio asks of customers' own integrations ("Include our headers in your requests").
pub(crate) const APP_ID: (&str, &str) = ("x-personio-app-id", "RETEACH_PERSONIO");

/// One of Personio's APIs. Each has tokens and limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Employees, attributes, categories and uploads.
    V1,
    V2,
}

#[derive(Clone, Copy, Debug)]
pub struct Get<'a> {
    pub api: Api,
    /// The path below Personio's host, with placeholders: `/v1/company/employees/{id}`.
    pub path: &'static str,
    /// The placeholders' values, in order.
    pub segments: &'a [&'a str],
    /// The query; a key may occur several times.
    pub query: &'a [(&'a str, &'a str)],
}

/// A change of one resource of the v2 API. Twice is the same as once.
#[derive(Clone, Copy, Debug)]
pub struct Patch<'a> {
    /// The path below Personio's host, with placeholders.
    pub path: &'static str,
    /// The placeholders' values, in order.
    pub segments: &'a [&'a str],
    pub body: &'a Value,
}

/// A way to Personio's API. Every reply is Personio's own, whatever its status.
pub trait Transport: Clone + fmt::Debug + Send + Sync {
    fn get(&self, get: Get<'_>) -> impl Future<Output = Result<Reply, SourceError>> + Send;

    fn patch(&self, patch: Patch<'_>) -> impl Future<Output = Result<Reply, SourceError>> + Send;

    /// Waits for the turn of the next upload.
    fn turn(&self, until: Deadline) -> impl Future<Output = Result<(), Elapsed>> + Send;

    /// Sends `document` with `body` as its file, once.
    fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> impl Future<Output = Result<Reply, FilingError>> + Send;

    #[must_use]
    fn until(self, deadline: Deadline) -> Self;

    /// The same with `pace` for all calls: for a simulator without limits.
    #[must_use]
    fn with_pace(self, pace: RateLimiter) -> Self;
}

impl<'a> Get<'a> {
    /// A read of `path`, which begins with `/v1` and has no placeholders.
    pub(super) fn v1(path: &'static str, query: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            api: Api::V1,
            path,
            segments: &[],
            query,
        }
    }
}

impl Api {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::V1 => "/v1",
            Self::V2 => "/v2",
        }
    }
}

/// The rate limits of one company; copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    employees: RateLimiter,
    lists: RateLimiter,
    pub(crate) documents: RateLimiter,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self {
            employees: RateLimiter::new(EMPLOYEES),
            lists: RateLimiter::new(LISTS),
            documents: RateLimiter::new(DOCUMENTS),
        }
    }

    pub(crate) fn all(pace: &RateLimiter) -> Self {
        Self {
            employees: pace.clone(),
            lists: pace.clone(),
            documents: pace.clone(),
        }
    }

    pub(crate) fn reads(&self, api: Api) -> &RateLimiter {
        match api {
            Api::V1 => &self.employees,
            Api::V2 => &self.lists,
        }
    }
}
