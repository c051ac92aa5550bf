//! Everything a plan needs, from the ledger and from reteach: as little as possible of either.

mod candidates;
mod drift;
mod gone;
mod holders;
mod known;
mod left_out;
mod search;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{FingerprintKey, Shard, ShardNumber, ShardRange};
use shared::runtime::{Mode, RunError};
use shared::state::{EmployeeEntry, HeldPlan, StateError, SyncState};

pub(crate) use self::candidates::{candidates, with_accounts};
use self::candidates::{query, with_retries};
use self::drift::with_drift;
use self::gone::{concluded, handed_over, is_settled, orphans, reopened, with_forgotten};
use self::holders::{with_holders, without_stale_values};
pub(super) use self::known::Known;
use self::known::shards_of;
use self::left_out::{with_doubtful_read, with_left_out};
#[cfg(test)]
pub(crate) use self::search::queries;
use self::search::{MayAsk, Search, believable, search, without_not_asked, without_unanswered};
use self::twins::with_twins;
use super::Rules;
use super::expiry::{expired, long_gone};
use super::mail_holders::with_mail_holders;
use super::turns::{searched, turns};
use crate::accounts::{
    AccountFilter, AccountIndex, Accounts, AccountsError, EndedAccounts, LeftOut, SharedIds,
    UnreadableRows,
};
use crate::checkpoint::{
    Classification, Limited, Reason, Selection, Sharding, Turn, classify, in_progress, limited,
};
use crate::io::Reader;
use crate::plan::{Account, Candidate};
use crate::source::People;

#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) people: &'a People,
    pub(super) sharding: &'a Sharding<'a>,
    pub(super) state: Option<&'a SyncState>,
    pub(super) rules: Rules<'a>,
    pub(super) portion: ShardRange,
}

pub(super) struct Loaded {
    pub(super) coverage: Coverage,
    /// People who need a look, and get it from a later run.
    pub(super) put_off: usize,
    /// People with held changes who are not looked at again in this run.
    pub(super) held_over: usize,
    /// People who need a look.
    pub(super) candidates: Vec<Candidate>,
    /// Accounts without our external ids, as far as the academy was listed.
    pub(super) foreign_accounts: usize,
    /// What a brake held before.
    pub(super) held: Option<HeldPlan>,
    pub(super) listing: ListingNote,
}

/// Whom and what a run looks at: what its state is concluded from.
pub(super) struct Coverage {
    /// Who was looked at in the end.
    pub(super) selection: Selection,
    /// Of everybody, those who were compared.
    pub(super) portion: ShardRange,
    /// The candidates' shards, as the last run left them.
    pub(super) shards: BTreeMap<ShardNumber, Shard>,
    /// People who have been gone for a year: their entries end.
    pub(super) expired: Vec<SourceId>,
    /// Accounts that are open now: what the brakes' percentages are of.
    pub(super) open_accounts: u32,
    /// Those of the people who were compared.
    pub(super) compared_open: u32,
    /// All accounts of the academy, where it was listed.
    pub(super) accounts: Option<u32>,
}

/// What a run has to report about the academy's list of accounts.
#[derive(Debug, Default)]
pub(super) struct ListingNote {
    pub(super) unreadable: UnreadableRows,
    pub(super) shared_ids: SharedIds,
    pub(super) left_out: LeftOut,
    /// Accounts that should have been locked for a day, where the academy was listed.
    pub(super) ended: Option<EndedAccounts>,
    pub(super) failure: Option<ListFailure>,
    /// Why accounts could not be found out, where the trouble is reteach's: known people are written all the same.
    pub(super) stopped: Option<RunError>,
    /// Why some new mail addresses could not be looked up.
    pub(super) mails_unanswered: Option<String>,
    /// People whose account could not be looked up, and why. The next run looks again.
    pub(super) unanswered: Vec<(SourceId, String)>,
    /// Their ledger entries, where the next look has to wait.
    pub(super) paused: Vec<EmployeeEntry>,
}

