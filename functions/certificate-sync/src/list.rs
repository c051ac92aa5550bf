//! Listing participations. Pages shift while they are read: a reading whose numbers do not agree is repeated, and
//! nothing that any reading brought is lost.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use shared::domain::id::CertificateId;
use shared::http::Effect;
use shared::reteach::{
    Client, Completeness, Error, Filter, Participation, ParticipationPage, Rejected,
};

/// How often participations are read before the result counts as incomplete.
const MAX_READINGS: u32 = 3;
/// Pages in flight at once. Our own bound.
const CONCURRENCY: usize = 4;
/// A listing of more than this many certificates is a paging fault. Our own bound.
const MAX_CERTIFICATES: u32 = 250_000;
/// The most pages of one reading, however few records the academy puts on each. Our own bound.
const MAX_PAGES: u32 = 25_000;
/// Pages in a row without anything new, after which the academy repeats the same page for ever. Our own bound.
const MAX_REPEATED_PAGES: u32 = 2;
/// The same where none of their records is asked for: an academy that ignores filters may have many. Our own bound.
const MAX_BARREN_PAGES: u32 = 1_000;

/// So many pages in a row that fail are no single record's fault. Our own bound.
const MAX_FAILED_PAGES: u32 = 3;

/// Certificates on a page.
pub(crate) const PAGE_SIZE: u32 = 250;
/// A page has so many records without a limit (reteach's document), and other usual sizes are multiples of it.
const USUAL_SIZE: u64 = 25;
/// Sizes of pages: a smaller one where a reply is too large. Course descriptions make rows of 30 KB and more.
const PAGE_SIZES: [u32; 3] = [PAGE_SIZE, 50, 10];

/// Certificates of each class that are kept at most. A run has time to file fewer than 900.
const MAX_NEWEST: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The record, however many there are.
    Always,
    /// The record, if it is one of the newest of its class.
    Newest(Class),
    /// Nothing: it is counted.
    Count(Counted),
}

impl Keep {
    /// Whether the certificate is filed, or somebody has decided: it goes into nobody's file any more.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(
            self,
            Self::Count(Counted::Done) | Self::Newest(Class::Reissued | Class::Redated)
        )
    }
}

/// Certificates of which a run keeps the newest: those of one class take nobody's place in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Fileable,
    /// They have no file that is allowed, or nobody to file them for.
    Waiting,
    /// The ledger is to keep that they are part of a backfill that nobody has started.
    ToHold,
    /// Filed, and issued again since.
    Reissued,
    /// Filed, and listed with another date since: all else is as it was filed.
    Redated,
    /// Completed in the last 30 days: what the ledger knows of them shows later.
    Recent,
}

/// Certificates that a run has nothing to do about, and that are only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Filed, or somebody has decided.
    Done,
    NotFromHr,
    BeforeSince,
    /// Part of a backfill that nobody has started. Those of the window are counted by day.
    Held,
}

/// What is to be done with a record of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub keep: Keep,
    /// The day of the window that it belongs to, and the digest of what a decision depends on; `None`: older.
    pub digest: Option<(Date, u64)>,
}

/// The rule for each record.
pub type Rules<'a> = &'a (dyn Fn(&CertificateId, &Participation) -> Rule + Sync);

/// Records that do not fit, from which on they are another format, if fewer do fit.
const MAX_ODD: usize = 5;

impl Listing {
    /// Why the list counts as unreadable: several records came and none fits, or most do not.
    #[must_use]
    pub fn unreadable(&self) -> Option<Error> {
        let odd = self.rejected.len();
        let is_none = odd > 1 && self.seen == 0;
        let are_most = odd >= MAX_ODD && odd as u64 > self.seen;
        let first = self.rejected.first().filter(|_| is_none || are_most)?;
        let (field, problem, fits) = (first.field, first.problem, self.seen);
        Some(Error::Unreadable {
            problem: format!(
                "reteach GET /participation: {odd} records do not fit and {fits} do, the first because {field} {problem}"
            ),
            effect: Effect::None,
        })
    }
}

