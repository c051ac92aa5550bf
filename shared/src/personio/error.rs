//! What Personio refuses, and what that means to a caller.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::http::{Call, Origin, Reply, redact};
use crate::source::SourceError;

/// Both shapes of a v1 answer as far as they decide about success; `error` may be anything.
#[derive(Deserialize)]
struct Outcome {
    success: Option<bool>,
    error: Option<Detail>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Usual {
        #[serde(default)]
        code: Option<u16>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        error_data: ErrorData,
    },
    Unknown(serde::de::IgnoredAny),
}

/// Messages by field, of which only the fields are of use: the messages are in the account's language.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum ErrorData {
    ByField(BTreeMap<String, serde::de::IgnoredAny>),
    Other(serde::de::IgnoredAny),
    #[default]
    None,
}

/// Personio's no to a call for employees; nothing if it is a yes.
pub(super) fn check(reply: &Reply) -> Result<(), SourceError> {
    check_right(reply, "Employees: read")
}

/// Personio's no to a call for data that needs the access right `right`; nothing if it is a yes.
pub(super) fn check_right(reply: &Reply, right: &str) -> Result<(), SourceError> {
    let Some(no) = no(reply) else { return Ok(()) };
    let text = no.text();
    Err(match no.code {
        401 if reply.origin == Origin::Remote => SourceError::Lapsed(format!(
            "{text}. Personio refuses the credential that Kombo holds: check its access rights, or reconnect."
        )),
        401 => SourceError::Credential(format!(
            "{text}. The token was refused after a fresh login: check the credential and its access rights."
        )),
        403 => SourceError::Forbidden(format!(
            "{text}. The credential lacks a right: grant \"{right}\" in Personio."
        )),
        408 | 429 | 500.. => SourceError::Unavailable(text),
        _ => SourceError::Unreadable(text),
    })
}

/// Personio's no to a login. Which status a wrong credential gets is in no document; nothing but the credential is
/// sent, so every refusal is about it.
pub(super) fn check_login(reply: &Reply) -> Result<(), SourceError> {
    let Some(no) = no(reply) else { return Ok(()) };
    let text = no.text();
    Err(match no.code {
        0 | 200 | 400 | 401 | 403 | 422 => SourceError::Credential(format!(
            "{text}. Personio refused the client id and secret: make a new credential in Personio and store it."
        )),
        408 | 429 | 500.. => SourceError::Unavailable(text),
        _ => SourceError::Unreadable(text),
    })
}

pub(super) struct No<'a> {
    call: &'a Call,
    status: StatusCode,
    /// The status; where that is 200 although it failed, Personio's own code.
    pub(super) code: u16,
    message: Option<String>,
    /// What was not found, in a message about an unknown id.
    pub(super) model: Option<Model>,
    /// The fields of an upload that did not pass.
    pub(super) fields: Vec<String>,
    /// Whether it has the shape of Personio's refusals: a gateway or firewall before it answers otherwise.
    pub(super) is_personios: bool,
}

/// What an id of ours may not lead to (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    Employee,
    DocumentCategory,
}

/// The model in "No query results for model \[DocumentCategory\] 1".
fn model(message: &str) -> Option<Model> {
    let (name, _) = message.split_once('[')?.1.split_once(']')?;
    match name.rsplit('\\').next()? {
        "Employee" => Some(Model::Employee),
        "DocumentCategory" => Some(Model::DocumentCategory),
        _ => None,
    }
}

/// The fields of `POST /v1/company/documents`: nothing else is repeated from an answer.
const FIELDS: [&str; 6] = [
    "title",
    "employee_id",
    "category_id",
    "file",
    "comment",
    "date",
];

impl No<'_> {
    pub(super) fn text(&self) -> String {
        let (call, status) = (self.call, self.status.as_u16());
        match &self.message {
            Some(message) => format!("{call} answered {status}: {message}"),
            None => format!("{call} answered {status}"),
        }
    }
}

/// Personio's no in `reply`; `None` if it is a yes.
pub(super) fn no(reply: &Reply) -> Option<No<'_>> {
    let outcome = reply.json::<Outcome>().ok();
    let failed = outcome
        .as_ref()
        .is_some_and(|outcome| outcome.success == Some(false));
    if reply.status.is_success() && !failed {
        return None;
    }
    let is_personios = failed
        || outcome
            .as_ref()
            .is_some_and(|outcome| outcome.error.is_some());
    let (own_code, message, error_data) = match outcome.and_then(|outcome| outcome.error) {
        Some(Detail::Usual {
            code,
            message,
            error_data,
        }) => (code.unwrap_or_default(), message, error_data),
        Some(Detail::Unknown(_)) | None => (0, None, ErrorData::None),
    };
    let fields = match error_data {
        ErrorData::ByField(messages) => FIELDS
            .into_iter()
            .filter(|field| messages.contains_key(*field))
            .map(str::to_owned)
            .collect(),
        ErrorData::Other(_) | ErrorData::None => Vec::new(),
    };
    let model = message.as_deref().and_then(model);
    let code = if reply.status.is_success() {
        own_code
    } else {
        reply.status.as_u16()
    };
    let message = message
        .map(|message| redact(&message))
        .filter(|message| !message.is_empty());
    Some(No {
        call: &reply.call,
        status: reply.status,
        code,
        message,
        model,
        fields,
        is_personios,
    })
}
