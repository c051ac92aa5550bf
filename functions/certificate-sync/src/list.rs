//! Listing participations. Pages shift while they are read: a reading whose numbers do not agree is repeated, and
//! nothing that any reading brought is lost.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use shared::domain::id::CertificateId;
use shared::reteach::{
    Client, Completeness, Error, Filter, Participation, ParticipationId, ParticipationPage,
    Rejected,
};

/// How often participations are read before the result counts as incomplete.
const MAX_READINGS: u32 = 3;
/// Pages in flight at once. Our own bound.
const CONCURRENCY: usize = 4;
/// A listing of more than this many pages (250,000 certificates) is a paging fault. Our own bound.
const MAX_PAGES: u32 = 1_000;

/// Sizes of pages: a smaller one where a reply is too large. Course descriptions make rows of 30 KB and more.
const PAGE_SIZES: [u32; 3] = [250, 50, 10];

/// What the readings of one run brought.
#[derive(Debug)]
pub struct Listing {
    pub seen: u64,
    /// How many of them are not `wanted`.
    pub unwanted: u64,
    /// Those that are wanted, each once, as it was read last.
    pub certificates: BTreeMap<CertificateId, Participation>,
    /// Records that do not fit.
    pub rejected: Vec<Rejected>,
    /// Whether anything may be missing.
    pub completeness: Completeness,
    /// All readings brought the same, but not the number that was announced.
    pub is_total_wrong: bool,
    /// How many times they were read.
    pub readings: u32,
    /// The page that failed: what came before it is there.
    pub failure: Option<Error>,
}

/// Reads the participations that match `filter`, again while they shift, at most three times. Three readings that
/// brought the same are complete whatever was announced. Of certificates that are not `wanted` only the ids are kept:
/// an academy may have tens of thousands that are filed.
///
/// # Errors
/// See [`Error`], if nothing came, or other credentials may help.
pub async fn list(
    reteach: &Client,
    filter: &Filter,
    wanted: &(dyn Fn(&CertificateId, &Participation) -> bool + Sync),
) -> Result<Listing, Error> {
    read_all(wanted, |page, size| {
        reteach.participations(filter, page, size)
    })
    .await
}

async fn read_all<F>(
    wanted: &(dyn Fn(&CertificateId, &Participation) -> bool + Sync),
    page: impl Fn(u32, u32) -> F,
) -> Result<Listing, Error>
where
    F: Future<Output = Result<ParticipationPage, Error>>,
{
    let mut seen = Seen::new(wanted);
    let mut sizes = PAGE_SIZES.into_iter();
    let mut size = sizes.next().unwrap_or_default();
    let mut before: Vec<Reading> = Vec::new();
    loop {
        let number = u32::try_from(before.len()).unwrap_or(u32::MAX) + 1;
        let read = Reading::of(number, &mut seen, |number| page(number, size)).await;
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

/// Whether all readings brought the same participations, each once.
fn agree(readings: &[Reading]) -> bool {
    let is_plain = |reading: &Reading| !reading.repeated && reading.last_was_empty;
    let is_same = |pair: &[Reading]| match pair {
        [one, two] => one.ids == two.ids && one.received == two.received,
        _ => true,
    };
    readings.iter().all(is_plain) && readings.windows(2).all(is_same)
}

fn is_for_operator(error: &Error) -> bool {
    matches!(
        error,
        Error::Credential(_) | Error::Forbidden(_) | Error::OutOfTime { .. }
    )
}

/// What all readings brought so far, each certificate once.
struct Seen<'a> {
    wanted: &'a (dyn Fn(&CertificateId, &Participation) -> bool + Sync),
    /// With the number of the reading that brought it last.
    certificates: BTreeMap<CertificateId, (u32, Kept)>,
    /// Certificates of several people.
    ambiguous: BTreeSet<CertificateId>,
}

/// What is kept of a record.
enum Kept {
    Wanted(Box<Participation>),
    Unwanted(ParticipationId),
}

impl Kept {
    fn id(&self) -> &ParticipationId {
        match self {
            Self::Wanted(participation) => &participation.id,
            Self::Unwanted(id) => id,
        }
    }

    fn is_wanted(&self) -> bool {
        matches!(self, Self::Wanted(_))
    }

    fn is_of_another(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wanted(one), Self::Wanted(two)) => {
                one.id != two.id && one.customer != two.customer
            }
            _ => false,
        }
    }
}

