//! The academy's list of accounts: what a run does without it, and what it finds in it.

use jiff::{SignedDuration, Timestamp};
use shared::domain::employee::{Field, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::state::{
    Brake, Decision, EmployeeEntry, FailureKind, HeldPart, HeldPlan, PartKey, SyncState,
};
use shared::tenant::Placement;

use super::world::{End, World, window};
use crate::plan::builders::{edited, employee, now};
use crate::run::stages::approves_absent;

fn account(world: &mut World, id: &str) -> CustomerId {
    let account = world.academy.account_of(&SourceId::new(id)).unwrap();
    account.id.clone()
}

fn reconciled_at(world: &World) -> Timestamp {
    world.academy.state.as_ref().unwrap().reconciled_at
}

/// Everybody with a number below this has left; the academy's list does not show their accounts.
fn hiding(leavers: usize, size: usize) -> World {
    let mut world = World::new(size, "[brake]\nat_least = 1000\n");
    world.deactivate(0..leavers);
    world.tick(End::Well);
    assert_eq!(world.locked(), leavers);
    world.academy.hides_locked = true;
    world
}

#[test]
fn accounts_that_the_list_leaves_out_are_not_taken_for_deleted() {
    for (leavers, read) in [(3, 3), (100, 100), (150, 50)] {
        let mut world = hiding(leavers, leavers + 10);
        world.edit(1, |it| it.status = Field::Value(Status::Active));
        let tick = world.after(24 * 60).tick(End::Well);
        assert_eq!((tick.changes, world.academy.read), (1, read), "{leavers}");
        assert_eq!(world.locked(), leavers - 1, "the returner is unlocked");
        assert_eq!(tick.found(FindingKind::NotListed), 1, "{leavers}");
        assert_eq!(world.academy.customers.len(), leavers + 10);
        let counted = world.academy.state.as_ref().unwrap().open_accounts;
        assert_eq!(counted, 11, "{leavers}");
    }
}

#[test]
fn an_account_that_was_deleted_is_read_once_and_replaced() {
    let mut world = hiding(3, 10);
    let deleted = account(&mut world, "7");
    world.academy.customers.remove(&deleted);
    let tick = world.after(24 * 60).tick(End::Well);
    assert_eq!((tick.changes, tick.found(FindingKind::AccountLost)), (1, 1));
    assert_ne!(account(&mut world, "7"), deleted);
    assert_eq!(world.academy.read, 4);
    // Nobody is locked, nobody is deleted: nothing is read.
    world.academy.hides_locked = false;
    let tick = world.after(24 * 60).tick(End::Well);
    assert_eq!(tick.found(FindingKind::AccountLost), 0);
    assert_eq!(world.academy.read, 4);
}

#[test]
fn a_reconcile_that_was_asked_for_does_not_wait_for_the_pause() {
    let mut world = World::new(10, "");
    world.after(24 * 60).academy.cannot_list = true;
    world.tick(End::Well);
    world.academy.cannot_list = false;
    world.mode = Mode::Reconcile;
    world.after(5).tick(End::Well);
    assert_eq!(reconciled_at(&world), world.now);
}

#[test]
fn a_first_run_that_cannot_list_the_academy_writes_nothing() {
    let mut world = World::before(10, "");
    world.academy.cannot_list = true;
    assert!(world.try_tick(End::Well).is_err());
    assert!(world.academy.customers.is_empty() && world.academy.state.is_none());
}

#[test]
fn new_rules_that_cannot_be_compared_with_the_academy_are_tried_again() {
    let mut world = World::new(10, "");
    world.config.employees.department = true;
    world.academy.cannot_list = true;
    let tick = world.after(5).tick(End::Well);
    assert_eq!(tick.found(FindingKind::NotListed), 1);
    let compared = reconciled_at(&world);
    world.academy.cannot_list = false;
    world.after(60).tick(End::Well);
    assert_ne!(reconciled_at(&world), compared);
}

#[test]
fn a_reconcile_that_was_asked_for_tries_refused_people_at_once() {
    for (mode, created) in [(Mode::Scheduled, 0), (Mode::Reconcile, 1)] {
        let mut world = World::new(5, "");
        // A user name that an account of somebody else has.
        let other = world.academy.make(None);
        world.academy.customers.get_mut(&other).unwrap().user_name = Some("personio-9".into());
        world.hire(edited("9", |person| person.email = Field::Null));
        let refused = world.after(5).tick(End::Well);
        let both = (refused.changes, refused.found(FindingKind::Refused));
        assert_eq!(both, (0, 1));
        world.academy.customers.remove(&other);
        world.mode = mode;
        assert_eq!(world.after(5).tick(End::Well).changes, created, "{mode:?}");
    }
}

#[test]
fn a_conflict_that_the_academy_no_longer_shows_is_tried_on_the_next_look() {
    let mut world = World::new(5, "");
    let mail = employee("9").email.value().cloned();
    let holder = world.academy.make(mail);
    let another = Some(ExternalId::new("personio:77"));
    world.customer(&holder).external_id = another;
    world.employees.insert(SourceId::new("9"), employee("9"));
    world.after(5).tick(End::Well);
    let failure = |world: &World| {
        let entry: &EmployeeEntry = &world.academy.ledger[&SourceId::new("9")];
        entry.failure.clone()
    };
    assert_eq!(failure(&world).unwrap().kind, FailureKind::Conflict);
    world.academy.customers.remove(&holder);
    // Any look will do: here it is the daily one, which comes before the pause is over.
    let entry = world.academy.ledger.get_mut(&SourceId::new("9")).unwrap();
    entry.failure.as_mut().unwrap().retry_at = world.now + jiff::SignedDuration::from_hours(48);
    assert_eq!(world.after(24 * 60).tick(End::Well).changes, 1);
    assert_eq!(failure(&world), None);
}

#[test]
fn conflicts_are_noted_while_there_is_time_and_the_rest_in_the_next_run() {
    let mut world = World::new(5, "");
    for id in ["91", "92", "93", "94"] {
        let mail = employee(id).email.value().cloned();
        let holder = world.academy.make(mail);
        let holder = world.academy.customers.get_mut(&holder).unwrap();
        holder.external_id = Some(ExternalId::new(format!("personio:7{id}")));
        world.employees.insert(SourceId::new(id), employee(id));
    }
    let noted = |world: &World| {
        let entries = world.academy.ledger.values();
        entries.filter(|entry| entry.failure.is_some()).count()
    };
    world.after(5).tick(End::OutOfTime(3));
    assert_eq!(noted(&world), 3);
    let tick = world.after(5).tick(End::Well);
    assert_eq!((noted(&world), tick.found(FindingKind::Conflict)), (4, 1));
    assert_eq!(world.academy.state.as_ref().unwrap().waiting, 4);
}

#[test]
fn the_reconcile_locks_the_account_of_somebody_gone_again_if_an_admin_opened_it() {
    let mut world = World::new(10, "");
    let account = account(&mut world, "3");
    world.employees.remove(&SourceId::new("3"));
    world.ticks(2, 5);
    assert_eq!(world.locked(), 1);
    let opened = |world: &mut World| {
        world.customer(&account).set_inactive_at = None;
    };
    opened(&mut world);
    assert_eq!(world.after(5).tick(End::Well).changes, 0);
    assert_eq!(world.after(24 * 60).tick(End::Well).changes, 1);
    assert_eq!(world.locked(), 1);
    // The same where the daily comparison finds nothing to do.
    assert_eq!(world.after(24 * 60).tick(End::Well).changes, 0);
    // They return, and the account is theirs.
    world.employees.insert(SourceId::new("3"), employee("3"));
    world.after(5).tick(End::Well);
    assert_eq!((world.locked(), world.academy.customers.len()), (0, 10));
}

/// An account that a run before our ledger's time made, for somebody whom nobody remembers.
fn orphan(world: &mut World, id: &str) -> CustomerId {
    let account = world.academy.make(None);
    world.customer(&account).external_id = Some(ExternalId::new(format!("personio:{id}")));
    account
}

#[test]
fn an_orphaned_account_is_reported_and_locked_only_after_approval() {
    let mut world = World::new(10, "");
    orphan(&mut world, "99");
    let stranger = world.academy.make(None);
    world.customer(&stranger).external_id = Some(ExternalId::new("sap:77"));
    let tick = world.after(24 * 60).tick(End::Well);
    let found: Vec<_> = tick
        .findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Orphaned)
        .filter_map(|finding| finding.person.as_deref())
        .collect();
    assert_eq!((found, tick.changes), (vec!["99"], 0));
    let hash = world.hash().map(str::to_owned);
    assert!(hash.is_some());
    // Runs over people who changed see no orphans, and do not take what is held for gone.
    world.edit(3, |it| it.position = Field::Value("Chefin".into()));
    assert_eq!(world.after(5).tick(End::Well).changes, 1);
    assert_eq!(world.hash().map(str::to_owned), hash);
    world.decide(|at| Decision::Approved { at });
    assert_eq!(world.after(5).tick(End::Well).changes, 1);
    assert_eq!((world.locked(), world.hash()), (1, None));
    // It has a history from then on.
    assert_eq!(
        world.after(5).tick(End::Well).found(FindingKind::Orphaned),
        0
    );
}

