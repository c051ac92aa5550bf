//! Everything a plan needs, from the ledger and from reteach: as little as possible of either.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use shared::access::Scoped;
use shared::domain::id::{ExternalId, SourceId};
use shared::fingerprint::{EntryStatus, Shard, ShardCount, ShardEntry, ShardNumber};
use shared::mapping::{Attribute, DesiredAccount};
use shared::routes::{Connections, Source};
use shared::runtime::{RunError, Tenant};
use shared::source::EmployeeSource as _;
use shared::state::{EmployeeEntry, Store, SyncState};
use shared::tenant::TenantConfig;

use crate::accounts::{self, AccountQuery, Accounts, AccountsError};
use crate::checkpoint::{Classification, Selection, Sharding, classify};
use crate::plan::{Account, Candidate, SourceState};
use crate::source::People;
use crate::source::Person;

/// Customers on one page of reteach's list.
const PAGE: usize = 250;

/// The inputs of a plan.
pub(super) struct Gathered<'a> {
    /// Who needs a look.
    pub(super) candidates: Vec<Candidate>,
    /// Who falls into which shard from now on.
    pub(super) sharding: Sharding<'a>,
    /// The shards that are looked at, as the last run left them.
    pub(super) shards: BTreeMap<ShardNumber, Shard>,
    /// Shards that are not used any more.
    pub(super) obsolete: Vec<ShardNumber>,
    /// Accounts that are open now: what the brakes' percentages are of.
    pub(super) open_accounts: u32,
}

pub(super) async fn load<'a>(
    store: &Store,
    tenant: &Tenant,
    connections: &'a Connections<Source>,
    people: &'a People,
    root: Option<&SyncState>,
    look: &Selection,
    now: Timestamp,
) -> Result<Gathered<'a>, RunError> {
    let stored = root.map_or(0, |root| root.shards.len());
    let everybody = matches!(look, Selection::Everybody(_));
    let count = count(stored, people.snapshot.len(), everybody);
    let sharding = Sharding::new(people, count, &connections.key);
    let wanted: Vec<ShardNumber> = match look {
        Selection::Nobody => Vec::new(),
        Selection::Shards(numbers) => numbers.iter().copied().collect(),
        Selection::Everybody(_) => numbers(stored).collect(),
    };
    let loaded = store.shards(&tenant.config.tenant_id, &wanted).await?;
    let (mut shards, obsolete) = spread(loaded, stored, &sharding, everybody);
    let mut entries = HashMap::new();
    if everybody {
        entries = store.all_employees(&tenant.config.tenant_id).await?;
        remember(&mut shards, &sharding, people, &entries, now);
    }
    let Classification { due: ids, gone } =
        classify(&sharding, &shards, people.completeness, everybody, now);
    if !everybody {
        entries = store
            .employees(&tenant.config.tenant_id, ids.union(&gone))
            .await?;
    }

    let tool = connections.hr.tool();
    let mut candidates = candidates(tool, &tenant.config, people, (&ids, &gone), entries);
    let most = usize::try_from(tenant.config.brake.at_least).unwrap_or(usize::MAX);
    let accounts = find_accounts(connections, &candidates, people, everybody).await?;
    believable(accounts.as_ref(), &candidates, most)?;
    for candidate in &mut candidates {
        attach(candidate, accounts.as_ref());
    }
    let open = candidates
        .iter()
        .filter(|it| matches!(&it.account, Account::Fetched(seen, _) if seen.is_open_at(now)));
    let open_accounts = match root {
        Some(root) if !everybody => root.open_accounts,
        _ => u32::try_from(open.count()).unwrap_or(u32::MAX),
    };
    Ok(Gathered {
        candidates,
        sharding,
        shards,
        obsolete,
        open_accounts,
    })
}

/// A company is sharded anew only when everybody is looked at anyway.
pub(super) fn count(stored: usize, people: usize, everybody: bool) -> ShardCount {
    let now = ShardCount::of_table(stored);
    if stored == 0 || (everybody && now.is_outgrown_by(people)) {
        ShardCount::for_people(people)
    } else {
        now
    }
}

pub(super) fn numbers(count: usize) -> impl Iterator<Item = ShardNumber> {
    (0..u16::try_from(count).unwrap_or(u16::MAX)).map(ShardNumber)
}

/// The loaded shards by the numbers of the new sharding, and those that it has no use for.
pub(super) fn spread(
    loaded: HashMap<ShardNumber, Shard>,
    stored: usize,
    sharding: &Sharding<'_>,
    everybody: bool,
) -> (BTreeMap<ShardNumber, Shard>, Vec<ShardNumber>) {
    let count = sharding.count().get();
    if !everybody || stored == count {
        let mut shards: BTreeMap<_, _> = loaded.into_iter().collect();
        if everybody {
            for number in numbers(count) {
                shards.entry(number).or_default();
            }
        }
        return (shards, Vec::new());
    }
    let mut shards: BTreeMap<ShardNumber, Shard> = numbers(count)
        .map(|number| (number, Shard::default()))
        .collect();
    for (id, entry) in loaded.into_values().flat_map(|shard| shard.0) {
        shards
            .entry(sharding.shard_of(&id))
            .or_default()
            .0
            .insert(id, entry);
    }
    (shards, numbers(stored).skip(count).collect())
}

