//! The HR system behind the route is another one: all people have other ids, and equal ids are other people.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::employee::Field;
use shared::domain::id::SourceId;
use shared::runtime::Outcome;
use shared::state::{Brake, Decision};

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

/// The external id by mail address.
fn numbers(world: &World) -> BTreeMap<String, String> {
    let customers = world.academy.customers.values();
    let numbers = customers.map(|it| {
        let id = it.external_id.as_ref().unwrap();
        (it.email.clone().unwrap(), id.as_str().to_owned())
    });
    numbers.collect()
}

fn accept(world: &mut World) {
    let at = world.now;
    let source = world.academy.held_source.as_mut().unwrap();
    source.decision = Some(Decision::Approved { at });
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
fn another_hr_system_changes_nothing_before_somebody_accepts_it() {
    for (size, number) in SIZES {
        let mut world = renumbered(size, |old| number(old, size));
        let before = world.academy.customers.clone();
        for _ in 0..3 {
            let result = world.after(5).sync(End::Well);
            assert_eq!(result.outcome, Outcome::SourceChanged, "{size}");
            let message = &result.message;
            assert!(message.contains("The ids are personio's now"), "{message}");
        }
        assert_eq!(
            world.after(24 * 60).sync(End::Well).outcome,
            Outcome::SourceChanged
        );
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

#[test]
fn accounts_are_taken_over_by_mail_after_approval_and_nobody_is_locked_or_created() {
    for (size, number) in SIZES {
        let mut world = renumbered(size, |old| number(old, size));
        let before = world.academy.customers.clone();
        world.sync(End::Well);
        accept(&mut world);
        for minutes in [5, 5, 5, 24 * 60] {
            let result = world.after(minutes).sync(End::Well);
            assert!(result.outcome.is_good(), "{size}: {}", result.message);
            let held = result.held.unwrap();
            assert_eq!(
                held.counts,
                [(Brake::TakeOver, size as u32)].into(),
                "{size}"
            );
            assert_eq!(world.academy.customers, before, "{size}");
        }
        world.decide(|at| Decision::Approved { at });
        let result = world.after(5).sync(End::Well);
        assert_eq!(
            result.counts.handed_over, size as u64,
            "{:#?}",
            result.findings
        );
        let expected = (0..size).map(|old| {
            let mail = format!("p{old}@muster.example");
            (mail, format!("personio:{}", number(old, size)))
        });
        assert_eq!(numbers(&world), expected.collect());
        let ids: BTreeSet<_> = world.academy.ledger.keys().cloned().collect();
        assert_eq!(ids, world.employees.keys().cloned().collect());
        for minutes in [5, 5, 24 * 60] {
            let result = world.after(minutes).sync(End::Well);
            assert!(result.outcome.is_good(), "{size}: {}", result.message);
            assert_eq!((result.findings, result.held), (vec![], None), "{size}");
        }
        assert_eq!(world.locked(), 0);
        assert_eq!(world.academy.customers.len(), size);
    }
}

#[test]
fn an_interrupted_start_with_another_hr_system_is_repeated() {
    let mut world = renumbered(30, |old| old + 1_000);
    world.sync(End::Well);
    accept(&mut world);
    // One person is new, so that there is something to apply.
    let new = employee("5000");
    world.employees.insert(new.source_id.clone(), new);
    world.after(5).tick(End::Dies(1));
    world.after(5).sync(End::Well);
    assert_eq!(world.academy.customers.len(), 31);
    world.decide(|at| Decision::Approved { at });
    world.after(5).sync(End::Well);
    let is_ours = |id: &String| id.starts_with("personio:");
    assert!(
        numbers(&world).values().all(is_ours),
        "{:?}",
        numbers(&world)
    );
    assert_eq!(world.academy.customers.len(), 31);
}

#[test]
fn somebody_who_did_not_come_along_keeps_the_account_as_it_is() {
    let mut world = renumbered(30, |old| old + 1_000);
    world.employees.remove(&SourceId::new("1003"));
    let changed = SourceId::new("1004");
    world.employees.get_mut(&changed).unwrap().location = Field::Value("Ulm".into());
    world.sync(End::Well);
    accept(&mut world);
    world.after(5).sync(End::Well);
    world.decide(|at| Decision::Approved { at });
    for minutes in [5, 5, 24 * 60] {
        world.after(minutes).sync(End::Well);
    }
    let numbers = numbers(&world);
    assert_eq!(numbers["p3@muster.example"], "hibob:3");
    assert_eq!(numbers["p4@muster.example"], "personio:1004");
    assert_eq!(world.locked(), 0);
}
