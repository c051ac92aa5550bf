//! Files what is to be filed: one person's certificates after each other, several people at once.

use std::iter;
use std::sync::Mutex;

use futures::{StreamExt as _, stream};

use super::attempt::{look_ahead, upload_one};
use super::before_filing::{look, settle_unlisted};
use super::folder::{self, Folder};
use super::queue::{Next, by_person, next, others};
use super::settle::{Left, lock, settle_rest};
use super::{Applied, Shared, Tools, is_late, ledger};
use crate::decide::BeforeFiling;
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::Upload;

/// Files `uploads` in their order.
pub(super) async fn all(
    tools: Tools<'_>,
    uploads: Vec<Upload>,
    shared: &Shared,
    applied: &mut Applied,
    progress: &(dyn Fn() + Sync),
) {
    let folder = match uploads.is_empty() || shared.breaker.is_open() {
        true => None,
        false if is_late(tools, &shared.breaker) => None,
        false => folder::find(tools.sink, tools.category)
            .await
            .map_err(|halt| shared.breaker.open(halt))
            .ok(),
    };
    let (people, order) = by_person(uploads);
    shared.lists.know(others(tools, &people));
    let order = Mutex::new(order);
    let folder = folder.as_ref();
    // Each is made into a future as there is room for it: one that waits takes eight kilobytes.
    let work = iter::from_fn(|| next(&people, &order, shared)).map(|next| async move {
        let left = match folder {
            Some(folder) => {
                let is_probe = next.is_probe;
                let left = file_one(tools, folder, next, shared).await;
                if is_probe {
                    lock(&shared.refusals).probe_ended();
                }
                left
            }
            None => next.upload().map(Left::not_reached).into_iter().collect(),
        };
        progress();
        left
    });
    let mut work = std::pin::pin!(stream::iter(work).buffer_unordered(tools.at_once));
    while let Some(left) = work.next().await {
        applied.take(left);
    }
    let refusals = std::mem::take(&mut *lock(&shared.refusals));
    applied.refusals = refusals.counted();
    let rest = settle_rest(tools, refusals, shared).await;
    applied.take(rest);
    shared.lists.conclude();
    for person in &people {
        let unlisted = settle_unlisted(tools, person, shared).await;
        applied.take(unlisted);
    }
    let looked_up = people.iter().filter(|person| person.is_looked_up(tools));
    for person in looked_up {
        let leads_elsewhere = |upload: &Upload| {
            let left = applied.results.get(&upload.id);
            left.is_some_and(|(_, result)| matches!(result, CertificateResult::HostNotAllowed(_)))
        };
        let is_elsewhere = person.uploads.iter().all(leads_elsewhere);
        match person.looked.get() {
            Some(Ok(_)) => applied.people_looked_at += 1,
            // There is nothing to file.
            None if is_elsewhere => {}
            Some(Err(_)) | None => applied.people_left += 1,
        }
    }
}

/// Files a certificate, unless its person's documents say otherwise.
async fn file_one(tools: Tools<'_>, folder: &Folder, next: Next, shared: &Shared) -> Vec<Left> {
    let Some(upload) = next.upload() else {
        return Vec::new();
    };
    let Next {
        person,
        place,
        is_probe,
        is_list_probe,
    } = &next;
    let is_refused = tools.downloads.refused_host(&upload.url).is_some();
    let is_looked_up = !is_refused && person.is_looked_up(tools);
    // Where a file leads is one small call, a list of documents takes more.
    let asks_first = is_looked_up
        && person.looked.get().is_none()
        && !shared.breaker.is_open()
        && !is_late(tools, &shared.breaker);
    let led = match asks_first {
        true => look_ahead(tools, upload, shared).await,
        false => None,
    };
    if is_looked_up && !matches!(led, Some(Err(_))) {
        let look = || look(tools, &person.uploads, *is_list_probe, shared);
        let decisions = match person.looked.get_or_init(look).await {
            Ok(decisions) => decisions,
            // What that means is known at the end.
            Err(_) => return vec![Left::not_reached(upload)],
        };
        if let Some(BeforeFiling::Conclude(transition)) = decisions.get(*place) {
            let (subject, read) = (upload.into(), upload.read.as_ref());
            let (transition, breaker) = (transition.clone(), &shared.breaker);
            let result = ledger::carry_out(tools, subject, read, transition, breaker).await;
            if let CertificateResult::Skipped(SkipReason::PersonDeleted(_)) = &result
                && let Err(halt) = shared.denied.add(tools, &upload.employee).await
            {
                breaker.open(halt);
            }
            return vec![Left::new(upload, result)];
        }
    }
    upload_one(
        tools,
        folder,
        person,
        (upload.clone(), *is_probe),
        led,
        shared,
    )
    .await
}
