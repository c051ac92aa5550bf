//! Accounts that the ledger knows and a run reads one by one: those that the list lacks, because nobody gets a second one, and
//! those of which the ledger may not know the last write.

use shared::domain::id::{CustomerId, SourceId};
use shared::fingerprint::Fingerprint;
use shared::state::FailureKind;

use super::candidates::query;
use crate::accounts::{AccountIndex, AccountsError, ReadAccount};
use crate::io::Reader;
use crate::plan::{Account, AccountView, Candidate, MatchedBy, SourceState};

/// So many accounts are all read.
const FEW: usize = 100;
/// Of more, so many are.
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

/// The candidates with the accounts of those whose last write got no answer and was of another record: it may have taken effect,
/// and what the ledger says would hide a lock that nobody wants any more. Those whom reteach does not answer for wait.
pub(super) async fn with_doubtful_read(
    reader: &impl Reader,
    candidates: Vec<Candidate>,
) -> Result<(Vec<Candidate>, Vec<(SourceId, String)>), AccountsError> {
    let doubtful: Vec<_> = candidates
        .iter()
        .filter_map(doubtful_account)
        .cloned()
        .collect();
    if doubtful.is_empty() {
        return Ok((candidates, Vec::new()));
    }
    let mut read = reader
        .read_accounts(&doubtful.iter().collect::<Vec<_>>())
        .await?;
    let (mut kept, mut unread) = (Vec::new(), Vec::new());
    for mut candidate in candidates {
        let answer = doubtful_account(&candidate).and_then(|id| read.remove(id));
        match answer {
            // A lock that may have taken effect is written again.
            Some(ReadAccount::NoAnswer)
                if matches!(candidate.source, SourceState::Present { .. }) =>
            {
                let problem = "reteach gave no answer about the account".to_owned();
                unread.push((candidate.source_id, problem));
                continue;
            }
            Some(ReadAccount::Found(customer)) => {
                let account = AccountView::from(*customer);
                let wanted = query(&candidate).map(|query| query.external_id);
                if account.external_id.as_ref() == wanted {
                    candidate.account = Account::Fetched(Box::new(account), MatchedBy::ExternalId);
                }
            }
            Some(ReadAccount::NoAnswer | ReadAccount::Deleted) | None => {}
        }
        kept.push(candidate);
    }
    Ok((kept, unread))
}

fn doubtful_account(candidate: &Candidate) -> Option<&CustomerId> {
    let (Account::FromLedger(id), Some(entry)) = (&candidate.account, &candidate.entry) else {
        return None;
    };
    let failure = entry.failure.as_ref()?;
    let fingerprint = match candidate.source {
        SourceState::Present { fingerprint, .. } | SourceState::Rejected { fingerprint, .. } => {
            fingerprint
        }
        SourceState::Gone { .. } => Fingerprint::default(),
    };
    let is_doubtful = failure.kind == FailureKind::NoAnswer && failure.fingerprint != fingerprint;
    is_doubtful.then_some(id)
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
