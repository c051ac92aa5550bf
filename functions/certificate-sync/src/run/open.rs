//! What a run leaves for the next one.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::CertificateId;
use shared::reteach::Completeness;
use shared::state::{CertificateRoot, Open, OpenReason};

use super::scope::Scope;
use crate::apply::Became;
use crate::plan::Rest;

/// Certificates that are asked for one by one; more than these wait for the next full scan.
const MOST_OPEN: usize = 100;
/// A run that changed nothing writes the time of its reading only this often: a write costs as much as reading a few
/// certificates again.
const WRITE_EVERY: SignedDuration = SignedDuration::from_hours(3);

/// What this run read and did.
pub(super) struct Left<'a> {
    pub(super) scope: Scope,
    pub(super) began: Timestamp,
    pub(super) completeness: Completeness,
    /// How many are parked now.
    pub(super) parked: u32,
    pub(super) resting: &'a BTreeMap<CertificateId, Rest>,
    pub(super) became: &'a HashMap<CertificateId, Became>,
}

impl Left<'_> {
    /// What is open after the run, however much it is.
    pub(super) fn open(
        &self,
        before: Option<&CertificateRoot>,
        now: Timestamp,
    ) -> BTreeMap<CertificateId, Open> {
        let known = before.map(|root| root.open.clone()).unwrap_or_default();
        let mut open = if self.is_full_and_complete() {
            BTreeMap::new()
        } else {
            known.clone()
        };
        let next = self.resting.iter().map(|(id, rest)| (id, of_rest(rest)));
        let next = next.chain(
            self.became
                .iter()
                .map(|(id, became)| (id, of_became(became, now))),
        );
        for (id, next) in next {
            let Some((why, due)) = next else {
                open.remove(id);
                continue;
            };
            let since = known
                .get(id)
                .filter(|known| known.why == why)
                .map_or(now, |known| known.since);
            let due = due.unwrap_or_else(|| now + pause(now.duration_since(since)));
            open.insert(id.clone(), Open { why, since, due });
        }
        open
    }

    /// The root after the run; nothing if the one before says as much.
    pub(super) fn root(
        &self,
        before: Option<&CertificateRoot>,
        open: BTreeMap<CertificateId, Open>,
        now: Timestamp,
    ) -> Option<CertificateRoot> {
        let complete = self.completeness == Completeness::Complete;
        let known = before.cloned().unwrap_or_default();
        let (open, over) = at_most(open, now);
        let next = CertificateRoot {
            read_at: if complete {
                Some(self.began)
            } else {
                known.read_at
            },
            scanned_at: if self.is_full_and_complete() {
                Some(self.began)
            } else {
                known.scanned_at
            },
            remaining: over,
            parked: self.parked,
            open,
        };
        let same = CertificateRoot {
            read_at: known.read_at,
            ..next.clone()
        } == known;
        let fresh = known
            .read_at
            .is_some_and(|at| self.began.duration_since(at) < WRITE_EVERY);
        (!(same && fresh)).then_some(next)
    }

    fn is_full_and_complete(&self) -> bool {
        self.scope == Scope::Full && self.completeness == Completeness::Complete
    }
}

/// Why it is open, and from when on it is looked at; without a moment, by its age.
fn of_rest(rest: &Rest) -> Option<(OpenReason, Option<Timestamp>)> {
    match rest {
        Rest::AwaitingPdf => Some((OpenReason::Pdf, None)),
        Rest::AwaitingRetry(at) => Some((OpenReason::Retry, Some(*at))),
        Rest::AwaitingCheck(at) => Some((OpenReason::Doubt, Some(*at))),
        Rest::Settled | Rest::Parked { .. } | Rest::Stranger | Rest::Nobody | Rest::Gone => None,
    }
}

fn of_became(became: &Became, now: Timestamp) -> Option<(OpenReason, Option<Timestamp>)> {
    match became {
        Became::AwaitingPdf => Some((OpenReason::Pdf, None)),
        Became::Failed(setback) => Some((OpenReason::Retry, Some(setback.retry_at))),
        Became::Left => Some((OpenReason::Retry, Some(now))),
        Became::Doubtful(at) => Some((OpenReason::Doubt, Some(*at))),
        Became::Filed | Became::Verified | Became::Parked(_) | Became::Gone | Became::Settled => {
            None
        }
    }
}

/// A PDF that is late is asked for less and less often: a quarter of the time it has been waited for.
fn pause(age: SignedDuration) -> SignedDuration {
    age / 4
}

/// The first of these, doubts before retries before PDFs that are not made, and how many had no room that could have been
/// filed now.
fn at_most(
    open: BTreeMap<CertificateId, Open>,
    now: Timestamp,
) -> (BTreeMap<CertificateId, Open>, u32) {
    let rank = |why| match why {
        OpenReason::Doubt => 0,
        OpenReason::Retry => 1,
        OpenReason::Pdf => 2,
    };
    let mut all: Vec<_> = open.into_iter().collect();
    all.sort_by_key(|(_, open)| (rank(open.why), open.due));
    let over = all.split_off(all.len().min(MOST_OPEN));
    let over = over
        .iter()
        .filter(|(_, open)| open.why != OpenReason::Pdf && open.due <= now)
        .count();
    (
        all.into_iter().collect(),
        u32::try_from(over).unwrap_or(u32::MAX),
    )
}

#[cfg(test)]
mod tests;
