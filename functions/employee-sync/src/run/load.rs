//! Everything a plan needs, from the ledger and from reteach: as little as possible of either.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use shared::access::Scoped;
use shared::domain::id::{ExternalId, SourceId};
use shared::fingerprint::{EntryStatus, Shard, ShardDigest, ShardEntry, ShardNumber};
use shared::mapping::{Attribute, DesiredAccount};
use shared::runtime::RunError;
use shared::state::{EmployeeEntry, HeldPlan, SyncState};
use shared::tenant::TenantConfig;

use super::Rules;
use crate::accounts::{AccountQuery, Accounts, AccountsError};
use crate::checkpoint::{Classification, Selection, Sharding, classify};
use crate::io::Reader;
use crate::plan::{Account, Candidate, SourceState};
use crate::source::{People, Person};

/// Customers on one page of reteach's list.
const PAGE: usize = 250;

/// The inputs of a plan.
pub(super) struct Loaded {
    /// People who need a look.
    pub(super) candidates: Vec<Candidate>,
    /// Their shards, as the last run left them.
    pub(super) shards: BTreeMap<ShardNumber, Shard>,
    /// Accounts that are open now: what the brakes' percentages are of.
    pub(super) open_accounts: u32,
    /// What a brake held before.
    pub(super) held: Option<HeldPlan>,
}

pub(super) async fn load(
    reader: &impl Reader,
    people: &People,
    sharding: &Sharding<'_>,
    state: Option<&SyncState>,
    selection: &Selection,
    rules: Rules<'_>,
) -> Result<Loaded, RunError> {
    let everybody = matches!(selection, Selection::Everybody(_));
    let wanted: Vec<ShardNumber> = match selection {
        Selection::Nobody => Vec::new(),
        Selection::Shards(numbers) => numbers.iter().copied().collect(),
        Selection::Everybody(_) => ShardNumber::all()
            .filter(|number| has_people(state, *number))
            .collect(),
    };
    let mut shards = reader.shards(&wanted).await?;
    let (shards, entries) = if everybody {
        for number in ShardNumber::all() {
            shards.entry(number).or_default();
        }
        let entries = reader.all_entries().await?;
        (with_forgotten(shards, people, &entries, rules.now), entries)
    } else {
        (shards, HashMap::new())
    };
    let Classification { due, gone } =
        classify(sharding, &shards, people.completeness, everybody, rules.now);
    let entries = if everybody {
        entries
    } else {
        reader.entries(&due.union(&gone).collect()).await?
    };
    let unmatched = candidates(rules.tool, rules.config, people, (&due, &gone), entries);
    let accounts = find_accounts(reader, &unmatched, people, everybody).await?;
    let most = usize::try_from(rules.config.brake.at_least).unwrap_or(usize::MAX);
    believable(accounts.as_ref(), &unmatched, most)?;
    let candidates = with_accounts(unmatched, accounts.as_ref());
    let open_accounts = match state {
        Some(state) if !everybody => state.open_accounts,
        _ => count_open(&candidates, rules.now),
    };
    Ok(Loaded {
        candidates,
        shards,
        open_accounts,
        held: reader.held().await?,
    })
}

/// Whether a shard may hold anybody: reading an empty one costs as much as reading a full one.
fn has_people(state: Option<&SyncState>, number: ShardNumber) -> bool {
    state.is_some_and(|state| state.shard_digest(number) != ShardDigest::default())
}

fn count_open(candidates: &[Candidate], now: Timestamp) -> u32 {
    let open = candidates.iter().filter(|candidate| {
        matches!(&candidate.account, Account::Fetched(account, _) if account.is_open_at(now))
    });
    u32::try_from(open.count()).unwrap_or(u32::MAX)
}

