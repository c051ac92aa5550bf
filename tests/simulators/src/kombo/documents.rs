//! `POST /hris/employees/{employee_id}/documents`

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::Client;
use serde_json::{Value, json};

use super::errors::{Code, Refusal};
use super::files::FileObject;
use super::integrations::Integration;
use super::remote::Remote;
use crate::Origin;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::multipart::{self, Part};

/// A checked upload, with everything that is needed to do it.
pub(super) struct Upload {
    remote: Remote,
    token: String,
    employee_id: u64,
    category_id: u64,
    file: FileObject,
    effect_after: jiff::SignedDuration,
}

/// Checks what is to be uploaded against the mirror.
pub(super) fn upload(
    integration: &Integration,
    path: &[String],
    request: &Request,
) -> Result<Upload, Refusal> {
    if !integration.record.manages_documents {
        return Err(Refusal::new(Code::ActionDisabled));
    }
    let Some(Value::Object(body)) = request.json() else {
        return Err(Refusal::input("The body must be a JSON object."));
    };
    if let Some(unknown) = body
        .keys()
        .find(|key| !["category_id", "document"].contains(&key.as_str()))
    {
        return Err(Refusal::input(format!("The key {unknown} does not exist.")));
    }
    let category = body.get("category_id").and_then(Value::as_str);
    let category = category.ok_or_else(|| Refusal::input("category_id must be a string."))?;
    let file = FileObject::of(body.get("document").unwrap_or(&Value::Null))?;
    let employee = path
        .first()
        .and_then(|id| integration.record.mirror.0.get(id));
    let employee = employee
        .filter(|known| known.deleted_at.is_none())
        .ok_or_else(|| Refusal::input("There is no employee with this id."))?;
    let category_id = integration
        .record
        .categories
        .remote_id(category)
        .ok_or_else(|| Refusal::input("There is no document category with this id."))?;
    let (client_id, client_secret) = &integration.record.credential;
    let token = integration
        .personio
        .token_for(client_id, client_secret)
        .ok_or_else(|| Refusal::new(Code::IntegrationAuthenticationInvalid))?;
    Ok(Upload {
        remote: integration.remote(),
        token,
        employee_id: employee.person.id,
        category_id,
        file,
        effect_after: request.effect_after,
    })
}

impl Upload {
    /// Hands the file to Personio, with its name as the title: there is no date and no comment. The answer has no id.
    pub(super) async fn carried_out(self, client: &Client) -> Result<Outcome, Refusal> {
        let file = self.file;
        let text = |name: &str, value: String| Part::Text {
            name: name.to_owned(),
            value,
        };
        let (content_type, body) = multipart::encoded(&[
            text("title", file.name.clone()),
            text("employee_id", self.employee_id.to_string()),
            text("category_id", self.category_id.to_string()),
            Part::File {
                name: "file".to_owned(),
                file_name: file.name,
                content_type: file.content_type,
                content: file.content,
            },
        ]);
        let request = Request {
            effect_after: self.effect_after,
            ..post(&self.token, &content_type, body)
        };
        let outcome = self.remote.ask(request, Origin::KomboAction, client).await;
        let Outcome::Answered(reply) = outcome else {
            // Kombo waited for Personio in vain: nobody knows whether the document is there.
            return Err(Refusal::new(Code::RemoteUnavailable));
        };
        match refusal(reply.status) {
            Some(code) => Err(Refusal::new(code)),
            // A gateway's page, or half an answer: Personio has not said that the document is there.
            None if !is_confirmed(&reply) => Err(Refusal::new(Code::RemoteUnavailable)),
            None => {
                let body = json!({"status": "success", "data": {}, "warnings": []});
                Ok(Outcome::Answered(Reply::json(StatusCode::OK, &body)))
            }
        }
    }
}

fn post(token: &str, content_type: &str, body: Bytes) -> Request {
    let headers = [
        (AUTHORIZATION, format!("Bearer {token}")),
        (CONTENT_TYPE, content_type.to_owned()),
    ];
    let headers: HeaderMap = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)))
        .collect();
    Request::new(
        Method::POST,
        "/v1/company/documents".to_owned(),
        None,
        headers,
        body,
    )
}

fn is_confirmed(reply: &Reply) -> bool {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body.pointer("/success").and_then(Value::as_bool) == Some(true)
}

/// What Kombo says to a refusal of Personio's.
fn refusal(status: StatusCode) -> Option<Code> {
    match status.as_u16() {
        200..=299 => None,
        401 => Some(Code::IntegrationAuthenticationInvalid),
        403 => Some(Code::PermissionMissing),
        404 | 413 | 422 => Some(Code::RemoteInputInvalid),
        429 => Some(Code::RemoteRateLimitExceeded),
        502..=504 => Some(Code::RemoteUnavailable),
        _ => Some(Code::RemoteUnknownHttpError),
    }
}
