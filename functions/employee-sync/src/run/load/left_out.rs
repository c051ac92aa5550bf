//! Accounts that the ledger knows and a run reads one by one: those that the list lacks, because nobody gets a second one, and
//! those of which the ledger may not know the last write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::domain::id::{CustomerId, SourceId};
use shared::fingerprint::{Fingerprint, Shard, ShardNumber};
use shared::state::{EmployeeEntry, FailureKind};

use super::candidates::query;
use crate::accounts::{AccountIndex, AccountsError, ReadAccount};
use crate::apply::{SHORT_PAUSE, with_failure};
use crate::io::Reader;
use crate::plan::{Account, AccountView, Candidate, MatchedBy, SourceState};

const UNREAD: &str = "reteach gave no answer about the account";

/// Up to this number, all accounts are read.
const FEW: usize = 100;
/// Of more accounts, this number is read.
const SAMPLE: usize = 50;

/// The list, with accounts that it lacks and that are there. One that nobody could read is not taken for deleted.
///
/// # Errors
/// [`AccountsError::ends_run`].
pub(super) async fn with_left_out(
    reader: &impl Reader,
    index: AccountIndex,
    candidates: &[Candidate],
) -> Result<AccountIndex, AccountsError> {
    let lacking = candidates.iter().filter_map(query);
    let lacking: Vec<_> = lacking.filter_map(|query| index.lacks(query)).collect();
    if lacking.is_empty() {
        return Ok(index);
    }
    let (read, others) = sample(lacking);
    let read = reader.read_accounts(&read).await?;
    Ok(index.with_read(read, &others))
}

/// People whose account had to be read and was not.
#[derive(Default)]
pub(super) struct Unread {
    pub(super) problems: Vec<(SourceId, String)>,
    /// The ledger entries of those for whose account there is no answer, with the pause before the next look.
    pub(super) paused: Vec<EmployeeEntry>,
    /// How many have dates in the ledger that cannot be read, and were not asked about any more: the next runs go on.
    pub(super) not_asked: usize,
}

/// The candidates with the accounts of those whose last write got no answer and was of another record: it may have taken effect,
/// and what the ledger says would hide a lock that nobody wants any more. The same where the ledger's dates cannot be read.
/// Those whom reteach does not answer for wait.
pub(super) async fn with_doubtful_read(
    reader: &impl Reader,
    candidates: Vec<Candidate>,
    shards: &BTreeMap<ShardNumber, Shard>,
    now: Timestamp,
) -> Result<(Vec<Candidate>, Unread), AccountsError> {
    let doubtful: Vec<_> = candidates
        .iter()
        .filter_map(doubtful_account)
        .cloned()
        .collect();
    if doubtful.is_empty() {
        return Ok((candidates, Unread::default()));
    }
    let mut read = reader
        .read_accounts(&doubtful.iter().collect::<Vec<_>>())
        .await?;
    let answers = |it: &ReadAccount| matches!(it, ReadAccount::Found(_) | ReadAccount::Deleted);
    let others_answer = read.values().any(answers);
    let (mut kept, mut unread) = (Vec::new(), Unread::default());
    for mut candidate in candidates {
        let answer = doubtful_account(&candidate).and_then(|id| read.remove(id));
        match answer {
            // A lock that may have taken effect is written again; one that may have been lifted is not seen.
            Some(answer @ (ReadAccount::NoAnswer | ReadAccount::NotAsked))
                if matches!(candidate.source, SourceState::Present { .. })
                    || is_locked(&candidate, now) =>
            {
                let is_asked = matches!(answer, ReadAccount::NoAnswer);
                if !is_asked && candidate.entry.as_ref().is_some_and(|it| it.is_sealed) {
                    unread.not_asked += 1;
                    continue;
                }
                // An academy that answers for none is not the person's trouble: a short pause.
                let paused = paused(&candidate, shards, others_answer && is_asked, now);
                unread.paused.extend(paused);
                unread
                    .problems
                    .push((candidate.source_id, UNREAD.to_owned()));
                continue;
            }
            Some(ReadAccount::Found(customer)) => {
                let account = AccountView::from(*customer);
                let wanted = query(&candidate).map(|query| query.external_id);
                if account.external_id.as_ref() == wanted {
                    candidate.account = Account::Fetched(Box::new(account), MatchedBy::ExternalId);
                }
            }
            Some(ReadAccount::NoAnswer | ReadAccount::NotAsked | ReadAccount::Deleted) | None => {}
        }
        kept.push(candidate);
    }
    Ok((kept, unread))
}

fn doubtful_account(candidate: &Candidate) -> Option<&CustomerId> {
    let (Account::FromLedger(id), Some(entry)) = (&candidate.account, &candidate.entry) else {
        return None;
    };
    let is_doubtful = entry.failure.as_ref().is_some_and(|failure| {
        failure.kind == FailureKind::NoAnswer && failure.fingerprint != fingerprint(candidate)
    });
    (is_doubtful || entry.is_sealed).then_some(id)
}

/// Whether the account is locked by the ledger.
fn is_locked(candidate: &Candidate, now: Timestamp) -> bool {
    let entry = candidate.entry.as_ref();
    entry.is_some_and(|entry| entry.window.is_locked_at(now))
}

fn fingerprint(candidate: &Candidate) -> Fingerprint {
    match candidate.source {
        SourceState::Present { fingerprint, .. } | SourceState::Rejected { fingerprint, .. } => {
            fingerprint
        }
        SourceState::Gone { .. } => Fingerprint::default(),
    }
}

/// The entry with the pause before the account is read again. The failure stays that of the write, so that the account stays
/// doubtful. From the second look on its pauses grow, as those of writes do; another record begins with a short one.
fn paused(
    candidate: &Candidate,
    shards: &BTreeMap<ShardNumber, Shard>,
    others_answer: bool,
    now: Timestamp,
) -> Option<EmployeeEntry> {
    // What could not be read of a sealed entry is not written over.
    let mut entry = candidate.entry.clone().filter(|entry| !entry.is_sealed)?;
    let failure = entry.failure.as_mut()?;
    let shard = shards.get(&ShardNumber::of(&candidate.source_id));
    let last = shard.and_then(|shard| shard.0.get(&candidate.source_id));
    let is_first = last.is_none_or(|last| last.fingerprint != fingerprint(candidate));
    if is_first {
        failure.attempts = 0;
    }
    let written = failure.fingerprint;
    let mut noted = with_failure(
        entry,
        FailureKind::NoAnswer,
        written,
        UNREAD.to_owned(),
        now,
    );
    if let Some(failure) = noted.failure.as_mut() {
        failure.retry_at = match (is_first, others_answer) {
            (true, _) => now,
            (false, true) => failure.retry_at,
            (false, false) => failure.retry_at.min(now + SHORT_PAUSE),
        };
    }
    Some(noted)
}

/// Those that are read, from all over the list, and the others.
fn sample(ids: Vec<&CustomerId>) -> (Vec<&CustomerId>, Vec<&CustomerId>) {
    let every = if ids.len() <= FEW {
        1
    } else {
        ids.len().div_ceil(SAMPLE)
    };
    let (read, others): (Vec<_>, Vec<_>) = ids
        .into_iter()
        .enumerate()
        .partition(|(at, _)| at % every == 0);
    let ids = |part: Vec<(usize, _)>| part.into_iter().map(|(_, id)| id).collect();
    (ids(read), ids(others))
}
