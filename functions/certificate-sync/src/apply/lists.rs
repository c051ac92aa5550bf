//! Lists of employees' documents, and whether the right to read them is missing.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use shared::document::{DocumentSink as _, FiledDocument};
use shared::domain::id::{DocumentId, SourceId};
use shared::runtime::{CircuitBreaker, Outcome, RunError};
use shared::source::SourceError;
use shared::state::{ListAccess, StateError};
use tokio::sync::OnceCell;

use super::Tools;
use crate::decide::probe_place;

/// A right that is refused so often in a row, with pauses, is missing.
const REFUSALS: u64 = 3;

/// Kombo's refusal of the passthrough has no code of its own: it may pass, or be about one person.
pub(super) const NOT_PASSED: &str =
    "Kombo does not pass lists of documents through: see whether its plan has the passthrough";

/// People in a row whose lists cannot be read, after whom others are tried from elsewhere in the queue.
const SUSPECT_AFTER: u32 = 3;
/// People who are tried next: if none of their lists can be read either, it is not the people.
const PROBES: u32 = 3;
/// People who show the same if nobody's list was read.
const NOT_THE_PEOPLE: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Opens where documents cannot be listed now: no further ones are asked for, but certificates are filed.
    pub(super) breaker: CircuitBreaker<RunError>,
    /// The right is missing, or the route has no lists.
    are_missing: AtomicBool,
    /// Somebody's documents were listed: the right is there.
    are_there: AtomicBool,
    /// All lists that were asked for were refused for want of a right.
    are_refused: AtomicBool,
    /// Others whose documents are tried before one person's refusals count as a missing right.
    others: OnceLock<Vec<SourceId>>,
    unread: Mutex<Unread>,
    /// The number of the tick: each takes its probes from other places.
    turn: usize,
    /// The documents that the ledger knew when the run first needed them.
    in_ledger: OnceCell<HashSet<DocumentId>>,
}

#[derive(Debug, Default)]
struct Unread {
    people: u32,
    /// How many of them in a row may be nobody's own trouble.
    in_a_row: u32,
    /// How many of these were probes.
    probes: u32,
    /// How many probes were taken in this run.
    taken: usize,
    /// Why the last list could not be read.
    error: Option<SourceError>,
}

impl Lists {
    /// The lists of a run. `turn` is the number of the tick.
    pub(super) fn new(turn: usize) -> Self {
        Self {
            turn,
            ..Self::default()
        }
    }

    /// The employee's documents; `None` where it is certain that they cannot be listed.
    ///
    /// # Errors
    /// Anything that may pass; [`SourceError::Forbidden`] where another run has to be refused as well.
    pub(super) async fn of(
        &self,
        tools: Tools<'_>,
        employee: &SourceId,
    ) -> Result<Option<Vec<FiledDocument>>, SourceError> {
        let mut refusal = None;
        for refusals in 1..=REFUSALS {
            if self.are_missing.load(Ordering::Relaxed) {
                break;
            }
            match tools.sink.filed(employee).await {
                Ok(None) if tools.sink.personio().is_some() => {
                    refusal = Some(NOT_PASSED.to_owned());
                }
                Ok(None) => {
                    self.are_missing.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
                Err(SourceError::Forbidden(problem)) => refusal = Some(problem),
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
        if let Some(problem) = refusal {
            self.are_refused.store(true, Ordering::Relaxed);
            if !tools.lists.is_missing(tools.clock.now()) {
                return Err(SourceError::Forbidden(problem));
            }
        }
        self.are_missing.store(true, Ordering::Relaxed);
        Ok(None)
    }

    /// What is known of lists after the run; `None`: nothing new.
    pub(super) fn access(&self, tools: Tools<'_>) -> Option<ListAccess> {
        if self.are_there.load(Ordering::Relaxed) {
            return Some(ListAccess::after_read());
        }
        let are_refused = self.are_refused.load(Ordering::Relaxed);
        are_refused.then(|| tools.lists.after_refusal(tools.clock.now()))
    }

    /// The right to list seems to be missing: one run is no proof, and what is filed without a look may be there.
    pub(super) fn refused(&self, tools: Tools<'_>, problem: String) {
        self.breaker.open(match tools.lists.were_read {
            true => SourceError::Forbidden(problem).into(),
            false => RunError::new(
                Outcome::Partly,
                format!("the next run asks again before it files without a look: {problem}"),
            ),
        });
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

    /// The place among `waiting` certificates of the next probe, if there is to be one: if that person's list can be
    /// read, the others' lists are their own trouble.
    pub(super) fn next_probe(&self, waiting: usize) -> Option<usize> {
        let mut unread = self.unread();
        if unread.in_a_row < SUSPECT_AFTER {
            return None;
        }
        let place = probe_place(unread.taken, waiting, self.turn)?;
        unread.taken += 1;
        Some(place)
    }

    /// Somebody's documents were listed.
    pub(super) fn listed(&self) {
        self.breaker.success();
        let mut unread = self.unread();
        (unread.in_a_row, unread.probes) = (0, 0);
    }

    /// Somebody's documents cannot be read. A refusal is that person's own once somebody else's were listed. Opens the
    /// breaker after enough probes.
    pub(super) fn failed(&self, error: SourceError, is_probe: bool) {
        let is_silent = matches!(error, SourceError::Unavailable(_));
        let mut unread = self.unread();
        unread.people += 1;
        if is_silent || !self.are_there.load(Ordering::Relaxed) {
            unread.in_a_row += 1;
            unread.probes += u32::from(is_probe);
        }
        if unread.probes >= PROBES {
            self.breaker.open(error.clone().into());
        }
        unread.error = Some(error);
    }

    /// Opens the breaker if nobody's documents could be read.
    pub(super) fn conclude(&self) {
        let unread = self.unread();
        let are_known =
            [&self.are_there, &self.are_missing].map(|known| known.load(Ordering::Relaxed));
        let is_nobodys = are_known == [false; 2] && unread.people >= NOT_THE_PEOPLE;
        if let Some(error) = unread.error.clone().filter(|_| is_nobodys) {
            self.breaker.open(error.into());
        }
    }

    fn unread(&self) -> MutexGuard<'_, Unread> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The documents that the ledger has for any certificate. It is read once: what this run adds belongs to people
    /// whose certificates were decided about together.
    pub(super) async fn in_ledger(
        &self,
        tools: Tools<'_>,
    ) -> Result<&HashSet<DocumentId>, StateError> {
        let read = || tools.store.documents_of_certificates(tools.tenant);
        self.in_ledger.get_or_try_init(read).await
    }
}
