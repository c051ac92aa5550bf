use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use simulators::people::demo;

use super::super::acts::people as acts;

const TODAY: Date = date(2026, 5, 11);

#[test]
fn everybody_has_at_most_one_part_and_the_taken_none() {
    for people in [1, 2, 5, 12, 20, 40, 200] {
        let people = demo(people, 1, TODAY);
        let taken: BTreeSet<u64> = people.iter().step_by(3).map(|person| person.id).collect();
        let acts = acts::day(&people, &taken, TODAY);
        let ids: BTreeSet<u64> = acts.iter().filter_map(|act| act.person).collect();
        assert_eq!(ids.len(), acts.len());
        assert!(ids.is_disjoint(&taken));
        let hired = ids
            .iter()
            .filter(|id| people.iter().all(|person| person.id != **id))
            .count();
        assert_eq!(hired, 1);
    }
}

#[test]
fn a_mistake_hits_about_a_third_but_only_where_a_brake_would_hold_it() {
    let hit = |people: usize| acts::mistake(&demo(people, 1, TODAY), &BTreeSet::new(), TODAY).len();
    assert_eq!(
        (hit(1), hit(5)),
        (0, 0),
        "up to five locks go through unasked"
    );
    assert_eq!((hit(20), hit(200), hit(1_000)), (6, 60, 300));
}
