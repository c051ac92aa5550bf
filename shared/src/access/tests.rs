//! The access rule over time zones, statuses, scope and earlier locks.
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::*;
use crate::domain::employee::Field;
use crate::tenant::LockOn;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn employment(standing: EmploymentStatus, end: Option<&str>) -> Employment {
    Employment {
        hire_date: Field::Null,
        end_date: end.map(|day| day.parse().unwrap()).into(),
        standing,
        scope: Scoped::In,
    }
}

#[test]
fn starts_at_midnight_of_the_hire_date_and_locks_the_day_after_the_end_date_in_the_tenants_zone() {
    let cases = [
        // Winter, summer, the two changes of daylight saving, west of Greenwich, half an hour off.
        (
            "Europe/Berlin",
            "2026-01-15",
            "2026-01-14T23:00:00Z",
            "2026-01-15T23:00:00Z",
        ),
        (
            "Europe/Berlin",
            "2026-07-15",
            "2026-07-14T22:00:00Z",
            "2026-07-15T22:00:00Z",
        ),
        (
            "Europe/Berlin",
            "2026-03-29",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        ),
        (
            "Europe/Berlin",
            "2026-10-25",
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
        ),
        (
            "America/New_York",
            "2026-01-15",
            "2026-01-15T05:00:00Z",
            "2026-01-16T05:00:00Z",
        ),
        (
            "Asia/Kolkata",
            "2026-01-15",
            "2026-01-14T18:30:00Z",
            "2026-01-15T18:30:00Z",
        ),
        // Chile's clocks skip midnight itself: the day begins at one.
        (
            "America/Santiago",
            "2026-09-06",
            "2026-09-06T04:00:00Z",
            "2026-09-07T03:00:00Z",
        ),
    ];
    for (name, day, starts, ends) in cases {
        let day: Date = day.parse().unwrap();
        let employment = Employment {
            hire_date: Field::Value(day),
            end_date: Field::Value(day),
            ..employment(EmploymentStatus::Employed, None)
        };
        let target = desired_access(
            &employment,
            None,
            at("2026-01-01T00:00:00Z"),
            &zone(name),
            LockOn::DayAfterEnd,
        );
        assert_eq!(target.active_at, Field::Value(at(starts)), "{name} {day}");
        assert_eq!(target.inactive_at, Field::Value(at(ends)), "{name} {day}");
        let target = desired_access(
            &employment,
            None,
            at("2026-01-01T00:00:00Z"),
            &zone(name),
            LockOn::EndDay,
        );
        assert_eq!(target.inactive_at, Field::Value(at(starts)), "{name} {day}");
    }
}

#[test]
fn locks_at_the_end_date_or_from_the_moment_inactivity_was_first_seen() {
    let now = at("2026-05-10T12:00:00.75Z");
    let (seen, today) = (at("2026-05-01T08:00:00Z"), at("2026-05-10T12:00:00Z"));
    let (past_end, future_end) = (at("2026-04-30T22:00:00Z"), at("2026-05-31T22:00:00Z"));
    let since = |since, reason| Some(Locked { since, reason });
    let inactive = LockReason::Inactive;
    let cases = [
        (
            "employed, no end",
            EmploymentStatus::Employed,
            None,
            None,
            None,
            None,
        ),
        (
            "employed, end ahead",
            EmploymentStatus::Employed,
            Some("2026-05-31"),
            None,
            Some(future_end),
            None,
        ),
        (
            "employed, end passed",
            EmploymentStatus::Employed,
            Some("2026-04-30"),
            None,
            Some(past_end),
            None,
        ),
        (
            "inactive, end passed",
            EmploymentStatus::Inactive,
            Some("2026-04-30"),
            None,
            Some(past_end),
            None,
        ),
        (
            "inactive, no end",
            EmploymentStatus::Inactive,
            None,
            None,
            Some(today),
            since(today, inactive),
        ),
        (
            "inactive, end ahead",
            EmploymentStatus::Inactive,
            Some("2026-05-31"),
            None,
            Some(today),
            since(today, inactive),
        ),
        (
            "still inactive",
            EmploymentStatus::Inactive,
            None,
            since(seen, inactive),
            Some(seen),
            since(seen, inactive),
        ),
        (
            "still inactive, end has passed meanwhile",
            EmploymentStatus::Inactive,
            Some("2026-04-30"),
            since(seen, inactive),
            Some(seen),
            since(seen, inactive),
        ),
        (
            "back",
            EmploymentStatus::Employed,
            None,
            since(seen, inactive),
            None,
            None,
        ),
        (
            "back with an end",
            EmploymentStatus::Employed,
            Some("2026-05-31"),
            since(seen, inactive),
            Some(future_end),
            None,
        ),
        (
            "status unreadable",
            EmploymentStatus::Unknown,
            None,
            since(seen, inactive),
            Some(seen),
            since(seen, inactive),
        ),
        (
            "status unreadable, never locked",
            EmploymentStatus::Unknown,
            None,
            None,
            None,
            None,
        ),
        (
            "back from vanishing, status unreadable",
            EmploymentStatus::Unknown,
            None,
            since(seen, LockReason::Vanished),
            None,
            None,
        ),
    ];
    for (name, standing, end, locked, inactive_at, kept) in cases {
        let target = desired_access(
            &employment(standing, end),
            locked,
            now,
            &zone("Europe/Berlin"),
            LockOn::DayAfterEnd,
        );
        assert_eq!(target.inactive_at, inactive_at.into(), "{name}");
        assert_eq!(target.locked, kept, "{name}");
    }
}

