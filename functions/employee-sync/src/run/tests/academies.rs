//! Academies that do otherwise than the vendor's document lets us expect, and accounts that always fail.

use std::collections::BTreeSet;

use shared::domain::employee::{EmploymentType, Field, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::reteach::Customer;
use shared::runtime::{FindingKind, JobResult, Mode, Outcome};
use shared::state::FailureKind;

use super::world::{End, World};
use crate::EmployeeSync;
use crate::io::memory::{Dialect, TOOL, tag};
use crate::plan::builders::{config, employee};

const MANY: usize = 40;

/// A company with an academy of this dialect, before its first run.
fn before(adjust: impl FnOnce(&mut Dialect)) -> World {
    let mut world = World::before(MANY, "[brake]\nat_least = 100\n");
    adjust(&mut world.academy.dialect);
    world
}

/// The same after a first run in which the academy behaved.
fn synced(adjust: impl FnOnce(&mut Dialect)) -> World {
    let mut world = World::new(MANY, "[brake]\nat_least = 100\n");
    assert!(world.academy.gate.take().is_some());
    world.academy.dialect = Dialect::default();
    adjust(&mut world.academy.dialect);
    world
}

fn account(world: &World, id: usize) -> &Customer {
    world
        .academy
        .account_of(&SourceId::new(id.to_string()))
        .unwrap()
}

fn id_of(world: &World, id: usize) -> CustomerId {
    account(world, id).id.clone()
}

fn move_to(world: &mut World, ids: std::ops::Range<usize>, office: &str) {
    for id in ids {
        world.edit(id, |person| person.location = Field::Value(office.into()));
    }
}

fn people(result: &JobResult<EmployeeSync>, kind: FindingKind) -> BTreeSet<String> {
    let findings = result
        .findings
        .iter()
        .filter(|finding| finding.kind == kind);
    findings
        .filter_map(|finding| finding.person.clone())
        .collect()
}

#[test]
fn a_refused_field_stops_a_first_run_after_ten_writes_and_names_the_remedy() {
    let mut world = before(|dialect| dialect.refuses = Some("position"));
    world.edit(30, |person| person.position = Field::Null);
    let result = world.sync(End::Well);
    assert_eq!(result.outcome, Outcome::AcademyRefuses);
    for says in [
        "position",
        "422",
        r#"`[employees] position = "tag"`"#,
        "acme.toml",
    ] {
        assert!(result.message.contains(says), "{}", result.message);
    }
    assert!(
        world.academy.dialect.refused <= 10,
        "{}",
        world.academy.dialect.refused
    );
    assert_eq!(
        result.counts.created, 1,
        "a person without the field goes on"
    );
    assert_eq!(world.academy.gate, None);
}

#[test]
fn a_refused_field_keeps_no_lock_from_being_written() {
    let mut world = synced(|dialect| dialect.refuses = Some("location"));
    move_to(&mut world, 0..MANY, "Ulm");
    world.deactivate(20..40);
    let result = world.sync(End::Well);
    let ended = (result.outcome, world.locked());
    assert_eq!(ended, (Outcome::AcademyRefuses, 20));
    assert!(
        world.academy.dialect.refused <= 10,
        "{}",
        world.academy.dialect.refused
    );
    // Once the tenant's file avoids the field, or the academy takes it, everybody is brought into step.
    world.academy.dialect = Dialect::default();
    world.after(60).sync(End::Well);
    assert!((0..MANY).all(|id| account(&world, id).location.as_deref() == Some("Ulm")));
}

#[test]
fn values_that_the_academy_keeps_otherwise_stay_single_peoples_trouble_once_all_others_are_in_step()
{
    let mut world = synced(|dialect| dialect.escapes = true);
    for id in 0..MANY {
        let position = if id % 7 == 0 {
            "Leitung F&E"
        } else {
            "Leitung"
        };
        world.edit(id, |person| person.position = Field::Value(position.into()));
    }
    let named: BTreeSet<String> = (0..MANY).step_by(7).map(|id| id.to_string()).collect();
    assert_eq!(named.len(), 6);
    // At first with all others, then alone.
    for pause in [0, 15, 30, 60] {
        let result = world.after(pause).sync(End::Well);
        assert_eq!(result.outcome, Outcome::Done, "{pause}: {}", result.message);
        assert_eq!(people(&result, FindingKind::Refused), named, "{pause}");
    }
}

#[test]
fn a_run_in_which_everybody_was_refused_is_never_done_and_opens_no_gate() {
    for size in [2, 4, 5, 9] {
        let mut world = World::before(size, "");
        world.academy.dialect.refuses = Some("lastName");
        for _ in 0..4 {
            let result = world.sync(End::Well);
            assert!(!result.outcome.is_good(), "{size}: {:?}", result.outcome);
            world.after(5);
        }
        assert_eq!(world.academy.gate, None, "{size}");
    }
}

#[test]
fn twelve_accounts_that_always_fail_are_named_and_paused_and_all_others_are_synced() {
    let mut world = synced(|_| {});
    let failing: BTreeSet<usize> = (3..15).collect();
    let external_ids = failing
        .iter()
        .map(|id| ExternalId::of(TOOL, &SourceId::new(id.to_string())));
    world.academy.dialect.fails = external_ids.collect();
    move_to(&mut world, 0..MANY, "Ulm");
    let result = world.sync(End::Well);
    assert_eq!(result.outcome, Outcome::Done);
    let named: BTreeSet<String> = failing.iter().map(ToString::to_string).collect();
    assert_eq!(people(&result, FindingKind::Refused), named);
    for id in 0..MANY {
        let moved = account(&world, id).location.as_deref() == Some("Ulm");
        assert_eq!(moved, !failing.contains(&id), "{id}");
        let entry = &world.academy.ledger[&SourceId::new(id.to_string())];
        let kind = entry.failure.as_ref().map(|failure| failure.kind);
        assert_eq!(kind, failing.contains(&id).then_some(FailureKind::NoAnswer));
    }
    // One person's trouble keeps no gate shut. It is tried once more, and then not before its pause is over.
    assert!(world.academy.gate.is_some());
    let result = world.after(5).sync(End::Well);
    assert_eq!(people(&result, FindingKind::Refused), named);
    let tried = world.academy.dialect.refused;
    for _ in 0..2 {
        assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Unchanged);
    }
    assert_eq!(world.academy.dialect.refused, tried);
    world.academy.dialect.fails.clear();
    assert_eq!(world.after(60).sync(End::Well).counts.updated, 12);
}

