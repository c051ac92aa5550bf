//! Everything a plan needs, from reteach and from the ledger: as little as possible of either.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use shared::domain::id::{CertificateId, CustomerId, SourceId, TenantId};
use shared::http::Deadline;
use shared::reteach::{self, Completeness, Downloads, Error, Participation, Rejected};
use shared::routes::Connections;
use shared::runtime::{Outcome, RunError};
use shared::source::EmployeeSource as _;
use shared::state::{CertificateCheckpoint, CertificateEntry, CertificateState, Store};

use super::identity::Identity;
use super::ledger::Ledger;
use crate::checkpoint::{
    self, Scope, Selection, are_few_waiting, are_late_pdfs_made, is_any_unasked, select,
};
use crate::list::{Class, Counted, Keep, Listing, Rule, list};
use crate::outcome::CertificateResult;
use crate::plan::{Candidate, Listed, People, Policy, is_unclear, issue_of};

/// Certificates asked for at once. Our own bound.
const CONCURRENCY: usize = 4;
/// Looking for late PDFs takes at most one part in so many of a run's time: the others are for filing. Our own bound.
const LATE_SHARE: u32 = 4;

/// What a plan is made from, and what is known of the reading.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) candidates: Vec<Candidate>,
    pub(super) reading: Reading,
}

/// What a report and the next run's checkpoint say of the reading.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) scope: Scope,
    pub(super) began: Timestamp,
    pub(super) seen: u64,
    /// How many of these are only counted, and not among the candidates.
    pub(super) counted: BTreeMap<Counted, u64>,
    /// How many of each class are not among the candidates: newer ones come first.
    pub(super) beyond: BTreeMap<Class, u64>,
    /// How many are counted as held on each of the window's days.
    pub(super) held_days: BTreeMap<Date, u32>,
    /// Parked certificates of the tenant, before this run parks any.
    pub(super) parked: u32,
    /// Certificates that were issued again, before this run notices any.
    pub(super) reissued: u32,
    /// Whether external ids name all owners.
    pub(super) has_external_ids: bool,
    /// A digest of the hosts that the tenant's file allows.
    pub(super) allowed_hosts: u64,
    pub(super) rejected: Vec<Rejected>,
    pub(super) completeness: Completeness,
    pub(super) readings: u32,
    /// All readings brought the same, but not the number that was announced.
    pub(super) is_total_wrong: bool,
    /// The page that failed; what came before it has become candidates.
    pub(super) failure: Option<reteach::Error>,
    /// Its participations have become candidates.
    pub(super) selection: Selection,
    /// Certificates older than the window that were asked for and still have no PDF.
    pub(super) waiting: Vec<CertificateId>,
}

impl Reading {
    /// The run as [`conclude`](checkpoint::conclude) sees it.
    pub(super) fn facts<'a>(
        &'a self,
        results: &'a BTreeMap<CertificateId, CertificateResult>,
        newly_parked: u32,
        newly_reissued: u32,
    ) -> checkpoint::RunFacts<'a> {
        checkpoint::RunFacts {
            scope: self.scope,
            began: self.began,
            completeness: self.completeness,
            seen: self.seen,
            selection: &self.selection,
            waiting: &self.waiting,
            results,
            holds_left: self.beyond(Class::ToHold) > 0,
            parked: self.parked.saturating_add(newly_parked),
            beyond: self.beyond(Class::Fileable),
            held: self.counted(Counted::Held),
            held_days: &self.held_days,
            reissued: self.reissued.saturating_add(newly_reissued),
            has_external_ids: self.has_external_ids,
            allowed_hosts: self.allowed_hosts,
            may_be_first: true,
            stopped_for_host: false,
            lists: None,
            refusals: None,
        }
    }
}

impl Reading {
    /// How many are counted so.
    pub(super) fn counted(&self, counted: Counted) -> u64 {
        self.counted.get(&counted).copied().unwrap_or_default()
    }

