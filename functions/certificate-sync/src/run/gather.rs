//! Everything a plan needs, from reteach and from the ledger: as little as possible of either.

use std::collections::HashMap;

use futures::future::try_join;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use shared::connect::{Connections, Sink};
use shared::id::{CertificateId, CustomerId, SourceId, TenantId};
use shared::job::Halt;
use shared::reteach::{Client, Completeness, Error, Participation, Rejected};
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
    /// How many of the tenant's are parked.
    pub(super) parked: u32,
    pub(super) rejected: Vec<Rejected>,
    pub(super) completeness: Completeness,
    pub(super) readings: u32,
}

/// What both sides say of the same certificates.
struct Known {
    collected: Collected,
    entries: HashMap<CertificateId, CertificateEntry>,
    /// Not settled, and not listed by reteach (any more).
    gone: Vec<CertificateId>,
    parked: u32,
}

/// What a plan is made from, and what is to be told of the reading.
pub(super) async fn gather(
    store: &Store,
    tenant: &TenantId,
    connections: &Connections<Sink>,
    root: Option<&CertificateRoot>,
    scope: Scope,
    now: Timestamp,
) -> Result<(Vec<Candidate>, Listing), Halt> {
    let known = match scope {
        Scope::Full => everything(store, tenant, &connections.reteach, scope).await?,
        Scope::Since(_) => recent(store, tenant, &connections.reteach, root, scope, now).await?,
    };
    let Known { collected, mut entries, gone, parked } = known;
    let Collected { certificates, rejected, completeness, readings } = collected;
    let seen = certificates.len() as u64;
    let tool = connections.hr.tool();
    let unsettled = certificates.iter().filter(|(id, _)| !is_settled(entries.get(*id)));
    let owners = owners(store, tenant, tool, unsettled.map(|(_, participation)| participation)).await?;
    let people = People { tool, owners: &owners };
    let listed = certificates.into_iter().map(|(id, it)| (id, Some(Listed::new(it, people))));
    let all = listed.chain(gone.into_iter().map(|id| (id, None)));
    let candidates = all.map(|(id, listed)| {
        let entry = entries.remove(&id);
        Candidate { id, listed, entry }
    });
    Ok((candidates.collect(), Listing { seen, parked, rejected, completeness, readings }))
}

/// All that reteach lists, and the whole ledger.
async fn everything(store: &Store, tenant: &TenantId, reteach: &Client, scope: Scope) -> Result<Known, Halt> {
    let filter = scope.filter();
    let listed = async { Ok::<_, Halt>(collect(reteach, &filter).await?) };
    let ledger = async { Ok(store.all_certificates(tenant).await?) };
    let (collected, entries) = try_join(listed, ledger).await?;
    let is_gone = |entry: &&CertificateEntry| {
        !is_settled(Some(entry)) && !collected.certificates.contains_key(&entry.certificate_id)
    };
    let gone = entries.values().filter(is_gone).map(|entry| entry.certificate_id.clone()).collect();
    let is_parked = |entry: &&CertificateEntry| matches!(entry.state, CertificateState::Parked { .. });
    let parked = u32::try_from(entries.values().filter(is_parked).count()).unwrap_or(u32::MAX);
    Ok(Known { collected, entries, gone, parked })
}

/// What reteach lists since the last reading, and those that the last run left open and that are due.
async fn recent(
    store: &Store,
    tenant: &TenantId,
    reteach: &Client,
    root: Option<&CertificateRoot>,
    scope: Scope,
    now: Timestamp,
) -> Result<Known, Halt> {
    let mut collected = collect(reteach, &scope.filter()).await?;
    let open = root.into_iter().flat_map(|root| &root.open);
    let due: Vec<_> = open.filter(|(_, open)| open.due <= now).map(|(id, _)| id.clone()).collect();
    let entries = store.certificates(tenant, collected.certificates.keys().chain(&due)).await?;
    let is_asked_for =
        |id: &CertificateId| !collected.certificates.contains_key(id) && !is_settled(entries.get(id));
    let asked = due.into_iter().filter(is_asked_for);
    let mut gone = Vec::new();
    for (id, found) in look_up(reteach, asked.collect()).await? {
        match found {
            Some(participation) => {
                collected.certificates.insert(id, participation);
            }
            None => gone.push(id),
        }
    }
    Ok(Known { collected, entries, gone, parked: root.map_or(0, |root| root.parked) })
}

/// Asks for certificates one by one. An academy on an older API may answer with others: nothing is concluded then.
async fn look_up(
    reteach: &Client,
    ids: Vec<CertificateId>,
) -> Result<Vec<(CertificateId, Option<Participation>)>, Error> {
    let questions: Vec<_> = ids
        .into_iter()
        .map(async |id: CertificateId| {
            let found = reteach.participation_by_certificate(&id).await;
            match found {
                Ok(found) => {
                    Ok(Some((id, found.filter(|participation| participation.certificate.is_some()))))
                }
                Err(Error::Unreadable { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .collect();
    let answers: Vec<_> = stream::iter(questions).buffer_unordered(CONCURRENCY).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

/// Whose account is whose: the ledger of employees is read only where an external id does not tell.
async fn owners<'a>(
    store: &Store,
    tenant: &TenantId,
    tool: &str,
    mut unsettled: impl Iterator<Item = &'a Participation>,
) -> Result<HashMap<CustomerId, SourceId>, Halt> {
    let unclear = unsettled.any(|it| it.customer.as_ref().is_some_and(|owner| is_unclear(owner, tool)));
    Ok(if unclear { store.owners(tenant).await? } else { HashMap::new() })
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
