//! Everything a plan needs, from the ledger and from reteach: as little as possible of either.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use shared::access::Scoped;
use shared::domain::id::{ExternalId, SourceId};
use shared::fingerprint::{
    EntryStatus, FingerprintKey, Shard, ShardDigest, ShardEntry, ShardNumber, ShardRange,
};
use shared::mapping::{Attribute, DesiredAccount};
use shared::runtime::{Mode, RunError};
use shared::source::Absence;
use shared::state::{EmployeeEntry, FailureKind, HeldPlan, StateError, SyncState, ValueDigest};
use shared::tenant::TenantConfig;

use super::Rules;
use super::expiry::{expired, long_gone};
use super::mail_holders::{moves, with_mail_holders};
use super::turns::{is_contract_over, turns};
use crate::accounts::{
    AccountFilter, AccountIndex, AccountQuery, Accounts, AccountsError, EndedAccounts,
    UnreadableRows,
};
use crate::checkpoint::{
    Classification, Identity, Limited, Reason, Selection, Sharding, classify, in_progress, limited,
};
use crate::io::Reader;
use crate::plan::{Account, AccountView, Candidate, Holder, MatchedBy, SourceState, digest_of};
use crate::source::{Completeness, People, Person};

/// Customers on one page of reteach's list.
const PAGE: usize = 250;
/// About as many people as a run has time to look up.
const A_RUNS_LOOK_UPS: usize = 300;

/// What a plan is loaded for.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) people: &'a People,
    pub(super) sharding: &'a Sharding<'a>,
    pub(super) state: Option<&'a SyncState>,
    pub(super) rules: Rules<'a>,
    pub(super) portion: ShardRange,
}

/// The inputs of a plan.
pub(super) struct Loaded {
    /// Who was looked at in the end.
    pub(super) selection: Selection,
    /// Of everybody, those who were compared.
    pub(super) portion: ShardRange,
    /// People who need a look, and get it from a later run.
    pub(super) put_off: usize,
    /// People with held changes who are not looked at again in this run.
    pub(super) held_over: usize,
    /// People who need a look.
    pub(super) candidates: Vec<Candidate>,
    /// Their shards, as the last run left them.
    pub(super) shards: BTreeMap<ShardNumber, Shard>,
    /// People who have been gone for a year: their entries end.
    pub(super) expired: Vec<SourceId>,
    /// Accounts that are open now: what the brakes' percentages are of.
    pub(super) open_accounts: u32,
    /// Those of the people who were compared.
    pub(super) compared_open: u32,
    /// Accounts without our external ids, as far as the academy was listed.
    pub(super) foreign_accounts: usize,
    /// What a brake held before.
    pub(super) held: Option<HeldPlan>,
    pub(super) listing: ListingNote,
}

/// What a run has to report about the academy's list of accounts.
#[derive(Debug, Default)]
pub(super) struct ListingNote {
    pub(super) unreadable: UnreadableRows,
    /// Accounts that should have been locked for a day, where the academy was listed.
    pub(super) ended: Option<EndedAccounts>,
    /// Why a comparison with the list was put off.
    pub(super) failure: Option<String>,
    /// Why some new mail addresses could not be looked up.
    pub(super) mails_unanswered: Option<String>,
    /// People whose account could not be looked up, and why. The next run looks again.
    pub(super) unanswered: Vec<(SourceId, String)>,
}

enum LoadError {
    Accounts(AccountsError),
    Run(RunError),
}

impl From<AccountsError> for LoadError {
    fn from(error: AccountsError) -> Self {
        Self::Accounts(error)
    }
}

impl From<StateError> for LoadError {
    fn from(error: StateError) -> Self {
        Self::Run(error.into())
    }
}

impl From<LoadError> for RunError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Accounts(error) => error.into(),
            LoadError::Run(error) => error,
        }
    }
}

/// What the last run left of the people who are looked at.
pub(super) struct Known {
    shards: BTreeMap<ShardNumber, Shard>,
    /// The whole ledger, where everybody is looked at.
    entries: HashMap<SourceId, EmployeeEntry>,
}