/// Puts people back who are missing from the reading and whom the ledger knows, but no shard: a state that was lost must
/// not hide that they are gone.
fn with_forgotten(
    mut shards: BTreeMap<ShardNumber, Shard>,
    people: &People,
    entries: &HashMap<SourceId, EmployeeEntry>,
    now: Timestamp,
) -> BTreeMap<ShardNumber, Shard> {
    let missing = entries
        .values()
        .filter(|entry| !people.snapshot.contains(&entry.source_id));
    let shut = |entry: &EmployeeEntry| entry.window.inactive_at.is_some_and(|at| at <= now);
    for entry in missing.filter(|entry| entry.customer_id.is_some() && !shut(entry)) {
        let Some(fingerprint) = entry.fingerprint else {
            continue;
        };
        let shard = shards.entry(ShardNumber::of(&entry.source_id)).or_default();
        let known = ShardEntry {
            fingerprint,
            status: EntryStatus::Synced,
        };
        shard.0.entry(entry.source_id.clone()).or_insert(known);
    }
    shards
}

pub(crate) fn candidates(
    tool: &str,
    config: &TenantConfig,
    people: &People,
    (look, gone): (&BTreeSet<SourceId>, &BTreeSet<SourceId>),
    mut entries: HashMap<SourceId, EmployeeEntry>,
) -> Vec<Candidate> {
    let there = look.iter().filter_map(|id| {
        let source = match people.snapshot.get(id)? {
            Person::Employee(employee, fingerprint) => SourceState::Present {
                record: Box::new(DesiredAccount::of(employee, tool, config)),
                fingerprint: *fingerprint,
            },
            Person::Rejected {
                fingerprint,
                field,
                problem,
            } => SourceState::Rejected {
                fingerprint: *fingerprint,
                field: field.clone(),
                problem: problem.clone(),
            },
        };
        Some((id, source))
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

/// The accounts that the plan needs: all of them for everybody, else those of a few unknown people by looking them up.
async fn find_accounts(
    reader: &impl Reader,
    candidates: &[Candidate],
    people: &People,
    everybody: bool,
) -> Result<Option<Accounts>, AccountsError> {
    let queries = queries(candidates);
    // A look-up takes up to two calls, a page of the list one.
    let lists = everybody || queries.len() * 2 > people.snapshot.len() / PAGE + 1;
    Ok(match queries.len() {
        _ if lists => Some(Accounts::Listed(reader.list_accounts().await?)),
        0 => None,
        _ => Some(reader.look_up_accounts(&queries).await?),
    })
}

/// A query for everybody whose account the ledger does not know, and matters.
pub(crate) fn queries(candidates: &[Candidate]) -> Vec<AccountQuery<'_>> {
    let unknown = candidates.iter().filter(|candidate| {
        matches!(candidate.account, Account::NotFetched) && is_looked_for(candidate)
    });
    unknown.filter_map(query).collect()
}

/// An academy without a single account is believed as long as the ledger knows of no more than `most`.
fn believable(
    accounts: Option<&Accounts>,
    candidates: &[Candidate],
    most: usize,
) -> Result<(), AccountsError> {
    let is_empty = matches!(accounts, Some(Accounts::Listed(index)) if index.is_empty());
    let known = |candidate: &&Candidate| candidate.known_account().is_some();
    match candidates.iter().filter(known).count() {
        known if is_empty && known > most => Err(AccountsError::Emptied(known)),
        _ => Ok(()),
    }
}

/// Whose account matters although the ledger knows none: who would get one, and who is gone and must not keep one.
fn is_looked_for(candidate: &Candidate) -> bool {
    match &candidate.source {
        SourceState::Present { record, .. } => record.employment.scope == Scoped::In,
        SourceState::Gone { .. } => true,
        SourceState::Rejected { .. } => false,
    }
}

fn query(candidate: &Candidate) -> Option<AccountQuery<'_>> {
    let known = candidate.known_account();
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

/// The candidates with what reteach said about their accounts.
pub(crate) fn with_accounts(
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        attach(candidate, accounts);
    }
    candidates
}

/// An account that the whole list does not have is gone: it is forgotten.
fn attach(candidate: &mut Candidate, accounts: Option<&Accounts>) {
    let asked = match (accounts, &candidate.account) {
        (Some(Accounts::Listed(_)), _) | (Some(_), Account::NotFetched) => accounts,
        _ => None,
    };
    let Some((accounts, query)) = asked.zip(query(candidate)) else {
        return;
    };
    let account = accounts.find(query);
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
