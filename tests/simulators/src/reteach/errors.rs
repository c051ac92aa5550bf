//! NestJS error bodies.

use http::StatusCode;
use serde_json::{Value, json};

use crate::engine::exchange::Reply;

/// An answer that is not 2xx: `{"statusCode":…,"message":…,"error":…}`, the message a text, or a list from the validation.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    message: Value,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: Value::String(message.into()),
        }
    }

    /// 422 with everything that the validation found.
    pub(super) fn invalid(messages: Vec<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            message: json!(messages),
        }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    pub(super) fn reply(&self) -> Reply {
        let error = match self.status {
            // As the document spells it.
            StatusCode::NOT_FOUND => "Not found",
            status => status.canonical_reason().unwrap_or("Error"),
        };
        let body =
            json!({"statusCode": self.status.as_u16(), "message": self.message, "error": error});
        Reply::json(self.status, &body)
    }
}
