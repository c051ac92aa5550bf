mod filing;

use std::collections::BTreeSet;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use simulators::people::{Gender, Status};
use simulators::reteach::Source;

use super::*;

fn now() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn academy() -> Expected {
    Expected::new(TimeZone::get("Europe/Berlin").unwrap())
}

fn person(id: u64) -> Person {
    Person {
        gender: Some(Gender::Diverse),
        ..Person::new(id, "Zoë", "Weiß")
    }
}

fn nobody() -> BTreeSet<u64> {
    BTreeSet::new()
}

/// What reteach holds if all went well.
fn synced(id: u64) -> Customer {
    Customer {
        id: format!("account-{id}"),
        external_id: Some(format!("personio:{id}")),
        email: Some(format!("person-{id}@muster.example")),
        first_name: Some("Zoë".into()),
        last_name: Some("Weiß".into()),
        gender: Some("DIVERSE".into()),
        set_active_at: Some("2019-12-31T23:00:00Z".parse().unwrap()),
        source: Source::RestApi,
        registered_at: Some(now()),
        tags: vec!["Anstellungsart: intern".into()],
        ..Customer::default()
    }
}

fn found(expected: &Expected, actual: &[Customer]) -> Vec<String> {
    expected
        .differences(actual)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn finds_nothing_where_all_is_well() {
    let mut expected = academy();
    expected.ran(&[person(1), person(2)], &nobody(), now());
    assert_eq!(
        found(&expected, &[synced(2), synced(1)]),
        Vec::<String>::new()
    );
}

#[test]
fn finds_an_account_that_is_missing_too_many_or_there_twice() {
    let mut expected = academy();
    expected.ran(&[person(1)], &nobody(), now());
    assert_eq!(found(&expected, &[]), ["personio:1 has no account"]);
    let by_hand = Customer {
        id: "by-hand".into(),
        ..Customer::default()
    };
    assert_eq!(
        found(&expected, &[synced(1), by_hand]),
        ["there is an account too many: by-hand"]
    );
    let again = Customer {
        id: "another".into(),
        ..synced(1)
    };
    assert!(
        found(&expected, &[synced(1), again])
            .contains(&"there is an account too many: personio:1".into())
    );
}

#[test]
fn finds_every_field_that_is_wrong() {
    let some = || Some("x".to_owned());
    let at = || Some(later(1));
    let cases: Vec<(&str, Customer)> = vec![
        (
            "email",
            Customer {
                email: some(),
                ..synced(1)
            },
        ),
        (
            "userName",
            Customer {
                user_name: some(),
                ..synced(1)
            },
        ),
        (
            "firstName",
            Customer {
                first_name: Some("Zoe".into()),
                ..synced(1)
            },
        ),
        (
            "lastName",
            Customer {
                last_name: Some("Weiß ".into()),
                ..synced(1)
            },
        ),
        (
            "displayName",
            Customer {
                display_name: some(),
                ..synced(1)
            },
        ),
        (
            "language",
            Customer {
                language: some(),
                ..synced(1)
            },
        ),
        (
            "company",
            Customer {
                company: some(),
                ..synced(1)
            },
        ),
        (
            "department",
            Customer {
                department: some(),
                ..synced(1)
            },
        ),
        (
            "position",
            Customer {
                position: some(),
                ..synced(1)
            },
        ),
        (
            "location",
            Customer {
                location: some(),
                ..synced(1)
            },
        ),
        (
            "team",
            Customer {
                team: some(),
                ..synced(1)
            },
        ),
        (
            "birthDate",
            Customer {
                birth_date: some(),
                ..synced(1)
            },
        ),
        (
            "gender",
            Customer {
                gender: None,
                ..synced(1)
            },
        ),
        (
            "note",
            Customer {
                note: some(),
                ..synced(1)
            },
        ),
        (
            "expiredNotificationMail",
            Customer {
                expired_notification_mail: some(),
                ..synced(1)
            },
        ),
        (
            "authenticationMethod",
            Customer {
                authentication_method: some(),
                ..synced(1)
            },
        ),
        (
            "setActiveAt",
            Customer {
                set_active_at: at(),
                ..synced(1)
            },
        ),
        (
            "setInactiveAt",
            Customer {
                set_inactive_at: at(),
                ..synced(1)
            },
        ),
        (
            "source",
            Customer {
                source: Source::Manual,
                ..synced(1)
            },
        ),
        (
            "status",
            Customer {
                account: simulators::reteach::Account::Invited,
                ..synced(1)
            },
        ),
        (
            "lastLoginAt",
            Customer {
                last_login_at: at(),
                ..synced(1)
            },
        ),
        (
            "tags",
            Customer {
                tags: vec!["Anstellungsart: extern".into()],
                ..synced(1)
            },
        ),
        (
            "tags",
            Customer {
                tags: vec!["Anstellungsart: intern".into(), "More".into()],
                ..synced(1)
            },
        ),
        (
            "invitations",
            Customer {
                invitations: 1,
                ..synced(1)
            },
        ),
    ];
    let mut expected = academy();
    expected.ran(&[person(1)], &nobody(), now());
    for (name, actual) in cases {
        let differences = expected.differences(&[actual]);
        let [Difference::Field { account, field, .. }] = differences.as_slice() else {
            panic!("{name}: {differences:?}")
        };
        assert_eq!((account.as_str(), *field), ("personio:1", name));
    }
}

#[test]
fn an_adopted_account_keeps_what_is_its_own_and_a_conflicting_one_everything() {
    let by_hand = Customer {
        id: "by-hand".into(),
        email: Some("PERSON-1@muster.example".into()),
        note: Some("Jubiläum".into()),
        tags: vec!["Brandschutz".into()],
        registered_at: Some(now()),
        ..Customer::default()
    };
    let other = Customer {
        id: "other".into(),
        external_id: Some("sap:7".into()),
        ..Customer::default()
    };
    let mut expected = academy();
    expected.adoptable(1, by_hand.clone());
    expected.conflict(2, other.clone());
    expected.ran(&[person(1), person(2)], &nobody(), now());
    let adopted = Customer {
        id: "by-hand".into(),
        email: by_hand.email.clone(),
        note: by_hand.note.clone(),
        source: Source::Manual,
        tags: vec!["Anstellungsart: intern".into(), "Brandschutz".into()],
        ..synced(1)
    };
    assert_eq!(
        found(&expected, &[adopted.clone(), other.clone()]),
        Vec::<String>::new()
    );
    let without_note = Customer {
        note: None,
        ..adopted.clone()
    };
    let note = "personio:1: note should be \"Jubiläum\" and is null";
    assert_eq!(found(&expected, &[without_note, other]), [note]);
    let touched = Customer {
        last_name: Some("Weiß".into()),
        id: "other".into(),
        external_id: Some("sap:7".into()),
        ..Customer::default()
    };
    assert_eq!(
        found(&expected, &[adopted, touched]),
        ["sap:7: lastName should be null and is \"Weiß\""]
    );
}

#[test]
fn locks_at_the_end_of_the_last_day_else_when_first_seen_inactive_or_missing_twice() {
    let shut_of = |expected: &Expected| expected.ours.get(&1).and_then(|it| it.set_inactive_at);
    let mut expected = academy();
    let leaving = Person {
        termination_date: Some(date(2026, 5, 11)),
        ..person(1)
    };
    expected.ran(&[leaving], &nobody(), now());
    assert_eq!(
        shut_of(&expected),
        Some("2026-05-11T22:00:00Z".parse().unwrap()),
        "midnight in Berlin"
    );

    let inactive = Person {
        status: Status::Inactive,
        ..person(1)
    };
    expected.ran(std::slice::from_ref(&inactive), &nobody(), later(5));
    expected.ran(&[inactive], &nobody(), later(10));
    assert_eq!(shut_of(&expected), Some(later(5)), "first seen");

    expected.ran(&[person(1)], &nobody(), later(15));
    assert_eq!(shut_of(&expected), None, "back");

    expected.ran(&[], &nobody(), later(20));
    assert_eq!(shut_of(&expected), None, "missing once");
    expected.ran(&[], &nobody(), later(25));
    expected.ran(&[], &nobody(), later(30));
    assert_eq!(shut_of(&expected), Some(later(25)), "missing twice");
}

#[test]
fn whose_change_is_held_stays_as_before() {
    let mut expected = academy();
    expected.ran(&[person(1)], &nobody(), now());
    let inactive = Person {
        status: Status::Inactive,
        ..person(1)
    };
    expected.ran(
        std::slice::from_ref(&inactive),
        &BTreeSet::from([1]),
        later(5),
    );
    assert_eq!(found(&expected, &[synced(1)]), Vec::<String>::new());
    expected.ran(&[inactive], &nobody(), later(10));
    let locked = Customer {
        set_inactive_at: Some(later(10)),
        ..synced(1)
    };
    assert_eq!(found(&expected, &[locked]), Vec::<String>::new());
}