/// Why the academy's accounts could not be listed.
#[derive(Debug)]
pub(super) struct ListFailure {
    pub(super) problem: String,
    pub(super) compares: bool,
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

/// Whether the account was locked at `now`.
fn is_shut(entry: &EmployeeEntry, now: Timestamp) -> bool {
    entry.window.inactive_at.is_some_and(|at| at <= now)
}

/// Loads what a plan for `selection` needs. Where everybody should be compared and the academy cannot be listed, it is
/// the people who changed.
pub(super) async fn load(
    reader: &impl Reader,
    inputs: Inputs<'_>,
    known: Known,
    selection: Selection,
) -> Result<Loaded, RunError> {
    let Selection::Everybody(reason) = selection else {
        return changed(reader, inputs, known.shards, selection, MayAsk::List).await;
    };
    let failure = match everybody(reader, inputs, known, reason).await {
        Err(LoadError::Accounts(error)) if !error.ends_run() => error,
        loaded => return Ok(loaded?),
    };
    let Some(state) = inputs
        .state
        .filter(|state| is_of_use(state, inputs.rules.key))
    else {
        return Err(failure.into());
    };
    let unsettled = inputs.sharding.unsettled(state, inputs.rules.now);
    let selection = Selection::Shards(unsettled);
    let shards = shards_of(reader, &selection).await?;
    if failure.is_of_the_list() {
        let mut loaded = changed(reader, inputs, shards, selection, MayAsk::LookUps).await?;
        loaded.listing.failure = Some(ListFailure {
            problem: failure.to_string(),
            compares: true,
        });
        return Ok(loaded);
    }
    if inputs.rules.mode == Mode::DryRun {
        return Err(failure.into());
    }
    let mut loaded = changed(reader, inputs, shards, selection, MayAsk::Nothing).await?;
    loaded.listing.stopped = Some(failure.into());
    Ok(loaded)
}

/// Whether people can be compared with the state and the ledger alone: not before a first run, and not with another key,
/// which makes their digests mean nothing.
pub(super) fn is_of_use(state: &SyncState, key: &FingerprintKey) -> bool {
    !state.configuration.is_empty() && (state.key_check == 0 || state.key_check == key.check())
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
    believable(&index, &candidates, inputs)?;
    let index = with_left_out(reader, index, &candidates).await?;
    let listing = ListingNote {
        unreadable: index.unreadable_rows().clone(),
        shared_ids: index.shared_ids().clone(),
        ended: Some(index.ended().clone()),
        left_out: index.left_out().clone(),
        ..ListingNote::default()
    };
    let (foreign_accounts, total) = (index.foreign(), count(&index));
    let orphans = orphans(&index, &candidates, inputs, &shards, &handed_over);
    let accounts = Accounts::Listed(Box::new(index));
    let candidates = with_accounts(candidates, Some(&accounts), rules.key);
    let candidates = with_twins(candidates, Some(&accounts), rules);
    let (candidates, _) =
        with_mail_holders(reader, candidates, Some(&accounts), None, rules.key).await;
    let candidates = with_holders(reader, candidates, people, &gone, rules).await?;
    let candidates = without_stale_values(candidates, rules.config, rules.key);
    let mut candidates = match reason {
        Reason::Reconcile => with_drift(candidates, rules.key, rules.now),
        Reason::FirstRun | Reason::NewRules => candidates,
    };
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
        coverage: Coverage {
            selection: Selection::Everybody(reason),
            portion,
            shards,
            expired,
            open_accounts,
            compared_open,
            accounts: Some(total),
        },
        put_off,
        held_over: 0,
        candidates: with_retries(candidates, rules, true),
        foreign_accounts,
        held: reader.held().await?,
        listing,
    })
}

