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
    fn text(self) -> &'static str {
        match self {
            Self::RateLimitExceeded => "PLATFORM.RATE_LIMIT_EXCEEDED",
            Self::IntegrationNotFound => "PLATFORM.INTEGRATION_NOT_FOUND",
            Self::InputInvalid => "PLATFORM.INPUT_INVALID",
            Self::UnknownError => "PLATFORM.UNKNOWN_ERROR",
            Self::AuthenticationInvalid => "PLATFORM.AUTHENTICATION_INVALID",
            Self::IntegrationAuthenticationInvalid => "INTEGRATION.AUTHENTICATION_INVALID",
            Self::SetupSyncPending => "INTEGRATION.SETUP_SYNC_PENDING",
            Self::SetupIncomplete => "INTEGRATION.SETUP_INCOMPLETE",
            Self::QaFailed => "INTEGRATION.QA_FAILED",
            Self::Inactive => "INTEGRATION.INACTIVE",
            Self::ActionNotAvailable => "INTEGRATION.ACTION_NOT_AVAILABLE",
            Self::ActionDisabled => "INTEGRATION.ACTION_DISABLED",
            Self::PermissionMissing => "INTEGRATION.PERMISSION_MISSING",
            Self::ConcurrencyLimitExceeded => "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
            Self::RemoteUnavailable => "REMOTE.SERVICE_UNAVAILABLE",
            Self::RemoteRateLimitExceeded => "REMOTE.RATE_LIMIT_EXCEEDED",
            Self::RemoteInputInvalid => "REMOTE.INPUT_INVALID",
            Self::RemoteUnknownHttpError => "REMOTE.UNKNOWN_HTTP_ERROR",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::RateLimitExceeded
            | Self::ConcurrencyLimitExceeded
            | Self::RemoteRateLimitExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::IntegrationNotFound => StatusCode::NOT_FOUND,
            Self::InputInvalid | Self::RemoteInputInvalid => StatusCode::BAD_REQUEST,
            Self::UnknownError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::AuthenticationInvalid => StatusCode::UNAUTHORIZED,
            Self::SetupSyncPending | Self::SetupIncomplete | Self::QaFailed => StatusCode::CONFLICT,
            Self::IntegrationAuthenticationInvalid
            | Self::Inactive
            | Self::ActionNotAvailable
            | Self::ActionDisabled
            | Self::PermissionMissing => StatusCode::FORBIDDEN,
            Self::RemoteUnavailable | Self::RemoteUnknownHttpError => {
                StatusCode::SERVICE_UNAVAILABLE
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
            status: code.status(),
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
            "code": self.code.map(Code::text),
            "title": null,
            "message": self.message,
            "log_url": "https://app.kombo.dev/simulated/logs?interactionId=1",
        });
        Reply::json(self.status, &json!({"status": "error", "error": error}))
    }
}
