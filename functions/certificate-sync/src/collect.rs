//! Reading participations. Pages shift while they are read: a reading whose numbers do not agree is read again, and
//! nothing that any reading brought is lost.

use std::collections::{BTreeMap, BTreeSet, HashSet};

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

/// One reading, page by page.
#[derive(Default)]
struct Reading {
    participations: Vec<Participation>,
    rejected: Vec<Rejected>,
    received: u64,
    /// What each page announced.
    totals: HashSet<u64>,
    last_was_empty: bool,
}

/// Reads the participations that match `filter`, again while they shift, at most three times.
///
/// # Errors
/// See [`Error`]; one page that fails fails it all.
pub async fn collect(reteach: &Client, filter: &Filter) -> Result<Collected, Error> {
    let mut seen = Seen::default();
    let mut readings = 0;
    loop {
        readings += 1;
        let reading = Reading::of(reteach, filter).await?;
        let completeness = reading.completeness();
        let Reading { participations, mut rejected, .. } = reading;
        participations.into_iter().for_each(|participation| seen.take(participation));
        if completeness == Completeness::Complete || readings == READINGS {
            let (certificates, ambiguous) = seen.told();
            rejected.extend(ambiguous);
            return Ok(Collected { certificates, rejected, completeness, readings });
        }
    }
}

/// What all readings brought so far.
#[derive(Default)]
struct Seen {
    certificates: BTreeMap<CertificateId, Participation>,
    /// Certificates of several people.
    ambiguous: BTreeSet<CertificateId>,
}

impl Seen {
    fn take(&mut self, participation: Participation) {
        let Some(id) = participation.certificate.as_ref().map(|certificate| certificate.id.clone()) else {
            return;
        };
        let (record, owner) = (participation.id.clone(), participation.customer.clone());
        let before = self.certificates.insert(id.clone(), participation);
        if before.is_some_and(|before| before.id != record && before.customer != owner) {
            self.ambiguous.insert(id);
        }
    }

    /// A certificate of several people is nobody's: it must not get into the wrong file.
    fn told(mut self) -> (BTreeMap<CertificateId, Participation>, Vec<Rejected>) {
        self.certificates.retain(|id, _| !self.ambiguous.contains(id));
        let problem = "is that of several people's participations: issue them anew";
        let reject = |id| Rejected { certificate_id: Some(id), field: "certificate.id", problem };
        (self.certificates, self.ambiguous.into_iter().map(reject).collect())
    }
}

impl Reading {
    /// All pages: the announced number of them a few at a time, then one by one until as many records came as were
    /// announced or there is nothing more. A short page is not the last one: the server decides how long they are.
    async fn of(reteach: &Client, filter: &Filter) -> Result<Self, Error> {
        let first = reteach.participations(filter, 1).await?;
        let (size, total) = (first.received.max(1), first.total);
        let last = u32::try_from(total.div_ceil(size)).unwrap_or(u32::MAX).min(MAX_PAGES);
        let mut reading = Self::default();
        reading.take(first);
        let pages = stream::iter(2..=last).map(|page| reteach.participations(filter, page));
        let mut pages = std::pin::pin!(pages.buffered(CONCURRENCY));
        while let Some(page) = pages.try_next().await? {
            reading.take(page);
        }
        let mut page = last;
        while reading.received < total && !reading.last_was_empty && page < MAX_PAGES {
            page += 1;
            reading.take(reteach.participations(filter, page).await?);
        }
        Ok(reading)
    }

    fn take(&mut self, page: ParticipationPage) {
        self.received += page.received;
        self.last_was_empty = page.received == 0;
        self.totals.insert(page.total);
        self.participations.extend(page.participations);
        self.rejected.extend(page.rejected);
    }

    /// Complete: all pages announced the same number, that many records came, and none of them twice. A participation that
    /// comes twice has moved to a later page, and another may have moved to an earlier one.
    fn completeness(&self) -> Completeness {
        let mut seen = HashSet::with_capacity(self.participations.len());
        let each_once = self.participations.iter().all(|it| seen.insert(it.id.as_str()));
        let steady = self.totals.len() == 1 && self.totals.contains(&self.received);
        if steady && each_once { Completeness::Complete } else { Completeness::Shifting }
    }
}
