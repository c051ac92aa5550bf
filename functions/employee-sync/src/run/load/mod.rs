//! Everything a plan needs, from the ledger and from reteach: as little as possible of either.

mod candidates;
mod gone;
mod holders;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardDigest, ShardNumber, ShardRange};
use shared::runtime::{Mode, RunError};
use shared::state::{EmployeeEntry, HeldPlan, StateError, SyncState};

#[cfg(test)]
pub(crate) use self::candidates::queries;
use self::candidates::{
    believable, find_accounts, query, with_retries, without_not_asked, without_unanswered,
};
pub(crate) use self::candidates::{candidates, with_accounts};
use self::gone::{concluded, handed_over, is_settled, orphans, reopened, with_forgotten};
use self::holders::{with_holders, without_stale_values};
use super::Rules;
use super::expiry::{expired, long_gone};
use super::mail_holders::with_mail_holders;
use super::turns::turns;
use crate::accounts::{
    AccountFilter, Accounts, AccountsError, EndedAccounts, SharedIds, UnreadableRows,
};
use crate::checkpoint::{
    Classification, Identity, Limited, Reason, Selection, Sharding, classify, in_progress, limited,
};
use crate::io::Reader;
use crate::plan::{Account, Candidate};
use crate::source::People;

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
    pub(super) shared_ids: SharedIds,
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
        // Without a state, and after a migration.
        let is_empty = || self.shards.values().all(|shard| shard.0.is_empty());
        let is_lost = match selection {
            Selection::Everybody(reason) => *reason == Reason::FirstRun || is_empty(),
            Selection::Nobody | Selection::Shards(_) => false,
        };
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
        shared_ids: index.shared_ids().clone(),
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