#[test]
fn an_account_that_fails_alone_is_tried_every_15_minutes_until_another_gets_an_answer() {
    let mut world = synced(|_| {});
    let failing = ExternalId::of(TOOL, &SourceId::new("7"));
    world.academy.dialect.fails.insert(failing);
    move_to(&mut world, 7..8, "Ulm");
    let result = world.sync(End::Well);
    assert_eq!((result.outcome, result.counts.left), (Outcome::Partly, 1));
    // Nothing shows whether reteach answers at all.
    for _ in 0..3 {
        let result = world.after(5).sync(End::Well);
        assert_eq!((result.outcome, result.counts.left), (Outcome::Partly, 0));
        assert_eq!(people(&result, FindingKind::Refused).len(), 1);
        for _ in 0..2 {
            assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Unchanged);
        }
    }
    move_to(&mut world, 8..9, "Ulm");
    let result = world.after(5).sync(End::Well);
    assert_eq!((result.outcome, result.counts.updated), (Outcome::Done, 1));
    assert_eq!(people(&result, FindingKind::Refused).len(), 1);
    world.after(5);
    for _ in 0..3 {
        assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Unchanged);
    }
}

#[test]
fn an_academy_that_answers_nobody_ends_the_run_and_pauses_nobody() {
    let mut world = synced(|_| {});
    let everybody = (0..MANY).map(|id| ExternalId::of(TOOL, &SourceId::new(id.to_string())));
    world.academy.dialect.fails = everybody.collect();
    move_to(&mut world, 0..MANY, "Ulm");
    let result = world.sync(End::Well);
    assert_eq!(result.outcome, Outcome::ReteachUnavailable);
    assert!(world.academy.dialect.refused <= 7);
    world.academy.dialect.fails.clear();
    let result = world.after(5).sync(End::Well);
    let ended = (result.outcome, result.counts.updated);
    assert_eq!(ended, (Outcome::Done, MANY as u64));
}

