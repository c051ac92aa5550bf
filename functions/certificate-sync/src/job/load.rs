//! Everything a plan needs, from reteach and from the ledger: as little as possible of either.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use shared::domain::id::{CertificateId, CustomerId, SourceId, TenantId};
use shared::reteach::{self, Completeness, Downloads, Participation, Rejected};
use shared::routes::Connections;
use shared::runtime::RunError;
use shared::source::EmployeeSource as _;
use shared::state::{CertificateCheckpoint, CertificateEntry, CertificateState, Store};

use crate::checkpoint::{self, Scope, Selection, select};
use crate::list::{Counted, Keep, Listing, Rule, digest, list};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::{Candidate, Listed, Owner, People, Policy, is_unclear};

/// Certificates asked for at once. Our own bound.
const CONCURRENCY: usize = 4;

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
    /// How many are to be filed and not among the candidates: newer ones come first.
    pub(super) beyond: u64,
    /// Parked certificates of the tenant, before this run parks any.
    pub(super) parked: u32,
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
    ) -> checkpoint::RunFacts<'a> {
        checkpoint::RunFacts {
            scope: self.scope,
            began: self.began,
            completeness: self.completeness,
            selection: &self.selection,
            waiting: &self.waiting,
            results,
            holds_left: false,
            parked: self.parked.saturating_add(newly_parked),
            beyond: self.beyond,
            held: self.counted(Counted::Held),
        }
    }
}

impl Reading {
    /// How many are counted so.
    pub(super) fn counted(&self, counted: Counted) -> u64 {
        self.counted.get(&counted).copied().unwrap_or_default()
    }
}

/// The ledger as far as a run of this scope reads it before the list: whole, or not at all.
#[derive(Default)]
struct Ledger {
    /// Filed or dismissed, by the digests of their ids: most of a ledger.
    done: HashSet<u64>,
    open: HashMap<CertificateId, CertificateEntry>,
    parked: u32,
}

impl Ledger {
    async fn whole(store: &Store, tenant: &TenantId) -> Result<Self, RunError> {
        let mut ledger = Self::default();
        let take = |entry: CertificateEntry| {
            match entry.state {
                CertificateState::Uploaded { .. } | CertificateState::Dismissed { .. } => {
                    ledger.done.insert(digest(&entry.certificate_id));
                    return;
                }
                CertificateState::Parked { .. } => ledger.parked += 1,
                CertificateState::Intended(_)
                | CertificateState::Failed(_)
                | CertificateState::Held { .. } => {}
            }
            ledger.open.insert(entry.certificate_id.clone(), entry);
        };
        store.each_certificate(tenant, take).await?;
        Ok(ledger)
    }

    fn is_empty(&self) -> bool {
        self.done.is_empty() && self.open.is_empty()
    }

    /// What a listing of everything keeps of a certificate: what a run may do something about.
    fn keep(
        &self,
        id: &CertificateId,
        participation: &Participation,
        is_in_window: bool,
        people: People<'_>,
        sources: Sources<'_>,
    ) -> Keep {
        let Sources {
            policy,
            downloads,
            began,
            ..
        } = sources;
        if self.done.contains(&digest(id)) {
            return Keep::Count(Counted::Done);
        }
        if self.open.contains_key(id) {
            return Keep::Always;
        }
        let owner = Owner::of(participation.customer.as_ref(), people);
        if owner == Owner::NotFromHr {
            return Keep::Count(Counted::NotFromHr);
        }
        match policy.left_out(participation.completed_at) {
            Some(SkipReason::BeforeSince) => Keep::Count(Counted::BeforeSince),
            // The ledger notes recent ones, and a day of the window counts its own.
            Some(_)
                if !is_in_window && !policy.is_noted_as_held(participation.completed_at, began) =>
            {
                Keep::Count(Counted::Held)
            }
            Some(_) => Keep::Always,
            None => {
                let certificate = participation.certificate.as_ref();
                let url = certificate.and_then(|certificate| certificate.url.as_ref());
                let has_file = url.is_some_and(|url| downloads.refused_host(url).is_none());
                match (owner, has_file) {
                    (Owner::Employee(_), true) => Keep::Newest,
                    _ => Keep::NewestWaiting,
                }
            }
        }
    }
}

/// What was read of a scope, before the ledger of single certificates.
struct Read {
    scope: Scope,
    ledger: Ledger,
    /// Whose account is whose, where everything was listed.
    owners: Option<HashMap<CustomerId, SourceId>>,
    selection: Selection,
    listing: Listing,
}

/// What a run reads with.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) store: &'a Store,
    pub(super) tenant: &'a TenantId,
    pub(super) connections: &'a Connections,
    pub(super) checkpoint: Option<&'a CertificateCheckpoint>,
    pub(super) policy: &'a Policy,
    pub(super) downloads: &'a Downloads,
    pub(super) began: Timestamp,
}

