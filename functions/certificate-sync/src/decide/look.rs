//! What follows from looking for the document of an upload of unknown outcome.

use jiff::Timestamp;
use shared::document::Verification;
use shared::source::SourceError;
use shared::state::{CertificateState, Intent, OnUnverifiable, RetryState};

use super::retry::{self, MAX_TRANSIENT};
use super::{Signal, Transition, UNSAFE, after_person_deleted};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::{Check, PreviousFailures, Upload};

/// What follows from looking for a document.
#[expect(
    clippy::large_enum_variant,
    reason = "one value per look, taken apart at once"
)]
#[derive(Clone, Debug)]
pub enum AfterLook {
    Conclude(Transition),
    /// The document is certainly missing: it is sent again.
    Send(Box<Upload>),
}

/// What follows from `look`. The signal is about lists of documents, not about uploads.
#[must_use]
pub fn after_look(
    check: Check,
    look: Result<Verification, SourceError>,
    now: Timestamp,
) -> (AfterLook, Signal) {
    match look {
        Ok(Verification::Found(document)) => {
            let transition = Transition {
                write: Some(CertificateState::Uploaded {
                    at: now,
                    document: Some(document),
                }),
                result: CertificateResult::Verified,
                if_unwritten: CertificateResult::NotReached,
            };
            (AfterLook::Conclude(transition), Signal::Answered)
        }
        Ok(Verification::Unsafe) => {
            let transition = Transition::parked(UNSAFE.to_owned(), None, now);
            (AfterLook::Conclude(transition), Signal::Answered)
        }
        Ok(Verification::NotFound) => (not_found(check, now), Signal::Answered),
        Ok(Verification::Unclear) => {
            let why = "a document of that size or title has no comment that names its certificate";
            (unverifiable(check, why, now), Signal::Answered)
        }
        Ok(Verification::Unverifiable) => {
            let why = "this route cannot list documents";
            (unverifiable(check, why, now), Signal::Answered)
        }
        Err(error) => {
            let next = no_answer(check, &error, now);
            let signal = match error {
                // A missing right may be given within a week.
                SourceError::Unavailable(_) | SourceError::Forbidden(_) => {
                    Signal::NoAnswer(error.into())
                }
                SourceError::Refused(_) | SourceError::Unreadable(_) => Signal::None,
                _ => Signal::Stop(error.into()),
            };
            (next, signal)
        }
    }
}

/// What follows where the HR system does not have the person (any more), and refuses the list for this `problem`. Should the
/// person be seen again, the document is looked for before anything is sent.
#[must_use]
pub fn after_gone(intent: Intent, problem: &SourceError, now: Timestamp) -> AfterLook {
    let reason = format!(
        "an upload got no answer, the employee's documents cannot be listed ({problem}), and the employee is not there (any \
         more): nothing can be filed for them"
    );
    let previous = PreviousFailures {
        unlisted: true,
        unverified_at: Some(intent.at),
        ..intent.into()
    };
    AfterLook::Conclude(after_person_deleted(previous, reason, now))
}

/// The next run asks again, for a week, and for another one after the operator has decided.
fn no_answer(check: Check, error: &SourceError, now: Timestamp) -> AfterLook {
    let Intent {
        at,
        on_unverifiable,
        decided_at,
        ..
    } = check.intent;
    let is_decided = on_unverifiable == OnUnverifiable::Send;
    let is_forbidden = matches!(error, SourceError::Forbidden(_));
    let waited = now.duration_since(decided_at.unwrap_or(at));
    if waited >= MAX_TRANSIENT || is_decided && is_forbidden {
        return unverifiable(check, &error.to_string(), now);
    }
    AfterLook::Conclude(Transition::unchanged(CertificateResult::OutcomeUnknown(
        now,
    )))
}

/// An outage leaves many like this: they are given as much time as other transient failures. The first time the
/// document is sent again at once. Lists that show nothing may hide it: each later attempt looks again.
fn not_found(check: Check, now: Timestamp) -> AfterLook {
    let reason = "an upload got no answer, and the document is not there".to_owned();
    let Intent { at, decided_at, .. } = check.intent;
    // The operator's retry has a week of its own.
    let since = decided_at.unwrap_or(at);
    let previous = PreviousFailures {
        unlisted: true,
        unverified_at: Some(at),
        ..check.intent.into()
    };
    let transition = retry::after(previous, true, reason, since, now);
    match &transition.result {
        CertificateResult::Failed(retry) if retry.failures == 1 || retry.retry_at <= now => {
            send(check, retry.into(), now)
        }
        _ => AfterLook::Conclude(transition),
    }
}

/// What cannot be verified is not sent again unless the operator says so.
fn unverifiable(check: Check, why: &str, now: Timestamp) -> AfterLook {
    let intent = check.intent;
    if intent.on_unverifiable == OnUnverifiable::Send {
        return send(check, intent.into(), now);
    }
    let reason = format!(
        "the upload of {at:.0} got no answer, and whether the document is there cannot be read ({why}): look into the \
         employee's documents, then retry or dismiss",
        at = intent.at
    );
    AfterLook::Conclude(Transition::parked(reason, Some(intent), now))
}

/// Sends the document again if reteach still has it.
fn send(check: Check, previous: PreviousFailures, now: Timestamp) -> AfterLook {
    let read = CertificateState::Intended(check.intent);
    let skipped = match Upload::of(check.id, check.listed, previous, Some(read)) {
        Ok(upload) => {
            let refiled = check.refiled;
            return AfterLook::Send(Box::new(Upload { refiled, ..upload }));
        }
        Err(skipped) => skipped,
    };
    // Certainly not filed, and nothing to file: the intent must not be looked for again.
    let reason =
        "an upload got no answer and the document is not there; reteach has no file for it now";
    let result = match skipped {
        SkipReason::AwaitingPdf => skipped,
        _ => SkipReason::Gone,
    };
    AfterLook::Conclude(Transition {
        write: Some(CertificateState::Failed(RetryState {
            reason: reason.to_owned(),
            failures: previous.failures,
            refusals: previous.refusals,
            unlisted: previous.unlisted,
            unverified_at: previous.unverified_at,
            since: previous.since.unwrap_or(now),
            retry_at: now,
        })),
        result: CertificateResult::Skipped(result),
        if_unwritten: CertificateResult::NotReached,
    })
}