impl Known {
    pub(super) async fn load(
        reader: &impl Reader,
        state: Option<&SyncState>,
        selection: &Selection,
        portion: ShardRange,
    ) -> Result<Self, StateError> {
        let Selection::Everybody(_) = selection else {
            return Ok(Self {
                shards: shards_of(reader, selection).await?,
                entries: HashMap::new(),
            });
        };
        let stored: Vec<ShardNumber> = ShardNumber::all()
            .filter(|number| has_people(state, *number))
            .collect();
        let mut shards = reader.shards(&stored).await?;
        for number in ShardNumber::all() {
            shards.entry(number).or_default();
        }
        let entries = reader.entries_of(portion).await?;
        Ok(Self { shards, entries })
    }

    /// The known people, compared with those of a reading.
    pub(super) fn compare(
        &self,
        people: &People,
        sharding: &Sharding<'_>,
        selection: &Selection,
        now: Timestamp,
    ) -> Identity<'_> {
        let is_lost = *selection == Selection::Everybody(Reason::FirstRun);
        let entries = self.entries.values().filter(|_| is_lost);
        let ledger = entries.filter(|entry| entry.customer_id.is_some() && !is_shut(entry, now));
        let ids = ledger.map(|entry| &entry.source_id);
        Identity::of(&people.snapshot, sharding, &self.shards, ids)
    }
}

async fn shards_of(
    reader: &impl Reader,
    selection: &Selection,
) -> Result<BTreeMap<ShardNumber, Shard>, StateError> {
    let numbers: Vec<ShardNumber> = match selection {
        Selection::Shards(numbers) => numbers.iter().copied().collect(),
        Selection::Nobody | Selection::Everybody(_) => Vec::new(),
    };
    reader.shards(&numbers).await
}

/// Whether the account was locked at `now`.
fn is_shut(entry: &EmployeeEntry, now: Timestamp) -> bool {
    entry.window.inactive_at.is_some_and(|at| at <= now)
}

/// Loads what a plan for `selection` needs. Where everybody should be compared and the academy cannot be listed, it is
/// the people who changed.
///
/// # Errors
/// [`RunError`]: nothing can be planned.
pub(super) async fn load(
    reader: &impl Reader,
    inputs: Inputs<'_>,
    known: Known,
    selection: Selection,
) -> Result<Loaded, RunError> {
    let Selection::Everybody(reason) = selection else {
        return changed(reader, inputs, known.shards, selection).await;
    };
    let failure = match everybody(reader, inputs, known, reason).await {
        Err(LoadError::Accounts(error)) if error.is_of_the_list() => error,
        loaded => return Ok(loaded?),
    };
    let Some(state) = inputs
        .state
        .filter(|state| is_of_use(state, reason, inputs.rules))
    else {
        return Err(failure.into());
    };
    let unsettled = inputs.sharding.unsettled(state, inputs.rules.now);
    let selection = Selection::Shards(unsettled);
    let shards = shards_of(reader, &selection).await?;
    let loaded = changed(reader, inputs, shards, selection).await?;
    let listing = ListingNote {
        failure: Some(failure.to_string()),
        ..loaded.listing
    };
    Ok(Loaded { listing, ..loaded })
}

/// Whether people can be compared with the state and the ledger alone: not before a first run, and not with another key,
/// which makes their digests mean nothing.
fn is_of_use(state: &SyncState, reason: Reason, rules: Rules<'_>) -> bool {
    reason != Reason::FirstRun && (state.key_check == 0 || state.key_check == rules.key.check())
}

