//! Everything a plan needs, from reteach and from the ledger: as little as possible of either.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use shared::domain::id::{CertificateId, CustomerId, SourceId, TenantId};
use shared::reteach::{Client, Completeness, Error, Participation, Rejected};
use shared::routes::Connections;
use shared::runtime::{CircuitBreaker, RunError};
use shared::source::EmployeeSource as _;
use shared::state::{CertificateEntry, CertificateRoot, CertificateState, Store};

use super::scope::Scope;
use crate::collect::{Collected, collect};
use crate::plan::{Candidate, Listed, People, is_unclear};

/// Participations that are asked for one by one at once.
const CONCURRENCY: usize = 4;

/// What is to be told of the reading itself.
pub(super) struct Listing {
    /// How many certificates reteach listed.
    pub(super) seen: u64,
    /// How many of these are settled, and not among the candidates.
    pub(super) settled: u64,
    /// How many of the tenant's are parked.
    pub(super) parked: u32,
    pub(super) rejected: Vec<Rejected>,
    pub(super) completeness: Completeness,
    pub(super) readings: u32,
    /// Which certificates could not be looked up, and why.
    pub(super) unanswered: Vec<(CertificateId, String)>,
}

/// What came of asking for certificates one by one.
#[derive(Default)]
struct LookedUp {
    /// `None`: there is none (any more).
    found: Vec<(CertificateId, Option<Participation>)>,
    unanswered: Vec<(CertificateId, String)>,
}

/// What both sides say of the same certificates.
struct Known {
    collected: Collected,
    entries: HashMap<CertificateId, CertificateEntry>,
    /// Not filed, and not listed by reteach (any more).
    gone: Vec<CertificateId>,
    parked: u32,
    unanswered: Vec<(CertificateId, String)>,
}

/// What a plan is made from, and what is to be told of the reading.
pub(super) async fn gather(
    store: &Store,
    tenant: &TenantId,
    connections: &Connections,
    root: Option<&CertificateRoot>,
    scope: Scope,
    now: Timestamp,
) -> Result<(Vec<Candidate>, Listing), RunError> {
    let known = match scope {
        Scope::Full => everything(store, tenant, &connections.reteach, scope).await?,
        Scope::Since(_) => recent(store, tenant, &connections.reteach, root, scope, now).await?,
    };
    let Known {
        collected,
        mut entries,
        gone,
        parked,
        unanswered,
    } = known;
    let Collected {
        seen,
        unwanted: settled,
        certificates,
        rejected,
        completeness,
        readings,
    } = collected;
    let tool = connections.hr.tool();
    let unsettled = certificates
        .iter()
        .filter(|(id, _)| !is_settled(entries.get(*id)));
    let owners = owners(
        store,
        tenant,
        tool,
        unsettled.map(|(_, participation)| participation),
    )
    .await?;
    let people = People {
        tool,
        owners: &owners,
    };
    let listed = certificates
        .into_iter()
        .map(|(id, it)| (id, Some(Listed::new(it, people))));
    let all = listed.chain(gone.into_iter().map(|id| (id, None)));
    let candidates = all.map(|(id, listed)| {
        let entry = entries.remove(&id);
        Candidate { id, listed, entry }
    });
    let listing = Listing {
        seen,
        settled,
        parked,
        rejected,
        completeness,
        readings,
        unanswered,
    };
    Ok((candidates.collect(), listing))
}

/// The whole ledger, and all that reteach lists. Of what is settled only ids are kept.
async fn everything(
    store: &Store,
    tenant: &TenantId,
    reteach: &Client,
    scope: Scope,
) -> Result<Known, RunError> {
    let ledger = store.all_certificates(tenant).await?;
    let is_new = ledger.is_empty();
    let is_done = |entry: &CertificateEntry| {
        matches!(
            entry.state,
            CertificateState::Uploaded { .. } | CertificateState::Dismissed { .. }
        )
    };
    let (done, open): (Vec<_>, Vec<_>) = ledger.into_iter().partition(|(_, entry)| is_done(entry));
    let done: HashSet<CertificateId> = done.into_iter().map(|(id, _)| id).collect();
    let entries: HashMap<_, _> = open.into_iter().collect();
    let mut collected = collect(reteach, &scope.filter(), &|id| !done.contains(id)).await?;
    if collected.seen == 0 && !is_new {
        // A status code proves nothing: an academy that issued certificates has not issued none.
        collected.completeness = Completeness::Shifting;
    }
    let is_gone = |id: &&CertificateId| !collected.certificates.contains_key(*id);
    let gone = entries.keys().filter(is_gone).cloned().collect();
    let is_parked =
        |entry: &&CertificateEntry| matches!(entry.state, CertificateState::Parked { .. });
    let parked = u32::try_from(entries.values().filter(is_parked).count()).unwrap_or(u32::MAX);
    Ok(Known {
        collected,
        entries,
        gone,
        parked,
        unanswered: Vec::new(),
    })
}

