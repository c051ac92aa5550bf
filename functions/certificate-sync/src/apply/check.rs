//! Looking for an upload of unknown outcome among the employee's documents, before anything is sent again.

use std::collections::BTreeMap;

use shared::document::{DocumentSink as _, FiledDocument, Verification};
use shared::domain::id::SourceId;
use shared::runtime::{CircuitBreaker, RunError};
use shared::source::SourceError;
use shared::state::CertificateState;
use tokio::sync::OnceCell;

use super::ledger::{Subject, carry_out, tell};
use super::lists::NOT_PASSED;
use super::{Tools, is_late};
use crate::decide::{AfterLook, Signal, after_gone, after_look};
use crate::outcome::CertificateResult;
use crate::plan::{Check, Owner, Upload, is_of_this_filing, may_be_upload};

/// A person's documents, or why they do not come.
type Listed = Result<Option<Vec<FiledDocument>>, SourceError>;

/// A person's documents as a run lists them: once for all of the person's certificates, and once more where the first
/// list lacks one.
#[derive(Default)]
pub(super) struct Documents {
    first: OnceCell<Listed>,
    again: OnceCell<Listed>,
    /// Set once a list has failed: that counts once, however many certificates the person has.
    has_failed: OnceCell<()>,
}

/// The checks of each person, in the order of each person's first.
pub(super) fn by_person(checks: Vec<Check>) -> Vec<Vec<Check>> {
    let mut people: Vec<Vec<Check>> = Vec::new();
    let mut known = BTreeMap::new();
    for check in checks {
        let number = *known.entry(check.employee.clone()).or_insert(people.len());
        match people.get_mut(number) {
            Some(person) => person.push(check),
            None => people.push(vec![check]),
        }
    }
    people
}

/// Looks for the upload of `check`; the upload that is to be sent again, or how the run leaves it. `lists` opens where
/// documents cannot be listed now: no further ones are looked for then, but certificates are filed all the same.
pub(super) async fn check(
    tools: Tools<'_>,
    check: Check,
    documents: &Documents,
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
    let found = look(tools, &check, documents).await;
    let is_refused = matches!(
        found,
        Err(SourceError::Refused(_) | SourceError::Unreadable(_))
    );
    let is_gone = is_refused && matches!(tools.sink.one(&employee).await, Ok(None));
    let (next, signal) = match found {
        Err(problem) if is_gone => {
            let next = after_gone(check.intent, &problem, tools.clock.now());
            (next, Signal::None)
        }
        found => after_look(check, found, tools.clock.now()),
    };
    let counts = !matches!(signal, Signal::NoAnswer(_)) || documents.has_failed.set(()).is_ok();
    if counts {
        tell(lists, &employee, signal);
    }
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

/// A document counts as missing only after two lists: a list may come without some of its rows. If the person has another
/// id by now, HR may have taken it along.
async fn look(
    tools: Tools<'_>,
    check: &Check,
    documents: &Documents,
) -> Result<Verification, SourceError> {
    if let Some(present) = present_id(check) {
        for _ in 0..2 {
            let filed = tools.sink.filed(present).await?;
            match filed.map(|filed| among(&filed, check)) {
                None | Some(Verification::NotFound) => {}
                Some(known) => return Ok(known),
            }
        }
    }
    match find(tools, check, &documents.first).await? {
        Verification::NotFound => find(tools, check, &documents.again).await,
        known => Ok(known),
    }
}

/// Wherever it is: the folder may have changed since. An earlier document of the certificate is not the one.
async fn find(
    tools: Tools<'_>,
    check: &Check,
    listed: &OnceCell<Listed>,
) -> Result<Verification, SourceError> {
    let list = || tools.sink.filed(&check.employee);
    let listed = listed.get_or_init(list).await.as_ref();
    match listed.map_err(SourceError::clone)? {
        Some(filed) => Ok(among(filed, check)),
        // One refusal decides nothing.
        None if tools.sink.personio().is_some() => {
            Err(SourceError::Forbidden(NOT_PASSED.to_owned()))
        }
        None => Ok(Verification::Unverifiable),
    }
}

fn among(filed: &[FiledDocument], check: &Check) -> Verification {
    let refiled = check.refiled.as_ref();
    let filed = filed
        .iter()
        .filter(|document| is_of_this_filing(document, refiled));
    match Verification::among(filed.clone(), &check.id) {
        Verification::NotFound if filed.clone().any(|it| may_be_upload(it, check)) => {
            Verification::Unclear
        }
        known => known,
    }
}

/// The id of the certificate's owner, if it was another one when the upload began.
fn present_id(check: &Check) -> Option<&SourceId> {
    match &check.listed.as_ref()?.owner {
        Owner::Employee(id) if *id != check.employee => Some(id),
        _ => None,
    }
}
