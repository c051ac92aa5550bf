//! The lease while a run works: asked before every write to a vendor, renewed in good time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::domain::clock::Clock;
use crate::http::Deadline;
use crate::state::{FencingToken, LastRun, Lease, StateError, Store};

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::domain::id::{RunId, TenantId};
    use crate::notices::Memory;
    use crate::state::testing::{Emulator, unreachable_store};
    use crate::state::{Acquisition, JobKind};

    const TERMS: LeaseTerms = LeaseTerms {
        lasts: SignedDuration::from_secs(60),
        enough: SignedDuration::from_secs(40),
    };

    fn now() -> Timestamp {
        "2026-05-11T08:00:00Z".parse().unwrap()
    }

    fn clock() -> Arc<dyn Clock> {
        Arc::new(ManualClock::new(now()))
    }

    /// A lease that ends in so many seconds.
    fn lease(left: i64) -> Lease {
        Lease {
            tenant: TenantId::parse("acme").unwrap(),
            job: JobKind::Employees,
            owner: RunId::new("one"),
            token: FencingToken(7),
            until: now() + SignedDuration::from_secs(left),
            first_run: None,
            last_good_run: Some(now()),
            last_report_at: None,
            retirements: BTreeMap::new(),
            notices: Memory::default(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_may_go_on_until_ten_seconds_before_the_lease_ends_or_until_the_run_does() {
        let (store, clock) = (unreachable_store(), clock());
        for (left, run, expected) in [
            (60, 3_000, Some(50)),
            (41, 3_000, Some(31)),
            (41, 7, Some(7)),
            // It cannot be renewed, and is still long enough for a write.
            (21, 3_000, Some(11)),
            (20, 3_000, None),
        ] {
            let run = Deadline::after(Duration::from_secs(run));
            let guard = LeaseGuard::new(&store, &clock, TERMS, lease(left), run);
            let checked = guard.check().await.ok();
            let time = checked.and_then(|deadline| deadline.remaining());
            assert_eq!(time.map(|time| time.as_secs()), expected, "{left}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_has_time_if_twenty_seconds_more_are_left_to_write_with() {
        let (store, clock) = (unreachable_store(), clock());
        for (left, seconds, has_time) in [
            (20, 0, false),
            (21, 0, true),
            (50, 30, false),
            (51, 30, true),
        ] {
            let never = Deadline::never();
            let guard = LeaseGuard::new(&store, &clock, TERMS, lease(left), never);
            let time = Duration::from_secs(seconds);
            assert_eq!(guard.has_time(time).await, has_time, "{left} {seconds}");
            assert_eq!(guard.is_held().await, left > 20, "{left}");
            assert_eq!(guard.token(), FencingToken(7));
            assert_eq!(guard.last_good_run(), Some(now()));
            let released = guard.release(LastRun::default()).await;
            assert!(released.is_err(), "nobody has heard of it");
        }
    }

    /// The lease of `run`, which has it or gets it, for so many seconds.
    async fn acquired(store: &Store, run: &str, now: Timestamp, seconds: i64) -> Lease {
        let (tenant, owner) = (TenantId::parse("acme").unwrap(), RunId::new(run));
        let lasts = SignedDuration::from_secs(seconds);
        let taken = store.acquire(&tenant, JobKind::Employees, &owner, now, lasts);
        let Acquisition::Acquired(lease) = taken.await.unwrap() else {
            panic!("{run} did not get the lease");
        };
        lease
    }

    #[tokio::test]
    async fn a_check_renews_a_lease_that_is_short_unless_another_run_has_it() {
        let (table, clock) = (Emulator::start().await, clock());
        let lease = acquired(&table.store, "one", now(), 30).await;
        let never = Deadline::never();
        let guard = LeaseGuard::new(&table.store, &clock, TERMS, lease.clone(), never);
        let left = guard.check().await.unwrap().remaining().unwrap();
        let renewed = Duration::from_secs(45)..=Duration::from_secs(50);
        assert!(renewed.contains(&left), "{left:?}");
        // Another run's clock is ahead.
        let ahead = now() + SignedDuration::from_secs(66);
        acquired(&table.store, "two", ahead, 60).await;
        let guard = LeaseGuard::new(&table.store, &clock, TERMS, lease, never);
        assert_eq!(guard.check().await.err(), Some(StateError::LeaseLost));
        let released = guard.release(LastRun::default()).await;
        assert_eq!(released, Err(StateError::LeaseLost));
    }
}
