//! A request and its reply, apart from the network: Kombo's passthrough hands requests to Personio the same way as a socket does.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use jiff::SignedDuration;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use super::log::Origin;
use super::streamed::Streamed;

/// What a simulator was asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as sent, still percent-encoded.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) origin: Origin,
    /// A fault's doing: lists begin this many rows early, as if rows had been inserted before them since the last page.
    pub(crate) rows_back: usize,
    /// A fault's doing: an upload takes effect only this much later.
    pub(crate) effect_after: SignedDuration,
}

impl Request {
    pub(crate) fn new(
        method: Method,
        path: String,
        query: Option<&str>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        Self {
            method,
            path,
            query,
            headers,
            body,
            origin: Origin::Direct,
            rows_back: 0,
            effect_after: SignedDuration::ZERO,
        }
    }

    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first query parameter that is not in `known`.
    pub(crate) fn unknown_query(&self, known: &[&str]) -> Option<&str> {
        self.query
            .iter()
            .map(|(key, _)| key.as_str())
            .find(|key| !known.contains(key))
    }

    /// A header's value, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The operation of an AWS service (`PutItem`).
    pub(crate) fn operation(&self) -> Option<&str> {
        self.header("x-amz-target")?.rsplit('.').next()
    }

    /// The token of `Authorization: Bearer …`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
    }

    /// Whether the body is announced as `mime`, with or without parameters.
    pub(crate) fn is(&self, mime: &str) -> bool {
        self.header("content-type")
            .is_some_and(|value| value.split(';').next() == Some(mime))
    }

    /// The body as JSON, if it is announced as such and is.
    pub(crate) fn json(&self) -> Option<Value> {
        self.is("application/json")
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    /// The body's fields, read as those of a form.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }

    pub(crate) fn segments(&self) -> Vec<String> {
        let path = self.path.trim_start_matches('/');
        path.split('/')
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Serialising values we built ourselves (string keys, finite numbers) cannot fail.
        Self::raw(
            status,
            "application/json",
            serde_json::to_vec(body).unwrap_or_default(),
        )
    }

    /// A reply whose body is ready.
    pub(crate) fn raw(status: StatusCode, mime: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(mime))]);
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// The same reply with another JSON in it; what is no JSON stays.
    pub(crate) fn rewritten(mut self, rewrite: impl FnOnce(Value) -> Value) -> Self {
        if let Ok(body) = serde_json::from_slice(&self.body) {
            self.body = rewrite(body).to_string().into();
        }
        self
    }

    /// Whether both have one status and one body, as JSON.
    pub(crate) fn says_as(&self, other: &Self) -> bool {
        let body = |reply: &Self| serde_json::from_slice::<Value>(&reply.body).ok();
        self.status == other.status && body(self) == body(other)
    }

    /// The same reply with one more header; a value that is no header value is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// How an exchange ends, as far as the caller can see.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered(Reply),
    /// An answer whose body is made while it is sent.
    Streamed(Streamed),
    /// An answer; then the server is gone for this long.
    Last(Reply, std::time::Duration),
    /// The connection closes before any byte of an answer.
    Cut,
    /// The connection closes in the middle of the body.
    CutMidBody(Reply),
}

impl Outcome {
    /// The status of the answer, if there is one.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Answered(reply) | Self::CutMidBody(reply) | Self::Last(reply, _) => {
                Some(reply.status)
            }
            Self::Streamed(streamed) => Some(streamed.status),
            Self::Cut => None,
        }
    }
}
