//! The last reading of all companies. Thousands take seconds to read: then a page shows the last reading and how old it is,
//! while a fresh one is read. Before the first one is complete, it says that it is being read. Where listing schedules takes
//! longest, it shows the first one without them meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::domain::id::TenantId;
use tokio::time::{Instant, timeout_at};

use crate::commands::status::fleet::{FleetView, PendingFleet};
use crate::commands::status::last_day::{self, LastDays};
use crate::context::CommandContext;
use crate::failure::Result;

/// No page waits for a reading that takes longer, nor for its schedules.
const LONG: Duration = Duration::from_millis(500);

/// Long readings cost time and money: at most a tenth of the time is spent on them.
const PAUSE: u32 = 10;

#[derive(Default)]
pub(super) struct Readings {
    last: Mutex<Option<Reading>>,
    changes: AtomicU64,
    /// Held by the one reading that is under way.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone)]
pub(super) struct Reading {
    pub(super) view: Arc<FleetView>,
    /// Of tenants that a page has listed with it.
    last_days: Arc<Mutex<LastDays>>,
    took: Duration,
    /// When it was complete, or the last attempt since then had failed.
    ended: Instant,
    pub(super) failed: Option<String>,
    /// How many changes had been made here when it began. What was changed since may not be in it.
    changes: u64,
}

impl Reading {
    /// Whether pages show it again instead of reading for themselves.
    pub(super) fn is_long(&self) -> bool {
        self.took >= LONG
    }

    /// The last day of each of `tenants` that can be read: once for all pages that show this reading.
    pub(super) async fn last_days(
        &self,
        context: &CommandContext<'_>,
        tenants: Vec<TenantId>,
    ) -> LastDays {
        let (mut days, mut unread) = (LastDays::new(), Vec::new());
        {
            let known = self.known_days();
            for tenant in tenants {
                match known.get(&tenant) {
                    Some(day) => {
                        days.insert(tenant, day.clone());
                    }
                    None => unread.push(tenant),
                }
            }
        }
        let read = last_day::read(context, unread).await;
        self.known_days().extend(read.clone());
        days.extend(read);
        days
    }

