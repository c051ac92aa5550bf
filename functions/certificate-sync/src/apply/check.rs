//! Looking for an upload of unknown outcome among the employee's documents, before anything is sent again.

use shared::document::{DocumentSink as _, Verification};
use shared::runtime::{CircuitBreaker, RunError};
use shared::source::SourceError;
use shared::state::CertificateState;

use super::ledger::{Subject, carry_out, tell};
use super::{Tools, is_late};
use crate::decide::{AfterLook, after_look};
use crate::outcome::CertificateResult;
use crate::plan::{Check, Upload, is_of_this_filing};

/// Looks for the upload of `check`; the upload that is to be sent again, or how the run leaves it. `lists` opens where
/// documents cannot be listed now: no further ones are looked for then, but certificates are filed all the same.
pub(super) async fn check(
    tools: Tools<'_>,
    check: Check,
    breaker: &CircuitBreaker<RunError>,
    lists: &CircuitBreaker<RunError>,
) -> Result<Box<Upload>, CertificateResult> {
    if breaker.is_open() || is_late(tools, breaker) {
        return Err(CertificateResult::NotReached);
    }
    if lists.is_open() {
        return Err(CertificateResult::OutcomeUnknown(tools.clock.now()));
    }
    let (id, employee) = (check.id.clone(), check.employee.clone());
    let (issue, refiled) = (check.issue, check.refiled.clone());
    let read = CertificateState::Intended(check.intent);
    let found = look(tools, &check).await;
    let (next, signal) = after_look(check, found, tools.clock.now());
    tell(lists, signal);
    match next {
        AfterLook::Send(upload) => Ok(upload),
        AfterLook::Conclude(transition) => {
            let subject = Subject {
                id: &id,
                employee: &employee,
                issue,
                refiled: refiled.as_ref(),
            };
            Err(carry_out(tools, subject, Some(&read), transition, breaker).await)
        }
    }
}

/// A document counts as missing only after two lists: a list may come without some of its rows.
async fn look(tools: Tools<'_>, check: &Check) -> Result<Verification, SourceError> {
    match find(tools, check).await? {
        Verification::NotFound => find(tools, check).await,
        known => Ok(known),
    }
}

/// Wherever it is: the folder may have changed since. An earlier document of the certificate is not the one.
async fn find(tools: Tools<'_>, check: &Check) -> Result<Verification, SourceError> {
    let Some(filed) = tools.sink.filed(&check.employee).await? else {
        return Ok(Verification::Unverifiable);
    };
    let refiled = check.refiled.as_ref();
    let filed = filed
        .iter()
        .filter(|document| is_of_this_filing(document, refiled));
    Ok(Verification::among(filed, &check.id))
}
