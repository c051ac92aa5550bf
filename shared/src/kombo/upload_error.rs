//! What Kombo's no to an upload means: its code says whether the file may have been filed, its status does not.

use super::Code;
use super::error::{Error, Refusal};
use crate::document::{FilingError, TenantFault};
use crate::http::Vendor;
use crate::source::SourceError;

pub(super) fn upload_error(error: Error) -> FilingError {
    match error {
        Error::Http(error) => error.into(),
        Error::Refused(refusal) => refused(refusal),
    }
}

/// What a failed look-up of the person means, before the upload.
pub(super) fn look_up_error(error: Error) -> FilingError {
    match error {
        Error::Refused(refusal) if refusal.is_limit() => {
            FilingError::limited(Vendor::Kombo, refusal.asked, refusal.to_string())
        }
        error => SourceError::from(error).into(),
    }
}

fn refused(refusal: Refusal) -> FilingError {
    let text = refusal.to_string();
    let Some(code) = &refusal.code else {
        return by_status(&refusal);
    };
    let missing_right =
        |remedy: &str| FilingError::tenant(TenantFault::Right, format!("{text}. {remedy}"));
    match code {
        Code::RateLimited | Code::ConcurrencyLimited | Code::RemoteRateLimited => {
            FilingError::limited(Vendor::Kombo, refusal.asked, text)
        }
        Code::InputInvalid | Code::RemoteInputInvalid => FilingError::refused(format!(
            "{text}. Kombo refuses this document: look at the certificate's file, and at the log in \
             Kombo's dashboard."
        ))
        .suspecting_folder(),
        Code::ActionDisabled => missing_right(
            "Switch \"Manage documents\" on in the scope config of Kombo's dashboard.",
        ),
        Code::ActionNotAvailable => missing_right(
            "Kombo cannot file documents here: check the integration's actions in Kombo's dashboard.",
        ),
        // Kombo makes it of the HR system's answer to this upload.
        Code::PermissionMissing => FilingError::unclear(
            TenantFault::Right,
            format!(
                "{text}. The customer's HR credential lacks a right: grant \"Documents: write\" there."
            ),
        )
        .suspecting_folder(),
        // Kombo calls a repetition "generally safe" where the HR system is down; whether it was reached is not said.
        Code::TaskTimedOut
        | Code::PlatformUnknown
        | Code::RemoteUnavailable
        | Code::RemoteUnknown
        | Code::Other(_) => FilingError::outcome_unknown(Vendor::Kombo, text),
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

/// Without a code it was Kombo's load balancer that answered, unless the answer has the shape of Kombo's own refusals.
fn by_status(refusal: &Refusal) -> FilingError {
    let text = refusal.to_string();
    match refusal.status.as_u16() {
        401 => FilingError::unclear(
            TenantFault::Credential,
            format!("{text}. The Kombo API key is wrong or revoked."),
        )
        .suspecting_folder(),
        413 => FilingError::refused(text),
        429 => FilingError::limited(Vendor::Kombo, refusal.asked, text),
        400 | 403 | 404 | 415 | 422 => FilingError::refused(text).suspecting_folder(),
        402..500 if refusal.is_kombos && refusal.status.as_u16() != 408 => {
            FilingError::refused(text).suspecting_folder()
        }
        _ => FilingError::outcome_unknown(Vendor::Kombo, text),
    }
}