    fn known_days(&self) -> MutexGuard<'_, LastDays> {
        self.last_days
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readings {
    /// What `read` finds, or the last reading if that took long.
    pub(super) async fn at_hand(
        self: &Arc<Self>,
        read: impl Future<Output = Result<PendingFleet>>,
    ) -> Result<Reading> {
        if let Some(reading) = self.long() {
            return Ok(reading);
        }
        let _turn = self.turn.lock().await;
        // The one that had its turn before may have taken long.
        match self.long() {
            Some(reading) => Ok(reading),
            None => self.keep(read).await,
        }
    }

    /// The same, within the time that a page waits: after that `read` goes on without it.
    pub(super) async fn soon(
        self: &Arc<Self>,
        read: impl Future<Output = Result<PendingFleet>> + Send + 'static,
    ) -> Option<Result<Reading>> {
        let readings = Arc::clone(self);
        let reading = tokio::spawn(async move { readings.at_hand(read).await });
        let waited = tokio::time::timeout(LONG, reading).await;
        waited.ok()?.ok()
    }

    /// After an action the last reading is old, however recent it is.
    pub(super) fn outdate(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Starts `read` in the background if the last reading is long and old. Returns whether a fresh or complete one is on its
    /// way.
    pub(super) fn again(
        self: &Arc<Self>,
        read: impl Future<Output = Result<PendingFleet>> + Send + 'static,
    ) -> bool {
        let Some(last) = self.long() else {
            return false;
        };
        if last.view.schedules_pending {
            return true;
        }
        if last.ended.elapsed() < last.took * PAUSE && last.changes == self.changes() {
            return false;
        }
        if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() {
            let readings = Arc::clone(self);
            tokio::spawn(async move {
                let _turn = turn;
                let changes = readings.changes();
                if let Err(failure) = readings.keep(read).await
                    && let Some(last) = readings.last().as_mut()
                {
                    last.ended = Instant::now();
                    last.failed = Some(failure.text);
                    last.changes = changes;
                }
            });
        }
        true
    }

    async fn keep(
        self: &Arc<Self>,
        read: impl Future<Output = Result<PendingFleet>>,
    ) -> Result<Reading> {
        let (began, changes) = (Instant::now(), self.changes());
        let PendingFleet { mut view, listing } = read.await?;
        let Some(mut listing) = listing else {
            return Ok(self.put(view, began, changes));
        };
        // Pages show a complete one as long as there is one.
        let listed = if self.long().is_some() {
            Some(listing.as_mut().await)
        } else {
            timeout_at(began + LONG, listing.as_mut()).await.ok()
        };
        if let Some(listed) = listed {
            view.compare(listed);
            return Ok(self.put(view, began, changes));
        }
        let readings = Arc::clone(self);
        let mut complete = view.clone();
        let reading = self.put(view, began, changes);
        tokio::spawn(async move {
            complete.compare(listing.await);
            readings.put(complete, began, changes);
        });
        Ok(reading)
    }

    fn put(&self, view: FleetView, began: Instant, changes: u64) -> Reading {
        let reading = Reading {
            view: Arc::new(view),
            last_days: Arc::default(),
            took: began.elapsed(),
            ended: Instant::now(),
            failed: None,
            changes,
        };
        *self.last() = Some(reading.clone());
        reading
    }

    fn last(&self) -> MutexGuard<'_, Option<Reading>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn long(&self) -> Option<Reading> {
        self.last().clone().filter(Reading::is_long)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::failure::Failure;

    /// A reading with this many orphaned schedules, which takes this long.
    async fn reading(schedules: usize, took: u64) -> Result<PendingFleet> {
        tokio::time::sleep(Duration::from_millis(took)).await;
        let view = FleetView {
            tenants: Vec::new(),
            orphaned_schedules: vec![String::new(); schedules],
            schedules_unread: None,
            schedules_pending: false,
            unfinished_restore: None,
            last_day: None,
            now: Timestamp::UNIX_EPOCH,
        };
        Ok(PendingFleet {
            view,
            listing: None,
        })
    }

    /// A reading that takes this long, and then as long as `listed` until all schedules are listed.
    async fn pending(took: u64, listed: u64) -> Result<PendingFleet> {
        let mut fleet = reading(0, took).await?;
        fleet.view.schedules_pending = true;
        fleet.listing = Some(Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(listed)).await;
            Ok(Vec::new())
        }));
        Ok(fleet)
    }

    async fn failing() -> Result<PendingFleet> {
        Err(Failure::attention("no rights"))
    }

    async fn failing_late() -> Result<PendingFleet> {
        tokio::time::sleep(Duration::from_secs(3)).await;
        failing().await
    }

