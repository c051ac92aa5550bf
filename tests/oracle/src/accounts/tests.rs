use jiff::SignedDuration;
use jiff::civil::date;
use simulators::people::{Gender, Status};
use simulators::reteach::{Account, Source};

use super::*;

fn after_minutes(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn person(id: u64) -> Person {
    Person {
        gender: Some(Gender::Diverse),
        ..Person::new(id, "Zoë", "Weiß")
    }
}

fn inactive(id: u64) -> Person {
    Person {
        status: Status::Inactive,
        ..person(id)
    }
}

fn run(expected: &mut ExpectedAccounts, people: &[Person], minute: i64) {
    expected.complete_run(people, &BTreeSet::new(), after_minutes(minute));
}

/// The academy after a first run over these people.
fn synced_academy(people: &[Person]) -> ExpectedAccounts {
    let mut expected = ExpectedAccounts::default();
    run(&mut expected, people, 0);
    expected
}

/// The account that reteach holds after a correct run.
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
        registered_at: Some(after_minutes(0)),
        tags: vec!["Anstellungsart: intern".into()],
        ..Customer::default()
    }
}

#[track_caller]
fn assert_differences(expected: &ExpectedAccounts, actual: &[Customer], texts: &[&str]) {
    Difference::assert(&expected.differences(actual), texts);
}

#[test]
fn correct_accounts_have_no_differences() {
    let expected = synced_academy(&[person(1), person(2)]);
    assert_differences(&expected, &[synced(2), synced(1)], &[]);
}

#[test]
fn departments_are_carried_where_the_tenants_file_says_so() {
    let department = || Some("Vertrieb".to_owned());
    let person = Person {
        department: department(),
        ..person(1)
    };
    let mut expected = ExpectedAccounts::default().with_departments();
    run(&mut expected, &[person], 0);
    let account = Customer {
        department: department(),
        ..synced(1)
    };
    assert_differences(&expected, &[account], &[]);
}

#[test]
fn missing_unexpected_and_repeated_accounts_are_differences() {
    let expected = synced_academy(&[person(1)]);
    let by_hand = Customer {
        id: "by-hand".into(),
        ..Customer::default()
    };
    assert_differences(&expected, &[], &["account personio:1 is missing"]);
    assert_differences(
        &expected,
        &[synced(1), by_hand],
        &["account by-hand should not exist"],
    );
    let again = Customer {
        id: "another".into(),
        ..synced(1)
    };
    assert_differences(
        &expected,
        &[again, synced(1)],
        &["account personio:1 should not exist"],
    );
}

#[test]
fn each_wrong_field_is_a_difference() {
    let text = || Some("x".to_owned());
    let moment = || Some(after_minutes(1));
    type Corrupt<'a> = &'a dyn Fn(&mut Customer);
    let cases: [(&str, Corrupt); 24] = [
        ("email", &|account| account.email = text()),
        ("userName", &|account| account.user_name = text()),
        ("firstName", &|account| {
            account.first_name = Some("Zoe".into())
        }),
        ("lastName", &|account| {
            account.last_name = Some("Weiß ".into())
        }),
        ("displayName", &|account| account.display_name = text()),
        ("language", &|account| account.language = text()),
        ("company", &|account| account.company = text()),
        ("department", &|account| account.department = text()),
        ("position", &|account| account.position = text()),
        ("location", &|account| account.location = text()),
        ("team", &|account| account.team = text()),
        ("birthDate", &|account| account.birth_date = text()),
        ("gender", &|account| account.gender = None),
        ("note", &|account| account.note = text()),
        ("expiredNotificationMail", &|account| {
            account.expired_notification_mail = text()
        }),
        ("authenticationMethod", &|account| {
            account.authentication_method = text()
        }),
        ("setActiveAt", &|account| account.set_active_at = moment()),
        ("setInactiveAt", &|account| {
            account.set_inactive_at = moment()
        }),
        ("source", &|account| account.source = Source::Manual),
        ("status", &|account| account.account = Account::Invited),
        ("lastLoginAt", &|account| account.last_login_at = moment()),
        ("tags", &|account| {
            account.tags = vec!["Anstellungsart: extern".into()]
        }),
        ("tags", &|account| account.tags.push("More".into())),
        ("invitations", &|account| account.invitations = 1),
    ];
    let expected = synced_academy(&[person(1)]);
    for (name, corrupt) in cases {
        let mut account = synced(1);
        corrupt(&mut account);
        let differences = expected.differences(&[account]);
        let [Difference::Field { field, .. }] = differences.as_slice() else {
            panic!("{name}: {differences:?}")
        };
        let both = (differences[0].account(), *field);
        assert_eq!(both, (Some("personio:1"), name));
    }
}

