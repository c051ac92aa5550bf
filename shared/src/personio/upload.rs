//! Filing a document: `POST /v1/company/documents`, what goes there and what the answer means.

use serde::Deserialize;

use super::error::{self, Model, No};
use crate::document::{Document, FilingError, TenantFault};
use crate::domain::id::DocumentId;
use crate::http::{Origin, Reply, Vendor};

pub(crate) const UPLOAD: &str = "/v1/company/documents";

pub(crate) fn fields(document: &Document) -> Vec<(&'static str, String)> {
    let date = document.date.map(|date| ("date", date.to_string()));
    let comment = Some(&document.comment).filter(|comment| !comment.is_empty());
    [
        ("title", document.title.clone()),
        ("employee_id", document.employee.to_string()),
        ("category_id", document.category.to_string()),
    ]
    .into_iter()
    .chain(date)
    .chain(comment.map(|comment| ("comment", comment.clone())))
    .collect()
}

#[derive(Deserialize)]
struct Filed {
    success: bool,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    id: Option<Id>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(u64),
    Text(String),
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        match id {
            Id::Number(id) => id.to_string(),
            Id::Text(id) => id,
        }
    }
}

/// What Personio's answer to an upload means. A success without an id is one all the same; what is not clearly a
/// success or a refusal leaves it open.
pub(super) fn outcome(reply: &Reply) -> Result<Option<DocumentId>, FilingError> {
    if let Some(no) = error::no(reply) {
        return Err(refused(&no, reply));
    }
    let unclear = |problem: &str| {
        FilingError::outcome_unknown(Vendor::Personio, format!("{}: {problem}", reply.call))
    };
    let filed: Filed = reply
        .json()
        .map_err(|_| unclear("the answer to an upload cannot be read"))?;
    if !filed.success {
        return Err(unclear("the answer to an upload says neither yes nor no"));
    }
    let id = filed
        .data
        .and_then(|data| data.id)
        .map(String::from)
        .filter(|id| !id.is_empty());
    Ok(id.map(DocumentId::new))
}

fn refused(no: &No<'_>, reply: &Reply) -> FilingError {
    let (text, origin) = (no.text(), reply.origin);
    match no.code {
        // The folders show whether it is the credential's; else another upload does.
        401 if origin == Origin::Remote => FilingError::unclear(
            TenantFault::Connection,
            format!(
                "{text}. Personio refuses the credential that Kombo holds: check its access rights, or reconnect."
            ),
        )
        .suspecting_folder(),
        401 => FilingError::unclear(
            TenantFault::Credential,
            format!(
                "{text}. The token was refused after a fresh login: check the credential and its access rights."
            ),
        )
        .suspecting_folder(),
        403 if no.is_personios => FilingError::unclear(
            TenantFault::Right,
            format!(
                "{text}. The credential lacks a right: grant \"Documents: write\" in Personio."
            ),
        )
        .suspecting_folder(),
        403 => FilingError::refused(format!(
            "{text}, and not as Personio does: a firewall may refuse the course's name or the file."
        ))
        .suspecting_folder(),
        // Both an unknown employee and an unknown category are a 404.
        404 => match no.model {
            Some(Model::Employee) => FilingError::no_person(format!(
                "{text}. There is no such employee in Personio (any more): nothing can be filed for them."
            )),
            Some(Model::DocumentCategory) => {
                FilingError::tenant(TenantFault::Folder, text).suspecting_folder()
            }
            None => FilingError::refused(text).suspecting_folder(),
        },
        413 => FilingError::refused(text),
        429 => FilingError::limited(Vendor::Personio, reply.asked, text),
        // 408 comes from proxies as well, which may have passed the request on.
        300..=399 | 408 | 500.. => FilingError::outcome_unknown(Vendor::Personio, text),
        _ if no.fields.is_empty() => FilingError::refused(text).suspecting_folder(),
        _ => {
            let fields = no.fields.join(", ");
            let refused = FilingError::refused(format!("{text} (did not pass: {fields})"));
            let is_of = |field: &String| matches!(field.as_str(), "category_id" | "employee_id");
            if no.fields.iter().any(is_of) {
                refused.suspecting_folder()
            } else {
                refused
            }
        }
    }
}