#[must_use]
pub fn keep_all(_: &CertificateId, _: &Participation) -> Rule {
    Rule {
        keep: Keep::Always,
        digest: None,
    }
}

#[derive(Debug)]
pub struct Listing {
    pub seen: u64,
    /// How many of them are only counted.
    pub counted: BTreeMap<Counted, u64>,
    /// How many of each class are older than those that are kept.
    pub beyond: BTreeMap<Class, u64>,
    /// The window's days with certificates that are not kept.
    pub beyond_days: BTreeSet<Date>,
    /// How many are counted as held, on each of the window's days.
    pub held_days: BTreeMap<Date, u32>,
    /// Those that are kept, each once, as it was read last.
    pub certificates: BTreeMap<CertificateId, Participation>,
    /// The digests of all certificates of the window, by day, in no order.
    pub days: BTreeMap<Date, Vec<u64>>,
    pub rejected: Vec<Rejected>,
    /// Whether anything may be missing.
    pub completeness: Completeness,
    /// All readings brought the same, but not the number that was announced.
    pub is_total_wrong: bool,
    pub readings: u32,
    /// The first page that failed: what the others brought is there.
    pub failure: Option<Error>,
}

/// Reads the participations that match `filter`, again while they shift, at most three times. Three readings that
/// brought the same are complete whatever was announced. Of most certificates only digests are kept, by `rules`: an
/// academy may have hundreds of thousands.
pub async fn list(reteach: &Client, filter: &Filter, rules: Rules<'_>) -> Result<Listing, Error> {
    read_all(rules, |page, size| {
        reteach.participations(filter, page, size)
    })
    .await
}

async fn read_all<F>(rules: Rules<'_>, page: impl Fn(u32, u32) -> F) -> Result<Listing, Error>
where
    F: Future<Output = Result<ParticipationPage, Error>>,
{
    let mut seen = Seen::new(rules);
    let mut sizes = PAGE_SIZES.into_iter();
    let mut size = sizes.next().unwrap_or_default();
    let mut before: Vec<Reading> = Vec::new();
    let mut begun = 0;
    loop {
        // A reading that stops at a page that is too large is begun again, and its certificates come again.
        begun += 1;
        let number = u32::try_from(before.len()).unwrap_or(u32::MAX) + 1;
        let read = Reading::of(begun, size, &mut seen, |number| page(number, size)).await;
        let reading = match (read, sizes.clone().next()) {
            (Ok(reading), _) => reading,
            (Err(Error::TooLarge { .. }), Some(smaller)) => {
                (_, size) = (sizes.next(), smaller);
                continue;
            }
            (Err(error), _) if seen.is_empty() || is_for_operator(&error) => return Err(error),
            (Err(error), _) => {
                let listing = seen.listing(Vec::new(), Completeness::Shifting, number);
                let failure = Some(error);
                return Ok(Listing { failure, ..listing });
            }
        };
        let is_complete = reading.completeness() == Completeness::Complete;
        before.push(reading);
        if is_complete || number == MAX_READINGS {
            let is_total_wrong = !is_complete && agree(&before);
            let completeness = match is_complete || is_total_wrong {
                true => Completeness::Complete,
                false => Completeness::Shifting,
            };
            let rejected = before.pop().map(|last| last.rejected).unwrap_or_default();
            let listing = seen.listing(rejected, completeness, number);
            return Ok(Listing {
                is_total_wrong,
                ..listing
            });
        }
    }
}

/// Whether all readings brought the same participations.
fn agree(readings: &[Reading]) -> bool {
    let is_same = |pair: &[Reading]| match pair {
        [one, two] => one.ids == two.ids && one.received == two.received,
        _ => true,
    };
    readings.iter().all(Reading::has_ended) && readings.windows(2).all(is_same)
}

fn is_for_operator(error: &Error) -> bool {
    matches!(
        error,
        Error::Credential(_) | Error::Forbidden(_) | Error::OutOfTime { .. }
    )
}

/// What all readings brought so far, each certificate once.
struct Seen<'a> {
    rules: Rules<'a>,
    /// By the digest of the certificate's id.
    known: BTreeMap<u64, Known>,
    kept: BTreeMap<CertificateId, Participation>,
    /// The kept ones that make room for newer ones of their class.
    newest: BTreeMap<Class, BTreeSet<(Option<Timestamp>, CertificateId)>>,
    max_newest: usize,
    ambiguous: BTreeSet<CertificateId>,
}