impl Read {
    async fn of(sources: Sources<'_>, scope: Scope) -> Result<Self, RunError> {
        let Sources {
            store,
            tenant,
            connections,
            checkpoint,
            policy: _,
            downloads: _,
            began,
        } = sources;
        let (ledger, owners) = match scope.everything {
            true => (
                Ledger::whole(store, tenant).await?,
                Some(store.owners(tenant).await?),
            ),
            false => (Ledger::default(), None),
        };
        let nobody = HashMap::new();
        let people = People {
            tool: connections.hr.tool(),
            owners: owners.as_ref().unwrap_or(&nobody),
        };
        let rules = |id: &CertificateId, participation: &Participation| {
            let digest = checkpoint::digest(id, participation, scope, &connections.key);
            let in_window = digest.is_some();
            let keep = match scope.everything {
                true => ledger.keep(id, participation, in_window, people, sources),
                false => Keep::Always,
            };
            Rule { keep, digest }
        };
        let mut listing = list(&connections.reteach, &scope.filter(), &rules).await?;
        if listing.seen == 0 && !ledger.is_empty() {
            // A status code proves nothing: an academy that issued certificates has not issued none.
            listing.completeness = Completeness::Shifting;
        }
        let certificates = std::mem::take(&mut listing.certificates);
        let (days, key) = (std::mem::take(&mut listing.days), &connections.key);
        let selection = select(certificates, days, checkpoint, scope, key, began);
        Ok(Self {
            scope,
            ledger,
            owners,
            selection,
            listing,
        })
    }
}

/// What came of asking for certificates that are older than the window and had no PDF.
#[derive(Default)]
struct Asked {
    made: BTreeMap<CertificateId, Participation>,
    waiting: Vec<CertificateId>,
}

impl Asked {
    /// One call for each. What cannot be read now waits on: the next tick asks again.
    async fn of(reteach: &reteach::Client, checkpoint: Option<&CertificateCheckpoint>) -> Self {
        let waiting = checkpoint.map_or(&[][..], |checkpoint| checkpoint.waiting.as_slice());
        let ask = |id: CertificateId| async move {
            let found = reteach.participation_by_certificate(&id).await;
            (id, found)
        };
        let mut answers = stream::iter(waiting.to_vec())
            .map(ask)
            .buffered(CONCURRENCY);
        let mut asked = Self::default();
        while let Some((id, found)) = answers.next().await {
            let is_made = |found: &Participation| {
                let certificate = found.certificate.as_ref();
                certificate.is_some_and(|certificate| certificate.url.is_some())
            };
            match found {
                Ok(Some(found)) if is_made(&found) => {
                    asked.made.insert(id, found);
                }
                Ok(Some(_)) | Err(_) => asked.waiting.push(id),
                // Revoked.
                Ok(None) => {}
            }
        }
        asked
    }

    /// Whether others that were not asked for are likely to be made as well.
    fn is_sign_of_more(&self, checkpoint: Option<&CertificateCheckpoint>) -> bool {
        !self.made.is_empty()
            && checkpoint.is_some_and(|checkpoint| {
                checkpoint.earlier.waiting_for_pdf as usize > checkpoint.waiting.len()
            })
    }
}

pub(super) async fn load(sources: Sources<'_>, scope: Scope) -> Result<Loaded, RunError> {
    let Sources {
        store,
        tenant,
        connections,
        checkpoint,
        began,
        ..
    } = sources;
    let read = Read::of(sources, scope).await?;
    let asked = match scope.everything || read.selection.has_lost_due {
        true => Asked::default(),
        false => Asked::of(&connections.reteach, checkpoint).await,
    };
    let is_too_little = read.selection.has_lost_due || asked.is_sign_of_more(checkpoint);
    let Read {
        scope,
        ledger,
        owners,
        mut selection,
        listing,
    } = if is_too_little && !scope.everything {
        let scope = Scope {
            everything: true,
            ..scope
        };
        Read::of(sources, scope).await?
    } else {
        read
    };
    let mut selected = std::mem::take(&mut selection.selected);
    let waiting = if scope.everything {
        Vec::new()
    } else {
        selected.extend(asked.made);
        asked.waiting
    };
    let entries = match scope.everything {
        true => ledger.open,
        false => store.certificates(tenant, selected.keys()).await?,
    };
    let candidates = candidates(sources, selected, entries, owners).await?;
    Ok(Loaded {
        candidates,
        reading: Reading {
            scope,
            began,
            seen: listing.seen,
            counted: listing.counted,
            beyond: listing.beyond,
            parked: match (scope.everything, checkpoint) {
                (false, Some(checkpoint)) => checkpoint.parked,
                _ => ledger.parked,
            },
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
    let tool = sources.connections.hr.tool();
    let unsettled = selected
        .iter()
        .filter(|(id, _)| !is_settled(entries.get(*id)))
        .map(|(_, participation)| participation);
    let owners = match known_owners {
        Some(known) => known,
        None => owners(sources.store, sources.tenant, tool, unsettled).await?,
    };
    let people = People {
        tool,
        owners: &owners,
    };
    let mut candidates: Vec<_> = selected
        .into_iter()
        .map(|(id, participation)| Candidate {
            entry: entries.remove(&id),
            listed: Some(Listed::new(participation, people)),
            id,
        })
        .collect();
    candidates.extend(entries.into_iter().map(|(id, entry)| Candidate {
        id,
        listed: None,
        entry: Some(entry),
    }));
    Ok(candidates)
}

/// Whose account is whose: the ledger of employees is read only where an external id does not say.
async fn owners<'a>(
    store: &Store,
    tenant: &TenantId,
    tool: &str,
    mut unsettled: impl Iterator<Item = &'a Participation>,
) -> Result<HashMap<CustomerId, SourceId>, RunError> {
    let is_unclear = unsettled.any(|participation| {
        let customer = participation.customer.as_ref();
        customer.is_some_and(|customer| is_unclear(customer, tool))
    });
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
