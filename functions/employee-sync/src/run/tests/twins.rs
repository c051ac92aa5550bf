//! Two accounts with the external id of one person.

use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, SourceId};
use shared::runtime::{FindingKind, Outcome};

use super::world::{End, World, window};

/// Ten people in step; an admin has given the external id of person 3 to another account. `id` decides which of the two the
/// academy finds by it.
fn with_twin(id: &str) -> (World, CustomerId, CustomerId) {
    let mut world = World::new(10, "");
    let first = world.academy.account_of(&SourceId::new("3")).unwrap();
    let mut twin = first.clone();
    let (first, second) = (first.id.clone(), CustomerId::new(id));
    twin.id = second.clone();
    twin.email = Some("second@example.com".to_owned());
    world.academy.customers.insert(second.clone(), twin);
    (world, first, second)
}

fn is_locked(world: &World, account: &CustomerId) -> bool {
    window(&world.academy.customers[account]).is_locked_at(world.now)
}

fn known(world: &World) -> Option<&CustomerId> {
    let entry = &world.academy.ledger[&SourceId::new("3")];
    entry.customer_id.as_ref()
}

#[test]
fn both_accounts_of_a_leaver_are_named_and_locked() {
    // Before and after the account that the ledger knows.
    for id in ["a", "second"] {
        for is_gone in [false, true] {
            let (mut world, first, second) = with_twin(id);
            if is_gone {
                world.employees.remove(&SourceId::new("3"));
                world.tick(End::Well);
                world.after(5);
            } else {
                world.deactivate(3..4);
            }
            world.tick(End::Well);
            assert!(is_locked(&world, &first), "{id} {is_gone}");
            let tick = world.after(24 * 60).tick(End::Well);
            assert_eq!(tick.found(FindingKind::Conflict), 1, "{:?}", tick.findings);
            assert!(is_locked(&world, &second), "{id} {is_gone}");
            assert_eq!(known(&world), Some(&first), "{id} {is_gone}");
            for minutes in [5, 24 * 60, 5] {
                let before = world.academy.customers.clone();
                let tick = world.after(minutes).tick(End::Well);
                assert_eq!((tick.changes, tick.found(FindingKind::Refused)), (0, 0));
                assert_eq!(world.academy.customers, before);
            }
        }
    }
}

#[test]
fn the_account_that_the_ledger_knows_is_written_whichever_the_external_id_finds() {
    for id in ["a", "second"] {
        let (mut world, first, second) = with_twin(id);
        let position = |world: &World, account| world.academy.customers[account].position.clone();
        let other = world.academy.customers[&second].clone();
        world.edit(3, |person| {
            person.position = Field::Value("Chefin".into());
            person.email = Field::Value("neu@muster.example".into());
        });
        let result = world.sync(End::Well);
        assert_eq!((result.outcome, result.counts.updated), (Outcome::Done, 1));
        assert_eq!(position(&world, &first).as_deref(), Some("Chefin"));
        assert_eq!(known(&world), Some(&first));
        // Nothing has shown the run that there is another one.
        assert_eq!(world.academy.customers[&second], other, "{id}");
        // A comparison knows of the other one and leaves it alone.
        for account in [&first, &second] {
            let account = world.academy.customers.get_mut(account).unwrap();
            account.position = Some("drifted".to_owned());
        }
        assert_eq!(world.after(24 * 60).tick(End::Well).changes, 1);
        assert_eq!(position(&world, &first).as_deref(), Some("Chefin"));
        assert_eq!(position(&world, &second).as_deref(), Some("drifted"));
        assert_eq!(known(&world), Some(&first));
        // The runs between comparisons know of it, also after other accounts were written.
        let other = world.academy.customers[&second].clone();
        for id in 0..5 {
            world.edit(id, |person| person.location = Field::Value("Ulm".into()));
        }
        assert_eq!(world.after(5).tick(End::Well).changes, 5);
        let location = &world.academy.customers[&first].location;
        assert_eq!(location.as_deref(), Some("Ulm"), "{id}");
        assert_eq!(world.academy.customers[&second], other, "{id}");
    }
}

#[test]
fn a_twin_is_noted_once() {
    let (mut world, ..) = with_twin("a");
    world.after(24 * 60).tick(End::Well);
    assert!(world.academy.ledger[&SourceId::new("3")].shares_its_id);
    let ledger = world.academy.ledger.clone();
    let result = world.after(24 * 60).sync(End::Well);
    assert_eq!((result.outcome, result.counts.updated), (Outcome::Done, 0));
    assert_eq!(world.academy.ledger, ledger);
}
