//! The list of a person's documents before anything is filed, and what follows where it does not come.

use std::collections::HashSet;

use jiff::Timestamp;
use shared::document::FiledDocument;
use shared::source::SourceError;

use super::queue::{NotLooked, Person};
use super::settle::Left;
use super::{Shared, Tools, is_late, ledger};
use crate::decide::{
    BeforeFiling, after_person_deleted, after_unlisted, before_filing, needs_ledger,
    needs_second_list, of_both,
};
use crate::plan::Upload;

/// Lists the documents of the person whose certificates these are.
pub(super) async fn look(
    tools: Tools<'_>,
    uploads: &[Upload],
    is_probe: bool,
    shared: &Shared,
) -> Result<Vec<BeforeFiling>, NotLooked> {
    let lists = &shared.lists;
    let is_over = shared.breaker.is_open() || lists.breaker.is_open();
    let Some(first) = uploads.first() else {
        return Ok(Vec::new());
    };
    if is_over || is_late(tools, &shared.breaker) {
        return Err(NotLooked::NotReached);
    }
    let now = tools.clock.now();
    let listed = lists.of(tools, &first.employee).await;
    if let Err(SourceError::Refused(problem) | SourceError::Unreadable(problem)) = &listed
        && let Ok(None) = tools.sink.one(&first.employee).await
    {
        return Ok(of_gone(uploads, problem, now));
    }
    match listed {
        Ok(documents) => {
            lists.listed();
            let none = HashSet::new();
            let taken = match needs_ledger(uploads) {
                true => lists.in_ledger(tools).await.map_err(|error| {
                    shared.breaker.open(error.into());
                    NotLooked::NotReached
                })?,
                false => &none,
            };
            let zone = tools.time_zone;
            let decide = |documents: Option<&[FiledDocument]>| {
                before_filing(uploads, documents, taken, zone, now)
            };
            let decisions = decide(documents.as_deref());
            let Some(documents) = documents.filter(|_| needs_second_list(uploads, &decisions))
            else {
                return Ok(decisions);
            };
            match lists.of(tools, &first.employee).await {
                Ok(Some(again)) => Ok(decide(Some(&of_both(&documents, again)))),
                Ok(None) => Err(NotLooked::NotReached),
                Err(error) => not_listed(tools, error, is_probe, shared),
            }
        }
        Err(error) => not_listed(tools, error, is_probe, shared),
    }
}

/// What becomes of the certificates of a person whom the HR system does not have (any more), and whose list it refuses for
/// this `problem`.
fn of_gone(uploads: &[Upload], problem: &str, now: Timestamp) -> Vec<BeforeFiling> {
    let reason = format!(
        "the employee's documents cannot be listed ({problem}), and the employee is not there (any more): nothing can be \
         filed for them"
    );
    let deleted = |upload: &Upload| after_person_deleted(upload.previous, reason.clone(), now);
    let each = uploads.iter().map(deleted);
    each.map(BeforeFiling::Conclude).collect()
}

/// What a list that failed says about its person's certificates, and about those of others.
fn not_listed(
    tools: Tools<'_>,
    error: SourceError,
    is_probe: bool,
    shared: &Shared,
) -> Result<Vec<BeforeFiling>, NotLooked> {
    let lists = &shared.lists;
    match error {
        _ if is_late(tools, &shared.breaker) => Err(NotLooked::NotReached),
        error @ (SourceError::Unavailable(_)
        | SourceError::Refused(_)
        | SourceError::Unreadable(_)) => {
            let reason =
                format!("the employee's documents cannot be listed before filing: {error}");
            let is_silent = matches!(error, SourceError::Unavailable(_));
            lists.failed(error, is_probe);
            Err(NotLooked::Unlisted { reason, is_silent })
        }
        SourceError::Forbidden(problem) => {
            lists.refused(tools, problem);
            Err(NotLooked::NotReached)
        }
        error => {
            lists.breaker.failure(error.into());
            Err(NotLooked::NotReached)
        }
    }
}

/// A person's certificates, if the person's documents cannot be listed. In an outage of lists they are only not reached.
pub(super) async fn settle_unlisted(
    tools: Tools<'_>,
    person: &Person,
    shared: &Shared,
) -> Vec<Left> {
    let Some(Err(NotLooked::Unlisted { reason, is_silent })) = person.looked.get() else {
        return Vec::new();
    };
    if *is_silent && shared.lists.breaker.is_open() {
        return Vec::new();
    }
    let is_reachable = |upload: &&Upload| tools.downloads.refused_host(&upload.url).is_none();
    let mut left = Vec::new();
    for upload in person.uploads.iter().filter(is_reachable) {
        let transition = after_unlisted(upload.previous, reason.clone(), tools.clock.now());
        let (read, breaker) = (upload.read.as_ref(), &shared.breaker);
        let result = ledger::carry_out(tools, upload.into(), read, transition, breaker).await;
        left.push(Left::new(upload, result));
    }
    left
}
