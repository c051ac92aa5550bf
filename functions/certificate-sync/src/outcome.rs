//! How a run leaves a certificate: the one result that plan, executor, checkpoint and report share.

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::state::RetryState;

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
    Skipped(SkipReason),
}

/// Why a run does nothing about a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// It is filed, or somebody decided about it.
    AlreadyFinal,
    /// An earlier run parked it; the operator has to decide.
    Parked {
        employee: SourceId,
        reason: String,
    },
    /// It is part of a backfill that nobody has started.
    Held,
    /// Its course was completed before the day that the tenant's file names.
    BeforeSince,
    /// The HR system has deleted its owner. Tried again later, and never left to the operator.
    PersonDeleted(RetryState),
    AwaitingPdf,
    /// It failed, and its next try is still ahead.
    AwaitingRetry(Timestamp),
    /// Its upload's outcome is unknown, and the document may still show up.
    AwaitingCheck(Timestamp),
    /// Its owner is not from the HR system.
    NotFromHr,
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

    #[must_use]
    pub fn is_waiting_for_pdf(&self) -> bool {
        matches!(self, Self::Skipped(SkipReason::AwaitingPdf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-05-11T{time}Z").parse().unwrap()
    }

    #[test]
    fn a_result_says_when_it_is_due_and_what_is_open_about_it() {
        use CertificateResult::{
            Adopted, Failed, Filed, HostNotAllowed, NotReached, OutcomeUnknown, Parked,
            RefusedAlike, Reissued, Skipped, Unlisted, Verified,
        };
        let (now, later) = (at("08:00:00"), at("09:00:00"));
        let retry = RetryState {
            failures: 1,
            retry_at: later,
            ..RetryState::asked_for("why".to_owned(), at("07:00:00"))
        };
        let parked = SkipReason::Parked {
            employee: SourceId::new("1"),
            reason: "why".to_owned(),
        };
        let host = "files.example.com".to_owned();
        // When it is due; whether it may be filed, is held, waits for its PDF, is on a refused host.
        let no = [false; 4];
        let [unknown, held, no_pdf, refused] = [0, 1, 2, 3].map(|place| {
            let mut said = no;
            said[place] = true;
            said
        });
        for (result, due, expected) in [
            (Filed, None, no),
            (Verified, None, no),
            (Adopted, None, no),
            (Reissued, None, no),
            (Parked("why".to_owned()), None, no),
            (Failed(retry.clone()), Some(later), no),
            (Unlisted(retry.clone()), Some(later), no),
            (OutcomeUnknown(later), Some(later), unknown),
            (NotReached, Some(now), no),
            (RefusedAlike("why".to_owned()), Some(now), no),
            (HostNotAllowed(host), Some(now), refused),
            (Skipped(SkipReason::AlreadyFinal), None, no),
            (Skipped(parked), None, no),
            (Skipped(SkipReason::Held), None, held),
            (Skipped(SkipReason::BeforeSince), None, no),
            (Skipped(SkipReason::PersonDeleted(retry)), Some(later), no),
            (Skipped(SkipReason::AwaitingPdf), None, no_pdf),
            (Skipped(SkipReason::AwaitingRetry(later)), Some(later), no),
            (
                Skipped(SkipReason::AwaitingCheck(later)),
                Some(later),
                unknown,
            ),
            (Skipped(SkipReason::NotFromHr), None, no),
            (Skipped(SkipReason::NoCustomer), None, no),
            (Skipped(SkipReason::Gone), None, no),
        ] {
            let host = result.refused_host();
            let said = [
                result.is_outcome_unknown(),
                result.is_held(),
                result.is_waiting_for_pdf(),
                host.is_some(),
            ];
            assert_eq!((result.due(now), said), (due, expected), "{result:?}");
            assert!(host.is_none_or(|host| host == "files.example.com"));
        }
    }
}
