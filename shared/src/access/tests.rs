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

/// In Berlin, by the default rule.
fn desired(employment: &Employment, locked: Option<Locked>, now: Timestamp) -> DesiredAccess {
    let berlin = zone("Europe/Berlin");
    desired_access(employment, locked, now, &berlin, LockOn::DayAfterEnd)
}

#[test]
fn starts_at_midnight_of_the_hire_date_and_locks_the_day_after_the_end_date_in_the_tenants_zone() {
    // Winter, summer, the two changes of daylight saving, west of Greenwich, half an hour off.
    // Chile's clocks skip midnight itself: the day begins at one.
    let cases = [
        ("Europe/Berlin", "01-15", "01-14T23:00", "01-15T23:00"),
        ("Europe/Berlin", "07-15", "07-14T22:00", "07-15T22:00"),
        ("Europe/Berlin", "03-29", "03-28T23:00", "03-29T22:00"),
        ("Europe/Berlin", "10-25", "10-24T22:00", "10-25T23:00"),
        ("America/New_York", "01-15", "01-15T05:00", "01-16T05:00"),
        ("Asia/Kolkata", "01-15", "01-14T18:30", "01-15T18:30"),
        ("America/Santiago", "09-06", "09-06T04:00", "09-07T03:00"),
    ];
    for (name, day, starts, ends) in cases {
        let [starts, ends] = [starts, ends].map(|time| at(&format!("2026-{time}:00Z")));
        let day: Date = format!("2026-{day}").parse().unwrap();
        let employment = Employment {
            hire_date: Field::Value(day),
            end_date: Field::Value(day),
            ..employment(EmploymentStatus::Employed, None)
        };
        let now = at("2026-01-01T00:00:00Z");
        for (lock_on, locks) in [(LockOn::DayAfterEnd, ends), (LockOn::EndDay, starts)] {
            let target = desired_access(&employment, None, now, &zone(name), lock_on);
            let window = (target.active_at, target.inactive_at);
            let expected = (Field::Value(starts), Field::Value(locks));
            assert_eq!(window, expected, "{name} {day} {lock_on:?}");
        }
    }
}

#[test]
fn a_window_is_open_from_its_start_until_just_before_its_end() {
    let now = at("2026-05-10T12:00:00Z");
    let (past, ahead) = (now - 1.second(), now + 1.second());
    for (active_at, inactive_at, is_locked) in [
        (None, None, false),
        (Some(past), Some(ahead), false),
        (Some(now), None, false),
        (Some(ahead), None, true),
        (Some(ahead), Some(past), true),
        (None, Some(now), true),
        (None, Some(past), true),
    ] {
        let window = AccessWindow {
            active_at,
            inactive_at,
        };
        assert_eq!(window.is_locked_at(now), is_locked, "{window:?}");
    }
}

#[test]
fn somebody_has_left_who_is_inactive_or_past_the_end_whatever_the_scope_says() {
    use EmploymentStatus::{Employed, Inactive};
    let now = at("2026-05-10T12:00:00Z");
    for (standing, end, has_ended) in [
        (Employed, None, false),
        (Employed, Some("2026-05-10"), false),
        (Employed, Some("2026-05-09"), true),
        (Inactive, None, true),
        (Inactive, Some("2026-06-30"), true),
    ] {
        for scope in [Scoped::In, Scoped::OutLocked, Scoped::OutLeft] {
            let employment = Employment {
                scope,
                ..employment(standing, end)
            };
            let left = has_left(&employment, now, &zone("UTC"), LockOn::DayAfterEnd);
            assert_eq!(left, has_ended, "{employment:?}");
        }
    }
}

#[test]
fn an_end_counts_as_passed_from_its_own_moment_on() {
    let (end, midnight) = ("2026-05-10", at("2026-05-10T22:00:00Z"));
    let berlin = zone("Europe/Berlin");
    for (now, has_passed) in [(midnight - 1.second(), false), (midnight, true)] {
        let employed = employment(EmploymentStatus::Employed, Some(end));
        let left = has_left(&employed, now, &berlin, LockOn::DayAfterEnd);
        assert_eq!(left, has_passed, "{now}");
        // Who is inactive before it is locked for a reason of its own.
        let inactive = employment(EmploymentStatus::Inactive, Some(end));
        let target = desired(&inactive, None, now);
        assert_eq!(target.locked.is_none(), has_passed, "{now}");
        let ends_at_midnight = target.inactive_at == Field::Value(midnight);
        assert_eq!(ends_at_midnight, has_passed, "{now}");
    }
}

#[test]
fn a_day_that_is_too_far_ahead_for_a_moment_begins_at_the_furthest_one() {
    let now = at("2026-05-10T12:00:00Z");
    assert_eq!(FARTHEST, at("9999-12-30T22:00:00Z"));
    for (name, day, begins) in [
        ("Europe/Berlin", "9999-12-31", FARTHEST),
        ("America/New_York", "9999-12-31", FARTHEST),
        ("America/New_York", "9999-12-30", at("9999-12-30T05:00:00Z")),
        ("Asia/Tokyo", "9999-12-31", at("9999-12-30T15:00:00Z")),
    ] {
        let day: Date = day.parse().unwrap();
        let employment = Employment {
            hire_date: Field::Value(day),
            end_date: Field::Value(day),
            ..employment(EmploymentStatus::Employed, None)
        };
        for lock_on in [LockOn::DayAfterEnd, LockOn::EndDay] {
            let target = desired_access(&employment, None, now, &zone(name), lock_on);
            assert_eq!(target.active_at, Field::Value(begins), "{name} {day}");
            let ends = match lock_on {
                LockOn::DayAfterEnd => FARTHEST,
                LockOn::EndDay => begins,
            };
            assert_eq!(target.inactive_at, Field::Value(ends), "{name} {day}");
            let window = AccessWindow {
                active_at: target.active_at.value().copied(),
                inactive_at: None,
            };
            assert!(window.is_locked_at(now), "{name} {day}: not hired yet");
            assert!(!has_left(&employment, now, &zone(name), lock_on));
        }
    }
}