async fn everybody(
    reader: &impl Reader,
    inputs: Inputs<'_>,
    known: Known,
    reason: Reason,
) -> Result<Loaded, LoadError> {
    let Inputs {
        people,
        sharding,
        state,
        rules,
        portion,
    } = inputs;
    let Known { shards, entries } = known;
    let shards = with_forgotten(shards, people, &entries, rules.now);
    let concluded = concluded(&shards, people, &entries);
    let long_gone = match reason {
        Reason::Reconcile => long_gone(&entries, &shards, people, portion, rules.now),
        Reason::FirstRun | Reason::NewRules => BTreeSet::new(),
    };
    let handed_over = handed_over(&entries);
    let Classification { mut due, mut gone } =
        classify(sharding, &shards, people.completeness, true, rules.now);
    let everybody = due.len();
    due.retain(|id| portion.contains(id));
    gone.retain(|id| portion.contains(id));
    // A comparison with the same rules leaves nobody out of step who was in step before.
    let has_completed = state.is_some_and(|state| state.has_completed);
    let put_off = match reason {
        Reason::Reconcile if has_completed => 0,
        Reason::FirstRun | Reason::NewRules | Reason::Reconcile => everybody - due.len(),
    };
    let mut candidates = candidates(rules.tool, rules.config, people, (&due, &gone), entries);
    candidates.extend(
        concluded
            .into_iter()
            .map(|entry| reopened(entry, people, rules.tool)),
    );
    let queries: Vec<_> = candidates.iter().filter_map(query).collect();
    let filter = AccountFilter::of(&queries, rules.tool)
        .and_of(portion)
        .at(rules.now);
    let index = reader.list_accounts(filter).await?;
    let most = usize::try_from(rules.config.brake.at_least).unwrap_or(usize::MAX);
    believable(&index, &candidates, most)?;
    let listing = ListingNote {
        unreadable: index.unreadable_rows().clone(),
        ended: Some(index.ended().clone()),
        ..ListingNote::default()
    };
    let foreign_accounts = index.foreign();
    let orphans = orphans(&index, &candidates, inputs, &shards, &handed_over);
    let accounts = Accounts::Listed(Box::new(index));
    let candidates = with_accounts(candidates, Some(&accounts), rules.key);
    let (candidates, _) =
        with_mail_holders(reader, candidates, Some(&accounts), None, rules.key).await;
    let candidates = with_holders(reader, candidates, people, &gone, rules).await?;
    let mut candidates = without_stale_values(candidates, rules.config, rules.key);
    let expired = expired(long_gone, &candidates, rules.now);
    candidates.retain(|candidate| !is_settled(candidate, &due, &gone, rules.now));
    let compared_open = count_open(&candidates, rules.now);
    candidates.extend(orphans);
    let before = state.and_then(|state| in_progress(state, rules.configuration));
    let open_accounts = match (state, portion.next()) {
        // Until all are compared, the last count holds.
        (Some(state), Some(_)) if reason != Reason::FirstRun => state.open_accounts,
        _ => compared_open + before.map_or(0, |comparing| comparing.open_accounts),
    };
    Ok(Loaded {
        selection: Selection::Everybody(reason),
        portion,
        put_off,
        held_over: 0,
        compared_open,
        candidates: with_retries(candidates, rules),
        expired,
        foreign_accounts,
        shards,
        open_accounts,
        held: reader.held().await?,
        listing,
    })
}

