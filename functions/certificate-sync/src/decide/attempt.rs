//! What follows from an attempt to file a certificate.

use std::time::Duration;

use jiff::Timestamp;
use shared::document::{FilingError, Reach, Suspect};
use shared::domain::id::DocumentId;
use shared::http::{Effect, Elapsed};
use shared::reteach;
use shared::runtime::{Outcome, RunError};
use shared::state::{CertificateState, Intent, RetryState, StateError};
use thiserror::Error;

use super::{Refusal, Signal, Transition, out_of_time, retry};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::{PreviousFailures, VERIFY_AFTER};

/// Personio counts uploads by the minute; a limit without a time is waited out.
const LIMIT_WINDOW: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AttemptError {
    #[error(transparent)]
    Filing(#[from] FilingError),
    /// The tenant's file does not allow the host of the PDF: nothing was asked for.
    #[error("the PDF is on {0}, which [reteach] download_hosts does not allow")]
    HostNotAllowed(String),
    /// The PDF's address leads on to such a host. Only following it shows that, and others may lead there as well.
    #[error("{}", .0.reason)]
    LeadsElsewhere(Refusal),
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

impl From<Elapsed> for AttemptError {
    fn from(error: Elapsed) -> Self {
        Self::Filing(error.into())
    }
}

impl From<reteach::Error> for AttemptError {
    fn from(error: reteach::Error) -> Self {
        Self::Filing(error.into())
    }
}

impl From<reteach::DownloadError> for AttemptError {
    fn from(error: reteach::DownloadError) -> Self {
        match error {
            reteach::DownloadError::Forbidden(reteach::Forbidden::Host(host)) => {
                Self::LeadsElsewhere(Refusal::of_host(host))
            }
            error => Self::Filing(error.into()),
        }
    }
}

impl AttemptError {
    /// How long a vendor wants no further upload, where it is no more than that.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        match self {
            Self::Filing(FilingError {
                reach: Reach::Limit(_, wait),
                effect: Effect::None,
                ..
            }) => Some(wait.unwrap_or(LIMIT_WINDOW)),
            _ => None,
        }
    }

    /// What was refused, for good or for now, where the certificate or its file may be the cause.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        let error = match self {
            Self::LeadsElsewhere(refusal) => return Some(refusal.clone()),
            Self::Filing(error) | Self::DownloadRefused(error) => error,
            Self::HostNotAllowed(_) | Self::Halted(_) | Self::Skipped(_) => return None,
        };
        let suspect = match error.reach {
            Reach::Certificate => None,
            Reach::Unclear(suspect) => Some(suspect),
            _ => return None,
        };
        (error.effect == Effect::None).then(|| Refusal {
            reason: error.reason.clone(),
            suspect,
            host: None,
        })
    }

    /// Whether it says anything about other certificates.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        match self {
            Self::Filing(error) | Self::DownloadRefused(error) => {
                matches!(error.reach, Reach::Certificate | Reach::Unclear(_))
            }
            Self::LeadsElsewhere(_) => true,
            Self::HostNotAllowed(_) | Self::Halted(_) | Self::Skipped(_) => false,
        }
    }

    /// Whether another attempt at once may succeed, and cannot file the certificate twice.
    #[must_use]
    pub fn may_pass_at_once(&self) -> bool {
        match self {
            Self::Filing(error) => {
                error.transient
                    && error.effect == Effect::None
                    && matches!(
                        error.reach,
                        Reach::Certificate | Reach::Unclear(_) | Reach::Vendor(_)
                    )
            }
            Self::HostNotAllowed(_)
            | Self::LeadsElsewhere(_)
            | Self::DownloadRefused(_)
            | Self::Halted(_)
            | Self::Skipped(_) => false,
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
        Err(AttemptError::HostNotAllowed(host)) => {
            let result = CertificateResult::HostNotAllowed(host);
            (Transition::unchanged(result), Signal::None)
        }
        Err(AttemptError::LeadsElsewhere(refusal)) => {
            let transition = after_shared_refusal(previous, &refusal, intent, now);
            (transition, Signal::None)
        }
        Err(AttemptError::Halted(halt)) => stopped(previous, halt, intent, now),
        // Somebody has decided meanwhile, or a run that lost its lease has written its intent: the next run looks.
        Err(AttemptError::Skipped(SkipReason::AlreadyFinal)) => {
            let changed = Transition::unchanged(CertificateResult::NotReached);
            (changed, Signal::None)
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
        Reach::Unclear(Suspect::Vendor(_)) => Signal::None,
        Reach::Certificate | Reach::Unclear(Suspect::Tenant(_)) | Reach::Person => Signal::Answered,
        // Waited out before, as long as there was time.
        Reach::Limit(..) => Signal::Stop(RunError::new(Outcome::Partly, &error)),
        Reach::Vendor(_) => Signal::NoAnswer(error.into()),
        Reach::Tenant(_) => Signal::Stop(error.into()),
        Reach::Run => Signal::Stop(out_of_time()),
    };
    let transition = match (effect, reach) {
        (Effect::Unknown, _) => Transition::unchanged(unknown_or_unreached(intent)),
        (Effect::None, Reach::Certificate | Reach::Unclear(_) | Reach::Vendor(_)) => {
            retry::after(previous, transient, reason, now, now)
        }
        (Effect::None, Reach::Person) => after_person_deleted(previous, reason, now),
        (Effect::None, Reach::Tenant(_) | Reach::Limit(..) | Reach::Run) => {
            withdrawn(previous, reason, CertificateResult::NotReached, intent, now)
        }
    };
    (transition, signal)
}

/// What follows where the HR system does not have the person (any more): another try from time to time, and nothing for
/// the operator to decide.
#[must_use]
pub fn after_person_deleted(
    previous: PreviousFailures,
    reason: String,
    now: Timestamp,
) -> Transition {
    let retry = retry::paused_for_good(previous, reason, now);
    Transition {
        write: Some(CertificateState::Failed(retry.clone())),
        result: CertificateResult::Skipped(SkipReason::PersonDeleted(retry)),
        if_unwritten: CertificateResult::NotReached,
    }
}

/// What follows where the person's documents cannot be listed: another look from time to time, and nothing is filed
/// without one.
#[must_use]
pub fn after_unlisted(previous: PreviousFailures, reason: String, now: Timestamp) -> Transition {
    let retry = retry::paused_for_good(previous, reason, now);
    Transition {
        write: Some(CertificateState::Failed(retry.clone())),
        result: CertificateResult::Unlisted(retry),
        if_unwritten: CertificateResult::NotReached,
    }
}

/// What follows from a refusal that meets all of the tenant's certificates alike: it is not counted against this one.
/// Where the answer names its suspect, it says nothing about the certificate. A refused host never counts against one.
#[must_use]
pub fn after_shared_refusal(
    previous: PreviousFailures,
    refusal: &Refusal,
    intent: Option<Intent>,
    now: Timestamp,
) -> Transition {
    let reason = refusal.reason.clone();
    let result = match (&refusal.host, refusal.suspect) {
        (Some(host), _) => CertificateResult::HostNotAllowed(host.clone()),
        (None, None) => CertificateResult::RefusedAlike(reason.clone()),
        (None, Some(_)) => CertificateResult::NotReached,
    };
    withdrawn(previous, reason, result, intent, now)
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
    let PreviousFailures {
        failures,
        refusals,
        since,
        unlisted,
        unverified_at,
    } = previous;
    Transition {
        write: Some(CertificateState::Failed(RetryState {
            reason,
            failures,
            refusals,
            unlisted,
            unverified_at,
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