/// What is known of every certificate that came.
struct Known {
    /// The number of the reading that brought it last.
    reading: u32,
    participation: u64,
    customer: u64,
    rule: Rule,
}

impl Known {
    /// Whether both are of different people, and neither is done.
    fn is_of_another(&self, other: &Self) -> bool {
        !self.rule.keep.is_done()
            && !other.rule.keep.is_done()
            && self.participation != other.participation
            && self.customer != other.customer
    }
}

impl<'a> Seen<'a> {
    fn new(rules: Rules<'a>) -> Self {
        Self {
            rules,
            known: BTreeMap::new(),
            kept: BTreeMap::new(),
            newest: BTreeMap::new(),
            max_newest: MAX_NEWEST,
            ambiguous: BTreeSet::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// All of it as the result of `readings`. A certificate of several people belongs to none of them: it must not get
    /// into the wrong file.
    fn listing(
        self,
        rejected: Vec<Rejected>,
        completeness: Completeness,
        readings: u32,
    ) -> Listing {
        let Self {
            rules: _,
            known,
            kept: mut certificates,
            newest: _,
            max_newest: _,
            ambiguous,
        } = self;
        let seen = known.len() as u64;
        let kept: HashSet<u64> = certificates.keys().map(digest).collect();
        let (mut counted, mut beyond) = (BTreeMap::new(), BTreeMap::new());
        let (mut beyond_days, mut held_days) = (BTreeSet::new(), BTreeMap::new());
        let mut days: BTreeMap<Date, Vec<u64>> = BTreeMap::new();
        for (id, Known { rule, .. }) in known {
            let day = rule.digest.map(|(day, _)| day);
            if let Some((day, digest)) = rule.digest {
                days.entry(day).or_default().push(digest);
            }
            match (rule.keep, day) {
                (Keep::Always, _) => {}
                (Keep::Newest(_), _) if kept.contains(&id) => {}
                (Keep::Newest(class), day) => {
                    *beyond.entry(class).or_default() += 1;
                    beyond_days.extend(day);
                }
                (Keep::Count(Counted::Held), Some(day)) => {
                    *held_days.entry(day).or_default() += 1;
                }
                (Keep::Count(counted_as), _) => *counted.entry(counted_as).or_default() += 1,
            }
        }
        certificates.retain(|id, _| !ambiguous.contains(id));
        let problem = "is in several people's participations: issue new ones";
        let reject = |id| Rejected {
            certificate_id: Some(id),
            field: "certificate.id",
            problem,
        };
        Listing {
            seen,
            counted,
            beyond,
            beyond_days,
            held_days,
            certificates,
            days,
            rejected: rejected
                .into_iter()
                .chain(ambiguous.into_iter().map(reject))
                .collect(),
            completeness,
            is_total_wrong: false,
            readings,
            failure: None,
        }
    }

    /// Takes what a reading brought, and says whether it had brought the same before.
    fn take(&mut self, reading: u32, participation: Participation) -> bool {
        let Some(id) = participation
            .certificate
            .as_ref()
            .map(|certificate| certificate.id.clone())
        else {
            return false;
        };
        let known = Known {
            reading,
            participation: digest(&participation.id),
            customer: digest(&participation.customer),
            rule: (self.rules)(&id, &participation),
        };
        let keep = known.rule.keep;
        let again = self.known.get(&digest(&id)).is_some_and(|before| {
            if before.is_of_another(&known) {
                self.ambiguous.insert(id.clone());
            }
            before.participation == known.participation && before.reading == reading
        });
        self.known.insert(digest(&id), known);
        if let Some(before) = self.kept.remove(&id) {
            let before = (before.completed_at, id.clone());
            for newest in self.newest.values_mut() {
                newest.remove(&before);
            }
        }
        if let Keep::Count(_) = keep {
            return again;
        }
        if let Keep::Newest(class) = keep {
            let newest = self.newest.entry(class).or_default();
            newest.insert((participation.completed_at, id.clone()));
            if newest.len() > self.max_newest
                && let Some((_, oldest)) = newest.pop_first()
            {
                if oldest == id {
                    return again;
                }
                self.kept.remove(&oldest);
            }
        }
        self.kept.insert(id, participation);
        again
    }
}

#[derive(Default)]
struct Reading {
    number: u32,
    rejected: Vec<Rejected>,
    received: u64,
    repeated: bool,
    totals: HashSet<Option<u64>>,
    last_was_empty: bool,
    /// How many pages in a row brought only what had come before.
    repeated_pages: u32,
    /// How many pages in a row brought nothing that was asked for.
    barren_pages: u32,
    /// Whether records came after an empty page, or fewer than announced before a 404: it was not the end.
    has_gap: bool,
    /// The participations that came, summed up: equal for the same ones in any order.
    ids: u64,
    /// How many pages in a row have failed.
    failed_pages: u32,
    /// Why the first of all failed.
    failure: Option<Error>,
}

impl Reading {
    /// All pages: the announced number of them a few at a time, then one by one until as many records came as were announced
    /// or there is nothing more. A short page is not the last one: the server decides how long they are, whatever `size` is
    /// asked for. A full one that announces no other records may count its own alone: the next one shows that. One that
    /// fails hides nothing on the others.
    ///
    /// # Errors
    /// Of the first page that fails, once the others are read.
    async fn of<F>(
        number: u32,
        size: u32,
        seen: &mut Seen<'_>,
        page: impl Fn(u32) -> F,
    ) -> Result<Self, Error>
    where
        F: Future<Output = Result<ParticipationPage, Error>>,
    {
        let (first, failure) = first_page(&page).await?;
        let (received, total) = (first.received, first.total);
        let last = match failure {
            None => u32::try_from(total.unwrap_or_default().div_ceil(received.max(1)))
                .unwrap_or(u32::MAX)
                .min(MAX_CERTIFICATES / size.max(1)),
            // The second page, which may be a short one, does not say how many there are.
            Some(_) => 2,
        };
        let is_first_missing = failure.is_some();
        let mut reading = Self {
            number,
            failure,
            ..Self::default()
        };
        reading.take(first, seen);
        let next = if is_first_missing { 3 } else { 2 };
        let mut pages = std::pin::pin!(stream::iter(next..=last).map(&page).buffered(CONCURRENCY));
        while let Some(next) = pages.next().await {
            reading.take_or_note(next, seen)?;
        }
        if !is_first_missing && let Some(error) = reading.failure.take() {
            return Err(error);
        }
        let mut at = last.max(1);
        // The client may have asked for fewer, and the academy may show fewer.
        let is_full = received == u64::from(size) || received.is_multiple_of(USUAL_SIZE);
        let mut may_count_page = received > 0 && is_full && total == Some(received);
        // More than announced may not be all either.
        while (may_count_page || total != Some(reading.received))
            && reading.may_have_more()
            && at < MAX_PAGES
        {
            at += 1;
            let next = match page(at).await {
                // The end, unless more was announced.
                Err(Error::NotFound { .. }) => {
                    reading.has_gap |= total.is_some_and(|total| reading.received < total);
                    Ok(ParticipationPage::default())
                }
                // As many came as were announced: a page behind them may be refused.
                Err(Error::Rejected { .. }) if total.is_some_and(|it| reading.received >= it) => {
                    Ok(ParticipationPage::default())
                }
                next => next,
            };
            let is_empty = next.as_ref().is_ok_and(|page| page.received == 0);
            if std::mem::take(&mut may_count_page) && is_empty {
                break;
            }
            reading.take_or_note(next, seen)?;
        }
        match reading.failure.take() {
            Some(error) => Err(error),
            None => Ok(reading),
        }
    }

    /// Takes a page, or notes that it failed: a record that the academy cannot show must not hide all that follow it.
    fn take_or_note(
        &mut self,
        page: Result<ParticipationPage, Error>,
        seen: &mut Seen<'_>,
    ) -> Result<(), Error> {
        let error = match page {
            Ok(page) => {
                self.failed_pages = 0;
                self.take(page, seen);
                return Ok(());
            }
            Err(error) => error,
        };
        self.failed_pages += 1;
        if !is_of_page(&error) || self.failed_pages >= MAX_FAILED_PAGES {
            return Err(error);
        }
        self.failure.get_or_insert(error);
        Ok(())
    }

    fn take(&mut self, page: ParticipationPage, seen: &mut Seen<'_>) {
        self.received += page.received;
        self.has_gap |= self.last_was_empty && page.received > 0;
        self.last_was_empty = page.received == 0;
        self.totals.insert(page.total);
        self.rejected.extend(page.rejected);
        self.barren_pages = match page.participations.is_empty() {
            true => self.barren_pages + 1,
            false => 0,
        };
        let mut is_repeated = !page.participations.is_empty();
        for participation in page.participations {
            self.ids = self.ids.wrapping_add(digest(&participation.id));
            let again = seen.take(self.number, participation);
            self.repeated |= again;
            is_repeated &= again;
        }
        self.repeated_pages = match is_repeated {
            true => self.repeated_pages + 1,
            false => 0,
        };
    }

    fn may_have_more(&self) -> bool {
        !self.last_was_empty
            && self.repeated_pages < MAX_REPEATED_PAGES
            && self.barren_pages < MAX_BARREN_PAGES
            && self.received < u64::from(MAX_CERTIFICATES)
    }

    /// Whether all pages announced the same number and that many records came, or none announced one and the last was
    /// empty.
    fn is_steady(&self) -> bool {
        let fits =
            |total: &Option<u64>| total.map_or(self.last_was_empty, |total| total == self.received);
        self.totals.len() == 1 && self.totals.iter().all(fits)
    }

    /// Whether no further page has any records.
    fn has_ended(&self) -> bool {
        self.last_was_empty && !self.has_gap || self.is_steady()
    }

    /// A participation that comes twice has moved to a later page, and another may have moved to an earlier one.
    fn completeness(&self) -> Completeness {
        if self.is_steady() && !self.repeated {
            Completeness::Complete
        } else {
            Completeness::Shifting
        }
    }
}

/// The first page, or the second one and why the first failed: records on the second show that the list is there.
async fn first_page<F>(
    page: &impl Fn(u32) -> F,
) -> Result<(ParticipationPage, Option<Error>), Error>
where
    F: Future<Output = Result<ParticipationPage, Error>>,
{
    let error = match page(1).await {
        Err(error) if is_of_page(&error) => error,
        first => return Ok((first?, None)),
    };
    match page(2).await {
        Ok(second) if second.received > 0 => Ok((second, Some(error))),
        // It may fit into a smaller one.
        Err(too_large @ Error::TooLarge { .. }) => Err(too_large),
        Ok(_) | Err(_) => Err(error),
    }
}

/// Whether a single page may be at fault.
fn is_of_page(error: &Error) -> bool {
    matches!(error, Error::Unavailable { .. } | Error::Unreadable { .. })
}

/// Equal for equal values. 64 bits tell a million ids apart but for one case in 36 million.
pub(crate) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
