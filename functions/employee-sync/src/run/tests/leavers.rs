//! Leavers whose account the academy does not let us lock.

use std::collections::BTreeSet;

use shared::domain::employee::{Field, Status};
use shared::domain::id::{ExternalId, SourceId};
use shared::http::Effect;
use shared::reteach::Error;
use shared::runtime::{Finding, FindingKind, Outcome};
use shared::state::{Brake, Failure, FailureKind};

use super::world::{End, World};
use crate::io::memory::{Dialect, TOOL};

const PEOPLE: usize = 20;
const LEAVER: usize = 3;

fn account() -> BTreeSet<ExternalId> {
    let id = SourceId::new(LEAVER.to_string());
    BTreeSet::from([ExternalId::of(TOOL, &id)])
}

/// An academy that fails at the leaver's account, and what it answers.
fn academies() -> [(&'static str, Dialect); 3] {
    let academy = |edit: fn(&mut Dialect)| {
        let mut dialect = Dialect::default();
        edit(&mut dialect);
        dialect
    };
    [
        ("403", academy(|it| it.forbids = account())),
        ("500", academy(|it| it.fails = account())),
        ("422", academy(|it| it.refuses = Some("setInactiveAt"))),
    ]
}

/// Ten minutes without a call; the last run ends with the reading.
fn assert_quiet(world: &mut World, case: &str) {
    let refused = world.academy.dialect.refused;
    world.after(5).sync(End::Well);
    let result = world.after(5).sync(End::Well);
    let ended = (result.outcome, result.counts.waiting);
    assert_eq!(ended, (Outcome::Unchanged, 1), "{case}");
    assert_eq!(world.academy.dialect.refused, refused, "{case}");
}

#[test]
fn the_account_of_somebody_gone_that_fails_is_named_and_tried_after_a_pause() {
    for (case, dialect) in academies() {
        let mut world = World::new(PEOPLE, "");
        let account = world.academy.account_of(&SourceId::new(LEAVER.to_string()));
        let account = account.unwrap().id.clone();
        world.academy.dialect = dialect;
        world.employees.remove(&SourceId::new(LEAVER.to_string()));
        let tries = if case == "422" { 1 } else { 2 };
        world.sync(End::Well);
        for _ in 0..tries {
            assert!(world.academy.dialect.refused < tries, "{case}");
            world.after(5).sync(End::Well);
        }
        assert_eq!(world.academy.dialect.refused, tries, "{case}");
        assert_quiet(&mut world, case);
        let again = world.after(5).sync(End::Well);
        let refused = |it: &&Finding| it.kind == FindingKind::Refused;
        assert_eq!(again.findings.iter().filter(refused).count(), 1, "{case}");
        assert_eq!(world.academy.dialect.refused, tries + 1, "{case}");
        assert_quiet(&mut world, case);
        // The academy may have taken the lock. That counts once, not with each try.
        for _ in 0..20 {
            world.after(15).sync(End::Well);
        }
        assert!(world.counted(Brake::UnexplainedLock) <= 1, "{case}");
        world.academy.dialect = Dialect::default();
        world.after(6 * 60).sync(End::Well);
        let is_locked = |world: &World| {
            let account = &world.academy.customers[&account];
            super::world::window(account).is_locked_at(world.now)
        };
        assert!(is_locked(&world), "{case}");
        let entry = &world.academy.ledger[&SourceId::new(LEAVER.to_string())];
        assert_eq!(entry.failure, None, "{case}");
        for _ in 0..3 {
            let result = world.after(5).sync(End::Well);
            let ended = (result.outcome, result.counts.waiting);
            assert_eq!(ended, (Outcome::Unchanged, 0), "{case}");
        }
    }
}

#[test]
fn somebody_gone_whose_account_fails_may_come_back() {
    for (case, dialect) in academies() {
        let mut world = World::new(PEOPLE, "");
        world.academy.dialect = dialect;
        let id = SourceId::new(LEAVER.to_string());
        let person = world.employees.remove(&id).unwrap();
        for _ in 0..4 {
            world.after(5).sync(End::Well);
        }
        world.employees.insert(id.clone(), person);
        world.academy.dialect = Dialect::default();
        let result = world.after(5).sync(End::Well);
        assert_eq!(result.outcome, Outcome::Done, "{case}");
        assert!(!world.is_locked(LEAVER), "{case}");
        assert_eq!(world.academy.ledger[&id].failure, None, "{case}");
        let result = world.after(5).sync(End::Well);
        assert_eq!(result.outcome, Outcome::Unchanged, "{case}");
    }
}

#[test]
fn a_comparison_ends_although_one_account_fails() {
    for (case, dialect) in academies() {
        for portion in [PEOPLE, PEOPLE / 2] {
            let mut world = World::new(PEOPLE, "");
            world.portion = portion;
            world.academy.dialect = dialect.clone();
            world.deactivate(LEAVER..LEAVER + 1);
            for _ in 0..4 {
                world.after(5).sync(End::Well);
            }
            world.after(24 * 60);
            let began = world.now;
            for _ in 0..6 {
                world.sync(End::Well);
                world.after(5);
            }
            let state = world.academy.state.as_ref().unwrap();
            assert!(state.reconciled_at >= began, "{case} {portion}");
            assert_eq!(state.comparing, None, "{case} {portion}");
            let lists = world.academy.lists;
            for _ in 0..4 {
                world.after(5).sync(End::Well);
            }
            assert_eq!(world.academy.lists, lists, "{case} {portion}");
        }
    }
}

#[test]
fn a_value_without_an_answer_keeps_no_lock_waiting_in_a_quiet_company() {
    let mut world = World::new(PEOPLE, "");
    world.academy.dialect.fails_at = Some("location");
    world.deactivate(LEAVER..LEAVER + 1);
    world.edit(LEAVER, |person| {
        person.location = Field::Value("Ulm".into())
    });
    world.sync(End::Well);
    world.after(5).sync(End::Well);
    assert!(world.is_locked(LEAVER));
    // The value waits.
    for _ in 0..2 {
        world.after(5).sync(End::Well);
    }
    let refused = world.academy.dialect.refused;
    let result = world.after(5).sync(End::Well);
    let ended = (result.outcome, result.counts.waiting);
    assert_eq!(ended, (Outcome::Unchanged, 1));
    assert_eq!(world.academy.dialect.refused, refused);
}

#[test]
fn leavers_whose_status_is_an_unknown_word_are_counted_by_every_run() {
    let mut world = World::new(PEOPLE, "");
    let counted = |findings: &[Finding]| {
        let unreadable = findings
            .iter()
            .find(|it| it.kind == FindingKind::Unreadable);
        unreadable.map(|finding| finding.text.clone())
    };
    assert_eq!(counted(&world.sync(End::Well).findings), None);
    for id in [LEAVER, LEAVER + 1] {
        let word = Status::Other("ausgeschieden".to_owned());
        world.edit(id, |it| it.status = Field::Value(word));
    }
    for _ in 0..2 {
        let result = world.after(5).sync(End::Well);
        let text = counted(&result.findings).unwrap();
        assert!(text.contains("2 people"), "{text}");
        assert!(!text.contains("ausgeschieden"), "{text}");
        assert!(!world.is_locked(LEAVER));
    }
}

/// The last write of this person may have taken effect, and the record is another one now.
fn doubt(world: &mut World, id: usize) {
    let entry = world.academy.ledger.get_mut(&SourceId::new(id.to_string()));
    entry.unwrap().failure = Some(Failure {
        kind: FailureKind::NoAnswer,
        attempts: 1,
        retry_at: world.now,
        ..Failure::default()
    });
    let moves = format!("Werk {}", world.now);
    world.edit(id, |person| person.location = Field::Value(moves));
}

#[test]
fn an_account_in_doubt_that_nobody_can_read_is_read_after_pauses_that_grow_where_others_answer() {
    let alone: Vec<i64> = [5].into_iter().chain((10..=1200).step_by(15)).collect();
    // Of several that give no answer, or if there is none at all, reteach is not asked about each.
    let silence = Error::Unavailable {
        problem: "reteach GET /customer answered 500".to_owned(),
        effect: Effect::None,
    };
    for (others, tells_nothing, expected) in [
        (0, None, alone.clone()),
        (0, Some(silence), alone),
        (1, None, vec![5, 10, 40, 100, 220, 460, 940]),
    ] {
        let mut world = World::new(PEOPLE, "");
        world.academy.dialect.fails = account();
        world.academy.tells_nothing = tells_nothing;
        doubt(&mut world, LEAVER);
        let (mut reads, began) = (Vec::new(), world.now);
        for _ in 0..240 {
            (0..others).for_each(|_| doubt(&mut world, LEAVER + 1));
            let before = world.academy.read;
            world.after(5).sync(End::Well);
            let minutes = world.now.duration_since(began).as_mins();
            reads.extend((world.academy.read > before + others).then_some(minutes));
        }
        assert_eq!(reads, expected);
        // Another record is looked at on the next tick.
        let before = world.academy.read;
        world.deactivate(LEAVER..LEAVER + 1);
        let result = world.after(5).sync(End::Well);
        assert_eq!((world.academy.read, result.counts.refused), (before + 1, 1));
        world.academy.dialect = Dialect::default();
        world.academy.tells_nothing = None;
        world.after(5).sync(End::Well);
        let entry = &world.academy.ledger[&SourceId::new(LEAVER.to_string())];
        assert_eq!((&entry.failure, world.is_locked(LEAVER)), (&None, true));
        assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Unchanged);
    }
}

#[test]
fn people_who_are_gone_make_no_small_company_one_that_nobody_comes_through_in() {
    let mut world = World::new(4, "");
    world.academy.dialect.refuses = Some("setInactiveAt");
    for id in ["0", "1"] {
        world.employees.remove(&SourceId::new(id));
    }
    world.sync(End::Well);
    world.academy.gate = None;
    let result = world.after(5).sync(End::Well);
    assert_eq!((result.outcome, result.counts.refused), (Outcome::Done, 2));
    assert_eq!(world.academy.gate, Some(world.now));
    let result = world.after(5).sync(End::Well);
    let ended = (result.outcome, result.counts.waiting);
    assert_eq!(ended, (Outcome::Unchanged, 2));
    // The other two are refused as well: that is everybody.
    world.academy.dialect.refuses = Some("position");
    for id in [2, 3] {
        world.edit(id, |it| it.position = Field::Value("Meister".to_owned()));
    }
    assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Partly);
    assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Partly);
}