/// Since then two people were hired, and one of them has left again. One was locked, one is gone, one is open again.
#[test]
fn a_restored_table_makes_nobody_twice_and_lifts_no_lock() {
    let mut world = World::new(10, "[brake]\nat_least = 1000\n");
    world.deactivate(4..5);
    world.tick(End::Well);
    let earlier = world.academy.clone();
    world.edit(4, |it| it.status = Field::Value(Status::Active));
    world.deactivate(3..4);
    world.employees.remove(&SourceId::new("5"));
    for id in ["10", "11"] {
        world.employees.insert(SourceId::new(id), employee(id));
    }
    world.ticks(2, 5);
    world.employees.remove(&SourceId::new("11"));
    assert_eq!((world.locked(), world.academy.customers.len()), (2, 12));
    world.academy.ledger = earlier.ledger;
    world.academy.shards = earlier.shards;
    world.academy.state = earlier.state.map(|state| SyncState {
        reconciled_at: Timestamp::UNIX_EPOCH,
        ..state
    });
    for _ in 0..2 {
        world.after(5).tick(End::Well);
        assert_eq!((world.locked(), world.academy.customers.len()), (2, 12));
    }
    assert!(world.is_locked(3) && world.is_locked(5));
    // The account that the table never knew is an orphan.
    world.decide(|at| Decision::Approved { at });
    world.after(5).tick(End::Well);
    assert_eq!((world.locked(), world.academy.customers.len()), (3, 12));
    assert!(world.is_locked(11) && world.hash().is_none());
}

