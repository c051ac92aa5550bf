//! Lists of employees' documents, and whether the right to read them is missing.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// What a run knows of lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Opens where documents cannot be listed now: no further ones are asked for, but certificates are filed.
    pub(super) breaker: CircuitBreaker<RunError>,
    /// The right is missing, or the route has no lists.
    are_missing: AtomicBool,
    /// Somebody's documents were listed: the right is there.
    are_there: AtomicBool,
    /// The documents that the ledger knew when the run first needed them.
    in_ledger: OnceCell<HashSet<DocumentId>>,
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
        if self.are_there.load(Ordering::Relaxed) {
            let refused = "documents that could be listed a moment ago are refused now".to_owned();
            return Err(SourceError::Unavailable(refused));
        }
        self.are_missing.store(true, Ordering::Relaxed);
        Ok(None)
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
