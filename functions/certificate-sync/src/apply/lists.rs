//! Lists of employees' documents, and whether the right to read them is missing.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use shared::document::{DocumentSink as _, FiledDocument};
use shared::domain::id::{DocumentId, SourceId};
use shared::runtime::{CircuitBreaker, RunError};
use shared::source::SourceError;
use shared::state::StateError;
use tokio::sync::OnceCell;

use super::Tools;

/// A right that is refused so often in a row, with pauses, is missing.
const REFUSALS: u64 = 3;

/// After so many people whose lists cannot be read, and nobody whose list can, others are tried from the other end.
const SUSPECT_AFTER: u32 = 3;
/// So many people without a readable list, and nobody with one, show that it is not the people.
const NOT_THE_PEOPLE: u32 = 6;
/// So many of them were tried from the other end.
const PROBES: u32 = 3;

/// What a run knows of lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Opens where documents cannot be listed now: no further ones are asked for, but certificates are filed.
    pub(super) breaker: CircuitBreaker<RunError>,
    /// The right is missing, or the route has no lists.
    are_missing: AtomicBool,
    /// Somebody's documents were listed: the right is there.
    are_there: AtomicBool,
    /// Others whose documents are tried before one person's refusals count as a missing right.
    others: OnceLock<Vec<SourceId>>,
    /// People whose documents could not be read.
    unreadable: Mutex<Unreadable>,
    /// The documents that the ledger knew when the run first needed them.
    in_ledger: OnceCell<HashSet<DocumentId>>,
}

#[derive(Debug, Default)]
struct Unreadable {
    people: u32,
    /// How many of them were tried from the other end.
    probes: u32,
    /// What the last list was not readable for.
    problem: String,
}

impl Lists {
    /// The employee's documents; `None` where it is certain that they cannot be listed.
    ///
    /// # Errors
    /// Anything that may pass.
    pub(super) async fn of(
        &self,
        tools: Tools<'_>,
        employee: &SourceId,
    ) -> Result<Option<Vec<FiledDocument>>, SourceError> {
        for refusals in 1..=REFUSALS {
            if self.are_missing.load(Ordering::Relaxed) {
                break;
            }
            match tools.sink.filed(employee).await {
                Ok(None) | Err(SourceError::Forbidden(_)) => {}
                listed => {
                    if listed.is_ok() {
                        self.are_there.store(true, Ordering::Relaxed);
                    }
                    return listed;
                }
            }
            let pause = tools.reteach.context();
            let pause = pause.wait(Duration::from_millis(500 * refusals));
            if refusals < REFUSALS && pause.await.is_err() {
                let late = "the time for this run is over".to_owned();
                return Err(SourceError::Unavailable(late));
            }
        }
        if self.are_there.load(Ordering::Relaxed) || self.are_there_for_others(tools).await {
            let refused = "they are refused, and others' are not".to_owned();
            return Err(SourceError::Unreadable(refused));
        }
        self.are_missing.store(true, Ordering::Relaxed);
        Ok(None)
    }

    /// Names people whose documents are to be listed: they can be asked whether a right is missing.
    pub(super) fn know(&self, people: Vec<SourceId>) {
        self.others.set(people).ok();
    }

    /// One call for each of the others, until one is answered.
    async fn are_there_for_others(&self, tools: Tools<'_>) -> bool {
        for other in self.others.get().into_iter().flatten() {
            if self.are_missing.load(Ordering::Relaxed) {
                break;
            }
            if let Ok(Some(_)) = tools.sink.filed(other).await {
                self.are_there.store(true, Ordering::Relaxed);
                return true;
            }
        }
        false
    }

    /// Whether the next person is tried from the other end: if that one's list can be read, the others' lists are their
    /// own trouble.
    pub(super) fn are_suspect(&self) -> bool {
        !self.are_there.load(Ordering::Relaxed) && self.unreadable().people >= SUSPECT_AFTER
    }

    /// Somebody's documents cannot be read. `is_probe`: the person was tried from the other end.
    pub(super) fn failed(&self, problem: &str, is_probe: bool) {
        let mut unreadable = self.unreadable();
        unreadable.people += 1;
        unreadable.probes += u32::from(is_probe);
        problem.clone_into(&mut unreadable.problem);
        let has_probed = unreadable.probes >= PROBES;
        drop(unreadable);
        if has_probed {
            self.conclude();
        }
    }

    /// Opens the breaker if nobody's documents could be read.
    pub(super) fn conclude(&self) {
        let unreadable = self.unreadable();
        if !self.are_there.load(Ordering::Relaxed) && unreadable.people >= NOT_THE_PEOPLE {
            let error = SourceError::Unreadable(unreadable.problem.clone());
            self.breaker.open(error.into());
        }
    }

    fn unreadable(&self) -> MutexGuard<'_, Unreadable> {
        self.unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The documents that the ledger has for any certificate. It is read once: what this run adds belongs to people
    /// whose certificates were decided about together.
    ///
    /// # Errors
    /// DynamoDB fails.
    pub(super) async fn in_ledger(
        &self,
        tools: Tools<'_>,
    ) -> Result<&HashSet<DocumentId>, StateError> {
        let read = || tools.store.documents_of_certificates(tools.tenant);
        self.in_ledger.get_or_try_init(read).await
    }
}
