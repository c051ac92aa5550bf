//! What Kombo's no to an upload means: its code says whether the file may have been filed, its status does not.

use super::Code;
use super::error::{Error, Refusal};
use crate::document::UploadError;
use crate::source::SourceError;

pub(super) fn upload_error(error: Error) -> UploadError {
    match error {
        Error::Http(error) => error.into(),
        Error::Refused(refusal) => refused(refusal),
    }
}

fn refused(refusal: Refusal) -> UploadError {
    let text = refusal.to_string();
    let Some(code) = &refusal.code else {
        return by_status(&refusal);
    };
    match code {
        Code::RateLimited | Code::ConcurrencyLimited | Code::RemoteRateLimited => {
            UploadError::RateLimited(text)
        }
        Code::InputInvalid | Code::RemoteInputInvalid => {
            let problem = format!(
                "{text}. Kombo does not take this document as it is: look at the certificate's file, and at the log in \
                 Kombo's dashboard."
            );
            UploadError::Refused {
                problem,
                fields: Vec::new(),
            }
        }
        Code::ActionDisabled => UploadError::Forbidden(format!(
            "{text}. Switch \"Manage documents\" on in the scope config of Kombo's dashboard."
        )),
        Code::ActionNotAvailable => UploadError::Forbidden(format!(
            "{text}. Kombo cannot file documents here: check the integration's actions in Kombo's dashboard."
        )),
        Code::PermissionMissing => UploadError::Forbidden(format!(
            "{text}. The customer's HR credential lacks a right: grant \"Documents: write\" there."
        )),
        // Kombo calls a repetition "generally safe" where the HR system is down; whether it was reached is not said.
        Code::TaskTimedOut
        | Code::PlatformUnknown
        | Code::RemoteUnavailable
        | Code::RemoteUnknown
        | Code::Other(_) => UploadError::Uncertain(text),
        Code::IntegrationNotFound
        | Code::IpNotAllowed
        | Code::KeyInvalid
        | Code::AuthenticationInvalid
        | Code::QaFailed
        | Code::SetupSyncPending
        | Code::SetupIncomplete
        | Code::Inactive
        | Code::ModelNotAvailable
        | Code::ModelDisabled => SourceError::from(refusal).into(),
    }
}

/// Without a code it was Kombo's load balancer that answered.
fn by_status(refusal: &Refusal) -> UploadError {
    let text = refusal.to_string();
    match refusal.status.as_u16() {
        401 => UploadError::Connection(SourceError::Credential(format!(
            "{text}. The Kombo API key is wrong or revoked."
        ))),
        403 => UploadError::Forbidden(text),
        404 => UploadError::Gone(text),
        413 => UploadError::TooLarge(text),
        429 => UploadError::RateLimited(text),
        400 | 415 | 422 => UploadError::Refused {
            problem: text,
            fields: Vec::new(),
        },
        _ => UploadError::Uncertain(text),
    }
}