#[test]
fn an_account_whose_external_id_was_moved_is_never_written_again() {
    let ids = [None, Some("personio:200"), Some("sap:77")];
    for (status, moved_to) in [None, Some(404), Some(400), Some(422)]
        .into_iter()
        .flat_map(|status| ids.map(|moved_to| (status, moved_to)))
    {
        let mut world = synced(|dialect| dialect.refuses_external_ids = status);
        let id = id_of(&world, 1);
        let customer = world.academy.customers.get_mut(&id).unwrap();
        customer.external_id = moved_to.map(ExternalId::new);
        customer.email = Some("new@muster.example".into());
        let before = customer.clone();
        world.edit(1, |person| {
            person.location = Field::Value("Ulm".into());
            person.status = Field::Value(Status::Inactive);
        });
        let result = world.sync(End::Well);
        assert_eq!(result.outcome, Outcome::Partly, "{status:?} {moved_to:?}");
        assert_eq!(
            people(&result, FindingKind::AccountLost),
            ["1".to_owned()].into()
        );
        for _ in 0..3 {
            world.after(5).sync(End::Well);
        }
        let account = &world.academy.customers[&id];
        assert_eq!(*account, before, "{status:?} {moved_to:?}");
        assert_ne!(
            id_of(&world, 1),
            id,
            "{status:?} {moved_to:?}: the person has another account"
        );
    }
}

#[test]
fn an_academy_that_takes_no_external_ids_in_addresses_is_written_by_its_own_ids() {
    for status in [404, 400, 422] {
        let mut world = synced(|dialect| dialect.refuses_external_ids = Some(status));
        move_to(&mut world, 0..10, "Ulm");
        let result = world.sync(End::Well);
        let ended = (result.outcome, result.counts.updated);
        assert_eq!(ended, (Outcome::Done, 10), "{status}");
        assert!(world.academy.state.as_ref().unwrap().by_reteach_id);
        // Still nobody else's account is written.
        let id = id_of(&world, 1);
        let other = Some(ExternalId::new("sap:77"));
        world.academy.customers.get_mut(&id).unwrap().external_id = other;
        let before = world.academy.customers[&id].clone();
        move_to(&mut world, 0..10, "Bonn");
        let result = world.after(5).sync(End::Well);
        let counts = (result.counts.updated, result.counts.left);
        assert_eq!(counts, (9, 1), "{status}");
        assert_eq!(world.academy.customers[&id], before, "{status}");
    }
}

/// The record was the reason, not the id.
#[test]
fn a_refused_record_teaches_a_run_nothing_about_external_ids() {
    let mut world = synced(|dialect| {
        dialect.refuses = Some("location");
        dialect.refuses_external_ids = Some(422);
    });
    move_to(&mut world, 0..1, "Ulm");
    world.sync(End::Well);
    assert!(!world.academy.state.as_ref().unwrap().by_reteach_id);
}

fn external_id(id: usize) -> ExternalId {
    ExternalId::of(TOOL, &SourceId::new(id.to_string()))
}

#[test]
fn an_account_that_cannot_be_read_is_locked_all_the_same_and_its_values_wait() {
    let mut world = synced(|dialect| dialect.garbles = [external_id(1)].into());
    world.deactivate(1..2);
    let result = world.sync(End::Well);
    assert_eq!((result.outcome, result.counts.locked), (Outcome::Done, 1));
    assert!(world.is_locked(1));
    let before = account(&world, 1).clone();
    move_to(&mut world, 1..2, "Ulm");
    let result = world.after(5).sync(End::Well);
    assert_eq!(result.outcome, Outcome::Partly);
    assert_eq!(*account(&world, 1), before);
}

