//! What the v2 API refuses. Its answers are `application/problem+json`.

use serde::Deserialize;

use crate::http::{Reply, redact};
use crate::source::SourceError;

#[derive(Deserialize, Default)]
struct Problem {
    #[serde(default)]
    errors: Vec<Entry>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    title: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    List,
    Change,
}

/// Personio's no to a call about documents; nothing if it is a yes. A missing right was seen as 401, too. A body that is no
/// JSON object is a gateway's, and says nothing about rights.
pub(super) fn check_documents(reply: &Reply, access: Access) -> Result<(), SourceError> {
    if reply.status.is_success() {
        return Ok(());
    }
    let problem = reply.json::<Problem>();
    let is_of_personio = problem.is_ok();
    let errors = problem.unwrap_or_default().errors;
    let title = errors.into_iter().find_map(|entry| entry.title);
    let text = text(reply, title.as_deref().map(redact));
    Err(match reply.status.as_u16() {
        401 | 403 if !is_of_personio => SourceError::Unavailable(text),
        401 | 403 => {
            let (verb, right) = match access {
                Access::List => ("list", "read"),
                Access::Change => ("change", "write"),
            };
            SourceError::Forbidden(format!(
                "{text}. The credential may not {verb} documents: grant \"Documents: {right}\" in Personio."
            ))
        }
        408 | 429 | 500.. => SourceError::Unavailable(text),
        _ => SourceError::Unreadable(text),
    })
}

/// The codes of a refused login (credentials service, 2026-09): nothing else is repeated from an answer.
const CODES: [&str; 10] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
];

/// Personio's no to a login (RFC 6749's error codes, also for wrong secrets a 400); nothing if it is a yes. `is_known`: the first
/// API has taken the same client id and secret.
pub(super) fn check_token(reply: &Reply, is_known: bool) -> Result<(), SourceError> {
    if reply.status.is_success() {
        return Ok(());
    }
    let code = reply.json::<Problem>().unwrap_or_default().error;
    let known = CODES
        .into_iter()
        .find(|known| code.as_deref() == Some(*known));
    let text = text(reply, known.map(str::to_owned));
    Err(match (reply.status.as_u16(), code.as_deref()) {
        (_, Some("server_error" | "temporarily_unavailable")) | (408 | 429 | 500.., _) => {
            SourceError::Unavailable(text)
        }
        (_, Some(code)) if is_about_rights(code, is_known) => SourceError::Forbidden(format!(
            "{text}. The credential may not list documents: grant \"Documents: read\" in Personio."
        )),
        (400 | 401 | 403, _) => SourceError::Credential(format!(
            "{text}. Personio refused the client id and secret: make a new credential in Personio and store it."
        )),
        _ => SourceError::Unreadable(text),
    })
}

fn is_about_rights(code: &str, is_known: bool) -> bool {
    match code {
        "invalid_scope" | "access_denied" => true,
        "invalid_grant" | "unauthorized_client" => is_known,
        _ => false,
    }
}

fn text(reply: &Reply, detail: Option<String>) -> String {
    let (call, status) = (&reply.call, reply.status.as_u16());
    match detail.filter(|detail| !detail.is_empty()) {
        Some(detail) => format!("{call} answered {status}: {detail}"),
        None => format!("{call} answered {status}"),
    }
}
