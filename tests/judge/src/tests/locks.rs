//! Locks.

use super::*;
use crate::locks;

#[test]
fn a_lock_has_a_cause_in_what_was_read() {
    let ends = || Person {
        ends: Some(YESTERDAY),
        ..person(1)
    };
    let lock = |end| super::lock(Address::Owner(1), end);
    let locked = || lock("2026-05-11T08:00:00Z");
    let (early, later) = ("2026-05-09T22:00:00Z", "2026-06-30T22:00:00Z");
    let says = |call: usize| format!("a lock without a cause: personio:1, call {call}");
    let [first, second, third] = [says(1), says(2), says(3)];
    let (first, second, third) = (first.as_str(), second.as_str(), third.as_str());
    let rows = vec![
        // Whom nobody ever read.
        (first, vec![read([person(2)]), locked()]),
        (first, vec![read([person(1)]), locked()]),
        // An end date, as it was read.
        ("", vec![read([ends()]), lock(MIDNIGHT)]),
        (first, vec![read([ends()]), lock(early)]),
        (first, vec![read([person(1)]), lock(later)]),
        // Inactive, without a date.
        ("", vec![read([inactive(1)]), locked()]),
        (first, vec![read([inactive(1)]), lock(later)]),
        (first, vec![read([inactive(1)]), lock(MIDNIGHT)]),
        (
            second,
            vec![read([inactive(1)]), read([person(1)]), locked()],
        ),
        // Missing from two complete readings in a row.
        (second, vec![read([person(1)]), read([person(2)]), locked()]),
        ("", vec![read([person(1)]), read([]), read([]), locked()]),
        (
            third,
            vec![read([person(1)]), read([]), page([], 3), locked()],
        ),
        (third, vec![read([]), read([person(1)]), read([]), locked()]),
    ];
    check(rows, |calls| locks::have_a_cause(calls, &Terms::default()));
    let terms = Terms {
        rules: vec![(
            1,
            Rules {
                locks_on_last_day: true,
                ..Rules::default()
            },
        )],
        ..Terms::default()
    };
    let rows = vec![
        (first, vec![read([ends()]), lock(MIDNIGHT)]),
        ("", vec![read([ends()]), lock(early)]),
    ];
    check(rows, |calls| locks::have_a_cause(calls, &terms));
}

#[test]
fn who_is_missing_without_a_flag_is_locked_after_an_approval() {
    let kombo = |people: &[u64], flagged: &[u64]| {
        ok(Event::Read(Page {
            people: people.iter().copied().map(person).collect(),
            flagged: flagged.to_vec(),
            is_last: true,
            ..Page::default()
        }))
    };
    let gone = |flagged: &[u64]| {
        let readings = [
            kombo(&[1, 2], &[]),
            kombo(&[2], flagged),
            kombo(&[2], flagged),
        ];
        let lock = lock(Address::Owner(1), "2026-05-11T08:00:00Z");
        readings.into_iter().chain([lock]).collect()
    };
    let says = "a lock without a cause: personio:1, call 3";
    let approved = Terms {
        approvals: vec![NOW],
        ..Terms::default()
    };
    for (says, flagged, terms) in [
        ("", &[1][..], Terms::default()),
        (says, &[], Terms::default()),
        ("", &[], approved),
    ] {
        check(vec![(says, gone(flagged))], |calls| {
            locks::have_a_cause(calls, &terms)
        });
    }
}

#[test]
fn an_account_that_is_not_open_yet_begins_on_the_hire_date() {
    let starts = |start: &str| {
        let write = Write {
            active_at: Some(Written::Value(start.parse().unwrap())),
            ..for_owner("personio:1")
        };
        ok(Event::Created(write, None))
    };
    let hired = Person {
        hired: Some(date(2026, 6, 1)),
        ..person(1)
    };
    let rows = vec![
        (
            "",
            vec![read([hired.clone()]), starts("2026-05-31T22:00:00Z")],
        ),
        (
            "a lock without a cause: personio:1, call 1",
            vec![read([hired]), starts("2026-06-30T22:00:00Z")],
        ),
    ];
    check(rows, |calls| locks::have_a_cause(calls, &Terms::default()));
}
