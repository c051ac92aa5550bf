//! The snapshot next to a map of whole records.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::domain::employee::Field;
use shared::fingerprint::Part;

use super::*;
use crate::plan::builders::{employee, key};

/// Somebody who came: with a record that fits or one that does not, in one of several versions.
fn arrival() -> impl Strategy<Value = (SourceId, bool, u8)> {
    let id = prop::sample::select(vec!["1", "10", "2", "9", "19", "ä", "a"]);
    (id, any::<bool>(), 0..3_u8).prop_map(|(id, fits, version)| (SourceId::new(id), fits, version))
}

fn person((id, fits, version): &(SourceId, bool, u8)) -> Person {
    let version = version.to_string();
    let fingerprint = key().fingerprint([Part::Value(id.as_str()), Part::Value(&version)]);
    if *fits {
        let position = Field::Value(format!("position {version}"));
        return Person::Employee(
            Box::new(Employee {
                position,
                ..employee(id.as_str())
            }),
            fingerprint,
        );
    }
    Person::Rejected {
        fingerprint,
        field: format!("field {version}"),
        problem: "is odd".to_owned(),
        leaving: Leaving::default(),
    }
}

/// Everything about somebody, to compare.
fn whole(person: &Person) -> (Fingerprint, Option<Employee>, String) {
    match person {
        Person::Employee(employee, fingerprint) => {
            (*fingerprint, Some(Employee::clone(employee)), String::new())
        }
        Person::Rejected {
            fingerprint,
            field,
            problem,
            ..
        } => (*fingerprint, None, format!("{field}: {problem}")),
    }
}

proptest! {
    #[test]
    fn everybody_is_there_once_with_the_record_that_came_last(came in prop::collection::vec(arrival(), 0..12)) {
        let expected: BTreeMap<_, _> = came.iter().map(|it| (it.0.clone(), whole(&person(it)))).collect();
        let snapshot: Snapshot = came.iter().map(|it| (it.0.clone(), person(it))).collect();
        let there: BTreeMap<_, _> = snapshot.iter().map(|(id, person)| (id.clone(), whole(person))).collect();
        prop_assert_eq!((snapshot.len(), snapshot.is_empty()), (expected.len(), expected.is_empty()));
        prop_assert_eq!(&there, &expected);
        prop_assert!(snapshot.ids().eq(expected.keys()));
        for (id, whole_of_it) in &expected {
            let found = snapshot.get(id).map(whole);
            prop_assert_eq!(found.as_ref(), Some(whole_of_it));
        }
        let absent = SourceId::new("5");
        prop_assert!(!snapshot.contains(&absent) && snapshot.get(&absent).is_none());
    }
}

#[test]
fn nothing_personal_is_shown() {
    let came = [
        (SourceId::new("4711"), true, 1),
        (SourceId::new("4712"), false, 1),
    ];
    let snapshot: Snapshot = came.iter().map(|it| (it.0.clone(), person(it))).collect();
    let shown = format!("{snapshot:?}");
    assert!(!shown.contains("position 1"), "{shown}");
    assert!(!shown.contains("muster.example"), "{shown}");
}