    /// How many of a class are not among the candidates.
    pub(super) fn beyond(&self, class: Class) -> u64 {
        self.beyond.get(&class).copied().unwrap_or_default()
    }
}

/// What was read of a scope, before the ledger of single certificates.
struct Read {
    scope: Scope,
    ledger: Ledger,
    /// Whose account is whose, where everything was listed and external ids do not tell it.
    owners: Option<HashMap<CustomerId, SourceId>>,
    /// Whether external ids name the owners of all certificates that are not done.
    has_external_ids: bool,
    selection: Selection,
    listing: Listing,
}

/// What a run reads with.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) store: &'a Store,
    pub(super) tenant: &'a TenantId,
    /// The id of its academy, where it is known.
    pub(super) academy: Option<&'a str>,
    pub(super) connections: &'a Connections,
    pub(super) checkpoint: Option<&'a CertificateCheckpoint>,
    pub(super) policy: &'a Policy,
    pub(super) downloads: &'a Downloads,
    /// A digest of the hosts that the tenant's file allows.
    pub(super) allowed_hosts: u64,
    pub(super) began: Timestamp,
    /// Everything must have ended by then.
    pub(super) stop_at: Deadline,
}

impl Read {
    /// Reads the accounts as well where the last listing of everything needed them, or this one turns out to.
    async fn everything_or_window(sources: Sources<'_>, scope: Scope) -> Result<Self, RunError> {
        let known = sources.checkpoint;
        let is_needed = !known.is_some_and(|checkpoint| checkpoint.has_external_ids);
        let read = Self::of(sources, scope, scope.everything && is_needed).await?;
        match scope.everything && read.owners.is_none() && !read.has_external_ids {
            true => Self::of(sources, scope, true).await,
            false => Ok(read),
        }
    }

    /// A listing of everything in its place, for late PDFs alone. If it does not come in time, the window is filed by.
    async fn or_everything(
        self,
        sources: Sources<'_>,
        scope: Scope,
        until: Option<Deadline>,
    ) -> Result<Self, RunError> {
        let connections = sources.connections.clone();
        let connections = match until {
            Some(deadline) => connections.until(deadline),
            None => connections,
        };
        let sources = Sources {
            connections: &connections,
            ..sources
        };
        match Self::everything_or_window(sources, scope).await {
            Ok(everything) if everything.listing.failure.is_none() => Ok(everything),
            Err(error) if error.outcome != Outcome::ReteachUnavailable => Err(error),
            Ok(_) | Err(_) => Ok(self),
        }
    }

    /// Whether no day of the window is as the last run left it, and none had only to get a PDF: this may be another
    /// academy.
    fn is_all_new(&self, checkpoint: Option<&CertificateCheckpoint>) -> bool {
        let window = self.scope.window_start..Date::MAX;
        let known = checkpoint.map(|checkpoint| checkpoint.days.range(window));
        let mut known = known.into_iter().flatten().peekable();
        known.peek().is_some()
            && known.all(|(day, known)| {
                let listed = self.selection.days.get(day);
                let is_new = listed.is_none_or(|listed| listed.digest != known.digest);
                is_new && known.unsettled.waiting_for_pdf == 0
            })
    }

    /// Whether certificates of a day that is to be looked at were not kept.
    fn has_left_out_any(&self) -> bool {
        let days = self.listing.beyond_days.iter();
        let mut days = days.filter_map(|day| self.selection.days.get(day));
        days.any(|day| day.selected)
    }

