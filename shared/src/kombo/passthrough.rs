//! Calls to the HR system itself, through Kombo: the remote status decides, then Kombo's own errors.

use std::collections::HashMap;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::IntegrationId;
use super::client::{Client, Envelope};
use super::error::{Error, Refusal, interpret};
use super::file::{FileCall, FormPart};
use super::limits::PASSTHROUGH_TIMEOUT;
use crate::document::UploadError;
use crate::http::{Answer, Idempotency, Origin, RateLimiter, Reply, Request, Verdict};
use crate::personio::UPLOAD_TIMEOUT;

/// Which of Personio's APIs a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonioApi {
    /// v1: Kombo adds `https://api.personio.de/v1`.
    Personnel,
    /// v2: Kombo adds `https://api.personio.de/v2`.
    PersonnelV2,
}

impl PersonioApi {
    fn path(self) -> &'static str {
        match self {
            Self::Personnel => "/passthrough/personio/personnel",
            Self::PersonnelV2 => "/passthrough/personio/personnelv2",
        }
    }
}

/// A call that Kombo forwards, with the credential that it holds.
#[derive(Clone, Debug, Serialize)]
pub struct Passthrough<'a> {
    /// Which API it is for.
    #[serde(skip)]
    pub api: PersonioApi,
    /// The remote method.
    #[serde(serialize_with = "method")]
    pub method: Method,
    /// The remote path, relative to the base that Kombo adds, with its query: a key may occur several times there,
    /// but not in the passthrough's `params`.
    pub path: &'a str,
    /// Further headers.
    pub headers: HashMap<&'static str, &'a str>,
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
    /// Forwards `call` to Personio (`POST /passthrough/personio/…`) and returns Personio's answer.
    ///
    /// # Errors
    /// [`Error::Refused`] where Kombo itself says no, [`Error::Http`] where there was no answer.
    pub async fn personio(
        &self,
        integration: &IntegrationId,
        call: &Passthrough<'_>,
        repeat: Idempotency,
        pace: &RateLimiter,
    ) -> Result<Reply, Error> {
        let target = self.target(Method::POST, call.api.path(), &[])?;
        let request = Request::new(target, repeat, PASSTHROUGH_TIMEOUT)
            .interpret(unwrap)
            .json(call)?;
        let request = self.authorize(request, Some(integration))?;
        self.send(&request, pace).await
    }

    /// `call`, which has a file in its form, as something to [`send_file`](Self::send_file).
    pub(crate) fn upload_to_personio(
        &self,
        integration: &IntegrationId,
        call: &Passthrough<'_>,
    ) -> Result<FileCall, UploadError> {
        let target = self.target(Method::POST, call.api.path(), &[])?;
        let request =
            Request::new(target, Idempotency::OnlyIfNotSent, UPLOAD_TIMEOUT).interpret(unwrap);
        Ok(FileCall::new(
            self.authorize(request, Some(integration))?,
            call,
        )?)
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
fn unwrap(reply: Reply) -> Answer {
    if Refusal::of(&reply).is_some() {
        return interpret(reply);
    }
    match inner(&reply) {
        Some((status, headers, body)) => {
            let reply = Reply {
                status,
                headers,
                body,
                origin: Origin::Remote,
                ..reply
            };
            Answer {
                reply,
                verdict: Verdict::ByStatus,
            }
        }
        None => Answer {
            reply,
            verdict: Verdict::Final,
        },
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
pub(super) fn remote(reply: Reply) -> Result<Reply, Error> {
    match (reply.origin, Refusal::of(&reply)) {
        (Origin::Remote, _) => Ok(reply),
        (Origin::Called, Some(refusal)) => Err(refusal.into()),
        (Origin::Called, None) => Err(reply.unreadable("data", "no remote answer in it").into()),
    }
}
