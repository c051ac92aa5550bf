//! What follows from an attempt to file a certificate.

use jiff::Timestamp;
use shared::document::{FilingError, Reach};
use shared::domain::id::DocumentId;
use shared::http::Effect;
use shared::reteach;
use shared::runtime::RunError;
use shared::state::{CertificateState, Intent, RetryState, StateError};
use thiserror::Error;

use super::{Signal, Transition, out_of_time, retry};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::{PreviousFailures, VERIFY_AFTER};

/// Why an attempt ended without a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AttemptError {
    /// A download or an upload failed.
    #[error(transparent)]
    Filing(#[from] FilingError),
    /// A fresh address of the PDF is refused as well: another one has no better chance in this run.
    #[error("{0}")]
    DownloadRefused(FilingError),
    /// The run cannot go on; nothing was filed.
    #[error("{}", .0.message)]
    Halted(RunError),
    /// There is nothing to file (any more).
    #[error("there is nothing to file")]
    Skipped(SkipReason),
}

impl From<StateError> for AttemptError {
    fn from(error: StateError) -> Self {
        Self::Halted(error.into())
    }
}

impl From<reteach::Error> for AttemptError {
    fn from(error: reteach::Error) -> Self {
        Self::Filing(error.into())
    }
}

impl From<reteach::DownloadError> for AttemptError {
    fn from(error: reteach::DownloadError) -> Self {
        Self::Filing(error.into())
    }
}

impl AttemptError {
    /// Whether another attempt at once may succeed, and cannot file the certificate twice.
    #[must_use]
    pub fn may_pass_at_once(&self) -> bool {
        match self {
            Self::Filing(error) => {
                error.transient && error.effect == Effect::None && error.reach != Reach::Run
            }
            Self::DownloadRefused(_) | Self::Halted(_) | Self::Skipped(_) => false,
        }
    }
}

/// What follows from the attempt. `intent` is what the ledger has of it: `None` if it failed before the upload.
#[must_use]
pub fn after_attempt(
    previous: PreviousFailures,
    attempt: Result<Option<DocumentId>, AttemptError>,
    intent: Option<Intent>,
    now: Timestamp,
) -> (Transition, Signal) {
    let unknown = unknown_or_unreached(intent);
    match attempt {
        Ok(document) => {
            let transition = Transition {
                write: Some(CertificateState::Uploaded { at: now, document }),
                result: CertificateResult::Filed,
                if_unwritten: unknown,
            };
            (transition, Signal::Answered)
        }
        Err(AttemptError::Filing(error) | AttemptError::DownloadRefused(error)) => {
            after_failure(previous, error, intent, now)
        }
        Err(AttemptError::Halted(halt)) => stopped(previous, halt, intent, now),
        Err(AttemptError::Skipped(SkipReason::AlreadyFinal)) => {
            let final_ = CertificateResult::Skipped(SkipReason::AlreadyFinal);
            (Transition::unchanged(final_), Signal::None)
        }
        Err(AttemptError::Skipped(skipped)) => {
            let reason = match skipped {
                SkipReason::AwaitingPdf => "its PDF is being made again",
                _ => "reteach does not have it any more",
            };
            let result = CertificateResult::Skipped(skipped);
            let transition = withdrawn(previous, reason.to_owned(), result, intent, now);
            (transition, Signal::None)
        }
    }
}

/// The one place that decides by reach, effect and transience.
fn after_failure(
    previous: PreviousFailures,
    error: FilingError,
    intent: Option<Intent>,
    now: Timestamp,
) -> (Transition, Signal) {
    let FilingError {
        reach,
        effect,
        transient,
        folder_suspected: _,
        reason,
    } = error.clone();
    let signal = match reach {
        Reach::Certificate if transient => Signal::None,
        Reach::Certificate => Signal::Answered,
        Reach::Vendor(_) => Signal::NoAnswer(error.into()),
        Reach::Tenant(_) => Signal::Stop(error.into()),
        Reach::Run => Signal::Stop(out_of_time()),
    };
    let transition = match (effect, reach) {
        (Effect::Unknown, _) => Transition::unchanged(unknown_or_unreached(intent)),
        (Effect::None, Reach::Certificate | Reach::Vendor(_)) => {
            retry::after(previous, transient, reason, now, now)
        }
        (Effect::None, Reach::Tenant(_) | Reach::Run) => {
            withdrawn(previous, reason, CertificateResult::NotReached, intent, now)
        }
    };
    (transition, signal)
}

fn stopped(
    previous: PreviousFailures,
    halt: RunError,
    intent: Option<Intent>,
    now: Timestamp,
) -> (Transition, Signal) {
    let (reason, result) = (halt.message.clone(), CertificateResult::NotReached);
    let transition = withdrawn(previous, reason, result, intent, now);
    (transition, Signal::Stop(halt))
}

/// Withdraws an intent that certainly filed nothing, without counting a failure. If that cannot be written, the next
/// run has to look for the document.
fn withdrawn(
    previous: PreviousFailures,
    reason: String,
    result: CertificateResult,
    intent: Option<Intent>,
    now: Timestamp,
) -> Transition {
    let Some(intent) = intent else {
        return Transition::unchanged(result);
    };
    let PreviousFailures { failures, since } = previous;
    Transition {
        write: Some(CertificateState::Failed(RetryState {
            reason,
            failures,
            since: since.unwrap_or(now),
            retry_at: now,
        })),
        result,
        if_unwritten: CertificateResult::OutcomeUnknown(intent.at + VERIFY_AFTER),
    }
}

fn unknown_or_unreached(intent: Option<Intent>) -> CertificateResult {
    intent.map_or(CertificateResult::NotReached, |intent| {
        CertificateResult::OutcomeUnknown(intent.at + VERIFY_AFTER)
    })
}