impl<'a> Seen<'a> {
    fn new(wanted: &'a (dyn Fn(&CertificateId, &Participation) -> bool + Sync)) -> Self {
        Self {
            wanted,
            certificates: BTreeMap::new(),
            ambiguous: BTreeSet::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// All of it as the result of `readings`.
    fn listing(
        self,
        rejected: Vec<Rejected>,
        completeness: Completeness,
        readings: u32,
    ) -> Listing {
        let seen = self.certificates.len() as u64;
        let kept = self.certificates.values();
        let unwanted = kept.filter(|(_, kept)| !kept.is_wanted()).count() as u64;
        let (certificates, ambiguous) = self.into_wanted();
        Listing {
            seen,
            unwanted,
            certificates,
            rejected: rejected.into_iter().chain(ambiguous).collect(),
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
        let kept = if (self.wanted)(&id, &participation) {
            Kept::Wanted(Box::new(participation))
        } else {
            Kept::Unwanted(participation.id)
        };
        let again = match self.certificates.get(&id) {
            Some((before, known)) => {
                if known.is_of_another(&kept) {
                    self.ambiguous.insert(id.clone());
                }
                known.id() == kept.id() && *before == reading
            }
            None => false,
        };
        self.certificates.insert(id, (reading, kept));
        again
    }

    /// Those that are wanted. A certificate of several people belongs to none of them: it must not get into the wrong file.
    fn into_wanted(self) -> (BTreeMap<CertificateId, Participation>, Vec<Rejected>) {
        let Self {
            wanted: _,
            certificates,
            ambiguous,
        } = self;
        let clear = certificates
            .into_iter()
            .filter(|(id, _)| !ambiguous.contains(id));
        let certificates = clear.filter_map(|(id, (_, kept))| match kept {
            Kept::Wanted(participation) => Some((id, *participation)),
            Kept::Unwanted(_) => None,
        });
        let certificates = certificates.collect();
        let problem = "is in several people's participations: issue new ones";
        let reject = |id| Rejected {
            certificate_id: Some(id),
            field: "certificate.id",
            problem,
        };
        (certificates, ambiguous.into_iter().map(reject).collect())
    }
}

/// The numbers of one reading.
#[derive(Default)]
struct Reading {
    number: u32,
    rejected: Vec<Rejected>,
    received: u64,
    /// Whether a participation came a second time.
    repeated: bool,
    totals: HashSet<Option<u64>>,
    last_was_empty: bool,
    /// The participations that came, summed up: equal for the same ones in any order.
    ids: u64,
}

impl Reading {
    /// All pages: the announced number of them a few at a time, then one by one until as many records came as were
    /// announced or there is nothing more. A short page is not the last one: the server decides how long they are.
    ///
    /// # Errors
    /// The first page's that fails.
    async fn of<F>(number: u32, seen: &mut Seen<'_>, page: impl Fn(u32) -> F) -> Result<Self, Error>
    where
        F: Future<Output = Result<ParticipationPage, Error>>,
    {
        let first = page(1).await?;
        let (size, total) = (first.received.max(1), first.total);
        let last = u32::try_from(total.unwrap_or_default().div_ceil(size))
            .unwrap_or(u32::MAX)
            .min(MAX_PAGES);
        let mut reading = Self {
            number,
            ..Self::default()
        };
        reading.take(first, seen);
        let mut pages = std::pin::pin!(stream::iter(2..=last).map(&page).buffered(CONCURRENCY));
        while let Some(next) = pages.try_next().await? {
            reading.take(next, seen);
        }
        let mut at = last.max(1);
        // More than announced may not be all either.
        while total != Some(reading.received) && !reading.last_was_empty && at < MAX_PAGES {
            at += 1;
            reading.take(page(at).await?, seen);
        }
        Ok(reading)
    }

    fn take(&mut self, page: ParticipationPage, seen: &mut Seen<'_>) {
        self.received += page.received;
        self.last_was_empty = page.received == 0;
        self.totals.insert(page.total);
        self.rejected.extend(page.rejected);
        for participation in page.participations {
            self.ids = self.ids.wrapping_add(digest(&participation.id));
            self.repeated |= seen.take(self.number, participation);
        }
    }

    /// Complete: all pages announced the same number and that many records came, or none announced one and the last was
    /// empty; and no record came twice. A participation that
    /// comes twice has moved to a later page, and another may have moved to an earlier one.
    fn completeness(&self) -> Completeness {
        let fits =
            |total: &Option<u64>| total.map_or(self.last_was_empty, |total| total == self.received);
        let steady = self.totals.len() == 1 && self.totals.iter().all(fits);
        if steady && !self.repeated {
            Completeness::Complete
        } else {
            Completeness::Shifting
        }
    }
}

/// Equal within a process for equal ids.
fn digest(id: &ParticipationId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
