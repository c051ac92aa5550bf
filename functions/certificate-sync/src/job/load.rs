//! Everything a plan needs, from reteach and from the ledger: as little as possible of either.

mod dates;
mod late_pdfs;
mod read;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use shared::domain::id::{CertificateId, CustomerId, SourceId, TenantId};
use shared::http::Deadline;
use shared::reteach::{self, Completeness, Downloads, Participation, Rejected};
use shared::routes::Connections;
use shared::runtime::RunError;
use shared::source::EmployeeSource as _;
use shared::state::{CertificateCheckpoint, CertificateEntry, CertificateState, Store};

use self::dates::{Dates, MANY_REDATED};
use self::late_pdfs::{Asked, until};
use self::read::Read;
use crate::checkpoint::{self, Scope, Selection};
use crate::list::{Class, Counted};
use crate::outcome::CertificateResult;
use crate::plan::{Candidate, Listed, People, Policy, is_unclear, issue_of};

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
    pub(super) has_external_ids: bool,
    /// A digest of the hosts that the tenant's file allows.
    pub(super) allowed_hosts: u64,
    pub(super) rejected: Vec<Rejected>,
    pub(super) completeness: Completeness,
    pub(super) readings: u32,
    /// All readings brought the same, but not the number that was announced.
    pub(super) is_total_wrong: bool,
    /// The first page that failed; what the others brought has become candidates.
    pub(super) failure: Option<reteach::Error>,
    /// Its participations have become candidates.
    pub(super) selection: Selection,
    /// Certificates older than the window that were asked for and still have no PDF.
    pub(super) waiting: Vec<CertificateId>,
    pub(super) dates: Dates,
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
            dates_seen: self.dates.seen.as_ref(),
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

/// Reads this scope, or everything where many certificates of the window have nothing but another date: only then does it
/// show whether the academy has issued them again.
pub(super) async fn load(sources: Sources<'_>, scope: Scope) -> Result<Loaded, RunError> {
    let loaded = load_scope(sources, scope).await?;
    let is_judged = loaded.reading.scope.everything || !loaded.reading.scope.trusts_dates;
    let candidates = loaded.candidates.iter();
    let redated = candidates.filter(|one| is_redated(one)).count() as u64;
    match !is_judged && redated >= MANY_REDATED {
        true => {
            drop(loaded);
            let everything = Scope {
                everything: true,
                ..scope
            };
            load_scope(sources, everything).await
        }
        false => Ok(loaded),
    }
}

async fn load_scope(sources: Sources<'_>, scope: Scope) -> Result<Loaded, RunError> {
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
        dates,
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
    let mut candidates = candidates(sources, selected, entries, owners).await?;
    // What is filed keeps its date: once dates count again, it is compared.
    let redated = candidates.iter_mut().filter(|one| is_redated(one));
    for candidate in redated.filter(|_| !scope.trusts_dates) {
        if let Some(listed) = &mut candidate.listed {
            listed.issue = listed.issue.without_date();
        }
    }
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
            dates,
        },
    })
}

/// Whether a filed certificate is listed with another date, and with nothing else that is new.
fn is_redated(candidate: &Candidate) -> bool {
    let (Some(listed), Some(entry)) = (&candidate.listed, &candidate.entry) else {
        return false;
    };
    matches!(entry.state, CertificateState::Uploaded { .. })
        && entry.reissued.is_none()
        && listed.url.is_some()
        && listed.issue.differs_from(entry.issue)
        && !listed.issue.without_date().differs_from(entry.issue)
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