#[test]
fn a_lock_stays_while_the_scope_cannot_be_decided_any_more() {
    let (seen, now) = (at("2026-05-01T08:00:00Z"), at("2026-05-10T12:00:00Z"));
    let lock = |reason| {
        Some(Locked {
            since: seen,
            reason,
        })
    };
    let cases = [
        (
            Scoped::Undecided("company"),
            LockReason::OutOfScope,
            EmploymentStatus::Employed,
            true,
        ),
        (
            Scoped::Undecided("company"),
            LockReason::OutOfScope,
            EmploymentStatus::Unknown,
            true,
        ),
        (
            Scoped::Undecided("company"),
            LockReason::OutOfScope,
            EmploymentStatus::Inactive,
            true,
        ),
        (
            Scoped::Undecided("company"),
            LockReason::Inactive,
            EmploymentStatus::Employed,
            false,
        ),
        (
            Scoped::Undecided("company"),
            LockReason::Vanished,
            EmploymentStatus::Employed,
            false,
        ),
        (
            Scoped::OutLocked,
            LockReason::Inactive,
            EmploymentStatus::Employed,
            true,
        ),
        (
            Scoped::In,
            LockReason::OutOfScope,
            EmploymentStatus::Employed,
            false,
        ),
        (
            Scoped::In,
            LockReason::OutOfScope,
            EmploymentStatus::Unknown,
            false,
        ),
    ];
    for (scope, reason, standing, stays) in cases {
        let employment = Employment {
            scope,
            ..employment(standing, None)
        };
        let target = desired_access(
            &employment,
            lock(reason),
            now,
            &zone("Europe/Berlin"),
            LockOn::DayAfterEnd,
        );
        let expected = if stays {
            Field::Value(seen)
        } else {
            Field::Null
        };
        assert_eq!(
            target.inactive_at, expected,
            "{scope:?} {reason:?} {standing:?}"
        );
    }
}

#[test]
fn an_end_date_that_may_not_be_read_leaves_the_window_alone_but_lifts_our_own_lock() {
    let now = at("2026-05-10T12:00:00Z");
    let hidden = Employment {
        end_date: Field::Absent,
        ..employment(EmploymentStatus::Employed, None)
    };
    let target = |locked| {
        desired_access(
            &hidden,
            locked,
            now,
            &zone("Europe/Berlin"),
            LockOn::DayAfterEnd,
        )
    };
    assert_eq!(target(None).inactive_at, Field::Absent);
    let locked = Some(Locked {
        since: now,
        reason: LockReason::Inactive,
    });
    assert_eq!(target(locked).inactive_at, Field::Null);
}

proptest::proptest! {
    #[test]
    fn the_lock_of_somebody_without_a_date_does_not_move(seconds in 0i64..10_000_000, later in 0i64..100_000_000) {
        let now = at("2026-01-01T00:00:00Z") + seconds.seconds();
        let berlin = zone("Europe/Berlin");
        let employment = employment(EmploymentStatus::Inactive, None);
        let first = desired_access(&employment, None, now, &berlin, LockOn::DayAfterEnd);
        let second = desired_access(&employment, first.locked, now + later.seconds(), &berlin, LockOn::DayAfterEnd);
        proptest::prop_assert_eq!(first, second);
    }
}
