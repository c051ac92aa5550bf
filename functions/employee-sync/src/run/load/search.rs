//! Looking for the accounts of people whom the ledger does not know: a few are looked up, many are found in the list of
//! all. What reteach does not answer keeps nobody else waiting.

use jiff::Timestamp;
use shared::access::Scoped;
use shared::fingerprint::Fingerprint;
use shared::state::{EmployeeEntry, FailureKind, HeldPlan};

use super::super::mail_holders::moves;
use super::Inputs;
use super::candidates::query;
use super::left_out::{Unread, with_left_out};
use crate::accounts::{
    AccountFilter, AccountIndex, AccountQuery, Accounts, AccountsError, LookUps, LookedUp,
};
use crate::apply::{SHORT_PAUSE, with_failure};
use crate::checkpoint::waits_for_list;
use crate::io::Reader;
use crate::plan::{Account, Candidate, SourceState};

/// Customers on one page of reteach's list.
const PAGE: usize = 250;

/// About as many people as a run has time to look up.
const A_RUNS_LOOK_UPS: usize = 300;

/// What a run may ask reteach for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MayAsk {
    /// The list of all accounts, where that takes fewer calls.
    List,
    /// The list has failed in this run.
    LookUps,
    /// Nothing: no answer would be believed.
    Nothing,
}

#[derive(Default)]
pub(super) struct Search {
    /// `None`: nobody had to be looked for.
    pub(super) accounts: Option<Accounts>,
    pub(super) list_failure: Option<AccountsError>,
    /// Why nobody, or nobody else, could be looked up.
    pub(super) stopped: Option<AccountsError>,
}

impl Search {
    fn listed(index: AccountIndex) -> Self {
        Self {
            accounts: Some(Accounts::Listed(Box::new(index))),
            ..Self::default()
        }
    }

    fn none(stopped: Option<AccountsError>) -> Self {
        Self {
            accounts: Some(Accounts::LookedUp(LookUps::default().found)),
            stopped,
            ..Self::default()
        }
    }
}

/// Looks for the accounts of people whom the ledger does not know. A list that failed is not asked for again for an hour.
/// The list also shows whose an address is that the academy takes for no identifier. What was looked up before stands:
/// nobody gets a second account because the list leaves out the first.
///
/// # Errors
/// [`AccountsError::ends_run`].
pub(super) async fn search(
    reader: &impl Reader,
    candidates: &[Candidate],
    held: Option<&HeldPlan>,
    may_ask: MayAsk,
    inputs: Inputs<'_>,
) -> Result<Search, AccountsError> {
    let mut queries = queries(candidates);
    if may_ask == MayAsk::Nothing {
        return Ok(Search::none(None));
    }
    let state = inputs.state;
    let waits = state.is_some_and(|state| waits_for_list(state, inputs.rules.now));
    // A look-up takes up to two calls, that of a mail address and a page of the list take one.
    let moves = moves(candidates, held, inputs.rules.key).len();
    let known = state.map_or(0, |state| state.accounts as usize);
    let pages = inputs.people.snapshot.len().max(known) / PAGE + 1;
    let may_list = may_ask == MayAsk::List && !waits;
    let mut list_failure = None;
    if may_list && queries.len() * 2 + moves > pages {
        match list(reader, candidates, inputs).await {
            Ok(index) => return Ok(Search::listed(index)),
            Err(error) if error.ends_run() => return Err(error),
            Err(error) if error.is_of_the_list() => list_failure = Some(error),
            Err(error) => return Ok(Search::none(Some(error))),
        }
    }
    if queries.is_empty() {
        return Ok(Search {
            list_failure,
            ..Search::default()
        });
    }
    if queries.len() > A_RUNS_LOOK_UPS {
        // The run may end before it has looked up all of them: each begins with others.
        let turn = inputs.rules.now.as_second().div_euclid(300);
        let turn = usize::try_from(turn).unwrap_or_default();
        let first = turn.wrapping_mul(A_RUNS_LOOK_UPS) % queries.len();
        queries.rotate_left(first);
    }
    let LookUps { found, stopped } = reader.look_up_accounts(&queries).await?;
    let mut answers = found.values();
    let refuses_an_address = answers.any(|it| matches!(it, LookedUp::AddressRefused(_)));
    if may_list && list_failure.is_none() && refuses_an_address {
        match list(reader, candidates, inputs).await {
            Ok(index) => return Ok(Search::listed(index.with_looked_up(found))),
            Err(error) if error.ends_run() => return Err(error),
            Err(error) => list_failure = Some(error),
        }
    }
    Ok(Search {
        accounts: Some(Accounts::LookedUp(found)),
        list_failure,
        stopped: stopped.map(AccountsError::from),
    })
}