#[test]
fn where_updates_replace_the_record_an_account_that_cannot_be_read_is_left_alone() {
    let mut world = synced(|dialect| {
        dialect.replaces = true;
        dialect.garbles = [external_id(1)].into();
    });
    world.config = config("[reteach]\nupdate = \"replace\"\n[brake]\nat_least = 100\n");
    let before = account(&world, 1).clone();
    world.deactivate(1..2);
    let result = world.sync(End::Well);
    assert_eq!((result.outcome, result.counts.locked), (Outcome::Partly, 0));
    assert_eq!(*account(&world, 1), before);
}

#[test]
fn an_account_that_cannot_be_read_is_not_locked_where_nothing_shows_whose_it_is() {
    let mut world = synced(|dialect| {
        dialect.garbles = [external_id(1)].into();
        dialect.refuses_external_ids = Some(404);
    });
    world.deactivate(1..2);
    assert_eq!(world.sync(End::Well).outcome, Outcome::Partly);
    assert!(!world.is_locked(1));
    // The list shows it.
    world.mode = Mode::Reconcile;
    let result = world.after(5).sync(End::Well);
    assert_eq!((result.outcome, result.counts.locked), (Outcome::Done, 1));
    assert!(world.is_locked(1));
}

#[test]
fn a_reply_without_the_external_id_is_no_conflict_and_the_account_is_read_once() {
    let mut world = before(|dialect| dialect.bare_replies = true);
    let result = world.sync(End::Well);
    let ended = (result.outcome, result.counts.created);
    assert_eq!(ended, (Outcome::Done, MANY as u64));
    assert_eq!(world.academy.dialect.read, MANY);
    // Three more people: one gets a new account, one adopts an account, and one is a rehire.
    let reads = |bare_replies| {
        let mut world = synced(|dialect| dialect.bare_replies = bare_replies);
        world.deactivate(1..2);
        world.sync(End::Well);
        let before = world.academy.dialect.read;
        for id in [MANY, MANY + 1, MANY + 2] {
            world.hire(employee(&id.to_string()));
        }
        let adopted = format!("p{}@muster.example", MANY + 1);
        world.academy.make(Some(adopted));
        world.edit(MANY + 2, |person| {
            person.email = Field::Value("p1@muster.example".into());
        });
        let counts = world.after(5).sync(End::Well).counts;
        let shown = (counts.created, counts.adopted, counts.handed_over);
        assert_eq!(shown, (1, 1, 1), "{bare_replies}");
        world.academy.dialect.read - before
    };
    assert_eq!(reads(true), reads(false) + 3);
}

/// An admin has written what is not ours to every account.
fn with_notes(world: &mut World) {
    for customer in world.academy.customers.values_mut() {
        let notes = [("note", "hat Prokura"), ("team", "Süd"), ("language", "DE")];
        let notes = notes.map(|(name, value)| (name.to_owned(), value.into()));
        customer.others.extend(notes);
        customer.tags.push(tag("Führungskraft"));
    }
}

/// The academy's accounts but for what a test changes. Tags have no order.
fn kept(world: &World) -> Vec<Customer> {
    let kept = |customer: &Customer| {
        let mut customer = Customer {
            location: None,
            set_inactive_at: None,
            ..customer.clone()
        };
        customer.tags.sort_by(|a, b| a.name.cmp(&b.name));
        customer
    };
    world.academy.customers.values().map(kept).collect()
}

