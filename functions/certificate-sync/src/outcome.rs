//! How a run leaves a certificate: the one result that plan, executor, checkpoint and report share.

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::state::RetryState;

/// How a run leaves a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CertificateResult {
    Filed,
    /// Found filed, by an earlier upload of unknown outcome.
    Verified,
    /// Found filed before anything was sent.
    Adopted,
    /// Not filed; tried again later.
    Failed(RetryState),
    /// Left alone until the operator decides, for this reason.
    Parked(String),
    /// It may be filed; the document is looked for from this moment on.
    OutcomeUnknown(Timestamp),
    /// Its owner's documents cannot be listed: it may be among them. Looked up again later.
    Unlisted(RetryState),
    /// Its PDF is on this host, which the tenant's file does not allow.
    HostNotAllowed(String),
    /// Filed, and issued again since: its document is out of date.
    Reissued,
    /// Could have been filed, and is left for the next run.
    NotReached,
    /// Refused for this reason like others: not counted against it, and left for the next run.
    RefusedAlike(String),
    /// Nothing was done about it.
    Skipped(SkipReason),
}

/// Why a run does nothing about a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// It is filed, or somebody decided about it.
    AlreadyFinal,
    /// An earlier run parked it; the operator has to decide.
    Parked {
        /// In whose file it belongs.
        employee: SourceId,
        reason: String,
    },
    /// It is part of a backfill that nobody has started.
    Held,
    /// Its course was completed before the day that the tenant's file names.
    BeforeSince,
    /// The HR system has deleted its owner. Tried again later, and never left to the operator.
    PersonDeleted(RetryState),
    /// Its PDF is not made yet.
    AwaitingPdf,
    /// It failed, and its next try is still ahead.
    AwaitingRetry(Timestamp),
    /// Its upload's outcome is unknown, and the document may still show up.
    AwaitingCheck(Timestamp),
    /// Its owner is not from the HR system.
    NotFromHr,
    /// Its participation has no customer.
    NoCustomer,
    /// reteach does not list it any more.
    Gone,
}

impl CertificateResult {
    /// When a run has to look at it next; `None`: only if reteach lists it otherwise, or the operator decides.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Failed(retry)
            | Self::Unlisted(retry)
            | Self::Skipped(SkipReason::PersonDeleted(retry)) => Some(retry.retry_at),
            Self::OutcomeUnknown(at)
            | Self::Skipped(SkipReason::AwaitingRetry(at) | SkipReason::AwaitingCheck(at)) => {
                Some(*at)
            }
            Self::NotReached | Self::RefusedAlike(_) | Self::HostNotAllowed(_) => Some(now),
            Self::Filed
            | Self::Verified
            | Self::Adopted
            | Self::Parked(_)
            | Self::Reissued
            | Self::Skipped(
                SkipReason::AlreadyFinal
                | SkipReason::Parked { .. }
                | SkipReason::Held
                | SkipReason::BeforeSince
                | SkipReason::AwaitingPdf
                | SkipReason::NotFromHr
                | SkipReason::NoCustomer
                | SkipReason::Gone,
            ) => None,
        }
    }

    /// Whether it may be filed or not.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::OutcomeUnknown(_) | Self::Skipped(SkipReason::AwaitingCheck(_))
        )
    }

    /// The host of its PDF, where the tenant's file does not allow it.
    #[must_use]
    pub fn refused_host(&self) -> Option<&str> {
        match self {
            Self::HostNotAllowed(host) => Some(host),
            _ => None,
        }
    }

    /// Whether it is part of a backfill on hold.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Skipped(SkipReason::Held))
    }

    /// Whether its PDF is not made yet.
    #[must_use]
    pub fn is_waiting_for_pdf(&self) -> bool {
        matches!(self, Self::Skipped(SkipReason::AwaitingPdf))
    }
}
