//! New mail addresses, some of which other accounts have already.

use shared::domain::employee::{Field, Status};
use shared::domain::id::{CustomerId, SourceId};
use shared::runtime::{FindingKind, Outcome};
use shared::state::{Brake, Decision, FailureKind};

use super::world::{End, World};

fn moves(world: &mut World, ids: std::ops::Range<usize>) {
    for id in ids {
        world.edit(id, |it| {
            it.email = Field::Value(format!("P{id}@neu.example"))
        });
    }
}

/// Accounts that are nobody's in the HR system and have the new addresses of these people.
fn taken(world: &mut World, ids: &[usize]) -> Vec<CustomerId> {
    ids.iter()
        .map(|id| world.academy.make(Some(format!("p{id}@neu.example"))))
        .collect()
}

fn moved(world: &World) -> Vec<usize> {
    let has_moved = |id: &usize| {
        let account = world.academy.account_of(&SourceId::new(id.to_string()));
        let mail = account.and_then(|account| account.email.as_deref());
        mail.is_some_and(|mail| mail.ends_with("@neu.example"))
    };
    (0..world.employees.len()).filter(has_moved).collect()
}

#[test]
fn addresses_that_other_accounts_have_are_conflicts_before_anything_is_approved() {
    // Many are compared with the list of all accounts, a few are looked up.
    for (moving, cannot_list) in [(40, false), (8, false), (1, false), (1, true)] {
        let mut world = World::new(60, "[brake]\nat_least = 1\n");
        let colliding: Vec<usize> = (0..moving.min(3)).collect();
        let foreign = taken(&mut world, &colliding);
        let before = world.academy.customers.clone();
        world.academy.cannot_list = cannot_list;
        moves(&mut world, 0..moving);
        let tick = world.tick(End::Well);
        assert_eq!(tick.found(FindingKind::Conflict), colliding.len());
        assert_eq!(world.academy.customers, before, "{moving}");
        let held = world.academy.held.as_ref();
        let held = held.and_then(|held| held.counts.get(&Brake::MailChange).copied());
        let rest = u32::try_from(moving - colliding.len()).unwrap();
        assert_eq!(held.unwrap_or_default(), rest);
        for id in &colliding {
            let entry = &world.academy.ledger[&SourceId::new(id.to_string())];
            let failure = entry.failure.as_ref().unwrap();
            assert_eq!(failure.kind, FailureKind::Conflict);
        }
        // The plan names them too, before and after a run has noted them.
        let planned = world.after(5).dry_run().findings;
        let conflicts = planned.iter().filter(|it| it.kind == FindingKind::Conflict);
        assert_eq!(conflicts.count(), colliding.len());
        if rest > 0 {
            world.decide(|at| Decision::Approved { at });
        }
        world.ticks(2, 5);
        assert_eq!(moved(&world), (3..moving).collect::<Vec<_>>());
        assert_eq!(world.academy.dialect.refused, 0);
        for id in &foreign {
            assert_eq!(world.academy.customers[id], before[id]);
        }
        // Once the other account is gone, the address is taken on the next look.
        foreign
            .iter()
            .for_each(|id| drop(world.academy.customers.remove(id)));
        world.after(24 * 60).tick(End::Well);
        if world.academy.held.is_some() {
            world.decide(|at| Decision::Approved { at });
            world.after(5).tick(End::Well);
        }
        assert_eq!(moved(&world), (0..moving).collect::<Vec<_>>());
    }
}

#[test]
fn a_taken_address_keeps_no_lock_and_no_other_value_from_being_written() {
    let mut world = World::new(60, "");
    taken(&mut world, &[0, 1]);
    moves(&mut world, 0..2);
    world.edit(0, |it| it.status = Field::Value(Status::Inactive));
    world.edit(1, |it| it.position = Field::Value("Meister".into()));
    let tick = world.tick(End::Well);
    assert_eq!((tick.found(FindingKind::Conflict), tick.changes), (2, 2));
    let position = |world: &World| {
        let account = world.academy.account_of(&SourceId::new("1"));
        account.unwrap().position.clone()
    };
    let expected = (true, Some("Meister"));
    assert_eq!((world.is_locked(0), position(&world).as_deref()), expected);
    // Both stay conflicts, and nothing is written again.
    let tick = world.after(5).tick(End::Well);
    assert_eq!((tick.found(FindingKind::Conflict), tick.changes), (2, 0));
    assert_eq!(moved(&world), Vec::<usize>::new());
    assert_eq!(world.academy.state.as_ref().unwrap().waiting, 2);
}

