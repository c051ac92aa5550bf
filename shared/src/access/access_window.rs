//! When an account is open: every lock and unlock is decided here.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::lock_reason::{LockReason, Locked, lock_reason};
use super::{Employment, Scoped};
use crate::domain::employee::Field;
use crate::tenant::LockOn;

/// What every later date is compared and written as: 9999-12-30T22:00:00Z. Moments end there. A whole minute: an academy
/// that keeps less holds the same.
pub const FARTHEST: Timestamp = Timestamp::constant(253_402_207_200, 0);

/// The time in which an account is open: from `active_at` (or ever) until `inactive_at` (or for good).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessWindow {
    pub active_at: Option<Timestamp>,
    pub inactive_at: Option<Timestamp>,
}

impl AccessWindow {
    /// Locked means `setActiveAt` in the future or `setInactiveAt` in the past (or just now).
    #[must_use]
    pub fn is_locked_at(self, moment: Timestamp) -> bool {
        self.active_at.is_some_and(|from| from > moment)
            || self.inactive_at.is_some_and(|until| until <= moment)
    }
}

/// The window an account should have. An absent bound keeps its value in reteach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesiredAccess {
    pub active_at: Field<Timestamp>,
    pub inactive_at: Field<Timestamp>,
    /// What the ledger keeps of a lock that has no date of its own.
    pub locked: Option<Locked>,
}

/// The window for `employment` at `now`, where the ledger knows of `locked`.
///
/// Start: 00:00 of the hire date. End: 00:00 of the day after the end date, or of the end date itself. Inactive or out
/// of scope without an end date that has passed: from the moment it was first seen, which stays the same from run to
/// run. An end date before the hire date counts only once the person is inactive. Days begin when the tenant's zone says, also where daylight saving skips midnight.
/// A day that is too far ahead for a moment is [`FARTHEST`]; the sources read an end of such a year as none.
#[must_use]
pub fn desired_access(
    employment: &Employment,
    locked: Option<Locked>,
    now: Timestamp,
    zone: &TimeZone,
    lock_on: LockOn,
) -> DesiredAccess {
    let active_at = employment
        .hire_date
        .map(|day| start_of_day(day, zone))
        .flatten();
    let end = employment
        .own_end_date()
        .map(|day| end_of_work(day, zone, lock_on))
        .flatten();
    let (inactive_at, locked) = match lock_reason(employment, locked) {
        Some(reason) => match (end, locked) {
            (Field::Value(end), None) if end <= now => (Field::Value(end), None),
            _ => {
                let since = locked.map_or_else(|| whole_minute(now), |locked| locked.since);
                (Field::Value(since), Some(Locked { since, reason }))
            }
        },
        // A lock that we set ourselves is lifted even where the end date may not be read.
        None if end.is_absent() && locked.is_some() => (Field::Null, None),
        None => (end, None),
    };
    DesiredAccess {
        active_at,
        inactive_at,
        locked,
    }
}

/// Whether the contract is over: inactive, or past the end date. The scope says nothing about it.
#[must_use]
pub fn has_left(employment: &Employment, now: Timestamp, zone: &TimeZone, lock_on: LockOn) -> bool {
    let in_scope = Employment {
        scope: Scoped::In,
        ..*employment
    };
    let access = desired_access(&in_scope, None, now, zone, lock_on);
    access.inactive_at.value().is_some_and(|at| *at <= now)
}

impl DesiredAccess {
    /// The window of somebody who is gone from the source: open until first missed, everything else unchanged.
    #[must_use]
    pub fn vanished(locked: Option<Locked>, now: Timestamp) -> Self {
        let since = locked.map_or_else(|| whole_minute(now), |locked| locked.since);
        Self {
            active_at: Field::Absent,
            inactive_at: Field::Value(since),
            locked: Some(Locked {
                since,
                reason: LockReason::Vanished,
            }),
        }
    }
}

fn end_of_work(day: Date, zone: &TimeZone, lock_on: LockOn) -> Option<Timestamp> {
    match lock_on {
        LockOn::EndDay => start_of_day(day, zone),
        LockOn::DayAfterEnd => match day.tomorrow() {
            Ok(next) => start_of_day(next, zone),
            Err(_) => Some(FARTHEST),
        },
    }
}

/// The last days of the year 9999 begin at [`FARTHEST`]. `None` only for the first days of the year -9999.
fn start_of_day(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    match day.to_zoned_datetime(zone.clone()) {
        Ok(midnight) => Some(midnight.timestamp().min(FARTHEST)),
        Err(_) => (day.year() > 0).then_some(FARTHEST),
    }
}

/// The minute has begun, so the moment is past. reteach keeps milliseconds; an academy that keeps less holds the same.
fn whole_minute(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(moment)
}
