//! The stored credentials have become another academy's.

use shared::domain::employee::Field;
use shared::domain::id::SourceId;
use shared::runtime::Outcome;

use super::world::{End, World};
use crate::plan::builders::employee;

const PEOPLE: usize = 30;

type Case = (&'static str, fn(&mut World));

/// What makes a run write, or look at everybody.
const CASES: [Case; 5] = [
    ("a new value", |world| {
        world.edit(3, |it| it.location = Field::Value("Ulm".into()));
    }),
    ("a new person", |world| {
        world.employees.insert(SourceId::new("99"), employee("99"));
    }),
    ("a leaver", |world| world.deactivate(3..4)),
    ("the daily comparison", |world| {
        world.after(24 * 60);
    }),
    ("a leaver of a rejected reading", |world| {
        world.deactivate(3..4);
        world.employees.retain(|id, _| id.as_str().len() == 1);
    }),
];

#[test]
fn a_run_asks_once_which_academy_it_is_and_leaves_another_one_alone() {
    for (case, happen) in CASES {
        let mut world = World::new(PEOPLE, "");
        happen(&mut world);
        let ours = std::mem::take(&mut world.academy.customers);
        world.academy.make(Some("fremd@other.example".to_owned()));
        world.academy.is_another = true;
        let before = world.academy.clone();
        for asked in [1, 2] {
            let failed = world.after(5).try_tick(End::Well).unwrap_err();
            assert_eq!(failed.outcome, Outcome::BadSecret, "{case}");
            assert!(failed.is_of_academy, "{case}");
            let academy = &world.academy;
            assert_eq!(academy.named, before.named + asked, "{case}");
            assert!(academy.customers == before.customers, "{case}");
            assert!(academy.ledger == before.ledger, "{case}");
            assert!(academy.shards == before.shards, "{case}");
            assert_eq!(academy.held, before.held, "{case}");
        }
        world.academy.is_another = false;
        world.academy.customers = ours;
        world.after(5).tick(End::Well);
        let named = world.academy.named;
        assert_eq!(named, before.named + 3, "{case}");
        world.after(5).tick(End::Well);
        assert_eq!(world.academy.named, named, "{case}: nothing to do");
    }
}
