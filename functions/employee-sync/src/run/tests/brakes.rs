//! The brakes over time: no run and no 24 hours exceed one, whatever happens, and approvals are for what was seen.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;
use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::SourceId;
use shared::state::{Brake, Choice, ChoiceError, Decision};

use super::world::{End, World};
use crate::plan::builders::employee;
use crate::source::{Completeness, IncompleteReason};

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Something that happens to somebody in the HR system.
#[derive(Clone, Copy, Debug)]
enum Event {
    Inactive,
    Ended,
    Back,
    Blank,
    Mail(u8),
    Gone,
    /// The contract ends in so many days.
    Ends(i8),
    /// Somebody new.
    Hired,
}

fn event() -> impl Strategy<Value = Event> {
    use Event::{Back, Blank, Ended, Ends, Gone, Hired, Inactive, Mail};
    prop_oneof![
        4 => Just(Inactive),
        3 => Just(Ended),
        2 => Just(Back),
        2 => Just(Blank),
        2 => (0_u8..3).prop_map(Mail),
        2 => Just(Gone),
        2 => (1_i8..90).prop_map(Ends),
        2 => Just(Hired),
    ]
}

fn happen(world: &mut World, id: usize, event: Event) {
    match event {
        Event::Inactive => world.edit(id, |it| it.status = Field::Value(Status::Inactive)),
        Event::Ended => world.edit(id, |it| {
            it.end_date = Field::Value("2026-05-01".parse().unwrap())
        }),
        Event::Back => world.edit(id, |it| {
            it.status = Field::Value(Status::Active);
            it.end_date = Field::Null;
        }),
        Event::Blank => world.edit(id, |it| it.position = Field::Null),
        Event::Mail(version) => world.edit(id, |it| {
            it.email = Field::Value(format!("{id}-{version}@muster.example"))
        }),
        Event::Ends(days) => {
            let day =
                jiff::tz::TimeZone::UTC.to_datetime(world.now).date() + i64::from(days).days();
            world.edit(id, |it| it.end_date = Field::Value(day));
        }
        Event::Hired => {
            let id = SourceId::new((id + 100).to_string());
            let new = employee(id.as_str());
            world.employees.entry(id).or_insert(new);
        }
        Event::Gone => drop(world.employees.remove(&SourceId::new(id.to_string()))),
    }
}

fn happen_to(world: &mut World, ids: Range<usize>, event: Event) {
    for id in ids {
        happen(world, id, event);
    }
}

/// Accounts with the first new mail address of their person.
fn moved(world: &World) -> usize {
    let mails = world.academy.customers.values();
    let mails = mails.filter_map(|customer| customer.email.as_deref());
    mails.filter(|mail| mail.contains("-1@")).count()
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Well),
        1 => (0_usize..9).prop_map(End::OutOfTime),
        1 => (0_usize..9).prop_map(End::Dies),
    ]
}

