//! Kombo's error envelope.

use http::StatusCode;
use serde_json::json;

use crate::engine::exchange::Reply;

/// The codes this simulator answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    RateLimitExceeded,
    IntegrationNotFound,
    InputInvalid,
    UnknownError,
    AuthenticationInvalid,
    IntegrationAuthenticationInvalid,
    SetupSyncPending,
    SetupIncomplete,
    QaFailed,
    Inactive,
    ActionNotAvailable,
    ActionDisabled,
    PermissionMissing,
    ConcurrencyLimitExceeded,
    RemoteUnavailable,
    RemoteRateLimitExceeded,
    RemoteInputInvalid,
    RemoteUnknownHttpError,
}

impl Code {
    fn parts(self) -> (StatusCode, &'static str) {
        type Status = StatusCode;
        match self {
            Self::RateLimitExceeded => (Status::TOO_MANY_REQUESTS, "PLATFORM.RATE_LIMIT_EXCEEDED"),
            Self::IntegrationNotFound => (Status::NOT_FOUND, "PLATFORM.INTEGRATION_NOT_FOUND"),
            Self::InputInvalid => (Status::BAD_REQUEST, "PLATFORM.INPUT_INVALID"),
            Self::UnknownError => (Status::INTERNAL_SERVER_ERROR, "PLATFORM.UNKNOWN_ERROR"),
            Self::AuthenticationInvalid => {
                (Status::UNAUTHORIZED, "PLATFORM.AUTHENTICATION_INVALID")
            }
            Self::IntegrationAuthenticationInvalid => {
                (Status::FORBIDDEN, "INTEGRATION.AUTHENTICATION_INVALID")
            }
            Self::SetupSyncPending => (Status::CONFLICT, "INTEGRATION.SETUP_SYNC_PENDING"),
            Self::SetupIncomplete => (Status::CONFLICT, "INTEGRATION.SETUP_INCOMPLETE"),
            Self::QaFailed => (Status::CONFLICT, "INTEGRATION.QA_FAILED"),
            Self::Inactive => (Status::FORBIDDEN, "INTEGRATION.INACTIVE"),
            Self::ActionNotAvailable => (Status::FORBIDDEN, "INTEGRATION.ACTION_NOT_AVAILABLE"),
            Self::ActionDisabled => (Status::FORBIDDEN, "INTEGRATION.ACTION_DISABLED"),
            Self::PermissionMissing => (Status::FORBIDDEN, "INTEGRATION.PERMISSION_MISSING"),
            Self::ConcurrencyLimitExceeded => (
                Status::TOO_MANY_REQUESTS,
                "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
            ),
            Self::RemoteUnavailable => (Status::SERVICE_UNAVAILABLE, "REMOTE.SERVICE_UNAVAILABLE"),
            Self::RemoteRateLimitExceeded => {
                (Status::TOO_MANY_REQUESTS, "REMOTE.RATE_LIMIT_EXCEEDED")
            }
            Self::RemoteInputInvalid => (Status::BAD_REQUEST, "REMOTE.INPUT_INVALID"),
            Self::RemoteUnknownHttpError => {
                (Status::SERVICE_UNAVAILABLE, "REMOTE.UNKNOWN_HTTP_ERROR")
            }
        }
    }
}

/// An answer with `"status": "error"`.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    code: Option<Code>,
    message: String,
}

impl Refusal {
    pub(super) fn new(code: Code) -> Self {
        Self {
            status: code.parts().0,
            code: Some(code),
            message: "The request could not be handled.".to_owned(),
        }
    }

    /// `PLATFORM.INPUT_INVALID` with a reason.
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::new(Code::InputInvalid)
        }
    }

    /// What an HTTP status alone says; a path that does not exist has no code.
    pub(super) fn of(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            400 => Some(Code::InputInvalid),
            401 => Some(Code::AuthenticationInvalid),
            403 => Some(Code::IntegrationAuthenticationInvalid),
            409 => Some(Code::SetupSyncPending),
            429 => Some(Code::RateLimitExceeded),
            503 => Some(Code::RemoteUnavailable),
            500..=599 => Some(Code::UnknownError),
            _ => None,
        };
        let message = status.canonical_reason().unwrap_or("Error").to_owned();
        Self {
            status,
            code,
            message,
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let error = json!({
            "code": self.code.map(|code| code.parts().1),
            "title": null,
            "message": self.message,
            "log_url": "https://app.kombo.dev/simulated/logs?interactionId=1",
        });
        Reply::json(self.status, &json!({"status": "error", "error": error}))
    }
}