async fn changed(
    reader: &impl Reader,
    inputs: Inputs<'_>,
    shards: BTreeMap<ShardNumber, Shard>,
    selection: Selection,
    may_ask: MayAsk,
) -> Result<Loaded, RunError> {
    let Inputs {
        people,
        sharding,
        state,
        rules,
        portion: _,
    } = inputs;
    let Classification { mut due, gone } = classify(
        sharding,
        &shards,
        people.completeness,
        false,
        rules.due_until(),
    );
    let held = reader.held().await?;
    // A run asks once for what a brake holds; a dry run shows it.
    let asked_before = held.as_ref().filter(|_| rules.mode != Mode::DryRun);
    let (turn, searched) = (
        turns(people, &shards, held.as_ref(), rules),
        searched(asked_before),
    );
    let all_due = due.len();
    due.retain(|id| !searched.contains(id) || turn(id) != Turn::Held);
    let rest = all_due - due.len();
    let Limited {
        taken,
        left,
        held: held_over,
    } = limited(&due | &gone, rules.portion, rules.now, turn);
    let held_over = held_over + rest;
    let (due, gone) = (&due & &taken, &gone & &taken);
    let entries = reader.entries(&taken.iter().collect()).await?;
    let unmatched = candidates(rules.tool, rules.config, people, (&due, &gone), entries);
    let (unmatched, unread) = with_doubtful_read(reader, unmatched, &shards, rules.now).await?;
    let Search {
        accounts,
        list_failure,
        stopped,
    } = search(reader, &unmatched, asked_before, may_ask, inputs).await?;
    let stopped = stopped.map(RunError::from);
    if let Some(error) = stopped.clone().filter(|_| rules.mode == Mode::DryRun) {
        return Err(error);
    }
    let (unmatched, not_asked) = without_not_asked(unmatched, accounts.as_ref());
    let (unmatched, mut unanswered) = without_unanswered(unmatched, accounts.as_ref(), rules.now);
    unanswered.problems.extend(unread.problems);
    unanswered.paused.extend(unread.paused);
    let candidates = with_accounts(unmatched, accounts.as_ref(), rules.key);
    let candidates = with_twins(candidates, accounts.as_ref(), rules);
    let (candidates, mails_unanswered) = with_mail_holders(
        reader,
        candidates,
        accounts.as_ref(),
        asked_before,
        rules.key,
    )
    .await;
    let candidates = with_holders(reader, candidates, people, &gone, rules).await?;
    let index = match &accounts {
        Some(Accounts::Listed(index)) => Some(index.as_ref()),
        Some(Accounts::LookedUp(_)) | None => None,
    };
    Ok(Loaded {
        coverage: Coverage {
            selection,
            portion: ShardRange::WHOLE,
            shards,
            expired: Vec::new(),
            open_accounts: match state {
                Some(state) => state.open_accounts,
                None => count_open(&candidates, rules.now),
            },
            compared_open: 0,
            accounts: index.map(count),
        },
        put_off: left + not_asked + unread.not_asked,
        held_over,
        candidates: with_retries(candidates, rules, false),
        foreign_accounts: index.map_or(0, AccountIndex::foreign),
        held,
        listing: ListingNote {
            failure: list_failure.map(|error| ListFailure {
                problem: error.to_string(),
                compares: false,
            }),
            stopped,
            left_out: index
                .map(|index| index.left_out().clone())
                .unwrap_or_default(),
            unanswered: unanswered.problems,
            paused: unanswered.paused,
            mails_unanswered,
            ..ListingNote::default()
        },
    })
}

fn count(index: &AccountIndex) -> u32 {
    u32::try_from(index.len()).unwrap_or(u32::MAX)
}

fn count_open(candidates: &[Candidate], now: Timestamp) -> u32 {
    let is_open = |candidate: &&Candidate| match (&candidate.account, &candidate.entry) {
        (Account::Fetched(account, _), _) => account.is_open_at(now),
        (Account::FromLedger(_), Some(entry)) => !entry.window.is_locked_at(now),
        _ => false,
    };
    let open = candidates.iter().filter(is_open);
    u32::try_from(open.count()).unwrap_or(u32::MAX)
}