#[test]
fn an_academy_whose_updates_replace_the_record_loses_nothing_and_is_reported() {
    // Of the last one, the field that it does not let us write back.
    for (drops_tags, refuses) in [(false, None), (true, None), (false, Some("language"))] {
        let mut world = synced(|dialect| {
            dialect.replaces = true;
            dialect.drops_tags = drops_tags;
            dialect.refuses = refuses;
            dialect.names_no_field = true;
        });
        with_notes(&mut world);
        let kept = |world: &World| {
            let mut accounts = kept(world);
            let others = accounts.iter_mut().map(|account| &mut account.others);
            others.for_each(|others| others.retain(|name, _| Some(name.as_str()) != refuses));
            accounts
        };
        let before = kept(&world);
        move_to(&mut world, 0..MANY, "Ulm");
        world.deactivate(30..40);
        let result = world.sync(End::Well);
        assert_eq!(result.outcome, Outcome::AcademyRefuses);
        for says in ["does not name", r#"`[reteach] update = "replace"`"#] {
            assert!(result.message.contains(says), "{}", result.message);
        }
        assert_eq!(world.locked(), 10);
        assert_eq!(kept(&world), before);
        assert_eq!(world.academy.gate, None);
    }
}

#[test]
fn with_update_replace_such_an_academy_is_in_step_and_loses_nothing() {
    for drops_tags in [false, true] {
        let mut world = synced(|dialect| {
            dialect.replaces = true;
            dialect.drops_tags = drops_tags;
        });
        world.config = config("[reteach]\nupdate = \"replace\"\n[brake]\nat_least = 100\n");
        with_notes(&mut world);
        let before = kept(&world);
        move_to(&mut world, 0..MANY, "Ulm");
        world.deactivate(30..40);
        let result = world.sync(End::Well);
        assert_eq!((result.outcome, world.locked()), (Outcome::Done, 10));
        assert_eq!(kept(&world), before);
        assert!((0..MANY).all(|id| account(&world, id).location.as_deref() == Some("Ulm")));
    }
}

#[test]
fn an_academy_that_begins_to_lose_what_updates_do_not_name_is_noticed_before_anything_is_lost() {
    for (replaces, drops_tags) in [(true, false), (false, true), (true, true)] {
        let mut world = synced(|_| {});
        with_notes(&mut world);
        move_to(&mut world, 0..3, "Bonn");
        assert_eq!(world.sync(End::Well).outcome, Outcome::Done);
        let before = kept(&world);
        world.academy.dialect.replaces = replaces;
        world.academy.dialect.drops_tags = drops_tags;
        move_to(&mut world, 0..MANY, "Ulm");
        let result = world.after(5).sync(End::Well);
        let expected = if replaces {
            Outcome::AcademyRefuses
        } else {
            Outcome::Done
        };
        assert_eq!(result.outcome, expected, "{replaces} {drops_tags}");
        assert_eq!(kept(&world), before, "{replaces} {drops_tags}");
    }
}

#[test]
fn an_academy_that_takes_the_end_away_with_each_update_opens_nobody() {
    let mut world = synced(|_| {});
    world.deactivate(30..40);
    world.sync(End::Well);
    world.academy.dialect.clears_end = true;
    // Open accounts come first, and have no end that could be lost.
    for office in ["Ulm", "Bonn"] {
        move_to(&mut world, 0..MANY, office);
        world.after(5).sync(End::Well);
        assert_eq!(world.locked(), 10, "{office}");
        assert_eq!(account(&world, 0).location.as_deref(), Some(office));
    }
    // Who waited for another try has the new office, too, and nobody was opened for it.
    world.after(60).sync(End::Well);
    assert_eq!(world.locked(), 10);
}

