//! Certificates that are older than the window and had no PDF: they are asked for one by one.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use shared::domain::id::CertificateId;
use shared::http::Deadline;
use shared::reteach::{Error, Participation};

use super::Sources;
use crate::checkpoint::{are_few_waiting, are_late_pdfs_made, is_any_unasked};

/// Certificates asked for at once. Our own bound.
const CONCURRENCY: usize = 4;
/// Looking for late PDFs takes at most one part in so many of a run's time: the others are for filing. Our own bound.
const LATE_SHARE: u32 = 4;

/// Until when late PDFs are looked for; `None`: as long as it takes.
pub(super) fn until(sources: Sources<'_>) -> Option<Deadline> {
    let time = sources.stop_at.remaining();
    time.map(|time| Deadline::after(time / LATE_SHARE))
}

/// What came of asking for certificates that are older than the window and had no PDF.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) made: BTreeMap<CertificateId, Participation>,
    pub(super) waiting: Vec<CertificateId>,
    /// Only a listing of everything shows them: they are too many, or the academy takes no question for a single one.
    pub(super) needs_everything: bool,
}

impl Asked {
    /// One call for each. What cannot be read now waits on: the next tick asks again, first for those for which there was
    /// no time. Where many wait and none is made any more, the daily listing is enough.
    pub(super) async fn of(sources: Sources<'_>, until: Option<Deadline>) -> Self {
        let Some(checkpoint) = sources.checkpoint else {
            return Self::default();
        };
        let known = &checkpoint.waiting;
        let are_made = are_late_pdfs_made(checkpoint, sources.began);
        let are_asked_for = match are_made {
            true => !is_any_unasked(checkpoint),
            false => are_few_waiting(checkpoint),
        };
        if !are_asked_for {
            return Self {
                waiting: known.clone(),
                needs_everything: are_made,
                ..Self::default()
            };
        }
        let reteach = sources.connections.reteach.clone();
        let reteach = match until {
            Some(deadline) => reteach.until(deadline),
            None => reteach,
        };
        let ask = |id: CertificateId| {
            let reteach = &reteach;
            async move {
                let found = reteach.participation_by_certificate(&id).await;
                (id, found)
            }
        };
        let mut answers = stream::iter(known.clone()).map(ask).buffered(CONCURRENCY);
        let (mut asked, mut answered) = (Self::default(), Vec::new());
        while let Some((id, found)) = answers.next().await {
            let is_made = |found: &Participation| {
                let certificate = found.certificate.as_ref();
                certificate.is_some_and(|certificate| certificate.url.is_some())
            };
            match found {
                Ok(Some(found)) if is_made(&found) => {
                    asked.made.insert(id, found);
                }
                Err(Error::OutOfTime { .. }) => asked.waiting.push(id),
                Err(Error::Rejected { .. } | Error::Unreadable { .. }) if are_made => {
                    let is_waiting = |id: &&CertificateId| !asked.made.contains_key(*id);
                    asked.waiting = known.iter().filter(is_waiting).cloned().collect();
                    asked.needs_everything = true;
                    return asked;
                }
                // Only a listing of everything shows that it was revoked.
                Ok(_) | Err(_) => answered.push(id),
            }
        }
        asked.waiting.extend(answered);
        asked
    }
}
