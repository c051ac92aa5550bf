use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use simulators::people::demo;

use crate::changes::{day_of_changes, mass_lock};

const TODAY: Date = date(2026, 5, 11);

#[test]
fn everybody_changes_at_most_once_and_reserved_people_never() {
    for people in [1, 2, 5, 12, 20, 40, 200] {
        let people = demo(people, 1, TODAY);
        let reserved: BTreeSet<u64> = people.iter().step_by(3).map(|person| person.id).collect();
        let changes = day_of_changes(&people, &reserved, TODAY);
        let changed: BTreeSet<u64> = changes.iter().filter_map(|change| change.person).collect();
        assert_eq!(changed.len(), changes.len());
        assert!(changed.is_disjoint(&reserved));
        let known: BTreeSet<u64> = people.iter().map(|person| person.id).collect();
        assert_eq!(changed.difference(&known).count(), 1, "one person is hired");
    }
}

#[test]
fn a_mass_lock_changes_a_third_of_the_people_if_a_brake_holds_that() {
    let none = BTreeSet::new();
    let locked = |people| {
        let changes = mass_lock(&demo(people, 1, TODAY), &none, TODAY);
        changes.map(|changes| changes.len())
    };
    assert_eq!((locked(1), locked(5)), (None, None));
    let shown = (locked(20), locked(200), locked(1_000));
    assert_eq!(shown, (Some(6), Some(60), Some(300)));
}
