//! What follows from an attempt at a certificate, or from looking for its document. Pure: the clock is an argument.

mod attempt;
mod before_filing;
mod look;
mod retry;
mod series;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use shared::runtime::{Outcome, RunError};
use shared::state::{CertificateState, Intent, RetryState};

pub use attempt::{
    AttemptError, after_attempt, after_person_deleted, after_shared_refusal, after_unlisted,
};
pub use before_filing::{BeforeFiling, before_filing, needs_ledger, needs_second_list, of_both};
pub use look::{AfterLook, after_gone, after_look};

pub use series::{Advance, Refusal, Rest, Series, probe_place, still_counted};

use crate::outcome::CertificateResult;

/// Why a certificate is parked whose document is there, and refused.
const UNSAFE: &str = "Personio's virus scan says that the filed document is not safe: look at reteach's PDF, delete the \
                      document in Personio, then retry or dismiss";

/// What the ledger is to say of a certificate, and how the run leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The ledger's new state; `None`: it stays.
    pub write: Option<CertificateState>,
    pub result: CertificateResult,
    /// The result if `write` fails.
    pub if_unwritten: CertificateResult,
}

/// What a circuit breaker learns from a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Nothing: the call says nothing about the vendor.
    None,
    Answered,
    /// The vendor did not answer, or not sensibly.
    NoAnswer(RunError),
    /// No further call has a chance in this run.
    Stop(RunError),
}

impl Transition {
    fn unchanged(result: CertificateResult) -> Self {
        Self {
            write: None,
            if_unwritten: result.clone(),
            result,
        }
    }

    /// Left to the operator. `unverified` is an upload that may have filed it all the same.
    fn parked(reason: String, unverified: Option<Intent>, now: Timestamp) -> Self {
        Self {
            write: Some(CertificateState::Parked {
                at: now,
                reason: reason.clone(),
                unverified,
            }),
            result: CertificateResult::Parked(reason),
            if_unwritten: CertificateResult::NotReached,
        }
    }

    fn failed(retry: RetryState) -> Self {
        Self {
            write: Some(CertificateState::Failed(retry.clone())),
            result: CertificateResult::Failed(retry),
            if_unwritten: CertificateResult::NotReached,
        }
    }
}

/// The end of a run whose time is over.
#[must_use]
pub fn out_of_time() -> RunError {
    RunError::new(
        Outcome::Partly,
        "the time for this run is over; the rest follows on the next one",
    )
}