    async fn shown(readings: &Arc<Readings>, schedules: usize, took: u64) -> usize {
        let reading = readings.at_hand(reading(schedules, took)).await.unwrap();
        reading.view.orphaned_schedules.len()
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_reading_is_never_shown_again() {
        let readings = Arc::new(Readings::default());
        for schedules in 1..=3 {
            assert_eq!(shown(&readings, schedules, 400).await, schedules);
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert!(!readings.again(reading(9, 1)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_reading_is_shown_at_once_until_a_fresh_one_is_complete() {
        let readings = Arc::new(Readings::default());
        // Two pages at once take one reading.
        let both = tokio::join!(shown(&readings, 1, 3_000), shown(&readings, 2, 3_000));
        assert_eq!(both, (1, 1));
        assert!(!readings.again(reading(3, 3_000)), "it is fresh");

        tokio::time::sleep(Duration::from_secs(31)).await;
        let began = Instant::now();
        assert!(readings.again(reading(3, 3_000)));
        assert!(readings.again(reading(4, 3_000)), "it is on its way");
        assert_eq!(shown(&readings, 5, 1).await, 1);
        assert_eq!(began.elapsed(), Duration::ZERO);
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(shown(&readings, 5, 1).await, 3);
        assert!(!readings.again(reading(6, 1)), "it is fresh");
        readings.outdate();
        assert!(readings.again(reading(6, 1)), "a button was pressed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_does_not_wait_for_a_long_reading_which_goes_on() {
        let readings = Arc::new(Readings::default());
        let began = Instant::now();
        assert!(readings.soon(reading(1, 3_000)).await.is_none());
        assert!(began.elapsed() < Duration::from_secs(1));
        assert_eq!(shown(&readings, 2, 3_000).await, 1);
        assert!(began.elapsed() < Duration::from_secs(4));
        let reading = readings.soon(failing()).await.unwrap();
        assert_eq!(reading.unwrap().view.orphaned_schedules.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_page_alone_does_not_wait_for_a_long_list_of_schedules() {
        for (took, listed, shown_after) in [
            (100, 300, None),
            (100, 3_000, Some(500)),
            (2_000, 3_000, Some(2_000)),
        ] {
            let case = format!("{took} ms, then {listed} ms");
            let readings = Arc::new(Readings::default());
            let began = Instant::now();
            let first = readings.at_hand(pending(took, listed)).await.unwrap();
            let is_pending = first.view.schedules_pending;
            assert_eq!(is_pending, shown_after.is_some(), "{case}");
            assert_eq!(readings.again(reading(9, 1)), is_pending, "{case}");
            let Some(shown_after) = shown_after else {
                continue;
            };
            let took = began.elapsed().as_millis();
            let in_time = shown_after..shown_after + 100;
            assert!(in_time.contains(&took), "{case}: {took}");
            tokio::time::sleep(Duration::from_secs(4)).await;
            assert_eq!(shown(&readings, 9, 1).await, 0, "{case}");
            let complete = readings.at_hand(reading(9, 1)).await.unwrap();
            assert!(!complete.view.schedules_pending, "{case}");

            tokio::time::sleep(Duration::from_secs(60)).await;
            assert!(readings.again(pending(1_000, 3_000)), "{case}");
            tokio::time::sleep(Duration::from_secs(2)).await;
            let last = readings.at_hand(reading(9, 1)).await.unwrap();
            assert!(!last.view.schedules_pending, "{case}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_that_began_before_a_change_is_outdated() {
        let readings = Arc::new(Readings::default());
        let change = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            readings.outdate();
        };
        // The very first one.
        let (first, ()) = tokio::join!(shown(&readings, 1, 3_000), change);
        assert_eq!(first, 1);
        assert!(readings.again(reading(2, 3_000)), "a button was pressed");
        tokio::time::sleep(Duration::from_secs(1)).await;
        readings.outdate();
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(shown(&readings, 9, 1).await, 2);
        assert!(readings.again(failing_late()), "another button");
        tokio::time::sleep(Duration::from_secs(1)).await;
        readings.outdate();
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(readings.again(reading(3, 3_000)), "a third one");
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(shown(&readings, 9, 1).await, 3);
        assert!(!readings.again(reading(4, 3_000)), "it is fresh");
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_fails_leaves_the_last_reading_and_says_why() {
        let readings = Arc::new(Readings::default());
        assert!(readings.at_hand(failing()).await.is_err());
        assert_eq!(shown(&readings, 1, 600).await, 1);
        tokio::time::sleep(Duration::from_secs(7)).await;
        assert!(readings.again(failing()));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let reading = readings.at_hand(reading(2, 1)).await.unwrap();
        assert_eq!(reading.failed.as_deref(), Some("no rights"));
        assert_eq!(reading.view.orphaned_schedules.len(), 1);
        assert!(
            !readings.again(failing()),
            "it waits before the next attempt"
        );
    }
}