/// Minutes until a tick, the same event for a row of people, and how the run ends.
fn ticks() -> impl Strategy<Value = Vec<(i64, (usize, usize, Event), End)>> {
    let minutes = prop_oneof![3 => Just(5_i64), 1 => 5_i64..300, 1 => Just(24 * 60)];
    prop::collection::vec((minutes, (0_usize..30, 1_usize..9, event()), end()), 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_run_and_no_24_hours_exceed_a_brake(ticks in ticks()) {
        let mut world = World::new(30, "[brake]\nat_least = 3\n");
        let mut harmed: Vec<(Timestamp, Brake, u32)> = Vec::new();
        for (minutes, (first, number, event), end) in ticks {
            world.after(minutes);
            happen_to(&mut world, first..first + number, event);
            let tick = world.tick(end);
            harmed.extend(tick.harmed.iter().map(|(brake, people)| (world.now, *brake, *people)));
            for brake in tick.harmed.keys() {
                let day = harmed.iter().filter(|(at, it, _)| it == brake && *at + A_DAY > world.now);
                let people: u32 = day.map(|(.., people)| people).sum();
                let limit = tick.limits.unwrap().get(*brake);
                prop_assert!(people <= limit, "{:?}: {} of {}", brake, people, limit);
            }
        }
    }

    #[test]
    fn each_harm_is_counted_once_however_often_the_run_dies(deaths in prop::collection::vec(0_usize..6, 0..5)) {
        let mut world = World::new(20, "");
        world.deactivate(0..5);
        for changes in deaths {
            world.tick(End::Dies(changes));
            world.after(5);
        }
        world.tick(End::Well);
        prop_assert_eq!((world.locked(), world.counted(Brake::UnexplainedLock)), (5, 5));
        prop_assert!(world.academy.state.as_ref().unwrap().pending.is_empty());
        world.after(5).tick(End::Well);
        prop_assert_eq!(world.counted(Brake::UnexplainedLock), 5);
    }

    #[test]
    fn each_harm_is_counted_once_however_often_the_run_is_out_of_time(stops in prop::collection::vec(0_usize..4, 0..5)) {
        let mut world = World::new(20, "");
        world.deactivate(0..5);
        for changes in stops {
            world.tick(End::OutOfTime(changes));
            world.after(5);
            prop_assert_eq!(u32::try_from(world.locked()).unwrap(), world.counted(Brake::UnexplainedLock));
        }
        world.tick(End::Well);
        prop_assert_eq!((world.locked(), world.counted(Brake::UnexplainedLock)), (5, 5));
    }
}

#[test]
fn strangers_are_counted_once_the_first_run_has_come_to_its_end() {
    let mut world = World::before(10, "");
    world.completeness = Completeness::Incomplete(IncompleteReason::TotalMoved {
        first: 10,
        last: 11,
    });
    world.tick(End::Well);
    assert_eq!(world.academy.gate, None);
    world.completeness = Completeness::Complete;
    world.after(5).tick(End::Well);
    assert!(world.academy.gate.is_some());
    for id in 100..300 {
        world.hire(employee(&id.to_string()));
    }
    world.after(5).tick(End::Well);
    assert_eq!(world.academy.customers.len(), 10);
    assert!(
        world
            .academy
            .held
            .as_ref()
            .unwrap()
            .counts
            .contains_key(&Brake::Create)
    );
}

#[test]
fn who_was_not_readable_at_first_is_created_as_by_a_first_run() {
    let agreeing = |announced| {
        Completeness::Agreeing(IncompleteReason::Miscounted {
            announced,
            received: 10,
        })
    };
    let no_total = Completeness::Agreeing(IncompleteReason::NoTotal { received: 10 });
    for (first, accounts) in [
        (agreeing(300), 300),
        (agreeing(21), 300),
        // Half of the company was there: everybody else is new.
        (agreeing(20), 10),
        (agreeing(8), 10),
        (no_total, 10),
    ] {
        let mut world = World::before(10, "");
        world.completeness = first;
        world.tick(End::Well);
        assert!(world.academy.gate.is_some(), "{first:?}");
        // A run with nothing to do concludes no more from the same reading.
        assert_eq!(world.after(5).tick(End::Well).changes, 0, "{first:?}");
        world.completeness = Completeness::Complete;
        happen_to(&mut world, 0..290, Event::Hired);
        world.after(5).tick(End::Well);
        assert_eq!(world.academy.customers.len(), accounts, "{first:?}");
        assert!(world.academy.state.as_ref().unwrap().has_completed);
    }
}

#[test]
fn the_first_complete_run_may_be_one_with_nothing_to_do() {
    let mut world = World::before(10, "");
    world.completeness = Completeness::Agreeing(IncompleteReason::Miscounted {
        announced: 300,
        received: 10,
    });
    world.tick(End::Well);
    assert!(!world.academy.state.as_ref().unwrap().has_completed);
    world.completeness = Completeness::Complete;
    assert_eq!(world.after(5).tick(End::Well).changes, 0);
    assert!(world.academy.state.as_ref().unwrap().has_completed);
}

#[test]
fn a_company_that_empties_by_one_per_cent_a_tick_is_stopped_at_the_brake() {
    let mut world = World::new(100, "");
    for tick in 0..100_usize {
        world.deactivate(tick..tick + 1);
        world.tick(End::Well);
        world.after(5);
        assert!(world.locked() <= 5, "tick {tick}");
    }
    assert_eq!(world.locked(), 5);
}

#[test]
fn what_is_held_has_the_same_hash_from_tick_to_tick() {
    let mut world = ten_held();
    let (hash, since) = (
        world.hash().unwrap().to_owned(),
        world.academy.held.as_ref().unwrap().since,
    );
    assert_eq!(hash.len(), 12);
    for minutes in [5, 5, 60, 26 * 60] {
        world.after(minutes).tick(End::Well);
        let both = (world.hash(), world.academy.held.as_ref().unwrap().since);
        assert_eq!(both, (Some(hash.as_str()), since));
    }
    assert_eq!(world.locked(), 0);
    // One more, and it is another plan; one less again, and it is the first.
    world.deactivate(10..11);
    world.after(5).tick(End::Well);
    assert_ne!(world.hash(), Some(hash.as_str()));
    world.edit(10, |it| it.status = Field::Value(Status::Active));
    world.after(5).tick(End::Well);
    assert_eq!(world.hash(), Some(hash.as_str()));
}

#[test]
fn everything_harmless_goes_on_while_a_plan_is_held() {
    let mut world = World::new(40, "");
    world.deactivate(0..10);
    world.edit(3, |it| it.position = Field::Value("Meister".into()));
    world.edit(20, |it| it.location = Field::Value("Bonn".into()));
    assert_eq!(world.tick(End::Well).changes, 2);
    let account = |world: &World, id: &str| {
        world
            .academy
            .account_of(&SourceId::new(id))
            .cloned()
            .unwrap()
    };
    assert_eq!(account(&world, "3").position.as_deref(), Some("Meister"));
    assert_eq!(account(&world, "20").location.as_deref(), Some("Bonn"));
    assert_eq!(world.after(5).tick(End::Well).changes, 0);
}

#[test]
fn a_held_plan_that_shrinks_to_the_limit_is_applied_whatever_was_dismissed_before() {
    for mut world in [World::new(40, ""), decided(dismissed)] {
        world.after(5).deactivate(10..17);
        world.tick(End::Well);
        assert_eq!(world.locked(), 0);
        happen_to(&mut world, 10..12, Event::Back);
        world.after(5).tick(End::Well);
        let locked: Vec<usize> = (0..40).filter(|id| world.is_locked(*id)).collect();
        assert_eq!(locked, [12, 13, 14, 15, 16]);
    }
}

#[test]
fn a_lock_counts_although_another_part_of_the_same_change_is_held() {
    let mut world = World::new(40, "");
    move_mails(&mut world, 1);
    world.deactivate(0..3);
    world.tick(End::Well);
    let counted = world.counted(Brake::UnexplainedLock);
    assert_eq!((world.locked(), counted), (3, 3));
    let held = world.academy.held.as_ref().unwrap();
    assert_eq!(held.counts, [(Brake::MailChange, 10)].into());
}

fn approved(at: Timestamp) -> Decision {
    Decision::Approved { at }
}

fn dismissed(at: Timestamp) -> Decision {
    Decision::Dismissed { at }
}

/// 40 people, 10 of them held.
fn ten_held() -> World {
    let mut world = World::new(40, "");
    world.deactivate(0..10);
    world.tick(End::Well);
    world
}

/// The same, decided about.
fn decided(decision: fn(Timestamp) -> Decision) -> World {
    let mut world = ten_held();
    world.decide(decision);
    world
}

#[test]
fn an_approved_plan_is_applied_and_does_not_use_up_the_brake() {
    let mut world = decided(approved);
    world.after(5).tick(End::Well);
    assert_eq!((world.locked(), world.academy.held.is_some()), (10, false));
    assert_eq!(world.counted(Brake::UnexplainedLock), 0);
    world.deactivate(10..15);
    world.after(5).tick(End::Well);
    let both = (world.locked(), world.counted(Brake::UnexplainedLock));
    assert_eq!(both, (15, 5));
    world.deactivate(15..16);
    world.after(5).tick(End::Well);
    assert_eq!((world.locked(), world.academy.held.is_some()), (15, true));
    // One more within 24 hours is too many; a day later it is not.
    world.after(25 * 60).tick(End::Well);
    assert_eq!((world.locked(), world.academy.held.is_some()), (16, false));
}

#[test]
fn an_approval_belongs_to_each_change_and_lasts_for_a_day() {
    type Meanwhile = fn(&mut World);
    let cases: [(&str, Meanwhile, usize); 6] = [
        (
            "a minute short of a day",
            |world| world.now += SignedDuration::from_mins(24 * 60 - 1),
            10,
        ),
        ("a day", |world| world.now += A_DAY, 0),
        ("one more person", |world| world.deactivate(10..11), 11),
        (
            "another person instead",
            |world| {
                world.deactivate(10..11);
                happen(world, 0, Event::Back);
            },
            10,
        ),
        ("one person fewer", |world| happen(world, 0, Event::Back), 9),
        ("another cause", |world| happen(world, 0, Event::Ended), 9),
    ];
    for (name, meanwhile, locked) in cases {
        let mut world = decided(approved);
        meanwhile(&mut world);
        world.tick(End::Well);
        let ended = usize::from(name == "another cause");
        assert_eq!(world.locked(), locked + ended, "{name}");
    }
}

#[test]
fn the_rest_of_an_approved_plan_that_was_interrupted_goes_on() {
    for end in [End::OutOfTime(4), End::Dies(4)] {
        let mut world = decided(approved);
        world.after(5).tick(end);
        assert_eq!(world.locked(), 4, "{end:?}");
        world.after(5).tick(End::Well);
        let both = (world.locked(), world.academy.held.is_some());
        assert_eq!(both, (10, false), "{end:?}");
        // The approval has lapsed before the rest could be applied: the brake decides about it.
        let mut world = decided(approved);
        world.after(5).tick(end);
        world.after(24 * 60).tick(End::Well);
        let both = (world.locked(), world.academy.held.is_some());
        assert_eq!(both, (4, true), "{end:?}");
    }
}

#[test]
fn the_rest_of_an_approved_plan_does_not_count_where_no_brake_would_hold_it() {
    for end in [End::OutOfTime(7), End::Dies(7)] {
        let mut world = decided(approved);
        world.after(5).tick(end);
        world.after(5).tick(End::Well);
        let both = (world.locked(), world.academy.held.is_some());
        assert_eq!(both, (10, false), "{end:?}");
        assert_eq!(world.counted(Brake::UnexplainedLock), 0, "{end:?}");
        // A change without approval counts as well.
        let mut world = decided(approved);
        world.after(5).tick(end);
        world.deactivate(20..21);
        world.after(5).tick(End::Well);
        let both = (world.locked(), world.counted(Brake::UnexplainedLock));
        assert_eq!(both, (11, 1), "{end:?}");
    }
}

/// What is decided about.
fn only(people: &[usize], kinds: &[Brake]) -> Choice {
    Choice {
        kinds: kinds.iter().copied().collect(),
        people: people
            .iter()
            .map(|id| SourceId::new(id.to_string()))
            .collect(),
        ..Choice::default()
    }
}

#[test]
fn dismissed_changes_stay_held_and_make_no_shard_due_on_every_tick() {
    let mut world = decided(dismissed);
    let hash = world.hash().unwrap().to_owned();
    world.after(5).tick(End::Well);
    for minutes in [5, 5, 24 * 60, 5] {
        world.after(minutes).tick(End::Well);
        let both = (world.locked(), world.hash());
        assert_eq!(both, (0, Some(hash.as_str())), "{minutes}");
    }
    assert_eq!(world.after(5).tick(End::Well).limits, None);
    // Another change is judged by itself, and leaves the decision alone.
    world.deactivate(10..11);
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 1);
    assert!(world.academy.held.as_ref().unwrap().undecided().is_empty());
    // Somebody may change their mind.
    let at = world.now;
    world.decide_about(&only(&[0], &[]), approved(at));
    world.after(65).tick(End::Well);
    assert_eq!((world.locked(), world.is_locked(0)), (2, true));
}

