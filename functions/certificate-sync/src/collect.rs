//! Reading participations. Pages shift while they are read: a reading whose numbers do not agree is read again, and
//! nothing that any reading brought is lost.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use shared::id::CertificateId;
use shared::reteach::{Client, Completeness, Error, Filter, Participation, ParticipationPage, Rejected};

/// How often participations are read before what came is taken as it is, for incomplete.
const READINGS: u32 = 3;
/// Pages in flight at once. Our own bound.
const CONCURRENCY: usize = 4;
/// A listing of more than this many pages (250,000 certificates) is a paging fault. Our own bound.
const MAX_PAGES: u32 = 1_000;

/// What readings of one run brought.
#[derive(Debug)]
pub struct Collected {
    /// Each certificate once, as it was read last.
    pub certificates: BTreeMap<CertificateId, Participation>,
    /// Records that do not fit.
    pub rejected: Vec<Rejected>,
    /// Whether anything may be missing.
    pub completeness: Completeness,
    /// How many times they were read.
    pub readings: u32,
}

/// One reading, page by page. An academy may have tens of thousands of certificates: each is there once.
#[derive(Default)]
struct Reading {
    certificates: BTreeMap<CertificateId, Participation>,
    rejected: Vec<Rejected>,
    received: u64,
    /// Whether a certificate came a second time.
    repeated: bool,
    /// What each page announced.
    totals: HashSet<u64>,
    last_was_empty: bool,
}

/// Reads the participations that match `filter`, again while they shift, at most three times.
///
/// # Errors
/// See [`Error`]; one page that fails fails it all.
pub async fn collect(reteach: &Client, filter: &Filter) -> Result<Collected, Error> {
    let mut certificates = BTreeMap::new();
    let mut readings = 0;
    loop {
        readings += 1;
        let mut reading = Reading::of(|page| reteach.participations(filter, page)).await?;
        let completeness = reading.completeness();
        certificates.append(&mut reading.certificates);
        let rejected = reading.rejected;
        if completeness == Completeness::Complete || readings == READINGS {
            return Ok(Collected { certificates, rejected, completeness, readings });
        }
    }
}

fn by_certificate(participation: Participation) -> Option<(CertificateId, Participation)> {
    let id = participation.certificate.as_ref()?.id.clone();
    Some((id, participation))
}

impl Reading {
    /// All pages: the announced number of them a few at a time, then one by one until as many records came as were
    /// announced or there is nothing more. A short page is not the last one: the server decides how long they are.
    ///
    /// # Errors
    /// The first page's that fails.
    async fn of<F>(page: impl Fn(u32) -> F) -> Result<Self, Error>
    where
        F: Future<Output = Result<ParticipationPage, Error>>,
    {
        let first = page(1).await?;
        let (size, total) = (first.received.max(1), first.total);
        let last = u32::try_from(total.div_ceil(size)).unwrap_or(u32::MAX).min(MAX_PAGES);
        let mut reading = Self::default();
        reading.take(first);
        let mut pages = std::pin::pin!(stream::iter(2..=last).map(&page).buffered(CONCURRENCY));
        while let Some(next) = pages.try_next().await? {
            reading.take(next);
        }
        let mut number = last;
        while reading.received < total && !reading.last_was_empty && number < MAX_PAGES {
            number += 1;
            reading.take(page(number).await?);
        }
        Ok(reading)
    }

    fn take(&mut self, page: ParticipationPage) {
        self.received += page.received;
        self.last_was_empty = page.received == 0;
        self.totals.insert(page.total);
        self.rejected.extend(page.rejected);
        for (id, participation) in page.participations.into_iter().filter_map(by_certificate) {
            self.repeated |= self.certificates.insert(id, participation).is_some();
        }
    }

    /// Complete: all pages announced the same number, that many records came, and none of them twice. A certificate that
    /// comes twice has moved to a later page, and another may have moved to an earlier one.
    fn completeness(&self) -> Completeness {
        let steady = self.totals.len() == 1 && self.totals.contains(&self.received);
        if steady && !self.repeated { Completeness::Complete } else { Completeness::Shifting }
    }
}

#[cfg(test)]
mod tests;