async fn list(
    reader: &impl Reader,
    candidates: &[Candidate],
    inputs: Inputs<'_>,
) -> Result<AccountIndex, AccountsError> {
    let all: Vec<_> = candidates.iter().filter_map(query).collect();
    let filter = AccountFilter::of(&all, inputs.rules.tool);
    let index = reader.list_accounts(filter).await?;
    believable(&index, candidates, inputs)?;
    with_left_out(reader, index, candidates).await
}

/// An academy without a single account is believed as long as the ledger knows of few.
pub(super) fn believable(
    index: &AccountIndex,
    candidates: &[Candidate],
    inputs: Inputs<'_>,
) -> Result<(), AccountsError> {
    let most = usize::try_from(inputs.rules.config.brake.at_least).unwrap_or(usize::MAX);
    let known = |candidate: &&Candidate| candidate.known_account().is_some();
    match candidates.iter().filter(known).count() {
        known if index.is_empty() && known > most => Err(AccountsError::Emptied(known)),
        _ => Ok(()),
    }
}

/// A query for everybody whose account the ledger does not know, and matters.
pub(crate) fn queries(candidates: &[Candidate]) -> Vec<AccountQuery<'_>> {
    let unknown = candidates.iter().filter(|candidate| {
        matches!(candidate.account, Account::NotFetched) && is_looked_for(candidate)
    });
    unknown.filter_map(query).collect()
}

/// Whose account matters although the ledger knows none: who would get one, and who is gone and must not keep one.
pub(super) fn is_looked_for(candidate: &Candidate) -> bool {
    match &candidate.source {
        SourceState::Present { record, .. } => record.employment.scope == Scoped::In,
        SourceState::Gone { .. } => true,
        SourceState::Rejected { .. } => false,
    }
}

/// The candidates without those whom the run had no time to look up, and how many these are.
pub(super) fn without_not_asked(
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
pub(super) fn without_unanswered(
    candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
    now: Timestamp,
) -> (Vec<Candidate>, Unread) {
    let problem = |candidate: &Candidate| {
        let query =
            query(candidate).filter(|_| matches!(candidate.account, Account::NotFetched))?;
        let error = accounts?.unanswered(query.external_id)?;
        Some(error.to_string())
    };
    let others_answer = accounts.is_some_and(Accounts::answers_for_some);
    let (mut kept, mut unanswered) = (Vec::new(), Unread::default());
    for candidate in candidates {
        let Some(problem) = problem(&candidate) else {
            kept.push(candidate);
            continue;
        };
        let paused = unanswered_again(&candidate, problem.clone(), others_answer, now);
        unanswered.paused.extend(paused);
        unanswered.problems.push((candidate.source_id, problem));
    }
    (kept, unanswered)
}

/// The entry with the pause before the person is looked up again. What fails once may be a broken connection: the next run tries
/// it again. From then on the pauses grow, unless nothing shows whether reteach answers at all. Somebody gone gets no entry
/// for it. It ends with the first answer: what is written then has failed for the first time, unless a write failed before.
fn unanswered_again(
    candidate: &Candidate,
    problem: String,
    others_answer: bool,
    now: Timestamp,
) -> Option<EmployeeEntry> {
    let fingerprint = match candidate.source {
        SourceState::Present { fingerprint, .. } => fingerprint,
        SourceState::Gone { .. } if candidate.entry.is_some() => Fingerprint::default(),
        SourceState::Gone { .. } | SourceState::Rejected { .. } => return None,
    };
    // What could not be read of a sealed entry is not written over.
    let entry = Some(candidate.entry_or_new()).filter(|entry| !entry.is_sealed)?;
    let earlier = entry.failure.as_ref();
    let earlier = earlier.filter(|failure| failure.fingerprint == fingerprint);
    let was_silent = earlier.is_some_and(|failure| failure.kind == FailureKind::NoAnswer);
    let is_of_look_up = earlier.is_none_or(|failure| failure.is_of_look_up);
    let mut noted = with_failure(entry, FailureKind::NoAnswer, fingerprint, problem, now);
    if let Some(failure) = noted.failure.as_mut() {
        failure.is_of_look_up = is_of_look_up;
        failure.retry_at = match (was_silent, others_answer) {
            (false, _) => now,
            (true, true) => failure.retry_at,
            (true, false) => failure.retry_at.min(now + SHORT_PAUSE),
        };
    }
    Some(noted)
}
