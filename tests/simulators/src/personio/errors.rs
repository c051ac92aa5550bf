//! Personio's v1 error shape, in German as for most accounts of our tenants.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;

use crate::engine::exchange::Reply;

/// An answer that is not 200: `{"success":false,"error":{"code":…,"message":…}}`.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    /// What stands in `error.code`: not always the status.
    code: u16,
    message: String,
    /// `error.error_data`: the complaints about each field.
    data: Option<BTreeMap<String, Vec<String>>>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: u16, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            data: None,
        }
    }

    /// The usual message for a status.
    pub(super) fn of(status: StatusCode) -> Self {
        let code = status.as_u16();
        let message = match code {
            401 => "Authorization is not provided",
            403 => "Provided authorization is not valid",
            // The trailing space is Personio's.
            404 => "Es ist ein Problem aufgetreten ",
            429 => "Zu viele Anfragen. Bitte versuchen Sie es später erneut.",
            _ => "Etwas ist schiefgelaufen ...",
        };
        Self::new(status, code, message)
    }

    /// 422 about one parameter.
    pub(super) fn invalid(message: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, 422, message)
    }

    /// The credential lacks a right.
    pub(super) fn scope() -> Self {
        let text = "Client scope insufficient to access resource";
        Self::new(StatusCode::FORBIDDEN, 403, text)
    }

    /// 404 about what a form names. The code is 0, and the message is English.
    pub(super) fn no_model(model: &str, id: u64) -> Self {
        let text = format!("No query results for model [{model}] {id}");
        Self::new(StatusCode::NOT_FOUND, 0, &text)
    }

    /// 422 about the fields of a form. The code is 0.
    pub(super) fn data(data: BTreeMap<String, Vec<String>>) -> Self {
        let message = "Die übermittelten Daten sind ungültig.";
        Self {
            data: Some(data),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, 0, message)
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let message = &self.message;
        let error = match &self.data {
            None => json!({"code": self.code, "message": message}),
            Some(data) => json!({"code": self.code, "message": message, "error_data": data}),
        };
        let body = json!({"success": false, "error": error});
        Reply::json(self.status, &body)
    }
}