#[test]
fn accounts_that_are_open_a_day_after_the_date_that_locks_them_are_reported() {
    use shared::reteach::Status::{Active, Added, Inactive, Other};
    let other = || Other("SLEEPING".to_owned());
    // The status of three leavers' accounts after 23, 25 and 50 hours, and what the reconcile says in the end.
    let cases = [
        ([Inactive, Inactive, Inactive], Outcome::Done, 0),
        ([Active, Active, Active], Outcome::AcademyRefuses, 3),
        ([Active, Active, Added], Outcome::AcademyRefuses, 3),
        // An admin may have opened one again.
        ([Active, Added, Added], Outcome::Done, 3),
        ([Active, Inactive, Added], Outcome::Done, 1),
        ([Added, Added, Added], Outcome::Done, 3),
        ([Inactive, Added, Added], Outcome::Done, 0),
        ([other(), other(), other()], Outcome::Done, 0),
    ];
    for (statuses, outcome, open) in cases {
        let mut world = synced(|_| {});
        world.deactivate(0..3);
        world.sync(End::Well);
        for (id, status) in statuses.iter().enumerate() {
            let id = id_of(&world, id);
            world.academy.customers.get_mut(&id).unwrap().status = Some(status.clone());
        }
        world.mode = Mode::Reconcile;
        let mut before = 0;
        for hours in [23, 25, 50] {
            let result = world.after((hours - before) * 60).sync(End::Well);
            before = hours;
            let said: Vec<_> = result
                .findings
                .iter()
                .filter(|finding| finding.kind == FindingKind::NotLocked)
                .map(|finding| finding.text.as_str())
                .collect();
            if hours == 23 || open == 0 {
                let ended = (result.outcome, said.len());
                assert_eq!(ended, (Outcome::Done, 0), "{statuses:?}");
                continue;
            }
            // Two comparisons a day apart have to agree: an end date may have been entered late.
            let outcome = if hours == 25 { Outcome::Done } else { outcome };
            assert_eq!(result.outcome, outcome, "{statuses:?}");
            let begins = format!("{open} of 3 accounts");
            assert!(
                said.len() == 1 && said[0].starts_with(&begins),
                "{statuses:?}: {said:?}"
            );
            let expected = outcome != Outcome::Done;
            assert_eq!(result.message.contains("does not lock"), expected);
        }
    }
}

#[test]
fn a_switched_off_field_that_the_academy_refuses_to_clear_keeps_its_value_and_stops_nobody() {
    for keeps_nulls in [false, true] {
        let mut world = synced(|dialect| {
            dialect.refuses = (!keeps_nulls).then_some("position");
            dialect.keeps_nulls = keeps_nulls;
        });
        world.config = config("[employees]\nposition = \"tag\"\n[brake]\nat_least = 100\n");
        let result = world.sync(End::Well);
        assert_eq!(
            (result.outcome, result.counts.refused),
            (Outcome::Done, 0),
            "{}",
            result.message
        );
        let refused = world.academy.dialect.refused;
        assert!(refused <= 1, "{refused}");
        for id in 0..MANY {
            let tags = &account(&world, id).tags;
            assert!(tags.iter().any(|tag| tag.name == "Position: Schlosser"));
        }
        assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Unchanged);
    }
}

#[test]
fn outer_spaces_that_hr_takes_off_a_tag_go_in_the_academy_as_well() {
    let mut world = World::before(1, "[employees]\nposition = \"tag\"\n");
    for position in ["Schlosser ", "Schlosser"] {
        world.edit(0, |person| person.position = Field::Value(position.into()));
        world.after(5).sync(End::Well);
        let tags = account(&world, 0).tags.iter().map(|tag| tag.name.as_str());
        let ours: Vec<_> = tags.filter(|name| name.starts_with("Position")).collect();
        assert_eq!(ours, [format!("Position: {position}")]);
    }
}

#[test]
fn a_tag_that_the_academy_does_not_take_is_refused_and_five_are_the_tenants_trouble() {
    let mut world = synced(|dialect| dialect.ignores_tags = true);
    let external = || Field::Value(EmploymentType::External);
    for id in 0..4 {
        world.edit(id, |person| person.employment_type = external());
    }
    let result = world.sync(End::Well);
    assert_eq!((result.outcome, result.counts.refused), (Outcome::Done, 4));
    assert!(
        result.findings[0].text.contains("tag:Anstellungsart"),
        "{:?}",
        result.findings
    );
    // The old tag stays until the new one is there.
    assert_eq!(account(&world, 0).tags.len(), 1);
    for id in 4..MANY {
        world.edit(id, |person| person.employment_type = external());
    }
    let result = world.after(5).sync(End::Well);
    let ended = (result.outcome, result.counts.refused);
    assert_eq!(ended, (Outcome::AcademyRefuses, 5));
    let message = &result.message;
    assert!(message.contains("employment_type"), "{message}");
}

