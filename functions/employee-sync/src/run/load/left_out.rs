//! Accounts that the ledger knows and the list lacks: a list may not show all accounts, and nobody gets a second one.

use shared::domain::id::CustomerId;

use super::candidates::query;
use crate::accounts::{AccountIndex, AccountsError};
use crate::io::Reader;
use crate::plan::Candidate;

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