/// What reteach lists since the last reading, and those that the last run left open and that are due.
async fn recent(
    store: &Store,
    tenant: &TenantId,
    reteach: &Client,
    root: Option<&CertificateRoot>,
    scope: Scope,
    now: Timestamp,
) -> Result<Known, RunError> {
    let mut collected = collect(reteach, &scope.filter(), &|_| true).await?;
    let open = root.into_iter().flat_map(|root| &root.open);
    let due: Vec<_> = open
        .filter(|(_, open)| open.due <= now)
        .map(|(id, _)| id.clone())
        .collect();
    let entries = store
        .certificates(tenant, collected.certificates.keys().chain(&due))
        .await?;
    let is_asked_for = |id: &CertificateId| {
        !collected.certificates.contains_key(id) && !is_settled(entries.get(id))
    };
    let asked = due.into_iter().filter(is_asked_for);
    let mut gone = Vec::new();
    let LookedUp { found, unanswered } = look_up(reteach, asked.collect()).await?;
    for (id, found) in found {
        match found {
            Some(participation) => {
                collected.certificates.insert(id, participation);
            }
            None => gone.push(id),
        }
    }
    let parked = root.map_or(0, |root| root.parked);
    Ok(Known {
        collected,
        entries,
        gone,
        parked,
        unanswered,
    })
}

/// Asks for certificates one by one. From a question without a good answer nothing is concluded: it is asked again on
/// the next run, and the others go on; after three silences in a row no more are asked.
async fn look_up(reteach: &Client, ids: Vec<CertificateId>) -> Result<LookedUp, Error> {
    let silence = CircuitBreaker::default();
    let questions: Vec<_> = ids
        .into_iter()
        .map(async |id: CertificateId| {
            if silence.is_open() {
                return Ok(None);
            }
            let answer = reteach.participation_by_certificate(&id).await;
            match answer {
                Err(
                    error @ (Error::Credential(_) | Error::Forbidden(_) | Error::OutOfTime { .. }),
                ) => {
                    return Err(error);
                }
                Err(Error::Unavailable { .. }) => silence.failure(()),
                _ => silence.success(),
            }
            Ok(Some((id, answer)))
        })
        .collect();
    let answers: Vec<_> = stream::iter(questions)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    let mut looked_up = LookedUp::default();
    for (id, answer) in answers.into_iter().flatten() {
        match answer {
            Ok(found) => {
                let found = found.filter(|participation| participation.certificate.is_some());
                looked_up.found.push((id, found));
            }
            Err(error) => looked_up.unanswered.push((id, error.to_string())),
        }
    }
    Ok(looked_up)
}

/// Whose account is whose: the ledger of employees is read only where an external id does not tell.
async fn owners<'a>(
    store: &Store,
    tenant: &TenantId,
    tool: &str,
    mut unsettled: impl Iterator<Item = &'a Participation>,
) -> Result<HashMap<CustomerId, SourceId>, RunError> {
    let unclear = unsettled.any(|it| {
        it.customer
            .as_ref()
            .is_some_and(|owner| is_unclear(owner, tool))
    });
    Ok(if unclear {
        store.owners(tenant).await?
    } else {
        HashMap::new()
    })
}

/// Whether nothing is to be done about it any more.
fn is_settled(entry: Option<&CertificateEntry>) -> bool {
    entry.is_some_and(|entry| match entry.state {
        CertificateState::Uploaded { .. }
        | CertificateState::Parked { .. }
        | CertificateState::Dismissed { .. } => true,
        CertificateState::Intended(_) | CertificateState::Failed(_) => false,
    })
}