#[test]
fn people_who_are_gone_and_dismissed_make_no_shard_due_on_every_tick() {
    let mut world = World::new(40, "");
    happen_to(&mut world, 0..10, Event::Gone);
    world.ticks(2, 5);
    world.decide(dismissed);
    world.after(5).tick(End::Well);
    assert_eq!(world.after(5).tick(End::Well).limits, None);
    for _ in 0..3 {
        world.after(24 * 60).tick(End::Well);
        world.after(5).tick(End::Well);
        assert_eq!((world.locked(), world.academy.held.is_some()), (0, true));
        assert!(world.academy.held.as_ref().unwrap().undecided().is_empty());
    }
}

#[test]
fn people_are_approved_one_by_one_and_the_others_stay_held_however_few() {
    let mut world = World::new(40, "");
    world.deactivate(0..7);
    world.tick(End::Well);
    let at = world.now;
    world.decide_about(&only(&[2, 5, 6], &[]), approved(at));
    for minutes in [5, 5, 25 * 60] {
        world.after(minutes).tick(End::Well);
        let locked: Vec<usize> = (0..40).filter(|id| world.is_locked(*id)).collect();
        assert_eq!(locked, [2, 5, 6], "{minutes}");
    }
    world.decide(approved);
    world.after(5).tick(End::Well);
    assert_eq!((world.locked(), world.academy.held.is_some()), (7, false));
}