#[test]
fn an_address_that_its_holder_gives_up_in_the_same_run_is_no_conflict() {
    let mut world = World::new(60, "");
    // Person 0 gets the address that person 1 has so far.
    world.edit(0, |it| it.email = Field::Value("p1@muster.example".into()));
    world.edit(1, |it| it.email = Field::Value("p1@neu.example".into()));
    let tick = world.tick(End::Well);
    assert_eq!(tick.found(FindingKind::Conflict), 0);
    world.ticks(3, 20);
    let mail = |id: &str| {
        let account = world.academy.account_of(&SourceId::new(id));
        account.unwrap().email.clone().unwrap()
    };
    let expected = ("p1@muster.example".to_owned(), "p1@neu.example".to_owned());
    assert_eq!((mail("0"), mail("1")), expected);
}

#[test]
fn people_who_would_have_to_exchange_their_addresses_keep_them_and_get_all_else() {
    let mut world = World::new(60, "");
    let mail = |id: usize| Field::Value(format!("p{id}@muster.example"));
    for (id, other) in [(0, 1), (1, 2), (2, 0)] {
        world.edit(id, |it| {
            it.email = mail(other);
            it.position = Field::Value("Meister".into());
        });
    }
    let tick = world.tick(End::Well);
    assert_eq!((tick.found(FindingKind::Conflict), tick.changes), (3, 3));
    assert_eq!(world.academy.dialect.refused, 0);
    for id in 0..3 {
        let account = world.academy.account_of(&SourceId::new(id.to_string()));
        assert_eq!(account.unwrap().position.as_deref(), Some("Meister"));
    }
}

fn patterns(world: &World) -> Vec<String> {
    let patterns = &world.academy.held.as_ref().unwrap().patterns;
    patterns.iter().map(ToString::to_string).collect()
}

#[test]
fn addresses_that_wait_for_a_decision_are_not_asked_for_on_each_tick() {
    for moving in [8, 40] {
        let mut world = World::new(60, "[brake]\nat_least = 1\n");
        moves(&mut world, 0..moving);
        world.tick(End::Well);
        let asked = world.academy.asked;
        let patterns = patterns(&world);
        assert!(patterns[0].contains("@muster.example →"), "{patterns:?}");
        world.ticks(10, 5);
        assert_eq!(world.academy.asked, asked, "{moving}");
        assert_eq!(self::patterns(&world), patterns);
        // One of them is another account's by now.
        taken(&mut world, &[0]);
        world.decide(|at| Decision::Approved { at });
        world.ticks(2, 5);
        assert_eq!(moved(&world), (1..moving).collect::<Vec<_>>());
        assert_eq!(world.academy.dialect.refused, 0);
    }
}

#[test]
fn an_address_that_its_holder_would_give_up_and_cannot_is_a_conflict() {
    let mut world = World::new(60, "");
    // Person 0 gets the address of person 1, who gets one that a third account has.
    world.edit(0, |it| it.email = Field::Value("p1@muster.example".into()));
    moves(&mut world, 1..2);
    taken(&mut world, &[1]);
    let before = world.academy.customers.clone();
    let tick = world.tick(End::Well);
    assert_eq!((tick.found(FindingKind::Conflict), tick.changes), (2, 0));
    assert_eq!(world.academy.customers, before);
}

#[test]
fn an_account_that_has_the_new_address_already_is_no_conflict() {
    let mut world = World::new(60, "");
    let mail = "hochzeit@muster.example".to_owned();
    let account = world.academy.account_of(&SourceId::new("0")).unwrap();
    let id = account.id.clone();
    world.academy.customers.get_mut(&id).unwrap().email = Some(mail.clone());
    world.edit(0, |it| it.email = Field::Value(mail));
    let tick = world.tick(End::Well);
    assert_eq!(tick.found(FindingKind::Conflict), 0);
    assert_eq!(world.after(5).tick(End::Well).changes, 0);
    assert_eq!(world.academy.state.as_ref().unwrap().waiting, 0);
}

#[test]
fn a_comparison_forgets_no_held_address_of_somebody_whose_record_was_refused() {
    let mut world = World::new(60, "");
    moves(&mut world, 0..20);
    for id in 0..20 {
        world.edit(id, |it| it.position = Field::Value("Meister".into()));
    }
    world.academy.dialect.refuses = Some("position");
    for _ in 0..60 {
        world.after(60).tick(End::Well);
        let held = world.academy.held.as_ref().map(|held| held.parts.len());
        assert_eq!((held, moved(&world)), (Some(20), Vec::new()));
    }
}

#[test]
fn somebody_whose_address_and_value_are_refused_is_one_person_of_two() {
    let mut world = World::new(2, "");
    taken(&mut world, &[0]);
    moves(&mut world, 0..1);
    world.edit(0, |it| it.position = Field::Value("Meister".to_owned()));
    world.academy.dialect.refuses = Some("position");
    let result = world.sync(End::Well);
    let counted = (result.counts.conflicts, result.counts.refused);
    assert_eq!((result.outcome, counted), (Outcome::Done, (1, 1)));
}
