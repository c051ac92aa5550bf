//! People who have been gone for a year leave the ledger; nobody is locked, unlocked or created by it.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use shared::access::{AccessWindow, LockReason, Locked};
use shared::domain::employee::{Employee, Field};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::{EntryStatus, Shard, ShardEntry, ShardNumber, ShardRange};
use shared::runtime::FindingKind;
use shared::source::Absence;
use shared::state::{Decision, EmployeeEntry};

use super::world::{End, World};
use crate::plan::builders::{employee, key, now};
use crate::plan::{Account, Candidate, SourceState};
use crate::run::expiry::{expired, long_gone};
use crate::source::{Completeness, IncompleteReason, People, Person};

const DAY: i64 = 24 * 60;

/// A company in which person 3 has left, `days` ago.
fn left(days: i64) -> (World, Employee) {
    let mut world = World::new(40, "");
    let person = world.employees.remove(&SourceId::new("3")).unwrap();
    world.ticks(2, 5);
    assert!(world.is_locked(3));
    world.after(days * DAY).tick(End::Well);
    (world, person)
}

fn knows(world: &World, id: &str) -> bool {
    world.academy.ledger.contains_key(&SourceId::new(id))
}

#[test]
fn an_entry_ends_a_year_after_the_lock_and_the_account_stays_locked() {
    for (days, is_known) in [(1, true), (364, true), (366, false)] {
        let (mut world, _) = left(days);
        assert_eq!(knows(&world, "3"), is_known, "{days}");
        for _ in 0..3 {
            let tick = world.after(5).tick(End::Well);
            assert_eq!((tick.changes, tick.findings.len()), (0, 0), "{days}");
        }
        assert_eq!(world.locked(), 1, "{days}");
        assert_eq!(world.academy.ledger.len(), 39 + usize::from(is_known));
    }
}

#[test]
fn who_comes_back_after_thirteen_months_gets_the_same_account_open_again() {
    let (mut world, person) = left(396);
    assert!(!knows(&world, "3"));
    world.employees.insert(person.source_id.clone(), person);
    world.after(5).tick(End::Well);
    assert!(!world.is_locked(3));
    assert_eq!(world.academy.customers.len(), 40);
    assert!(knows(&world, "3"));
    assert_eq!(world.after(5).tick(End::Well).limits, None, "in step");
}

#[test]
fn who_comes_back_with_a_new_id_after_thirteen_months_is_handed_the_same_account() {
    let (mut world, person) = left(396);
    assert!(!knows(&world, "3"));
    let source_id = SourceId::new("99");
    let person = Employee {
        source_id: source_id.clone(),
        ..person
    };
    world.employees.insert(source_id.clone(), person);
    let tick = world.after(5).tick(End::Well);
    assert_eq!(tick.found(FindingKind::Conflict), 0);
    if world.hash().is_some() {
        world.decide(|at| Decision::Approved { at });
        world.after(5).tick(End::Well);
    }
    assert_eq!(world.academy.customers.len(), 40);
    assert!(world.academy.account_of(&source_id).is_some() && !world.is_locked(99));
}

#[test]
fn an_account_that_an_admin_opens_later_is_listed_and_not_locked() {
    let (mut world, _) = left(366);
    let id = world
        .academy
        .account_of(&SourceId::new("3"))
        .unwrap()
        .id
        .clone();
    let account = world.academy.customers.get_mut(&id).unwrap();
    account.set_inactive_at = None;
    let tick = world.after(DAY).tick(End::Well);
    assert_eq!(tick.found(FindingKind::Orphaned), 1);
    assert!(!world.is_locked(3));
    assert!(world.hash().is_some(), "the lock waits for an approval");
}

fn entry(id: &str, edit: impl FnOnce(&mut EmployeeEntry)) -> EmployeeEntry {
    let long_ago = now() - SignedDuration::from_hours(366 * 24);
    let mut entry = EmployeeEntry {
        customer_id: Some(CustomerId::new(format!("account-{id}"))),
        window: AccessWindow {
            active_at: None,
            inactive_at: Some(long_ago),
        },
        ..EmployeeEntry::new(SourceId::new(id))
    };
    edit(&mut entry);
    entry
}

