//! Everything a plan needs, from reteach and from the ledger: as little as possible of either.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use shared::domain::id::{CertificateId, CustomerId, SourceId, TenantId};
use shared::reteach::{self, Completeness, Participation, Rejected};
use shared::routes::Connections;
use shared::runtime::RunError;
use shared::source::EmployeeSource as _;
use shared::state::{CertificateCheckpoint, CertificateEntry, CertificateState, Store};

use crate::checkpoint::{self, Scope, Selection, select};
use crate::list::{Listing, list};
use crate::outcome::CertificateResult;
use crate::plan::{Candidate, Listed, People, is_unclear};

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
    /// How many of these are filed or decided about, and not among the candidates.
    pub(super) settled: u64,
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
        }
    }
}

/// The ledger as far as a run of this scope reads it before the list: whole, or not at all.
#[derive(Default)]
struct Ledger {
    /// Filed or dismissed.
    done: HashSet<CertificateId>,
    open: HashMap<CertificateId, CertificateEntry>,
    parked: u32,
}

impl Ledger {
    async fn whole(store: &Store, tenant: &TenantId) -> Result<Self, RunError> {
        let mut ledger = Self::default();
        for (id, entry) in store.all_certificates(tenant).await? {
            match entry.state {
                CertificateState::Uploaded { .. } | CertificateState::Dismissed { .. } => {
                    ledger.done.insert(id);
                    continue;
                }
                CertificateState::Parked { .. } => ledger.parked += 1,
                CertificateState::Intended(_)
                | CertificateState::Failed(_)
                | CertificateState::Held { .. } => {}
            }
            ledger.open.insert(id, entry);
        }
        Ok(ledger)
    }

    fn is_empty(&self) -> bool {
        self.done.is_empty() && self.open.is_empty()
    }
}

/// What was read of a scope, before the ledger of single certificates.
struct Read {
    scope: Scope,
    ledger: Ledger,
    selection: Selection,
    listing: Listing,
}

impl Read {
    async fn of(
        store: &Store,
        tenant: &TenantId,
        connections: &Connections,
        checkpoint: Option<&CertificateCheckpoint>,
        scope: Scope,
        began: Timestamp,
    ) -> Result<Self, RunError> {
        let ledger = match scope.everything {
            true => Ledger::whole(store, tenant).await?,
            false => Ledger::default(),
        };
        // Of what is done and older than the window only ids are kept.
        let is_wanted = |id: &CertificateId, participation: &Participation| {
            scope.contains(participation.completed_at) || !ledger.done.contains(id)
        };
        let mut listing = list(&connections.reteach, &scope.filter(), &is_wanted).await?;
        if listing.seen == 0 && !ledger.is_empty() {
            // A status code proves nothing: an academy that issued certificates has not issued none.
            listing.completeness = Completeness::Shifting;
        }
        let certificates = std::mem::take(&mut listing.certificates);
        let selection = select(certificates, checkpoint, scope, &connections.key, began);
        Ok(Self {
            scope,
            ledger,
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

pub(super) async fn load(
    store: &Store,
    tenant: &TenantId,
    connections: &Connections,
    checkpoint: Option<&CertificateCheckpoint>,
    scope: Scope,
    began: Timestamp,
) -> Result<Loaded, RunError> {
    let read = Read::of(store, tenant, connections, checkpoint, scope, began).await?;
    let asked = match scope.everything || read.selection.has_lost_due {
        true => Asked::default(),
        false => Asked::of(&connections.reteach, checkpoint).await,
    };
    let is_too_little = read.selection.has_lost_due || asked.is_sign_of_more(checkpoint);
    let Read {
        scope,
        ledger,
        mut selection,
        listing,
    } = if is_too_little && !scope.everything {
        let scope = Scope {
            everything: true,
            ..scope
        };
        Read::of(store, tenant, connections, checkpoint, scope, began).await?
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
    let listed = selected.len();
    selected.retain(|id, _| !ledger.done.contains(id));
    let done = (listed - selected.len()) as u64;
    let entries = match scope.everything {
        true => ledger.open,
        false => store.certificates(tenant, selected.keys()).await?,
    };
    let candidates = candidates(store, tenant, connections, selected, entries).await?;
    Ok(Loaded {
        candidates,
        reading: Reading {
            scope,
            began,
            seen: listing.seen,
            settled: listing.unwanted + done,
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
    store: &Store,
    tenant: &TenantId,
    connections: &Connections,
    selected: BTreeMap<CertificateId, Participation>,
    mut entries: HashMap<CertificateId, CertificateEntry>,
) -> Result<Vec<Candidate>, RunError> {
    let tool = connections.hr.tool();
    let unsettled = selected
        .iter()
        .filter(|(id, _)| !is_settled(entries.get(*id)))
        .map(|(_, participation)| participation);
    let owners = owners(store, tenant, tool, unsettled).await?;
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