#[test]
fn a_leaver_whose_account_lost_its_external_id_is_locked_however_the_mail_is_written() {
    let mut world = World::before(10, "");
    world.edit(3, |it| {
        it.email = Field::Value("P.Drei@Muster.example".into())
    });
    world.tick(End::Well);
    let account = account(&mut world, "3");
    world.customer(&account).external_id = None;
    world.employees.remove(&SourceId::new("3"));
    world.ticks(4, 5);
    assert!(window(&world.academy.customers[&account]).is_locked_at(world.now));
}

#[test]
fn people_whom_a_run_has_no_time_to_look_up_get_their_account_from_later_runs() {
    const NEW: usize = 200;
    let mut world = World::new(10, "[brake]\nat_least = 5000\n");
    world.academy.cannot_list = true;
    world.academy.looks_up = 30;
    for id in 10..10 + NEW {
        world.hire(employee(&id.to_string()));
    }
    world.employees.remove(&SourceId::new("3"));
    world.after(5);
    let first = world.sync(End::Well);
    let ended = (first.outcome, first.counts.created);
    assert_eq!(ended, (Outcome::Partly, 30));
    assert_eq!(first.counts.left as usize, NEW - 30);
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 1);
    world.ticks(100, 5);
    assert_eq!(world.academy.customers.len(), 10 + NEW);
}

#[test]
fn an_approved_orphan_in_an_academy_that_cannot_be_listed_is_tried_once_an_hour() {
    let mut world = World::new(10, "");
    orphan(&mut world, "99");
    world.after(24 * 60).tick(End::Well);
    world.decide(|at| Decision::Approved { at });
    world.academy.cannot_list = true;
    let mut tried = 0;
    for _ in 0..12 {
        tried += world.after(5).tick(End::Well).found(FindingKind::NotListed);
    }
    assert_eq!(tried, 1);
    world.academy.cannot_list = false;
    world.after(60).tick(End::Well);
    assert_eq!(world.locked(), 1);
}