async fn changed(
    reader: &impl Reader,
    inputs: Inputs<'_>,
    shards: BTreeMap<ShardNumber, Shard>,
    selection: Selection,
) -> Result<Loaded, RunError> {
    let Inputs {
        people,
        sharding,
        state,
        rules,
        portion: _,
    } = inputs;
    let Classification { due, gone } = classify(
        sharding,
        &shards,
        people.completeness,
        false,
        rules.due_until(),
    );
    let held = reader.held().await?;
    let turn = turns(people, &shards, held.as_ref(), rules);
    let Limited {
        taken,
        left,
        held: held_over,
    } = limited(&due | &gone, rules.portion, rules.now, turn);
    let (due, gone) = (&due & &taken, &gone & &taken);
    let entries = reader.entries(&taken.iter().collect()).await?;
    let unmatched = candidates(rules.tool, rules.config, people, (&due, &gone), entries);
    // A run asks once for addresses that a brake holds; a dry run shows them.
    let asked_before = held.as_ref().filter(|_| rules.mode != Mode::DryRun);
    let accounts = find_accounts(reader, &unmatched, asked_before, inputs).await?;
    let (unmatched, not_asked) = without_not_asked(unmatched, accounts.as_ref());
    let (unmatched, unanswered) = without_unanswered(unmatched, accounts.as_ref());
    let candidates = with_accounts(unmatched, accounts.as_ref(), rules.key);
    let (candidates, mails_unanswered) = with_mail_holders(
        reader,
        candidates,
        accounts.as_ref(),
        asked_before,
        rules.key,
    )
    .await;
    let candidates = with_holders(reader, candidates, people, &gone, rules).await?;
    Ok(Loaded {
        open_accounts: match state {
            Some(state) => state.open_accounts,
            None => count_open(&candidates, rules.now),
        },
        selection,
        portion: ShardRange::WHOLE,
        put_off: left + not_asked,
        held_over,
        compared_open: 0,
        candidates: with_retries(candidates, rules),
        expired: Vec::new(),
        foreign_accounts: match &accounts {
            Some(Accounts::Listed(index)) => index.foreign(),
            Some(Accounts::LookedUp(_)) | None => 0,
        },
        shards,
        held,
        listing: ListingNote {
            unanswered,
            mails_unanswered,
            ..ListingNote::default()
        },
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
    for entry in missing.filter(|entry| entry.customer_id.is_some() && !is_shut(entry, now)) {
        let shard = shards.entry(ShardNumber::of(&entry.source_id)).or_default();
        let known = ShardEntry {
            // After a migration none is known yet: nobody has it.
            fingerprint: entry.fingerprint.unwrap_or_default(),
            status: EntryStatus::Synced,
        };
        shard.0.entry(entry.source_id.clone()).or_insert(known);
    }
    shards
}

/// The entries of people who were found to be gone before, whose locked account an admin may have opened again. A person
/// who is in a shard is judged by two readings like everybody else.
fn concluded(
    shards: &BTreeMap<ShardNumber, Shard>,
    people: &People,
    entries: &HashMap<SourceId, EmployeeEntry>,
) -> Vec<EmployeeEntry> {
    if people.completeness != Completeness::Complete {
        return Vec::new();
    }
    let is_in_shard = |id| {
        let shard = shards.get(&ShardNumber::of(id));
        shard.is_some_and(|shard| shard.0.contains_key(id))
    };
    let mut concluded: Vec<_> = entries
        .values()
        .filter(|entry| entry.customer_id.is_some() && entry.handed_over_to.is_none())
        .filter(|entry| !people.snapshot.contains(&entry.source_id))
        .filter(|entry| !is_in_shard(&entry.source_id))
        .cloned()
        .collect();
    concluded.sort_by(|a, b| a.source_id.cmp(&b.source_id));
    concluded
}

/// Somebody whose absence was concluded before.
fn reopened(entry: EmployeeEntry, people: &People, tool: &str) -> Candidate {
    // Without a lock of ours nobody has agreed that the person is gone.
    let absence = match entry.locked {
        Some(_) => Absence::Explained,
        None => people.absence(&entry.source_id),
    };
    let known = entry.customer_id.clone();
    Candidate {
        source_id: entry.source_id.clone(),
        source: SourceState::Gone {
            external_id: ExternalId::of(tool, &entry.source_id),
            absence,
        },
        account: known.map_or(Account::NotFetched, Account::FromLedger),
        entry: Some(entry),
        mail_holder: None,
    }
}

/// Old ids of people whose account somebody else has now.
fn handed_over(entries: &HashMap<SourceId, EmployeeEntry>) -> BTreeSet<SourceId> {
    entries
        .values()
        .filter(|entry| entry.handed_over_to.is_some())
        .map(|entry| entry.source_id.clone())
        .collect()
}

/// Open accounts that carry an id of the HR system, and belong to nobody in it, in a shard or in the ledger.
fn orphans(
    index: &AccountIndex,
    candidates: &[Candidate],
    inputs: Inputs<'_>,
    shards: &BTreeMap<ShardNumber, Shard>,
    handed_over: &BTreeSet<SourceId>,
) -> Vec<Candidate> {
    let Inputs {
        people,
        rules,
        portion,
        ..
    } = inputs;
    if people.completeness != Completeness::Complete {
        return Vec::new();
    }
    let looked_at: HashSet<&SourceId> = candidates
        .iter()
        .map(|candidate| &candidate.source_id)
        .collect();
    let is_known = |id: &SourceId| {
        let shard = shards.get(&ShardNumber::of(id));
        people.snapshot.contains(id)
            || looked_at.contains(id)
            || handed_over.contains(id)
            || shard.is_some_and(|shard| shard.0.contains_key(id))
    };
    let mut orphans = BTreeMap::new();
    for account in index.kept().filter(|account| account.is_open_at(rules.now)) {
        let external_id = account.external_id.as_ref();
        let Some((external_id, id)) =
            external_id.and_then(|it| Some((it, it.source_id(rules.tool)?)))
        else {
            continue;
        };
        if !portion.contains(&id) || is_known(&id) {
            continue;
        }
        let orphan = Candidate {
            source_id: id.clone(),
            source: SourceState::Gone {
                external_id: external_id.clone(),
                absence: Absence::Orphaned,
            },
            entry: None,
            account: Account::Fetched(Box::new(account.clone()), MatchedBy::ExternalId),
            mail_holder: None,
        };
        orphans.insert(id, orphan);
    }
    orphans.into_values().collect()
}

/// Whether somebody was only looked at because their account might have been opened again, and it is still locked.
fn is_settled(
    candidate: &Candidate,
    due: &BTreeSet<SourceId>,
    gone: &BTreeSet<SourceId>,
    now: Timestamp,
) -> bool {
    let id = &candidate.source_id;
    let is_open =
        matches!(&candidate.account, Account::Fetched(account, _) if account.is_open_at(now));
    !due.contains(id) && !gone.contains(id) && !is_open
}

/// The candidates with what is known of the people whose external ids their conflicting accounts have.
async fn with_holders(
    reader: &impl Reader,
    mut candidates: Vec<Candidate>,
    people: &People,
    gone: &BTreeSet<SourceId>,
    rules: Rules<'_>,
) -> Result<Vec<Candidate>, StateError> {
    let holders: BTreeSet<SourceId> = candidates
        .iter()
        .filter_map(|candidate| match &candidate.account {
            Account::Conflicting(account, _) => account.external_id.as_ref()?.source_id(rules.tool),
            _ => None,
        })
        .collect();
    let missing: BTreeSet<&SourceId> = holders
        .iter()
        .filter(|id| !people.snapshot.contains(id))
        .collect();
    let entries = if missing.is_empty() {
        HashMap::new()
    } else {
        reader.entries(&missing).await?
    };
    let unknown: BTreeSet<ShardNumber> = missing
        .iter()
        .filter(|id| people.completeness == Completeness::Complete && !entries.contains_key(**id))
        .map(|id| ShardNumber::of(id))
        .collect();
    let shards = reader.shards(&Vec::from_iter(unknown)).await?;
    // An entry ends a year after the lock, or with `forget`.
    let is_forgotten = |id: &SourceId| {
        let shard = shards.get(&ShardNumber::of(id));
        !entries.contains_key(id) && shard.is_some_and(|shard| !shard.0.contains_key(id))
    };
    // An absent profile whose account was about to be handed over has left as well.
    let is_closed = |entry: &EmployeeEntry| entry.handed_over_to.is_some();
    let has_left = |id: &SourceId, account: &AccountView| match people.snapshot.get(id) {
        Some(Person::Employee(employee, _)) => is_contract_over(employee, rules),
        Some(Person::Rejected { .. }) => false,
        None => {
            let entry = entries.get(id);
            gone.contains(id)
                || entry.is_some_and(|entry| is_shut(entry, rules.now) || is_closed(entry))
                || (is_forgotten(id) && !account.is_open_at(rules.now))
        }
    };
    for candidate in &mut candidates {
        let Account::Conflicting(account, holder) = &mut candidate.account else {
            continue;
        };
        let id = account
            .external_id
            .as_ref()
            .and_then(|id| id.source_id(rules.tool));
        if let Some(id) = id.filter(|id| has_left(id, account)) {
            *holder = Holder::Former(id);
        }
    }
    Ok(candidates)
}

/// The records, with null for what the configuration has switched off and we wrote: it is cleared once. What somebody else
/// has written there since stays.
fn without_stale_values(
    mut candidates: Vec<Candidate>,
    config: &TenantConfig,
    key: &FingerprintKey,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        let (SourceState::Present { record, .. }, Account::Fetched(account, _), Some(entry)) =
            (&mut candidate.source, &candidate.account, &candidate.entry)
        else {
            continue;
        };
        for attribute in Attribute::ALL {
            if !config.employees.is_switched_off(attribute) {
                continue;
            }
            let Some(ValueDigest::Value(written)) = entry.digests.get(attribute.name()) else {
                continue;
            };
            let held = account.values_of(attribute);
            let written = ValueDigest::Value(*written);
            let is_ours = held
                .iter()
                .all(|held| digest_of(attribute, Some(held), key) == written);
            if is_ours {
                record.values.insert(attribute, None);
            }
        }
    }
    candidates
}

/// A run that was asked to compare everybody tries refused records at once; so does any look at a conflict that the
/// academy no longer shows.
fn with_retries(mut candidates: Vec<Candidate>, rules: Rules<'_>) -> Vec<Candidate> {
    for candidate in &mut candidates {
        let conflicts = matches!(
            candidate.account,
            Account::Conflicting(..) | Account::NotFetched
        );
        let failure = candidate
            .entry
            .as_mut()
            .and_then(|entry| entry.failure.as_mut());
        if let Some(failure) = failure {
            let is_over = failure.kind == FailureKind::Conflict && !conflicts;
            if is_over || rules.mode == Mode::Reconcile {
                failure.retry_at = failure.retry_at.min(rules.now);
            }
        }
    }
    candidates
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
                leaving,
            } => SourceState::Rejected {
                fingerprint: *fingerprint,
                field: field.clone(),
                problem: problem.clone(),
                record: Box::new(DesiredAccount::of(
                    &leaving.clone().employee(id.clone()),
                    tool,
                    config,
                )),
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
            mail_holder: None,
        });
    }
    candidates
}

