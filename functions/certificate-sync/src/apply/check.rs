//! Looking for an upload of unknown outcome among the employee's documents, before anything is sent again.

use shared::document::{Certificate, Document, DocumentSink as _, Verification};
use shared::domain::id::CategoryId;
use shared::runtime::{CircuitBreaker, RunError};
use shared::source::SourceError;
use shared::state::{CertificateState, Intent, OnUnverifiable};

use super::note::{settle, write};
use super::setback::{self, Kind, Next};
use super::{Became, Tools, is_late};
use crate::plan::{Check, Earlier, Rest, Upload};

/// What came of looking for an upload.
#[derive(Debug)]
pub(super) enum Checked {
    /// It is settled, or left.
    Became(Became),
    /// It is certainly not filed, and is to be sent again.
    Send(Box<Upload>),
}

/// Looks for the upload of `check`. `silence` is thrown where documents cannot be listed now: nobody else is looked for
/// then, but certificates are filed all the same.
pub(super) async fn check(
    tools: Tools<'_>,
    check: Check,
    breaker: &CircuitBreaker<RunError>,
    silence: &CircuitBreaker<RunError>,
) -> Checked {
    if breaker.is_open() || is_late(tools, breaker) {
        return Checked::Became(Became::Left);
    }
    if silence.is_open() {
        return Checked::Became(Became::Doubtful(tools.clock.now()));
    }
    let found = look(tools, &check).await;
    if found.is_ok() {
        silence.success();
    }
    match found {
        Ok(Verification::Found(document)) => {
            let state = CertificateState::Uploaded {
                at: tools.clock.now(),
                document: Some(document),
            };
            Checked::Became(written(tools, &check, state, Became::Verified, breaker).await)
        }
        Ok(Verification::NotThere) => not_there(tools, check, breaker).await,
        Ok(Verification::OnUnverifiable) => {
            let why = "this route cannot list documents";
            unknowable(tools, check, why, breaker).await
        }
        Err(SourceError::Forbidden(problem)) => unknowable(tools, check, &problem, breaker).await,
        Err(error) => {
            let problem = error.to_string();
            match error {
                SourceError::Unavailable(_) => silence.failure(error.into()),
                SourceError::Unreadable(_) => {}
                _ => silence.open(error.into()),
            }
            later(tools, check, &problem, breaker).await
        }
    }
}

/// "Not there" is believed of two lists alone: one that came without some of its rows would have the document filed twice.
async fn look(tools: Tools<'_>, check: &Check) -> Result<Verification, SourceError> {
    let document = document(tools, check);
    match tools.sink.find(&document).await? {
        Verification::NotThere => tools.sink.find(&document).await,
        known => Ok(known),
    }
}

/// No answer to the question: it is asked again on the next run, for a week.
async fn later(
    tools: Tools<'_>,
    check: Check,
    problem: &str,
    breaker: &CircuitBreaker<RunError>,
) -> Checked {
    let now = tools.clock.now();
    if now.duration_since(check.intent.at) >= setback::MOST_WEATHER {
        return unknowable(tools, check, problem, breaker).await;
    }
    Checked::Became(Became::Doubtful(now))
}

/// The document that was to be filed: by its id alone where reteach does not list it any more.
fn document(tools: Tools<'_>, check: &Check) -> Document {
    let listed = check.listed.as_ref();
    let certificate = Certificate {
        id: &check.id,
        course: listed.and_then(|listed| listed.course.as_deref()),
        completed_at: listed.and_then(|listed| listed.completed_at),
    };
    // Wherever it is: the folder may have changed since.
    let anywhere = CategoryId::new("");
    let document = Document::new(
        check.employee.clone(),
        anywhere,
        certificate,
        tools.time_zone,
    );
    Document {
        size: check.intent.size,
        ..document
    }
}

/// An outage leaves many like this: they are given as much time as other bad weather. The first time it is sent again at
/// once.
async fn not_there(tools: Tools<'_>, check: Check, breaker: &CircuitBreaker<RunError>) -> Checked {
    let reason = "an upload got no answer, and the document is not there".to_owned();
    match setback::after(check.intent.into(), Kind::Weather, reason, check.intent.at) {
        Next::Retry(setback) if setback.failures == 1 || setback.retry_at <= tools.clock.now() => {
            let earlier = Earlier {
                failures: setback.failures,
                since: Some(setback.since),
            };
            send(tools, check, earlier, breaker).await
        }
        next => Checked::Became(settle(tools, (&check.id, &check.employee), next, breaker).await),
    }
}

/// Where nobody can tell, it is not sent again unless the operator says so.
async fn unknowable(
    tools: Tools<'_>,
    check: Check,
    why: &str,
    breaker: &CircuitBreaker<RunError>,
) -> Checked {
    if check.intent.unknowable == OnUnverifiable::Send {
        let earlier = check.intent.into();
        return send(tools, check, earlier, breaker).await;
    }
    let Intent { at, .. } = check.intent;
    let reason = format!(
        "the upload of {at:.0} got no answer, and whether the document is there cannot be read ({why}): look into the \
         employee's documents, then retry or dismiss"
    );
    let (now, doubt) = (tools.clock.now(), Some(check.intent));
    let state = CertificateState::Parked {
        at: now,
        reason: reason.clone(),
        doubt,
    };
    Checked::Became(written(tools, &check, state, Became::Parked(reason), breaker).await)
}

/// To be sent again, where reteach still has it.
async fn send(
    tools: Tools<'_>,
    check: Check,
    earlier: Earlier,
    breaker: &CircuitBreaker<RunError>,
) -> Checked {
    let (id, employee) = (check.id.clone(), check.employee.clone());
    let became = match Upload::of(id.clone(), check.listed, earlier) {
        Ok(upload) => return Checked::Send(Box::new(upload)),
        Err(Rest::AwaitingPdf) => Became::AwaitingPdf,
        Err(_) => Became::Gone,
    };
    // Certainly not filed, and nothing to file: the intent must not be asked about again.
    let reason =
        "an upload got no answer and the document is not there; reteach has no file for it now"
            .to_owned();
    let now = tools.clock.now();
    let setback = shared::state::RetryState {
        reason,
        failures: earlier.failures,
        since: earlier.since.unwrap_or(now),
        retry_at: now,
    };
    match write(tools, &id, &employee, CertificateState::Failed(setback)).await {
        Ok(()) => Checked::Became(became),
        Err(error) => {
            breaker.open(error.into());
            Checked::Became(Became::Left)
        }
    }
}

async fn written(
    tools: Tools<'_>,
    check: &Check,
    state: CertificateState,
    became: Became,
    breaker: &CircuitBreaker<RunError>,
) -> Became {
    match write(tools, &check.id, &check.employee, state).await {
        Ok(()) => became,
        Err(error) => {
            breaker.open(error.into());
            Became::Left
        }
    }
}
