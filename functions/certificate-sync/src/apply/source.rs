//! Whether the HR system still has the people whom the ledger of employees knows.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, ShardNumber};
use shared::runtime::{Outcome, RunError};
use shared::source::{EmployeeSource as _, SourceError};

use super::Tools;

/// People whom the HR system denies, although its last reading had them, from which on it is another HR system.
const MAX_DENIED: usize = 5;
/// Other people of its last reading who are asked for first.
const OTHERS: usize = 2;

/// Whether the last reading of the HR system was of the known people, as far as the other job has seen.
///
/// # Errors
/// [`RunError`] of the outcome `source-changed` where it was rejected, or DynamoDB fails.
pub(super) async fn check_accepted(tools: Tools<'_>) -> Result<(), RunError> {
    let Some(state) = tools.store.sync_state(tools.tenant).await? else {
        return Ok(());
    };
    if state.tool.is_some_and(|tool| tool != tools.sink.tool()) {
        return Err(changed("the known people's ids are another HR system's"));
    }
    match state.source_held {
        true => Err(changed(
            "most of the known people are missing from the HR system",
        )),
        false => Ok(()),
    }
}

fn changed(why: &str) -> RunError {
    let message = format!(
        "{why}: no certificate is filed until they are there again, or `tenants approve` or `tenants migrate` has settled it"
    );
    RunError::new(Outcome::SourceChanged, message)
}

/// People for whom nothing can be filed because the HR system denies them.
#[derive(Debug, Default)]
pub(super) struct Denied {
    people: Mutex<BTreeSet<SourceId>>,
    /// Whether this run has filed a certificate or found a person of the last reading: it is the same company.
    is_known: AtomicBool,
}

impl Denied {
    pub(super) fn filed(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }

    /// Adds a person. People who have left the HR system are denied rightly, also while incomplete readings keep them.
    ///
    /// # Errors
    /// [`RunError`] of the outcome `source-changed` where several were in its last reading, others of it are denied too
    /// and nothing was filed, or DynamoDB fails.
    pub(super) async fn add(&self, tools: Tools<'_>, person: &SourceId) -> Result<(), RunError> {
        if self.is_known.load(Ordering::Relaxed) {
            return Ok(());
        }
        let denied = {
            let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
            people.insert(person.clone());
            if people.len() < MAX_DENIED {
                return Ok(());
            }
            std::mem::take(&mut *people)
        };
        let numbers: BTreeSet<_> = denied.iter().map(ShardNumber::of).collect();
        let mut read = last_reading(tools, numbers).await?;
        if !denied.is_subset(&read) {
            return Ok(());
        }
        if read.len() < denied.len() + OTHERS {
            read = last_reading(tools, ShardNumber::all().collect()).await?;
        }
        // Higher ids are newer people.
        let others = read.iter().rev().filter(|id| !denied.contains(id));
        for other in others.take(OTHERS) {
            match tools.sink.one(other).await {
                Ok(None) => {}
                Ok(Some(_)) => {
                    self.is_known.store(true, Ordering::Relaxed);
                    return Ok(());
                }
                // A copy of a connection that has lapsed may have lost its people.
                Err(error @ (SourceError::NotReady(_) | SourceError::Lapsed(_))) => {
                    return Err(error.into());
                }
                // Without an answer nobody knows.
                Err(_) => return Ok(()),
            }
        }
        Err(changed(
            "the HR system denies people whom its last reading had, one after the other",
        ))
    }
}

/// The people of these shards whom the HR system's last reading had.
async fn last_reading(
    tools: Tools<'_>,
    numbers: BTreeSet<ShardNumber>,
) -> Result<BTreeSet<SourceId>, RunError> {
    let numbers: Vec<_> = numbers.into_iter().collect();
    let shards = tools.store.shards(tools.tenant, &numbers).await?;
    let entries = shards.into_values().flat_map(|shard| shard.0);
    let read = entries.filter(|(_, entry)| {
        entry.status != EntryStatus::MissingOnce && entry.gone_until().is_none()
    });
    Ok(read.map(|(id, _)| id).collect())
}