/// The accounts of people whom the ledger does not know: a few are looked up, many are found in the list of all.
async fn find_accounts(
    reader: &impl Reader,
    candidates: &[Candidate],
    held: Option<&HeldPlan>,
    inputs: Inputs<'_>,
) -> Result<Option<Accounts>, AccountsError> {
    let mut queries = queries(candidates);
    let moves = moves(candidates, held, inputs.rules.key).len();
    // A look-up takes up to two calls, that of a mail address and a page of the list take one.
    if queries.len() * 2 + moves > inputs.people.snapshot.len() / PAGE + 1 {
        let all: Vec<_> = candidates.iter().filter_map(query).collect();
        let filter = AccountFilter::of(&all, inputs.rules.tool);
        match reader.list_accounts(filter).await {
            Ok(index) => {
                let most = inputs.rules.config.brake.at_least;
                believable(
                    &index,
                    candidates,
                    usize::try_from(most).unwrap_or(usize::MAX),
                )?;
                return Ok(Some(Accounts::Listed(Box::new(index))));
            }
            Err(error) if error.is_of_the_list() => {}
            Err(error) => return Err(error),
        }
    }
    if queries.is_empty() {
        return Ok(None);
    }
    if queries.len() > A_RUNS_LOOK_UPS {
        // The run may end before it has looked up all of them: each begins with others.
        let turn = inputs.rules.now.as_second().div_euclid(300);
        let turn = usize::try_from(turn).unwrap_or_default();
        let first = turn.wrapping_mul(A_RUNS_LOOK_UPS) % queries.len();
        queries.rotate_left(first);
    }
    Ok(Some(reader.look_up_accounts(&queries).await?))
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
    index: &AccountIndex,
    candidates: &[Candidate],
    most: usize,
) -> Result<(), AccountsError> {
    let known = |candidate: &&Candidate| candidate.known_account().is_some();
    match candidates.iter().filter(known).count() {
        known if index.is_empty() && known > most => Err(AccountsError::Emptied(known)),
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
        SourceState::Rejected { record, .. } => Some(AccountQuery {
            external_id: &record.external_id,
            known,
            mail: None,
        }),
    }
}

