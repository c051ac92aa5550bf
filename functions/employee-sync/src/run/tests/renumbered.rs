//! The HR system behind the route is another one: all people have other ids, and equal ids are other people.

use shared::domain::id::SourceId;
use shared::runtime::Outcome;

use super::world::{End, World};
use crate::plan::builders::employee;

/// A company of `size` in step over hibob, and the same people with these ids over Personio.
fn renumbered(size: usize, number: impl Fn(usize) -> usize) -> World {
    let mut world = World::before(size, "");
    world.tool = "hibob";
    world.tick(End::Well);
    world.after(5);
    world.tool = "personio";
    let people = (0..size).map(|old| {
        let mut person = employee(&old.to_string());
        person.source_id = SourceId::new(number(old).to_string());
        (person.source_id.clone(), person)
    });
    world.employees = people.collect();
    world
}

/// A person's new id, by the earlier one and the number of people.
type Renumbering = fn(usize, usize) -> usize;

/// All people, nobody in another order, and everybody with a new id.
const SIZES: [(usize, Renumbering); 3] = [
    (30, |old, size| (old + 1) % size),
    (30, |old, _| old + 1_000),
    (6, |old, size| (old + 1) % size),
];

#[test]
fn another_hr_system_changes_nothing() {
    for (size, number) in SIZES {
        let mut world = renumbered(size, |old| number(old, size));
        let before = world.academy.customers.clone();
        for _ in 0..3 {
            let result = world.after(5).sync(End::Well);
            assert_eq!(result.outcome, Outcome::SourceChanged, "{size}");
            let message = &result.message;
            assert!(message.contains("The ids are personio's now"), "{message}");
            assert_eq!(world.academy.held_source, None, "nobody can accept it");
        }
        let outcome = world.after(24 * 60).sync(End::Well).outcome;
        assert_eq!(outcome, Outcome::SourceChanged);
        assert_eq!(world.academy.customers, before, "{size}");
        // Back again, all is as it was.
        world.tool = "hibob";
        world.employees = (0..size)
            .map(|id| (SourceId::new(id.to_string()), employee(&id.to_string())))
            .collect();
        let result = world.after(5).sync(End::Well);
        assert!(
            result.outcome.is_good(),
            "{result:#?}",
            result = result.message
        );
        assert_eq!(world.academy.customers, before, "{size}");
        assert_eq!(world.academy.held_source, None);
    }
}