#[test]
fn an_academy_that_gives_no_answer_about_tags_gets_everybodys_account_and_lock() {
    for forbids_tags in [false, true] {
        let mut world = before(|dialect| {
            dialect.fails_at_tags = !forbids_tags;
            dialect.forbids_tags = forbids_tags;
        });
        let result = world.sync(End::Well);
        let ended = (result.outcome, result.counts.refused);
        let (outcome, kind) = if forbids_tags {
            (Outcome::AcademyRefuses, FailureKind::Refused)
        } else {
            (Outcome::Partly, FailureKind::NoAnswer)
        };
        assert_eq!(ended, (outcome, MANY as u64), "{}", result.message);
        let remedy = r#"`[employees] employment_type = "off"`"#;
        assert_eq!(result.message.contains(remedy), forbids_tags);
        assert!(result.findings[0].text.contains("tag:Anstellungsart"));
        let ledger = &world.academy.ledger;
        assert_eq!((world.academy.customers.len(), ledger.len()), (MANY, MANY));
        assert!(ledger.values().all(|entry| entry.customer_id.is_some()));
        let failures = ledger.values().map(|entry| entry.failure.as_ref());
        let mut kinds = failures.map(|failure| failure.map(|failure| failure.kind));
        assert!(kinds.all(|of| of == Some(kind)));
        world.deactivate(0..1);
        world.after(5).sync(End::Well);
        assert!(world.is_locked(0));
        world.academy.dialect = Dialect::default();
        assert_eq!(world.after(30).sync(End::Well).counts.refused, 0);
        assert!((0..MANY).all(|id| account(&world, id).tags.len() == 1));
    }
}

#[test]
fn a_null_that_does_not_clear_is_refused_with_the_name_of_its_field() {
    let mut world = synced(|_| {});
    world.deactivate(0..3);
    world.sync(End::Well);
    world.academy.dialect.keeps_nulls = true;
    for id in 0..3 {
        world.edit(id, |person| person.status = Field::Value(Status::Active));
    }
    world.edit(9, |person| person.position = Field::Null);
    let result = world.after(5).sync(End::Well);
    assert_eq!((result.counts.refused, result.counts.unlocked), (4, 0));
    let texts: Vec<_> = result
        .findings
        .iter()
        .map(|finding| finding.text.as_str())
        .collect();
    let named = |field: &str| texts.iter().filter(|text| text.contains(field)).count();
    let both = (named("setInactiveAt"), named("position"));
    assert_eq!(both, (3, 1), "{texts:?}");
    assert_eq!(world.locked(), 3);
    world.academy.dialect.keeps_nulls = false;
    let result = world.after(20).sync(End::Well);
    assert_eq!((result.counts.unlocked, world.locked()), (3, 0));
    assert_eq!(account(&world, 9).position, None);
}

#[test]
fn a_mail_address_in_other_letters_is_no_difference() {
    let mut world = before(|_| {});
    world.academy.folds_mail = true;
    for id in 0..MANY {
        world.edit(id, |person| {
            person.email = Field::Value(format!("P{id}@Muster.Example"))
        });
    }
    let result = world.sync(End::Well);
    let ended = (result.outcome, result.counts.created);
    assert_eq!(ended, (Outcome::Done, MANY as u64));
}

#[test]
fn an_adoption_with_a_refused_value_locks_on_its_own() {
    let mut world = before(|_| {});
    let id = world.academy.make(Some("p1@muster.example".into()));
    world.academy.dialect.refuses = Some("lastName");
    world.edit(1, |person| {
        person.end_date = Field::Value("2026-05-01".parse().unwrap())
    });
    world.sync(End::Well);
    let account = &world.academy.customers[&id];
    assert_eq!(account.external_id, Some(ExternalId::new("personio:1")));
    assert!(account.set_inactive_at.is_some_and(|at| at <= world.now));
    assert_eq!(account.last_name, None);
}