/// The candidates without those whom the run had no time to look up, and how many these are.
fn without_not_asked(
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
) -> (Vec<Candidate>, usize) {
    let before = candidates.len();
    if let Some(accounts) = accounts {
        candidates.retain(|candidate| {
            let is_asked =
                matches!(candidate.account, Account::NotFetched) && is_looked_for(candidate);
            let query = query(candidate).filter(|_| is_asked);
            query.is_none_or(|query| accounts.were_asked(query.external_id))
        });
    }
    let left = before - candidates.len();
    (candidates, left)
}

/// The candidates without those whose account could not be looked up: one account must not stop the others.
fn without_unanswered(
    candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
) -> (Vec<Candidate>, Vec<(SourceId, String)>) {
    let problem = |candidate: &Candidate| {
        let query =
            query(candidate).filter(|_| matches!(candidate.account, Account::NotFetched))?;
        let error = accounts?.unanswered(query.external_id)?;
        Some((candidate.source_id.clone(), error.to_string()))
    };
    let unanswered: Vec<_> = candidates.iter().filter_map(problem).collect();
    let (kept, _) = candidates
        .into_iter()
        .partition(|candidate| unanswered.iter().all(|(id, _)| *id != candidate.source_id));
    (kept, unanswered)
}

/// The candidates with what reteach said about their accounts.
pub(crate) fn with_accounts(
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
    key: &FingerprintKey,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        attach(candidate, accounts, key);
    }
    candidates
}