fn handed_over(to: &str) -> impl FnOnce(&mut EmployeeEntry) + use<> {
    let to = SourceId::new(to);
    move |entry| {
        entry.customer_id = None;
        entry.window = AccessWindow::default();
        entry.handed_over_to = Some(to);
    }
}

#[test]
fn an_entry_is_kept_for_as_long_as_somebody_may_need_it() {
    let recent = now() - SignedDuration::from_hours(364 * 24);
    let locked = |entry: &mut EmployeeEntry| {
        let since = entry.window.inactive_at.unwrap();
        let reason = LockReason::Vanished;
        entry.locked = Some(Locked { since, reason });
    };
    let entries = [
        entry("there", |_| {}),
        entry("in-shard", |_| {}),
        entry("ended", |_| {}),
        entry("locked", locked),
        entry("recent", |entry| entry.window.inactive_at = Some(recent)),
        entry("open", |entry| entry.window.inactive_at = None),
        entry("no-account", |entry| entry.customer_id = None),
        entry("earlier-of-recent", handed_over("recent")),
        entry("earlier-of-there", handed_over("there")),
        entry("earlier-of-nobody", handed_over("nobody")),
    ];
    let entries = entries.map(|entry| (entry.source_id.clone(), entry)).into();
    let id = SourceId::new("in-shard");
    let fingerprint = key().fingerprint([]);
    let status = EntryStatus::MissingOnce;
    let shard = Shard(
        [(
            id.clone(),
            ShardEntry {
                fingerprint,
                status,
            },
        )]
        .into(),
    );
    let shards = [(ShardNumber::of(&id), shard)].into();
    let there = employee("there");
    let person = Person::Employee(Box::new(there.clone()), fingerprint);
    let complete = People::complete([(there.source_id, person)]);
    let gone = |people: &People| {
        let gone = long_gone(&entries, &shards, people, ShardRange::WHOLE, now());
        let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
        gone.join(" ")
    };
    assert_eq!(gone(&complete), "earlier-of-nobody ended locked no-account");
    // Without end dates only the entry tells that the lock is ours.
    let unreadable = People {
        unreadable: vec!["termination_date"],
        ..complete
    };
    assert_eq!(gone(&unreadable), "earlier-of-nobody ended no-account");
    let incomplete = People {
        completeness: Completeness::Incomplete(IncompleteReason::Nobody),
        ..unreadable
    };
    assert_eq!(gone(&incomplete), "");
}

#[test]
fn a_comparison_ends_a_limited_number_of_entries_and_the_next_one_the_rest() {
    let everybody: BTreeSet<_> = (0..450).map(|id| SourceId::new(id.to_string())).collect();
    let mut left = everybody.clone();
    for number in [200, 200, 50, 0] {
        let ended = expired(left.clone(), &[], now());
        assert_eq!(ended.len(), number);
        assert!(ended.iter().all(|id| left.remove(id)));
    }
}

#[test]
fn a_person_whose_account_is_not_known_to_be_locked_stays() {
    let left = BTreeSet::from([SourceId::new("7")]);
    for (account, ends) in [
        (Account::Missing, true),
        (Account::NotFetched, false),
        (Account::FromLedger(CustomerId::new("account-7")), false),
    ] {
        let candidate = Candidate {
            mail_holder: None,
            twin: None,
            source_id: SourceId::new("7"),
            source: SourceState::Gone {
                external_id: ExternalId::new("personio:7"),
                absence: Absence::Explained,
            },
            entry: None,
            account,
        };
        let ended = expired(left.clone(), std::slice::from_ref(&candidate), now());
        assert_eq!(ended.len(), usize::from(ends), "{:?}", candidate.account);
    }
}

#[test]
fn who_comes_back_is_unlocked_where_end_dates_cannot_be_read() {
    let mut world = World::new(40, "");
    let unreadable = |employee: &mut Employee| employee.end_date = Field::Absent;
    (0..40).for_each(|id| world.edit(id, unreadable));
    world.after(5).tick(End::Well);
    let person = world.employees.remove(&SourceId::new("3")).unwrap();
    for minutes in [5, 5, 396 * DAY] {
        world.after(minutes).tick(End::Well);
    }
    assert!(world.is_locked(3));
    world.employees.insert(person.source_id.clone(), person);
    world.after(5).tick(End::Well);
    assert!(!world.is_locked(3));
}