#[test]
fn an_approval_for_people_or_kinds_that_are_not_in_the_plan_changes_nothing() {
    let mut world = ten_held();
    let (held, at) = (world.academy.held.clone().unwrap(), world.now);
    let refused = |choice: &Choice| held.decide(choice, approved(at)).unwrap_err();
    let nobody = BTreeSet::from([SourceId::new("20")]);
    let expected = ChoiceError::NoSuchPerson(nobody);
    assert_eq!(refused(&only(&[3, 20], &[])), expected);
    let kind = BTreeSet::from([Brake::MailChange]);
    let expected = ChoiceError::NoSuchKind(kind);
    assert_eq!(refused(&only(&[3], &[Brake::MailChange])), expected);
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 0);
}

#[test]
fn one_kind_is_approved_and_another_stays_held() {
    let mut world = World::new(40, "");
    world.deactivate(0..10);
    happen_to(&mut world, 5..20, Event::Mail(1));
    world.tick(End::Well);
    let at = world.now;
    world.decide_about(&only(&[], &[Brake::MailChange]), approved(at));
    world.after(5).tick(End::Well);
    assert_eq!((moved(&world), world.locked()), (15, 0));
}

#[test]
fn no_account_gets_another_user_name_while_its_emptied_address_is_held() {
    let mut world = World::new(20, "");
    for customer in world.academy.customers.values_mut() {
        customer.user_name = Some(format!("sso-{}", customer.id));
    }
    let before = world.academy.customers.clone();
    for id in 0..20 {
        world.edit(id, |it| it.email = Field::Null);
    }
    assert_eq!(world.tick(End::Well).changes, 0);
    assert_eq!(world.academy.customers, before);
    world.decide(approved);
    assert_eq!(world.after(5).tick(End::Well).changes, 20);
    let accounts = world.academy.customers.values();
    let named = accounts.filter(|it| {
        let name = it.user_name.as_ref();
        it.email.is_none() && name.is_some_and(|name| name.starts_with("personio-"))
    });
    assert_eq!(named.count(), 20);
}