/// An account that the whole list does not have is gone: it is forgotten.
fn attach(candidate: &mut Candidate, accounts: Option<&Accounts>, key: &FingerprintKey) {
    let asked = match (accounts, &candidate.account) {
        (Some(Accounts::Listed(_)), _) | (Some(_), Account::NotFetched) => accounts,
        _ => None,
    };
    let Some((accounts, query)) = asked.zip(query(candidate)) else {
        return;
    };
    let account = match accounts.find(query) {
        Account::Fetched(account, MatchedBy::Ledger)
            if !is_still_theirs(&account, candidate.entry.as_ref(), key) =>
        {
            accounts.find(AccountQuery {
                known: None,
                ..query
            })
        }
        found => found,
    };
    let is_read = matches!(account, Account::Fetched(_, MatchedBy::ExternalId));
    if let (false, Some(field)) = (is_read, accounts.unreadable_field(query)) {
        let problem = format!("reteach's list shows it in a form that cannot be read ({field})");
        leave(candidate, problem);
        return;
    }
    if matches!(account, Account::Missing)
        && let Some(entry) = candidate.entry.take()
    {
        candidate.entry = Some(EmployeeEntry {
            failure: entry.failure,
            handed_over_to: entry.handed_over_to,
            ..EmployeeEntry::new(entry.source_id)
        });
    }
    candidate.account = account;
}

/// Whether an account that has lost its external id holds the mail address or user name that the person was given: an admin may
/// have given it to somebody else.
fn is_still_theirs(
    account: &AccountView,
    entry: Option<&EmployeeEntry>,
    key: &FingerprintKey,
) -> bool {
    let Some(entry) = entry else {
        return false;
    };
    [Attribute::Email, Attribute::UserName]
        .into_iter()
        .any(|attribute| {
            let given = entry.digests.get(attribute.name());
            let held = account.values.get(&attribute);
            held.is_some() && given == Some(&digest_of(attribute, held, key))
        })
}

/// Nobody gets a second account because their own cannot be read: what the ledger knows of it stands, and somebody it
/// does not know waits.
fn leave(candidate: &mut Candidate, problem: String) {
    if let (
        Account::NotFetched,
        SourceState::Present {
            record,
            fingerprint,
        },
    ) = (&candidate.account, &candidate.source)
    {
        candidate.source = SourceState::Rejected {
            fingerprint: *fingerprint,
            field: "account".to_owned(),
            problem,
            record: record.clone(),
        };
    }
}
