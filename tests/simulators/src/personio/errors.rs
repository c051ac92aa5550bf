//! Personio's v1 error shape, in the account's language.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;

use crate::engine::exchange::Reply;

/// The language of an account's labels and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// German, as most accounts of our tenants.
    #[default]
    German,
    English,
}

/// An answer that is not 200: `{"success":false,"error":{"code":…,"message":…}}`.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    /// What stands in `error.code`: not always the status.
    code: u16,
    german: String,
    english: String,
    /// `error.error_data`: the complaints about each field.
    data: Option<BTreeMap<String, Vec<String>>>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: u16, german: &str, english: &str) -> Self {
        Self {
            status,
            code,
            german: german.to_owned(),
            english: english.to_owned(),
            data: None,
        }
    }

    /// The usual message for a status.
    pub(super) fn of(status: StatusCode) -> Self {
        let code = status.as_u16();
        match code {
            401 => Self::new(
                status,
                code,
                "Authorization is not provided",
                "Authorization is not provided",
            ),
            403 => {
                let text = "Provided authorization is not valid";
                Self::new(status, code, text, text)
            }
            // The trailing space is Personio's.
            404 => Self::new(
                status,
                code,
                "Es ist ein Problem aufgetreten ",
                "Something went wrong ",
            ),
            429 => Self::new(
                status,
                code,
                "Zu viele Anfragen. Bitte versuchen Sie es später erneut.",
                "Too many requests",
            ),
            _ => Self::new(
                status,
                code,
                "Etwas ist schiefgelaufen ...",
                "Something went wrong",
            ),
        }
    }

    /// 422 about one parameter.
    pub(super) fn invalid(german: &str, english: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, 422, german, english)
    }

    /// The credential lacks a right.
    pub(super) fn scope() -> Self {
        let text = "Client scope insufficient to access resource";
        Self::new(StatusCode::FORBIDDEN, 403, text, text)
    }

    /// 404 about what a form names. The code is 0, and the message is not translated.
    pub(super) fn no_model(model: &str, id: u64) -> Self {
        let text = format!("No query results for model [{model}] {id}");
        Self::new(StatusCode::NOT_FOUND, 0, &text, &text)
    }

    /// 422 about the fields of a form. The code is 0.
    pub(super) fn data(data: BTreeMap<String, Vec<String>>) -> Self {
        let (german, english) = (
            "Die übermittelten Daten sind ungültig.",
            "The given data was invalid.",
        );
        Self {
            data: Some(data),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, 0, german, english)
        }
    }

    pub(super) fn reply(&self, language: Language) -> Reply {
        let message = match language {
            Language::German => &self.german,
            Language::English => &self.english,
        };
        let error = match &self.data {
            None => json!({"code": self.code, "message": message}),
            Some(data) => json!({"code": self.code, "message": message, "error_data": data}),
        };
        let body = json!({"success": false, "error": error});
        Reply::json(self.status, &body)
    }
}