#[test]
fn an_approval_of_many_goes_on_over_ticks_although_new_changes_come() {
    let mut world = World::new(60, "");
    happen_to(&mut world, 0..40, Event::Mail(1));
    world.tick(End::Well);
    world.decide(approved);
    for tick in 0..4 {
        // HR's import goes on, and another brake holds something too.
        happen_to(&mut world, 40 + tick * 4..44 + tick * 4, Event::Mail(2));
        world.deactivate(0..8);
        world.after(5).tick(End::OutOfTime(10));
        assert_eq!(moved(&world), (tick + 1) * 10);
    }
    assert_eq!(world.locked(), 0);
    assert_eq!(world.counted(Brake::MailChange), 0);
    let held = world.academy.held.as_ref().unwrap();
    let expected = [Brake::UnexplainedLock, Brake::MailChange];
    assert_eq!(held.undecided().into_keys().collect::<Vec<_>>(), expected);
}

#[test]
fn consent_is_gone_with_the_change_even_if_the_change_comes_back() {
    let mut world = decided(approved);
    happen(&mut world, 0, Event::Back);
    world.after(5).tick(End::OutOfTime(0));
    world.deactivate(0..1);
    world.deactivate(20..26);
    world.after(5).tick(End::Well);
    let locked: Vec<usize> = (0..40).filter(|id| world.is_locked(*id)).collect();
    assert_eq!(locked, (1..10).collect::<Vec<_>>());
}

