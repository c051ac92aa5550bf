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

    /// The same, with what the validation found as the framework's validator has it before it makes text of it.
    pub(super) fn in_objects(self) -> Self {
        let object = |text: Value| {
            let words = text.as_str().unwrap_or_default();
            let words = words.trim_start_matches("property ");
            let property = words.split(' ').next().unwrap_or_default().to_owned();
            json!({"property": property, "children": [], "constraints": {"isValid": text}})
        };
        let message = match self.message {
            Value::Array(texts) => texts.into_iter().map(object).collect(),
            other => other,
        };
        Self { message, ..self }
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
