//! A company so large that several runs share it.

use shared::domain::employee::{Field, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::ShardNumber;
use shared::runtime::{Mode, Outcome};
use shared::state::{Choice, Decision};

use super::world::{End, World};
use crate::io::memory::TOOL;
use crate::plan::builders::config;

const PEOPLE: usize = 300;
/// A shard has 5 people.
const PORTION: usize = 60;

fn large(at_least: u32) -> World {
    let mut world = World::before(PEOPLE, &format!("[brake]\nat_least = {at_least}\n"));
    world.portion = PORTION;
    world
}

fn in_step() -> World {
    brought_over(large(1_000))
}

fn brought_over(mut world: World) -> World {
    world.ticks_and_pauses(10, 5);
    assert_eq!(world.academy.customers.len(), PEOPLE);
    world
}

/// Somebody has changed every account.
fn edited_by_hand() -> World {
    let mut world = in_step();
    for customer in world.academy.customers.values_mut() {
        customer.position = Some("von Hand".into());
    }
    world
}

fn drifted(world: &World) -> usize {
    let customers = world.academy.customers.values();
    customers
        .filter(|customer| customer.position.as_deref() == Some("von Hand"))
        .count()
}

/// An account with the external id of somebody whom nobody knows.
fn orphan(world: &mut World, id: &str) -> CustomerId {
    let account = world.academy.make(None);
    world.customer(&account).external_id = Some(ExternalId::of(TOOL, &SourceId::new(id)));
    account
}

#[test]
fn a_first_run_goes_on_from_run_to_run_and_is_done_when_all_are_there() {
    let mut world = large(1_000);
    let mut before = 0;
    loop {
        let result = world.sync(End::Well);
        let accounts = world.academy.customers.len();
        let made = accounts - before;
        assert!(
            (PORTION / 2..=PORTION).contains(&made) || accounts == PEOPLE,
            "{made}"
        );
        assert_eq!(result.counts.left as usize, PEOPLE - accounts);
        world.after(5);
        before = accounts;
        if accounts == PEOPLE {
            assert_eq!(result.outcome, Outcome::Done);
            break;
        }
        assert_eq!(result.outcome, Outcome::Partly);
        assert_eq!(world.academy.gate, None);
    }
    assert!(world.academy.gate.is_some());
    assert_eq!(world.sync(End::Well).outcome, Outcome::Unchanged);
    let state = world.academy.state.unwrap();
    assert_eq!(state.open_accounts as usize, PEOPLE);
}

#[test]
fn a_first_run_counts_the_accounts_that_were_there_before() {
    let mut world = in_step();
    world.academy.state = None;
    world.academy.shards.clear();
    world.academy.ledger.clear();
    world.ticks(10, 5);
    let state = world.academy.state.unwrap();
    assert_eq!(state.open_accounts as usize, PEOPLE);
}

#[test]
fn a_comparison_that_is_asked_for_before_all_are_there_is_not_the_end_of_the_first_run() {
    let mut world = large(1_000);
    world.config = config("");
    world.tick(End::Well);
    world.mode = Mode::Reconcile;
    world.after(5);
    assert_eq!(world.sync(End::Well).outcome, Outcome::Partly);
    assert_eq!(world.academy.gate, None);
    world.mode = Mode::Scheduled;
    for _ in 0..10 {
        world.after(5).tick(End::Well);
        assert_eq!(world.hash(), None);
    }
    assert_eq!(world.academy.customers.len(), PEOPLE);
    assert!(world.academy.gate.is_some());
}

#[test]
fn a_comparison_of_everybody_that_runs_out_of_time_lets_changes_come_first() {
    let mut world = edited_by_hand();
    world.after(24 * 60).tick(End::OutOfTime(20));
    let last = (0..PEOPLE).map(|id| SourceId::new(id.to_string()));
    let last = last.max_by_key(ShardNumber::of).unwrap();
    world.employees.remove(&last);
    for _ in 0..4 {
        world.after(5).tick(End::OutOfTime(20));
    }
    assert_eq!(world.locked(), 1);
}

#[test]
fn an_orphan_that_is_held_is_locked_once_approved_and_forgotten_once_it_is_gone() {
    for is_approved in [true, false] {
        let mut world = in_step();
        let account = orphan(&mut world, "9001");
        world.after(24 * 60);
        // Found in the first portions, and decided about before the others are compared.
        while world.hash().is_none() {
            world.tick(End::Well);
            world.after(5);
        }
        if is_approved {
            world.decide(|at| Decision::Approved { at });
        } else {
            world.academy.customers.remove(&account);
            // The comparison that is under way has passed it already.
            world.ticks(10, 5);
            world.after(24 * 60);
        }
        world.ticks_and_pauses(20, 5);
        let both = (world.hash(), world.locked());
        assert_eq!(both, (None, usize::from(is_approved)));
        assert_eq!(world.sync(End::Well).outcome, Outcome::Unchanged);
    }
}

#[test]
fn a_comparison_is_as_old_as_its_first_portion() {
    let mut world = in_step();
    world.mode = Mode::Reconcile;
    world.after(2 * 60).tick(End::Well);
    world.mode = Mode::Scheduled;
    // The rest follows a day later: an account of the first portion has drifted since.
    let first = (0..PEOPLE).map(|id| SourceId::new(id.to_string()));
    let first = first.min_by_key(ShardNumber::of).unwrap();
    let id = world.academy.account_of(&first).unwrap().id.clone();
    world.academy.customers.get_mut(&id).unwrap().position = Some("von Hand".into());
    world.after(24 * 60);
    world.ticks_and_pauses(20, 5);
    let account = &world.academy.customers[&id];
    assert_ne!(account.position.as_deref(), Some("von Hand"));
}

#[test]
fn a_dry_run_shows_everybody_and_not_the_rest_of_a_comparison() {
    let mut world = edited_by_hand();
    world.after(24 * 60).tick(End::Well);
    let drifted = drifted(&world);
    assert!(drifted < PEOPLE);
    world.portion = usize::MAX;
    assert_eq!(world.dry_run().counts.updated as usize, drifted);
}

#[test]
fn a_comparison_of_everybody_repairs_all_and_lets_changes_come_first() {
    let mut world = edited_by_hand();
    // A day later, while somebody leaves and somebody else changes with each run.
    world.after(24 * 60);
    world.employees.remove(&SourceId::new("7"));
    let mut runs = 0;
    // Nobody writes the values of somebody who has left.
    while drifted(&world) > 1 {
        world.edit(100 + runs, |it| it.location = Field::Value("Ulm".into()));
        let before = drifted(&world);
        world.tick(End::Well);
        world.after(5);
        assert!(before - drifted(&world) <= PORTION + 1);
        runs += 1;
        assert!(runs <= 14, "{} have drifted", drifted(&world));
    }
    world.ticks_and_pauses(3, 5);
    let moved = world.academy.customers.values();
    let moved = moved.filter(|it| it.location.as_deref() == Some("Ulm"));
    assert_eq!((moved.count(), world.locked()), (runs, 1));
    assert_eq!(world.sync(End::Well).outcome, Outcome::Unchanged);
    let state = world.academy.state.unwrap();
    assert_eq!(state.open_accounts as usize, PEOPLE - 1);
    assert_eq!(state.comparing, None);
}

#[test]
fn other_rules_reach_everybody_although_they_change_meanwhile() {
    let mut world = in_step();
    for id in 0..PEOPLE {
        world.edit(id, |it| it.department = Field::Value("Vertrieb".into()));
    }
    world.config = config("[employees]\ndepartment = true\n[brake]\nat_least = 1000\n");
    world.tick(End::Well);
    world.after(5);
    assert!(world.academy.state.as_ref().unwrap().comparing.is_some());
    world.config =
        config("[employees]\ndepartment = true\nposition = \"tag\"\n[brake]\nat_least = 1000\n");
    world.ticks_and_pauses(14, 5);
    for customer in world.academy.customers.values() {
        assert_eq!(customer.department.as_deref(), Some("Vertrieb"));
        assert_eq!(customer.position, None);
        assert_eq!(customer.tags.len(), 2);
    }
    assert_eq!(world.sync(End::Well).outcome, Outcome::Unchanged);
}

#[test]
fn orphans_are_found_in_each_portion_and_nobody_else_is_taken_for_one() {
    let mut world = in_step();
    for id in ["9001", "9002", "9003"] {
        orphan(&mut world, id);
    }
    world.after(24 * 60);
    let mut found = std::collections::BTreeSet::new();
    for _ in 0..12 {
        let findings = world.tick(End::Well).findings;
        let orphaned =
            |it: &&shared::runtime::Finding| it.kind == shared::runtime::FindingKind::Orphaned;
        found.extend(
            findings
                .iter()
                .filter(orphaned)
                .filter_map(|it| it.person.clone()),
        );
        world.after(5);
    }
    let expected = ["9001", "9002", "9003"];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_held_plan_is_judged_and_approved_as_a_whole() {
    let mut world = large(1_000);
    world.config = config("");
    world.ticks_and_pauses(10, 5);
    world.deactivate(0..PEOPLE);
    // By and by, all shards have had their turn.
    for _ in 0..64 {
        world.tick(End::Well);
        world.after(5);
        assert!(world.locked() <= PEOPLE / 20);
    }
    let held = world.academy.held.clone().unwrap();
    assert_eq!(held.parts.len(), PEOPLE - world.locked());
    world.tick(End::Well);
    assert_eq!(world.hash(), Some(held.hash.as_str()));
    world.decide(|at| Decision::Approved { at });
    for _ in 0..64 {
        world.after(5);
        world.tick(End::Well);
    }
    assert_eq!((world.locked(), world.hash()), (PEOPLE, None));
}

#[test]
fn a_plan_for_more_people_than_one_run_plans_for_says_that_it_is_a_part() {
    let mut world = large(1_000);
    let planned = world.dry_run();
    assert_eq!(planned.outcome, Outcome::Planned);
    assert!(
        planned.counts.created <= PORTION as u64,
        "{:?}",
        planned.counts
    );
    assert_eq!(planned.counts.created + planned.counts.left, PEOPLE as u64);
    let message = &planned.message;
    assert!(message.contains("a part of the company"), "{message}");
    // Without a limit, as in the operator's terminal, it is for all.
    world.portion = usize::MAX;
    let planned = world.dry_run();
    let both = (planned.counts.created, planned.message);
    assert_eq!(both, (PEOPLE as u64, String::new()));
    // The same for changes of people who are known.
    let mut world = in_step();
    for id in 0..PEOPLE {
        world.edit(id, |it| it.location = Field::Value("Ulm".into()));
    }
    let planned = world.dry_run();
    let both = (planned.counts.updated, planned.counts.left);
    assert_eq!(both, (PORTION as u64, (PEOPLE - PORTION) as u64));
    assert!(planned.message.contains("a part of the company"));
}

/// More people wait for a decision about their new mail addresses than one run plans for.
fn with_many_held() -> World {
    let mut world = brought_over(large(5));
    for id in 0..PORTION * 2 {
        world.edit(id, |it| {
            it.email = Field::Value(format!("p{id}@neu.example"))
        });
    }
    world.ticks(2, 5);
    assert_eq!((held(&world), moved(&world)), (PORTION * 2, 0));
    world
}

fn held(world: &World) -> usize {
    let held = world.academy.held.as_ref();
    held.map_or(0, |held| held.parts.len())
}

fn moved(world: &World) -> usize {
    let mails = world.academy.customers.values();
    let mails = mails.filter_map(|account| account.email.as_deref());
    mails.filter(|mail| mail.ends_with("@neu.example")).count()
}

#[test]
fn however_few_of_the_held_people_a_run_looks_at_they_stay_held() {
    let mut world = with_many_held();
    // Nearly all of what a run plans for is another change.
    for id in PORTION * 2..PORTION * 3 - 3 {
        world.edit(id, |it| it.position = Field::Value("Meister".into()));
    }
    for minutes in [5, 5, 24 * 60, 5, 5, 5, 5, 5] {
        world.after(minutes).tick(End::Well);
        assert_eq!((held(&world), moved(&world)), (PORTION * 2, 0));
    }
    world.decide(|at| Decision::Approved { at });
    world.ticks(10, 5);
    assert_eq!((held(&world), moved(&world)), (0, PORTION * 2));
}

#[test]
fn held_people_keep_nobody_waiting_and_no_run_from_being_good() {
    for id in [0, PEOPLE - 1] {
        let mut world = with_many_held();
        world.edit(id, |it| it.status = Field::Value(Status::Inactive));
        for other in 1..PORTION / 2 {
            world.edit(other, |it| it.position = Field::Value("Meister".into()));
        }
        world.after(5);
        let result = world.sync(End::Well);
        assert_eq!((world.is_locked(id), result.counts.left), (true, 0), "{id}");
        let accounts = world.academy.customers.values();
        let positions = accounts.filter(|it| it.position.as_deref() == Some("Meister"));
        assert_eq!(positions.count(), PORTION / 2 - 1);
        assert_eq!(result.outcome, Outcome::Done);
        let mut findings = result.findings.iter();
        assert!(findings.any(|it| it.text.contains("120 changed mail")));
    }
}

#[test]
fn a_comparison_in_portions_locks_none_of_the_missing_people_who_are_held() {
    let mut world = brought_over(large(20));
    world.employees.retain(|id, _| {
        let id: usize = id.as_str().parse().unwrap();
        id >= PORTION
    });
    world.ticks(3, 5);
    assert_eq!((held(&world), world.locked()), (PORTION, 0));
    for _ in 0..3 {
        world.after(24 * 60);
        for _ in 0..10 {
            world.after(5).tick(End::Well);
            assert_eq!((held(&world), world.locked()), (PORTION, 0));
        }
    }
}

#[test]
fn more_people_are_missing_than_one_run_plans_for() {
    let mut world = brought_over(large(20));
    world.employees.retain(|id, _| {
        let id: usize = id.as_str().parse().unwrap();
        id >= PORTION * 2
    });
    world.ticks(5, 5);
    assert_eq!((held(&world), world.locked()), (PORTION * 2, 0));
    world.decide(|at| Decision::Approved { at });
    world.ticks(5, 5);
    assert_eq!((held(&world), world.locked()), (0, PORTION * 2));
}

#[test]
fn what_is_decided_before_all_was_seen_lets_nothing_else_through() {
    for only in [false, true] {
        let mut world = brought_over(large(30));
        let changed = PORTION * 2 + 20;
        for id in 0..changed {
            world.edit(id, |it| {
                it.email = Field::Value(format!("p{id}@neu.example"))
            });
        }
        world.ticks(2, 5);
        assert_eq!((held(&world), moved(&world)), (PORTION * 2, 0));
        if only {
            let held = world.academy.held.as_ref().unwrap();
            let person = held.parts.iter().find_map(|(_, part)| part.person.clone());
            let choice = Choice {
                people: person.into_iter().collect(),
                ..Choice::default()
            };
            let at = world.now;
            world.decide_about(&choice, Decision::Approved { at });
        } else {
            world.decide(|at| Decision::Dismissed { at });
        }
        world.ticks(30, 30);
        let both = (held(&world), moved(&world));
        assert_eq!(both, (changed - usize::from(only), usize::from(only)));
    }
}

#[test]
fn a_comparison_that_is_asked_for_goes_on_from_run_to_run() {
    let mut world = edited_by_hand();
    let began = world.now;
    world.mode = Mode::Reconcile;
    world.tick(End::Well);
    world.mode = Mode::Scheduled;
    world.ticks(10, 5);
    assert_eq!(drifted(&world), 0);
    let state = world.academy.state.as_ref().unwrap();
    assert_eq!((state.reconciled_at, &state.comparing), (began, &None));
    assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Unchanged);
}

#[test]
fn people_who_wait_are_counted_again_by_each_comparison() {
    let mut world = in_step();
    // A run that wrote its shards, and not the state, had counted them.
    world.academy.state.as_mut().unwrap().waiting = 40;
    world.after(24 * 60);
    world.ticks(10, 5);
    assert_eq!(world.academy.state.unwrap().waiting, 0);
}

#[test]
fn the_leavers_of_a_rejected_reading_are_locked_portion_by_portion() {
    let mut world = in_step();
    let ended = Field::Value("2026-05-01".parse().unwrap());
    for id in 0..100 {
        world.edit(id, |it| it.end_date = ended);
    }
    for id in 100..PEOPLE {
        world.employees.remove(&SourceId::new(id.to_string()));
    }
    // Those who are locked already are not left for later.
    world.portion = 40;
    for (locked, left) in [(40, 60), (80, 20), (100, 0), (100, 0)] {
        let result = world.sync(End::Well);
        assert_eq!(result.outcome, Outcome::SourceChanged);
        assert_eq!((world.locked(), result.counts.left), (locked, left as u64));
        world.after(5);
    }
}
