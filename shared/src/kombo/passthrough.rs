//! Calls to the HR system itself, through Kombo: the remote status decides, then Kombo's own errors.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::IntegrationId;
use super::client::{Client, Envelope};
use super::error::{Error, Refusal, interpret};
use super::file::FormPart;
use super::limits::{PASSTHROUGH_TIMEOUT, UPLOAD_TIMEOUT};
use super::upload_error::upload_error;
use crate::document::{FilingError, PdfBody};
use crate::http::{Idempotency, Interpreted, Origin, RateLimiter, Reply, Request, RetryHint};

/// A call that Kombo forwards, with the credential that it holds.
#[derive(Clone, Debug, Serialize)]
pub struct Passthrough<'a> {
    /// Kombo's path for the tool and the API that it is for: `/passthrough/personio/personnel`.
    #[serde(skip)]
    pub api: &'static str,
    #[serde(serialize_with = "method")]
    pub method: Method,
    /// The remote path, relative to the base that Kombo adds, with its query: a key may occur several times there,
    /// but not in the passthrough's `params`.
    pub path: &'a str,
    pub headers: HashMap<&'static str, &'a str>,
    /// The remote body, if it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a Value>,
    /// The remote body, if it is a form with a file. Comes last: the file's content is put in while it is sent.
    #[serde(
        rename = "multipart_form_data",
        skip_serializing_if = "Option::is_none"
    )]
    pub form: Option<Vec<FormPart<'a>>>,
}

fn method<S: serde::Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

impl Client {
    /// Forwards `call`, which may be repeated, and returns the remote answer.
    ///
    /// # Errors
    /// [`Error::Refused`] where Kombo itself says no, [`Error::Http`] where there was no answer.
    pub async fn forward(
        &self,
        integration: &IntegrationId,
        call: &Passthrough<'_>,
        pace: &RateLimiter,
    ) -> Result<Reply, Error> {
        let target = self.target(Method::POST, call.api, &[])?;
        let idempotency = match call.method {
            Method::GET => Idempotency::Read,
            _ => Idempotency::Idempotent,
        };
        let request = Request::new(target, idempotency, PASSTHROUGH_TIMEOUT)
            .interpret(unwrap)
            .json(call)?;
        let request = self.authorize(request, Some(integration))?;
        remote(self.context.send(&request, pace).await?)
    }

    /// Forwards `call`, which has a file in its form, at most once, with `file` as its content.
    pub(crate) async fn forward_file(
        &self,
        integration: &IntegrationId,
        call: &Passthrough<'_>,
        file: PdfBody,
        pace: &RateLimiter,
    ) -> Result<Reply, FilingError> {
        let target = self.target(Method::POST, call.api, &[])?;
        let request =
            Request::new(target, Idempotency::OnlyIfNotSent, UPLOAD_TIMEOUT).interpret(unwrap);
        let request = self.authorize(request, Some(integration))?;
        let reply = self.send_file(&request, call, file, pace).await?;
        remote(reply).map_err(upload_error)
    }
}

#[derive(Deserialize)]
struct Remote<'a> {
    status: u16,
    #[serde(default)]
    headers: HashMap<String, Header>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Header {
    One(String),
    Several(Vec<String>),
}

/// Turns Kombo's answer into the remote one, so that the remote status and `Retry-After` decide about a retry.
fn unwrap(reply: Reply) -> Interpreted {
    if Refusal::of(&reply).is_some() {
        return interpret(reply);
    }
    let retry = RetryHint::ByStatus;
    let origin = Origin::Remote;
    // Pages of people are large: their wrapping stays on, and is read with them.
    if let Some((status, headers)) = Head::of(&reply.body).success() {
        let within = &["data", "data"];
        let reply = Reply {
            status,
            headers,
            origin,
            within,
            ..reply
        };
        return Interpreted { reply, retry };
    }
    match inner(&reply) {
        Some((status, headers, body)) => {
            let reply = Reply {
                status,
                headers,
                body,
                origin,
                ..reply
            };
            Interpreted { reply, retry }
        }
        None => Interpreted {
            reply,
            retry: RetryHint::Final,
        },
    }
}

/// The beginning of Kombo's answer, up to a remote body that is an object.
#[derive(Default)]
struct Head {
    status: Option<u16>,
    headers: HashMap<String, Header>,
    is_object: bool,
}

impl Head {
    fn of(body: &[u8]) -> Self {
        let mut head = Self::default();
        // It stops at the remote body, which serde reports as an error.
        let _ = serde_json::Deserializer::from_slice(body).deserialize_any(ReadHead {
            head: &mut head,
            depth: 0,
        });
        head
    }

    /// Status and headers, where the remote answer is an object and a success.
    fn success(self) -> Option<(StatusCode, HeaderMap)> {
        let status = self
            .status
            .and_then(|code| StatusCode::from_u16(code).ok())?;
        (self.is_object && status.is_success()).then(|| (status, headers(self.headers)))
    }
}

struct ReadHead<'h> {
    head: &'h mut Head,
    /// 0: Kombo's answer, 1: the remote one, 2: its body.
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for ReadHead<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadHead<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { head, depth } = self;
        if depth == 2 {
            head.is_object = true;
            return Ok(());
        }
        while let Some(key) = members.next_key::<Cow<'_, str>>()? {
            match (depth, key.as_ref()) {
                (0, "data") => members.next_value_seed(ReadHead { head, depth: 1 })?,
                (1, "status") => head.status = Some(members.next_value()?),
                (1, "headers") => head.headers = members.next_value()?,
                (1, "data") if head.status.is_some() => {
                    members.next_value_seed(ReadHead { head, depth: 2 })?;
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn inner(reply: &Reply) -> Option<(StatusCode, HeaderMap, Bytes)> {
    let remote = reply.json::<Envelope<Remote<'_>>>().ok()?.data;
    let body = match remote.data.map(RawValue::get) {
        None => Bytes::new(),
        // What is not JSON comes as a string.
        Some(text) if text.starts_with('"') => serde_json::from_str::<String>(text).ok()?.into(),
        Some(json) => reply.body.slice_ref(json.as_bytes()),
    };
    Some((
        StatusCode::from_u16(remote.status).ok()?,
        headers(remote.headers),
        body,
    ))
}

fn headers(wire: HashMap<String, Header>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in wire {
        let value = match value {
            Header::One(value) => Some(value),
            Header::Several(values) => values.into_iter().next(),
        };
        let name = HeaderName::try_from(name).ok();
        if let (Some(name), Some(Ok(value))) = (name, value.map(HeaderValue::try_from)) {
            headers.insert(name, value);
        }
    }
    headers
}

/// The remote answer, or Kombo's own no.
fn remote(reply: Reply) -> Result<Reply, Error> {
    match (reply.origin, Refusal::of(&reply)) {
        (Origin::Remote, _) => Ok(reply),
        (Origin::Called, Some(refusal)) => Err(refusal.into()),
        (Origin::Called, None) => Err(reply.unreadable("data", "no remote answer in it").into()),
    }
}
