//! Personio's v2 error shapes.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::engine::exchange::Reply;

const MIME: &str = "application/problem+json";

/// An answer of v2 that is not 2xx.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    title: String,
    detail: String,
    /// What stands behind `…/reference/errors#`.
    kind: &'static str,
}

impl Problem {
    /// The usual problem for a status.
    pub(super) fn of(status: StatusCode) -> Self {
        let (title, kind) = match status.as_u16() {
            400 => ("Bad request", "common.bad_request"),
            401 => ("Unauthorized Request", "common.unauthorized"),
            403 => ("Insufficient access scope", "common.forbidden"),
            404 => ("Resource not found", "common.resource_not_found"),
            429 => ("Too many requests", "common.too_many_requests"),
            502 => ("Bad gateway", "common.bad_gateway"),
            503 => ("Service unavailable", "common.service_unavailable"),
            504 => ("Gateway timeout", "common.gateway_timeout"),
            _ => ("Internal server error", "common.internal_server_error"),
        };
        Self {
            status,
            title: title.to_owned(),
            detail: title.to_owned(),
            kind,
        }
    }

    /// 400 about one parameter.
    pub(super) fn invalid(parameter: &str) -> Self {
        let detail = format!("Provided value for {parameter} is not valid");
        Self {
            detail,
            ..Self::of(StatusCode::BAD_REQUEST)
        }
    }

    /// A right is missing: 403, and on some accounts 401.
    pub(super) fn scope(status: StatusCode) -> Self {
        let detail = match status {
            StatusCode::UNAUTHORIZED => "Unauthorized Request",
            _ => "Client scope insufficient to access resource",
        };
        Self {
            detail: detail.to_owned(),
            ..Self::of(status)
        }
    }

    pub(super) fn reply(&self, now: Timestamp) -> Reply {
        let error = json!({
            "title": self.title,
            "detail": self.detail,
            "type": format!("https://developer.personio.de/reference/errors#{}", self.kind),
            "_meta": {},
        });
        let body = json!({"personio_trace_id": "aswo3f-1", "timestamp": format!("{now:.0}"), "errors": [error]});
        Reply::raw(self.status, MIME, body.to_string())
    }
}

/// Why a v2 log-in fails: `error` of RFC 6749, always with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    InvalidRequest,
    InvalidClient,
    UnsupportedGrantType,
    InvalidScope,
}

impl Denied {
    pub(super) fn reply(self, now: Timestamp) -> Reply {
        let (error, description) = match self {
            Self::InvalidRequest => (
                "invalid_request",
                "The request is missing a required parameter",
            ),
            Self::InvalidClient => ("invalid_client", "Client authentication failed"),
            Self::UnsupportedGrantType => (
                "unsupported_grant_type",
                "The authorization grant type is not supported",
            ),
            Self::InvalidScope => (
                "invalid_scope",
                "The requested scope is invalid or exceeds the granted one",
            ),
        };
        let uri =
            format!("https://developer.personio.de/reference/errors#credentials.oauth2.{error}");
        let body = json!({
            "timestamp": format!("{now:.0}"),
            "trace_id": "baaa0001",
            "error": error,
            "error_description": description,
            "error_uri": uri,
        });
        Reply::raw(StatusCode::BAD_REQUEST, MIME, body.to_string())
    }
}