    async fn of(sources: Sources<'_>, scope: Scope, with_owners: bool) -> Result<Self, RunError> {
        let Sources {
            store,
            tenant,
            academy,
            connections,
            checkpoint,
            policy: _,
            downloads: _,
            allowed_hosts: _,
            began,
            stop_at: _,
        } = sources;
        let ledger = match scope.everything {
            true => Ledger::whole(store, tenant).await?,
            false => Ledger::default(),
        };
        let owners = match with_owners {
            true => Some(store.owners(tenant).await?),
            false => None,
        };
        let is_any_unclear = AtomicBool::new(false);
        let identity = Identity::default();
        let nobody = HashMap::new();
        let people = People {
            tool: connections.hr.tool(),
            owners: owners.as_ref().unwrap_or(&nobody),
        };
        let rules = |id: &CertificateId, participation: &Participation| {
            let digest = checkpoint::digest(id, participation, scope, &connections.key);
            let keep = match scope.everything {
                true => {
                    identity.take(participation, people, ledger.knows(id));
                    ledger.keep((id, participation), people, sources)
                }
                false => Keep::Newest(Class::Recent),
            };
            let is_done = matches!(
                keep,
                Keep::Count(Counted::Done) | Keep::Newest(Class::Reissued)
            );
            let customer = participation.customer.as_ref();
            if !is_done && customer.is_some_and(is_unclear) {
                is_any_unclear.store(true, Ordering::Relaxed);
            }
            Rule { keep, digest }
        };
        let mut listing = list(&connections.reteach, &scope.filter(), &rules).await?;
        if let Some(error) = listing.unreadable() {
            if listing.seen == 0 {
                return Err(error.into());
            }
            listing.completeness = Completeness::Shifting;
            listing.failure.get_or_insert(error);
        }
        if listing.seen == 0 && ledger.len() > 0 {
            // A status code proves nothing: an academy that issued certificates has not issued none.
            listing.completeness = Completeness::Shifting;
        }
        if listing.seen > 0 && listing.completeness == Completeness::Complete {
            let reteach = &connections.reteach;
            let tenant = (tenant, academy);
            identity
                .check(store, reteach, tenant, ledger.len(), began)
                .await?;
        }
        let certificates = std::mem::take(&mut listing.certificates);
        let (days, key) = (std::mem::take(&mut listing.days), &connections.key);
        let selection = select(certificates, days, checkpoint, scope, key, began);
        Ok(Self {
            scope,
            ledger,
            owners,
            has_external_ids: !is_any_unclear.into_inner(),
            selection,
            listing,
        })
    }
}

/// Until when late PDFs are looked for; `None`: as long as it takes.
fn until(sources: Sources<'_>) -> Option<Deadline> {
    let time = sources.stop_at.remaining();
    time.map(|time| Deadline::after(time / LATE_SHARE))
}

/// What came of asking for certificates that are older than the window and had no PDF.
#[derive(Default)]
struct Asked {
    made: BTreeMap<CertificateId, Participation>,
    waiting: Vec<CertificateId>,
    /// Only a listing of everything shows them: they are too many, or the academy takes no question for a single one.
    needs_everything: bool,
}

