//! Accounts that the academy shows and denies at once.

use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::{ExternalId, SourceId};
use shared::runtime::{FindingKind, JobResult, Outcome};

use super::world::{End, World};
use crate::EmployeeSync;
use crate::io::memory::{TOOL, tag};
use crate::plan::builders::{config, employee};

const PEOPLE: usize = 20;

/// A company in step whose first person is locked and comes back.
fn with_returner(rules: &str) -> World {
    let mut world = World::before(PEOPLE, rules);
    world.deactivate(0..1);
    world.ticks_and_pauses(2, 5);
    assert_eq!(world.locked(), 1);
    world.edit(0, |it| it.status = Field::Value(Status::Active));
    world
}

fn lost(result: &JobResult<EmployeeSync>) -> Vec<&str> {
    let findings = result.findings.iter();
    let lost = findings.filter(|finding| finding.kind == FindingKind::AccountLost);
    lost.map(|finding| finding.text.as_str()).collect()
}

fn move_to(world: &mut World, id: usize, office: &str) {
    world.edit(id, |it| it.location = Field::Value(office.into()));
}

/// Nothing is read or written any more.
fn assert_quiet(world: &mut World) {
    let (read, refused) = (world.academy.dialect.read, world.academy.dialect.refused);
    for _ in 0..3 {
        let result = world.after(5).sync(End::Well);
        assert_eq!(result.outcome, Outcome::Unchanged);
    }
    let dialect = &world.academy.dialect;
    assert_eq!((dialect.read, dialect.refused), (read, refused));
}

#[test]
fn a_returner_is_unlocked_by_an_academy_that_shows_locked_accounts_in_its_list_alone() {
    for by_reteach_id in [false, true] {
        let mut world = with_returner("");
        world.academy.dialect.hides_locked = true;
        world.academy.dialect.refuses_external_ids = by_reteach_id.then_some(404);
        if by_reteach_id {
            move_to(&mut world, 7, "Ulm");
        }
        world.ticks_and_pauses(2, 5);
        assert!(!world.is_locked(0), "{by_reteach_id}");
        assert_eq!(world.academy.customers.len(), PEOPLE);
        assert_quiet(&mut world);
    }
}

#[test]
fn an_account_that_another_system_numbers_during_a_long_first_run_is_not_taken_from_it() {
    let mut world = World::before(2, "");
    let accounts = ["0", "1"].map(|id| {
        let mail = employee(id).email.value().cloned();
        world.academy.make(mail)
    });
    // The adoption of this account comes first, and shows that no other has to be read for its fields.
    let adopted = world.academy.customers.get_mut(&accounts[1]).unwrap();
    adopted.position = Some("Schlosser".to_owned());
    adopted.tags.push(tag("Chefin"));
    let theirs = ExternalId::new("sap:77");
    world.academy.numbers = Some((accounts[0].clone(), theirs.clone()));
    world.reads_for = 3;
    let result = world.sync(End::Well);
    assert_eq!((result.counts.adopted, lost(&result).len()), (1, 1));
    let result = world.after(5).sync(End::Well);
    assert_eq!((result.counts.held, result.counts.created), (1, 0));
    let account = &world.academy.customers[&accounts[0]];
    assert_eq!(account.external_id.as_ref(), Some(&theirs));
}

#[test]
fn an_account_that_stays_denied_is_named_and_paused_and_stops_nothing_else() {
    let external_id = ExternalId::of(TOOL, &SourceId::new("0"));
    for replaces in [false, true] {
        let mut world = with_returner("");
        let dialect = &mut world.academy.dialect;
        if replaces {
            (dialect.hides_locked, dialect.replaces) = (true, true);
            world.config = config("[reteach]\nupdate = \"replace\"\n");
        } else {
            dialect.denies.insert(external_id.clone());
        }
        let first = world.sync(End::Well);
        assert_eq!((first.outcome, lost(&first).len()), (Outcome::Partly, 1));
        let second = world.after(5).sync(End::Well);
        assert_eq!(second.outcome, Outcome::Done);
        let texts = lost(&second);
        assert!(
            texts.len() == 1 && texts[0].contains("tried again"),
            "{texts:?}"
        );
        assert_quiet(&mut world);
        assert_eq!(world.academy.state.as_ref().unwrap().waiting, 1);
        move_to(&mut world, 9, "Ulm");
        let other = world.after(5).sync(End::Well);
        assert_eq!((other.outcome, other.counts.updated), (Outcome::Done, 1));
        // Each further pause is longer, until the academy shows the account again.
        for _ in 0..2 {
            let again = world.after(60).sync(End::Well);
            assert_eq!(lost(&again).len(), 1);
        }
        world.academy.dialect.denies.clear();
        world.academy.dialect.hides_locked = false;
        world.after(4 * 60).sync(End::Well);
        assert!(!world.is_locked(0));
        assert_eq!(world.academy.customers.len(), PEOPLE);
        assert_quiet(&mut world);
    }
}

#[test]
fn an_account_that_keeps_being_denied_does_not_keep_the_gate_shut() {
    let mut world = World::before(PEOPLE, "");
    world.academy.dialect.refuses = Some("position");
    world.tick(End::Well);
    world.academy.dialect.refuses = None;
    world.after(24 * 60).tick(End::Well);
    world.academy.gate = None;
    let external_id = ExternalId::of(TOOL, &SourceId::new("0"));
    world.academy.dialect.denies.insert(external_id);
    move_to(&mut world, 0, "Ulm");
    world.ticks(3, 5);
    assert!(world.academy.gate.is_some());
}

#[test]
fn an_account_that_has_lost_its_id_goes_to_nobody_else_with_its_mail_address() {
    for status in [Status::Active, Status::Inactive] {
        let is_employed = status == Status::Active;
        let mut world = World::new(PEOPLE, "");
        let id = SourceId::new("3");
        let account = world.academy.account_of(&id).unwrap().id.clone();
        let customer = world.academy.customers.get_mut(&account).unwrap();
        customer.external_id = None;
        // Another profile with the same address comes, of somebody else or of the same person.
        let other = Employee {
            email: world.employees[&id].email.clone(),
            status: Field::Value(status),
            ..employee("99")
        };
        world.employees.insert(other.source_id.clone(), other);
        let customers = world.academy.customers.clone();
        let mut texts = Vec::new();
        for _ in 0..3 {
            let findings = world.sync(End::Well).findings;
            texts.extend(findings.into_iter().map(|finding| finding.text));
            assert_eq!(world.academy.customers, customers);
            world.after(5);
        }
        // Nobody is said to get it.
        let is_named = texts.iter().any(|text| text.contains("of several people"));
        assert_eq!(is_named, is_employed, "{texts:?}");
        // The comparison gives it back its id.
        world.after(24 * 60).sync(End::Well);
        assert_eq!(world.academy.account_of(&id).unwrap().id, account);
        assert!(!world.is_locked(3));
        assert_eq!(world.academy.customers.len(), PEOPLE);
    }
}