#[test]
fn locks_at_the_end_date_or_from_the_moment_inactivity_was_first_seen() {
    let now = at("2026-05-10T12:00:27.75Z");
    let (seen, today) = (at("2026-05-01T08:00:00Z"), at("2026-05-10T12:00:00Z"));
    let (past_end, future_end) = (at("2026-04-30T22:00:00Z"), at("2026-05-31T22:00:00Z"));
    let ahead = Some("2026-05-31");
    let passed = Some("2026-04-30");
    let since = |since, reason| Some(Locked { since, reason });
    let lock = |moment| since(moment, LockReason::Inactive);
    let (earlier, new) = (lock(seen), lock(today));
    let vanished = since(seen, LockReason::Vanished);
    let (seen, today) = (Some(seen), Some(today));
    let (past_end, future_end) = (Some(past_end), Some(future_end));
    use EmploymentStatus::{Employed, Inactive, Unknown};
    // Status, end date, lock until now; when access ends, lock from now on.
    let cases = [
        ("no end", Employed, None, None, None, None),
        ("end ahead", Employed, ahead, None, future_end, None),
        ("end passed", Employed, passed, None, past_end, None),
        ("inactive, passed", Inactive, passed, None, past_end, None),
        ("inactive, no end", Inactive, None, None, today, new),
        ("inactive, end ahead", Inactive, ahead, None, today, new),
        ("still inactive", Inactive, None, earlier, seen, earlier),
        ("passed meanwhile", Inactive, passed, earlier, seen, earlier),
        ("back", Employed, None, earlier, None, None),
        (
            "back with an end",
            Employed,
            ahead,
            earlier,
            future_end,
            None,
        ),
        ("status unreadable", Unknown, None, earlier, seen, earlier),
        ("unreadable, never locked", Unknown, None, None, None, None),
        ("back, unreadable", Unknown, None, vanished, None, None),
    ];
    for (name, standing, end, locked, inactive_at, kept) in cases {
        let target = desired(&employment(standing, end), locked, now);
        assert_eq!(target.inactive_at, inactive_at.into(), "{name}");
        assert_eq!(target.locked, kept, "{name}");
    }
}

#[test]
fn an_end_before_the_hire_date_of_somebody_employed_is_an_earlier_contracts() {
    use EmploymentStatus::{Employed, Inactive, Unknown};
    let now = at("2026-05-10T12:00:00Z");
    let past_end = Some(at("2026-04-30T22:00:00Z"));
    for (standing, hired, inactive_at) in [
        (Employed, "2026-05-01", None),
        (Employed, "2026-06-01", None),
        (Employed, "2026-04-30", past_end),
        (Inactive, "2026-05-01", past_end),
        (Unknown, "2026-05-01", past_end),
    ] {
        let employment = Employment {
            hire_date: Field::Value(hired.parse().unwrap()),
            ..employment(standing, Some("2026-04-30"))
        };
        let target = desired(&employment, None, now);
        let expected = (inactive_at.into(), None);
        let about = format!("{standing:?} {hired}");
        assert_eq!((target.inactive_at, target.locked), expected, "{about}");
    }
}

#[test]
fn a_lock_stays_while_the_scope_cannot_be_decided_any_more() {
    use EmploymentStatus::{Employed, Inactive, Unknown};
    use LockReason::{OutOfScope, Vanished};
    let (since, now) = (at("2026-05-01T08:00:00Z"), at("2026-05-10T12:00:00Z"));
    let undecided = Scoped::Undecided("company");
    let cases = [
        (undecided, OutOfScope, Employed, true),
        (undecided, OutOfScope, Unknown, true),
        (undecided, OutOfScope, Inactive, true),
        (undecided, LockReason::Inactive, Employed, false),
        (undecided, Vanished, Employed, false),
        (Scoped::OutLocked, LockReason::Inactive, Employed, true),
        (Scoped::In, OutOfScope, Employed, false),
        (Scoped::In, OutOfScope, Unknown, false),
    ];
    for (scope, reason, standing, stays) in cases {
        let employment = Employment {
            scope,
            ..employment(standing, None)
        };
        let target = desired(&employment, Some(Locked { since, reason }), now);
        let expected: Field<_> = stays.then_some(since).into();
        let about = format!("{scope:?} {reason:?} {standing:?}");
        assert_eq!(target.inactive_at, expected, "{about}");
    }
}

#[test]
fn an_end_date_that_may_not_be_read_leaves_the_window_alone_but_lifts_our_own_lock() {
    let now = at("2026-05-10T12:00:00Z");
    let hidden = Employment {
        end_date: Field::Absent,
        ..employment(EmploymentStatus::Employed, None)
    };
    let target = |locked| desired(&hidden, locked, now);
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