impl Asked {
    /// One call for each. What cannot be read now waits on: the next tick asks again, first for those for which there was
    /// no time. Where many wait and none is made any more, the daily listing is enough.
    async fn of(sources: Sources<'_>, until: Option<Deadline>) -> Self {
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

pub(super) async fn load(sources: Sources<'_>, scope: Scope) -> Result<Loaded, RunError> {
    let Sources {
        store,
        tenant,
        checkpoint,
        began,
        ..
    } = sources;
    let read = Read::everything_or_window(sources, scope).await?;
    let until = until(sources);
    let asked = match scope.everything || read.selection.has_lost_due {
        true => Asked::default(),
        false => Asked::of(sources, until).await,
    };
    let entries = match !scope.everything && read.is_all_new(checkpoint) {
        true => {
            let listed = read.selection.selected.keys().chain(asked.made.keys());
            Some(store.certificates(tenant, listed).await?)
        }
        false => None,
    };
    let is_too_little = !scope.everything
        && (read.selection.has_lost_due
            || read.has_left_out_any()
            || entries.as_ref().is_some_and(HashMap::is_empty));
    let everything = Scope {
        everything: true,
        ..scope
    };
    let Read {
        scope,
        ledger,
        owners,
        has_external_ids,
        mut selection,
        listing,
    } = match is_too_little {
        true => Read::everything_or_window(sources, everything).await?,
        false if asked.needs_everything => read.or_everything(sources, everything, until).await?,
        false => read,
    };
    let mut selected = std::mem::take(&mut selection.selected);
    let waiting = if scope.everything {
        Vec::new()
    } else {
        selected.extend(asked.made);
        asked.waiting
    };
    let (parked, reissued) = match (scope.everything, checkpoint) {
        (false, Some(checkpoint)) => (checkpoint.parked, checkpoint.reissued),
        _ => (ledger.parked, ledger.reissued),
    };
    let entries = match (scope.everything, entries) {
        (true, _) => ledger.entries(store, tenant, &selected).await?,
        (false, Some(entries)) => entries,
        (false, None) => store.certificates(tenant, selected.keys()).await?,
    };
    let candidates = candidates(sources, selected, entries, owners).await?;
    Ok(Loaded {
        candidates,
        reading: Reading {
            scope,
            began,
            seen: listing.seen,
            counted: listing.counted,
            beyond: match scope.everything {
                true => listing.beyond,
                // The days of these are as the last run left them.
                false => BTreeMap::new(),
            },
            held_days: listing.held_days,
            parked,
            reissued,
            has_external_ids,
            allowed_hosts: sources.allowed_hosts,
            rejected: listing.rejected,
            completeness: listing.completeness,
            readings: listing.readings,
            is_total_wrong: listing.is_total_wrong,
            failure: listing.failure,
            selection,
            waiting,
        },
    })
}

/// What reteach lists, and what the ledger has open that reteach does not list (any more).
async fn candidates(
    sources: Sources<'_>,
    selected: BTreeMap<CertificateId, Participation>,
    mut entries: HashMap<CertificateId, CertificateEntry>,
    known_owners: Option<HashMap<CustomerId, SourceId>>,
) -> Result<Vec<Candidate>, RunError> {
    let (tool, key) = (sources.connections.hr.tool(), &sources.connections.key);
    let unsettled = selected
        .iter()
        .filter(|(id, _)| !is_settled(entries.get(*id)))
        .map(|(_, participation)| participation);
    let owners = match known_owners {
        Some(known) => known,
        None => owners(sources.store, sources.tenant, unsettled).await?,
    };
    let people = People {
        tool,
        owners: &owners,
    };
    let mut candidates: Vec<_> = selected
        .into_iter()
        .map(|(id, participation)| {
            let issue = issue_of(&id, &participation, key);
            Candidate {
                entry: entries.remove(&id),
                listed: Some(Listed::new(participation, issue, people)),
                id,
            }
        })
        .collect();
    candidates.extend(entries.into_iter().map(|(id, entry)| Candidate {
        id,
        listed: None,
        entry: Some(entry),
    }));
    Ok(candidates)
}

/// Whose account is whose: the ledger of employees is read only where an account has no external id.
async fn owners<'a>(
    store: &Store,
    tenant: &TenantId,
    mut unsettled: impl Iterator<Item = &'a Participation>,
) -> Result<HashMap<CustomerId, SourceId>, RunError> {
    let is_unclear =
        unsettled.any(|participation| participation.customer.as_ref().is_some_and(is_unclear));
    match is_unclear {
        true => Ok(store.owners(tenant).await?),
        false => Ok(HashMap::new()),
    }
}

/// Whether nothing is to be done about it any more.
fn is_settled(entry: Option<&CertificateEntry>) -> bool {
    entry.is_some_and(|entry| match entry.state {
        CertificateState::Uploaded { .. }
        | CertificateState::Parked { .. }
        | CertificateState::Dismissed { .. } => true,
        CertificateState::Intended(_)
        | CertificateState::Failed(_)
        | CertificateState::Held { .. } => false,
    })
}