#[test]
fn an_approved_part_of_somebody_absent_makes_one_comparison_due_and_another_after_an_hour() {
    let last = now() + SignedDuration::from_millis(700);
    let after = |seconds| last + SignedDuration::from_secs(seconds);
    let approved = |at| Some(Decision::Approved { at });
    // Stored, the approval loses its fraction of a second.
    let same_second = approved(now());
    let before = approved(after(-1));
    let dismissed = Some(Decision::Dismissed { at: after(1) });
    let company = World::before(10, "").people();
    for (person, decision, then, expected) in [
        ("99", approved(after(1)), 300, true),
        ("99", approved(last), 300, true),
        ("99", same_second, 300, true),
        ("99", before, 300, false),
        ("99", before, 3_599, false),
        ("99", before, 3_600, true),
        ("99", approved(after(-24 * 3_600)), 3_600, false),
        ("99", dismissed, 3_600, false),
        ("99", None, 3_600, false),
        ("3", approved(after(1)), 3_600, false),
    ] {
        let part = HeldPart {
            person: Some(SourceId::new(person)),
            decision,
        };
        let held = HeldPlan {
            since: now(),
            parts: [(PartKey::new(Brake::OrphanLock, 1), part)]
                .into_iter()
                .collect(),
            ..HeldPlan::default()
        };
        let is_due = approves_absent(&held, &company, last, after(then));
        assert_eq!(is_due, expected, "{person} {decision:?} {then}");
    }
}

#[test]
fn a_dismissed_orphan_costs_later_runs_nothing() {
    let mut world = World::new(10, "");
    orphan(&mut world, "99");
    world.after(24 * 60).tick(End::Well);
    assert!(world.academy.state.as_ref().unwrap().holds_absent);
    world.decide(|at| Decision::Dismissed { at });
    world.after(24 * 60).tick(End::Well);
    assert!(!world.academy.state.as_ref().unwrap().holds_absent);
    assert_eq!(world.locked(), 0);
}

#[test]
fn nobody_with_a_history_is_an_orphan() {
    let mut world = World::new(10, "");
    // Their account went to another person, and an admin gave the old id to a third account.
    orphan(&mut world, "99");
    let mut entry = EmployeeEntry::new(SourceId::new("99"));
    entry.handed_over_to = Some(SourceId::new("3"));
    world.academy.ledger.insert(entry.source_id.clone(), entry);
    let tick = world.after(24 * 60).tick(End::Well);
    assert_eq!((tick.found(FindingKind::Orphaned), world.hash()), (0, None));
}

#[test]
fn what_the_configuration_switches_off_is_cleared_once_and_only_where_we_wrote_it() {
    let mut world = World::new(40, "[employees]\ndepartment = true\n");
    for id in 0..40 {
        world.edit(id, |it| it.department = Field::Value("Vertrieb".into()));
        world.edit(id, |it| it.position = Field::Value("Fahrer".into()));
    }
    world.after(5).tick(End::Well);
    let admins = account(&mut world, "4");
    world.customer(&admins).department = Some("Von Hand".into());

    world.config.employees.department = false;
    world.config.employees.position = Placement::Tag;
    let tick = world.after(5).tick(End::Well);
    let shown = (tick.changes, world.hash(), world.counted(Brake::Blank));
    assert_eq!(shown, (40, None, 0));
    let departments = |world: &World| {
        let held = world.academy.customers.values();
        held.filter_map(|it| it.department.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(departments(&world), ["Von Hand"]);
    for customer in world.academy.customers.values() {
        let tags: Vec<_> = customer.tags.iter().map(|tag| tag.name.as_str()).collect();
        assert!(
            customer.position.is_none() && tags.contains(&"Position: Fahrer"),
            "{tags:?}"
        );
    }
    // Once: what an admin writes there later is theirs.
    let customer = world.academy.customers.get_mut(&admins).unwrap();
    customer.position = Some("Von Hand".into());
    assert_eq!(world.after(24 * 60).tick(End::Well).changes, 0);

    world.config.employees.position = Placement::Field;
    world.after(5).tick(End::Well);
    for customer in world.academy.customers.values() {
        assert_eq!(customer.position.as_deref(), Some("Fahrer"));
        assert!(
            customer
                .tags
                .iter()
                .all(|tag| !tag.name.starts_with("Position"))
        );
    }
}
