use jiff::civil::date;

use super::*;

fn rules(lock_on: LockOn, out_of_scope: OutOfScope) -> AccessRules {
    AccessRules {
        lock_on,
        excluded_company: Some("Muster Österreich GmbH"),
        out_of_scope,
        ..AccessRules::default()
    }
}

fn person() -> Person {
    Person::new(1, "Zoë", "Weiß")
}

#[test]
fn access_begins_and_ends_at_midnight_in_the_companys_time_zone() {
    let working = Person {
        hire_date: Some(date(2026, 5, 11)),
        termination_date: Some(date(2026, 5, 20)),
        ..person()
    };
    for (lock_on, now, is_locked) in [
        (LockOn::DayAfterEnd, "2026-05-10T21:59:59Z", true),
        (LockOn::DayAfterEnd, "2026-05-10T22:00:00Z", false),
        (LockOn::DayAfterEnd, "2026-05-20T21:59:59Z", false),
        (LockOn::DayAfterEnd, "2026-05-20T22:00:00Z", true),
        (LockOn::EndDay, "2026-05-19T21:59:59Z", false),
        (LockOn::EndDay, "2026-05-19T22:00:00Z", true),
    ] {
        let rules = rules(lock_on, OutOfScope::Lock);
        let locked = rules.is_locked(&working, now.parse().unwrap());
        assert_eq!(locked, is_locked, "{lock_on:?} {now}");
    }
}

#[test]
fn status_and_scope_lock_too() {
    let now = "2026-05-11T08:00:00Z".parse().unwrap();
    let excluded = Some("Muster Österreich GmbH".to_owned());
    for (status, subcompany, out_of_scope, is_locked) in [
        (Status::Active, None, OutOfScope::Lock, false),
        (Status::Leave, None, OutOfScope::Lock, false),
        (Status::Inactive, None, OutOfScope::Lock, true),
        (Status::Active, excluded.clone(), OutOfScope::Lock, true),
        (Status::Active, excluded, OutOfScope::Leave, false),
    ] {
        let person = Person {
            status,
            subcompany,
            ..person()
        };
        let rules = rules(LockOn::DayAfterEnd, out_of_scope);
        let locked = rules.is_locked(&person, now);
        assert_eq!(locked, is_locked, "{status:?} {out_of_scope:?}");
    }
    let nobody_excluded = AccessRules::default();
    assert!(!nobody_excluded.is_out_of_scope(&person()));
}
