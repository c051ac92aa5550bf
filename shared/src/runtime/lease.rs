//! The lease while a run works: asked before every write to a vendor, renewed in good time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::domain::clock::Clock;
use crate::http::Deadline;
use crate::state::{FencingToken, LastRun, Lease, StateError, Store};

/// How a job holds its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    /// How long it lasts. A run that dies keeps its tenant waiting for this long at most.
    pub lasts: SignedDuration,
    /// With less than this left it is renewed before the next write: what one write may take, and some more.
    pub enough: SignedDuration,
}

/// A long reading does not write: it looks after the lease this often.
const EVERY: Duration = Duration::from_secs(20);

/// No write goes on past this long before the lease ends: other machines' clocks may be ahead.
const SKEW: SignedDuration = SignedDuration::from_secs(10);

/// With less than this left, a lease that cannot be renewed counts as lost.
const LAST: SignedDuration = SignedDuration::from_secs(20);

/// A run's hold on its lease.
#[derive(Debug)]
pub struct LeaseGuard<'a> {
    store: &'a Store,
    clock: &'a Arc<dyn Clock>,
    terms: LeaseTerms,
    token: FencingToken,
    last_good_run: Option<Timestamp>,
    lease: Mutex<Lease>,
    deadline: Deadline,
}

impl<'a> LeaseGuard<'a> {
    /// Guards `lease` for a run that ends at `deadline`.
    #[must_use]
    pub fn new(
        store: &'a Store,
        clock: &'a Arc<dyn Clock>,
        terms: LeaseTerms,
        lease: Lease,
        deadline: Deadline,
    ) -> Self {
        Self {
            store,
            clock,
            terms,
            token: lease.token,
            last_good_run: lease.last_good_run,
            lease: Mutex::new(lease),
            deadline,
        }
    }

    /// The fencing token for every ledger write.
    #[must_use]
    pub fn token(&self) -> FencingToken {
        self.token
    }

    /// When the last run that succeeded ended, before this one.
    #[must_use]
    pub fn last_good_run(&self) -> Option<Timestamp> {
        self.last_good_run
    }

    /// Makes sure that the lease is held, and says until when one write may go on.
    ///
    /// # Errors
    /// [`StateError::LeaseLost`] if another run has it: nothing more may be written.
    pub async fn check(&self) -> Result<Deadline, StateError> {
        let mut lease = self.lease.lock().await;
        let now = self.clock.now();
        if !lease.is_safe_at(now, self.terms.enough) {
            match self.store.renew(&mut lease, now, self.terms.lasts).await {
                // A short outage of the state: the lease is still ours, and the next check tries again.
                Err(error) if error.may_pass() && lease.is_safe_at(self.clock.now(), LAST) => {}
                renewed => renewed?,
            }
        }
        let left = Duration::try_from(lease.until.duration_since(now) - SKEW).unwrap_or_default();
        let left = self.deadline.remaining().map_or(left, |run| run.min(left));
        Ok(Deadline::at(Instant::now() + left))
    }

    /// Whether the lease is safe long enough to write the report.
    pub async fn is_held(&self) -> bool {
        self.has_time(Duration::ZERO).await
    }

    /// Whether the lease is held for another `time`, and some more to write with.
    pub async fn has_time(&self, time: Duration) -> bool {
        let lease = self.lease.lock().await;
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        lease.is_safe_at(self.clock.now(), LAST.saturating_add(time))
    }

    /// Keeps the lease for as long as this is polled; comes back only when it is lost.
    pub async fn keep(&self) -> StateError {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.check().await {
                return error;
            }
        }
    }

    /// Gives the lease back and leaves word of this run, in one write.
    ///
    /// # Errors
    /// [`StateError`] if that fails; the lease then expires by itself.
    pub async fn release(self, run: LastRun) -> Result<(), StateError> {
        self.store.release(&self.lease.into_inner(), run).await
    }
}
