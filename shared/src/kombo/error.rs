//! What Kombo refuses, and what that means to a caller.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use thiserror::Error;

use super::Code;
use crate::http::{self, Call, Effect, Interpreted, Reply, RetryHint, redact};
use crate::source::SourceError;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No answer, or none that can be read.
    #[error(transparent)]
    Http(#[from] http::Error),
}

/// Kombo's no: its status, its code and its title. Its message may hold personal data and is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Refusal {
    pub call: Call,
    pub status: StatusCode,
    /// What went wrong; `None` where Kombo does not say it, or its load balancer answered.
    pub code: Option<Code>,
    pub title: Option<String>,
    /// Whether it has the shape of Kombo's refusals: a load balancer before it answers otherwise.
    pub is_kombos: bool,
    pub effect: Effect,
    /// How long Kombo asks to wait, where it says so.
    pub asked: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.call, self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        self.title
            .as_ref()
            .map_or(Ok(()), |title| write!(f, ": {title}"))
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    status: String,
    error: Detail,
}

#[derive(Default, Deserialize)]
struct Detail {
    code: Option<Code>,
    title: Option<String>,
}

impl Refusal {
    /// Kombo's no in `reply`; `None` if it is a yes.
    pub(super) fn of(reply: &Reply) -> Option<Self> {
        if reply.status.is_success() {
            return None;
        }
        let body = reply.json::<Body>().ok();
        let is_kombos = body.as_ref().is_some_and(|body| body.status == "error");
        let Detail { code, title } = body.map(|body| body.error).unwrap_or_default();
        Some(Self {
            call: reply.call.clone(),
            status: reply.status,
            code,
            title: title.as_deref().map(redact),
            is_kombos,
            effect: reply.effect,
            asked: reply.asked,
        })
    }

    pub(super) fn is_limit(&self) -> bool {
        match &self.code {
            None => self.status == StatusCode::TOO_MANY_REQUESTS,
            Some(code) => matches!(
                code,
                Code::RateLimited | Code::ConcurrencyLimited | Code::RemoteRateLimited
            ),
        }
    }
}

/// Decides by Kombo's code whether another attempt may help: the statuses have changed before (503 to 409).
pub(super) fn interpret(mut reply: Reply) -> Interpreted {
    let code = Refusal::of(&reply).and_then(|refusal| refusal.code);
    let retry = match code {
        None | Some(Code::Other(_) | Code::PlatformUnknown | Code::TaskTimedOut) => {
            RetryHint::ByStatus
        }
        Some(Code::RateLimited | Code::ConcurrencyLimited | Code::RemoteRateLimited) => {
            RetryHint::Again
        }
        Some(Code::RemoteUnavailable) => {
            reply.status = StatusCode::SERVICE_UNAVAILABLE;
            RetryHint::ByStatus
        }
        Some(_) => RetryHint::Final,
    };
    Interpreted { reply, retry }
}

impl From<Error> for SourceError {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(error) => error.into(),
            Error::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for SourceError {
    fn from(refusal: Refusal) -> Self {
        let advise = |what: &str| format!("{refusal}. {what}");
        let Some(code) = &refusal.code else {
            return by_status(&refusal);
        };
        match code {
            Code::SetupSyncPending => Self::NotReady(advise(
                "The first sync is still running; nothing needs to be done.",
            )),
            Code::AuthenticationInvalid => Self::Lapsed(advise(
                "The customer's HR credential is no longer valid: reconnect from Kombo's dashboard.",
            )),
            Code::Inactive => Self::Lapsed(advise(
                "The integration is switched off: enable it in Kombo's dashboard.",
            )),
            Code::SetupIncomplete => Self::Lapsed(advise(
                "The customer has not finished the setup: send the setup link again.",
            )),
            Code::QaFailed => Self::Lapsed(advise(
                "The setup did not pass Kombo's checks: look at the integration in Kombo's dashboard.",
            )),
            Code::IntegrationNotFound => Self::Lapsed(advise(
                "There is no such integration for this API key: check [kombo] integration_id, or connect again.",
            )),
            Code::KeyInvalid => Self::Credential(advise("The Kombo API key is wrong or revoked.")),
            Code::IpNotAllowed => Self::Forbidden(advise(
                "The Kombo API key is limited to other addresses: extend its list.",
            )),
            Code::PermissionMissing => Self::Forbidden(advise(
                "The customer's HR credential lacks a right: grant it there.",
            )),
            Code::ModelNotAvailable
            | Code::ModelDisabled
            | Code::ActionNotAvailable
            | Code::ActionDisabled => Self::Forbidden(advise(
                "Kombo does not offer this here: check the integration's scope config.",
            )),
            Code::InputInvalid => Self::Refused(refusal.to_string()),
            Code::RemoteInputInvalid => Self::Unreadable(refusal.to_string()),
            Code::RateLimited
            | Code::ConcurrencyLimited
            | Code::PlatformUnknown
            | Code::TaskTimedOut
            | Code::RemoteUnavailable
            | Code::RemoteRateLimited
            | Code::RemoteUnknown => Self::Unavailable(refusal.to_string()),
            Code::Other(_) => by_status(&refusal),
        }
    }
}

fn by_status(refusal: &Refusal) -> SourceError {
    match refusal.status.as_u16() {
        401 => {
            SourceError::Credential(format!("{refusal}. The Kombo API key is wrong or revoked."))
        }
        403 => SourceError::Forbidden(refusal.to_string()),
        408 | 429 | 500.. => SourceError::Unavailable(refusal.to_string()),
        400..500 if refusal.code.is_some() || refusal.is_kombos => {
            SourceError::Refused(refusal.to_string())
        }
        _ => SourceError::Unreadable(refusal.to_string()),
    }
}