#[test]
fn an_adopted_account_keeps_its_own_fields_and_a_conflicting_account_keeps_all() {
    let by_hand = Customer {
        id: "by-hand".into(),
        email: Some("PERSON-1@muster.example".into()),
        note: Some("Jubiläum".into()),
        tags: vec!["Brandschutz".into()],
        registered_at: Some(after_minutes(0)),
        ..Customer::default()
    };
    let other = Customer {
        id: "other".into(),
        external_id: Some("sap:7".into()),
        ..Customer::default()
    };
    let mut expected = ExpectedAccounts::default();
    expected.add_adoptable(1, by_hand.clone());
    expected.add_conflict(2, other.clone());
    run(&mut expected, &[person(1), person(2)], 0);
    let adopted = Customer {
        id: by_hand.id,
        email: by_hand.email,
        note: by_hand.note,
        source: Source::Manual,
        tags: vec!["Anstellungsart: intern".into(), "Brandschutz".into()],
        ..synced(1)
    };
    assert_differences(&expected, &[adopted.clone(), other.clone()], &[]);
    let without_note = Customer {
        note: None,
        ..adopted.clone()
    };
    assert_differences(
        &expected,
        &[without_note, other.clone()],
        &["account personio:1: note should be \"Jubiläum\" and is null"],
    );
    let touched = Customer {
        last_name: Some("Weiß".into()),
        ..other
    };
    assert_differences(
        &expected,
        &[adopted, touched],
        &["account sap:7: lastName should be null and is \"Weiß\""],
    );
}

#[test]
fn a_lock_begins_at_the_end_date_at_the_first_inactive_reading_or_at_the_second_missing_one() {
    let leaving = Person {
        termination_date: Some(date(2026, 5, 11)),
        ..person(1)
    };
    let midnight = Some("2026-05-11T22:00:00Z".parse().unwrap());
    let mut expected = ExpectedAccounts::default();
    for (minute, people, locked_from, reason) in [
        (0, vec![leaving], midnight, "midnight in Berlin"),
        (
            5,
            vec![inactive(1)],
            Some(after_minutes(5)),
            "first inactive",
        ),
        (
            10,
            vec![inactive(1)],
            Some(after_minutes(5)),
            "still inactive",
        ),
        (15, vec![person(1)], None, "active again"),
        (20, vec![], None, "missing once"),
        (25, vec![], Some(after_minutes(25)), "missing twice"),
        (30, vec![], Some(after_minutes(25)), "still missing"),
    ] {
        run(&mut expected, &people, minute);
        let end = expected
            .synced
            .get(&1)
            .and_then(|account| account.set_inactive_at);
        assert_eq!(end, locked_from, "{reason}");
    }
}

#[test]
fn held_changes_leave_the_account_as_it_is() {
    let mut expected = synced_academy(&[person(1)]);
    expected.complete_run(&[inactive(1)], &BTreeSet::from([1]), after_minutes(5));
    assert_differences(&expected, &[synced(1)], &[]);
    run(&mut expected, &[inactive(1)], 10);
    let locked = Customer {
        set_inactive_at: Some(after_minutes(10)),
        ..synced(1)
    };
    assert_differences(&expected, &[locked], &[]);
}

#[test]
fn a_handed_over_account_keeps_what_it_holds_and_its_first_owner_gets_no_other() {
    let mut expected = synced_academy(&[person(1)]);
    expected.edit(1, |account| account.note = Some("Prokura".into()));
    expected.hand_over(1, 2);
    let successor = Person {
        email: person(1).email,
        ..person(2)
    };
    run(&mut expected, &[inactive(1), successor], 1);
    let handed_over = Customer {
        id: "account-1".into(),
        email: person(1).email,
        note: Some("Prokura".into()),
        ..synced(2)
    };
    assert_differences(&expected, std::slice::from_ref(&handed_over), &[]);
    assert_differences(
        &expected,
        &[handed_over, synced(1)],
        &["account personio:1 should not exist"],
    );
}

#[test]
fn an_account_without_its_external_id_is_found_again_or_left_untouched() {
    let without_id = Customer {
        external_id: None,
        ..synced(1)
    };
    for (people, actual) in [(vec![person(1)], synced(1)), (vec![], without_id.clone())] {
        let mut expected = synced_academy(&[person(1)]);
        expected.release(1, without_id.clone());
        run(&mut expected, &people, 1);
        assert_differences(&expected, &[actual], &[]);
    }
}

#[test]
fn an_external_id_that_moved_takes_the_person_along() {
    let mut expected = synced_academy(&[person(1)]);
    let other = Customer {
        id: "other".into(),
        user_name: Some("umzug".into()),
        ..Customer::default()
    };
    expected.replace(1, other.clone());
    run(&mut expected, &[person(1)], 1);
    let moved = Customer {
        id: other.id,
        user_name: other.user_name,
        source: Source::Manual,
        ..synced(1)
    };
    assert_differences(&expected, &[moved], &[]);
}