/// Puts people back who are missing from the reading and whom the ledger knows, but no shard: a run that was cut off
/// while it sharded anew, or a root that was lost, must not hide that they are gone.
fn remember(
    shards: &mut BTreeMap<ShardNumber, Shard>,
    sharding: &Sharding<'_>,
    people: &People,
    entries: &HashMap<SourceId, EmployeeEntry>,
    now: Timestamp,
) {
    let missing = entries
        .values()
        .filter(|entry| !people.snapshot.contains(&entry.source_id));
    let shut = |entry: &EmployeeEntry| entry.window.inactive_at.is_some_and(|at| at <= now);
    for entry in missing.filter(|entry| entry.customer_id.is_some() && !shut(entry)) {
        let Some(fingerprint) = entry.fingerprint else {
            continue;
        };
        let shard = shards
            .entry(sharding.shard_of(&entry.source_id))
            .or_default();
        let known = ShardEntry {
            fingerprint,
            standing: EntryStatus::Synced,
        };
        shard.0.entry(entry.source_id.clone()).or_insert(known);
    }
}

pub(super) fn candidates(
    tool: &str,
    config: &TenantConfig,
    people: &People,
    (look, gone): (&BTreeSet<SourceId>, &BTreeSet<SourceId>),
    mut entries: HashMap<SourceId, EmployeeEntry>,
) -> Vec<Candidate> {
    let there = look.iter().filter_map(|id| {
        let view = match people.snapshot.get(id)? {
            Person::Employee(employee, fingerprint) => SourceState::Present {
                record: Box::new(DesiredAccount::of(&employee, tool, config)),
                fingerprint,
            },
            Person::Rejected {
                fingerprint,
                field,
                problem,
            } => SourceState::Rejected {
                fingerprint,
                field,
                problem,
            },
        };
        Some((id, view))
    });
    let gone = gone.iter().map(|id| {
        (
            id,
            SourceState::Gone {
                external_id: ExternalId::of(tool, id),
                absence: people.absence(id),
            },
        )
    });
    let mut candidates = Vec::new();
    for (id, source) in there.chain(gone) {
        let entry = entries.remove(id);
        let known = entry.as_ref().and_then(|entry| entry.customer_id.clone());
        let account = known.map_or(Account::NotFetched, Account::FromLedger);
        candidates.push(Candidate {
            source_id: id.clone(),
            source,
            entry,
            account,
        });
    }
    candidates
}

/// Asks reteach: for everybody by listing all customers, for a few unknown people by looking them up.
async fn find_accounts(
    connections: &Connections<Source>,
    candidates: &[Candidate],
    people: &People,
    everybody: bool,
) -> Result<Option<Accounts>, RunError> {
    if everybody {
        return Ok(Some(Accounts::Listed(
            accounts::list(&connections.reteach).await?,
        )));
    }
    let unknown = candidates
        .iter()
        .filter(|it| matches!(it.account, Account::NotFetched) && is_looked_for(it));
    let questions: Vec<AccountQuery<'_>> = unknown.filter_map(question).collect();
    // A look-up takes up to two calls, a page of the list one.
    Ok(match questions.len() {
        0 => None,
        few if few * 2 <= people.snapshot.len() / PAGE + 1 => {
            Some(accounts::look_up(&connections.reteach, &questions).await?)
        }
        _ => Some(Accounts::Listed(
            accounts::list(&connections.reteach).await?,
        )),
    })
}

/// An academy without a single account is believed as long as the ledger knows of no more than `most`.
fn believable(
    accounts: Option<&Accounts>,
    candidates: &[Candidate],
    most: usize,
) -> Result<(), AccountsError> {
    let is_empty = matches!(accounts, Some(Accounts::Listed(index)) if index.is_empty());
    let known = |candidate: &&Candidate| {
        candidate
            .entry
            .as_ref()
            .is_some_and(|entry| entry.customer_id.is_some())
    };
    match candidates.iter().filter(known).count() {
        known if is_empty && known > most => Err(AccountsError::Emptied(known)),
        _ => Ok(()),
    }
}

/// Whose account matters although the ledger knows none: who would get one, and who is gone and must not keep one.
pub(super) fn is_looked_for(candidate: &Candidate) -> bool {
    match &candidate.source {
        SourceState::Present { record, .. } => record.employment.scope == Scoped::In,
        SourceState::Gone { .. } => true,
        SourceState::Rejected { .. } => false,
    }
}

pub(super) fn question(candidate: &Candidate) -> Option<AccountQuery<'_>> {
    let known = candidate
        .entry
        .as_ref()
        .and_then(|entry| entry.customer_id.as_ref());
    match &candidate.source {
        SourceState::Present { record, .. } => {
            let mail = record
                .values
                .get(&Attribute::Email)
                .and_then(Option::as_ref)
                .map(|mail| mail.reveal());
            Some(AccountQuery {
                external_id: &record.external_id,
                known,
                mail,
            })
        }
        SourceState::Gone { external_id, .. } => Some(AccountQuery {
            external_id,
            known,
            mail: None,
        }),
        SourceState::Rejected { .. } => None,
    }
}

/// Puts what reteach said beside the person. An account that the whole list does not have is gone: it is forgotten.
pub(super) fn attach(candidate: &mut Candidate, accounts: Option<&Accounts>) {
    let asked = match (accounts, &candidate.account) {
        (Some(Accounts::Listed(_)), _) | (Some(_), Account::NotFetched) => accounts,
        _ => None,
    };
    let Some((accounts, question)) = asked.zip(question(candidate)) else {
        return;
    };
    let account = accounts.find(question);
    if matches!(account, Account::Missing)
        && let Some(entry) = candidate.entry.take()
    {
        candidate.entry = Some(EmployeeEntry {
            failure: entry.failure,
            ..EmployeeEntry::new(entry.source_id)
        });
    }
    candidate.account = account;
}