/// Persons 0 to 9 get the mail address of this version.
fn move_mails(world: &mut World, version: u8) {
    happen_to(world, 0..10, Event::Mail(version));
}

#[test]
fn consent_ends_once_the_change_is_applied() {
    let mut world = World::new(40, "");
    move_mails(&mut world, 1);
    for version in [2, 1] {
        world.tick(End::Well);
        world.decide(approved);
        world.after(5).tick(End::Well);
        assert_eq!(world.hash(), None, "before version {version}");
        move_mails(&mut world, version);
        world.after(5);
    }
    // The first addresses again, within 24 hours of their approval: nobody has approved this change.
    world.tick(End::Well);
    let held = world.academy.held.as_ref().unwrap();
    assert_eq!(held.undecided().get(&Brake::MailChange), Some(&10));
}

#[test]
fn consent_to_a_lock_ends_with_the_lock_and_that_to_a_refused_value_lasts() {
    let mut world = World::new(40, "");
    move_mails(&mut world, 1);
    world.deactivate(0..10);
    world.tick(End::Well);
    world.decide(approved);
    world.academy.dialect.refuses = Some("email");
    world.after(5).tick(End::Well);
    assert_eq!(world.locked(), 10);
    let held = world.academy.held.clone().unwrap();
    let kinds: BTreeSet<Brake> = held.parts.iter().map(|(key, _)| key.brake).collect();
    assert_eq!(kinds, BTreeSet::from([Brake::MailChange]));
    assert!(held.undecided().is_empty());
    // Once the academy takes the addresses, the same consent lets them through.
    world.academy.dialect.refuses = None;
    world.ticks(3, 60);
    assert_eq!(world.hash(), None);
    assert_eq!(moved(&world), 10);
}

#[test]
fn new_accounts_are_held_beyond_a_fifth_once_the_first_run_is_complete() {
    let mut world = World::before(30, "");
    // A first run that takes two ticks creates everybody.
    world.tick(End::OutOfTime(10));
    world.after(5).tick(End::Well);
    assert_eq!(world.academy.customers.len(), 30);
    happen_to(&mut world, 0..20, Event::Hired);
    world.after(5).tick(End::Well);
    let both = (world.academy.customers.len(), world.counted(Brake::Create));
    assert_eq!(both, (50, 20));
    happen(&mut world, 20, Event::Hired);
    world.after(5).tick(End::Well);
    let both = (world.academy.customers.len(), world.academy.held.is_some());
    assert_eq!(both, (50, true));
    world.decide(approved);
    world.after(5).tick(End::Well);
    let both = (world.academy.customers.len(), world.academy.held.is_some());
    assert_eq!(both, (51, false));
}

#[test]
fn end_dates_in_three_days_for_everybody_are_held() {
    let mut world = World::new(60, "");
    happen_to(&mut world, 0..60, Event::Ends(3));
    world.after(5).tick(End::Well);
    let ends = world
        .academy
        .customers
        .values()
        .filter(|it| it.set_inactive_at.is_some());
    assert_eq!(ends.count(), 0);
    let held = world.academy.held.as_ref().unwrap();
    assert_eq!(held.counts.get(&Brake::ExplainedLock), Some(&60));
    world.after(4 * 24 * 60).tick(End::Well);
    assert_eq!(world.locked(), 0);
}

#[test]
fn a_held_plan_that_is_not_asked_for_any_more_is_forgotten() {
    let mut world = ten_held();
    happen_to(&mut world, 0..10, Event::Back);
    world.after(5).tick(End::Well);
    assert_eq!((world.locked(), world.academy.held.is_some()), (0, false));
}

#[test]
fn people_who_vanish_in_numbers_are_held_and_come_back_unharmed() {
    let mut world = World::new(40, "");
    let whole = world.employees.clone();
    world.employees = whole
        .iter()
        .take(20)
        .map(|(id, it)| (id.clone(), Employee::clone(it)))
        .collect();
    for _ in 0..3 {
        world.after(5).tick(End::Well);
        assert_eq!(world.locked(), 0);
    }
    assert!(world.academy.held.is_some());
    world.employees = whole;
    world.after(5).tick(End::Well);
    assert_eq!((world.locked(), world.academy.held.is_some()), (0, false));
}
