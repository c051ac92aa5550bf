//! People whom the ledger does not know: listed or looked up, and what becomes of the others meanwhile.

use std::ops::Range;

use shared::domain::employee::Field;
use shared::domain::id::{ExternalId, SourceId};
use shared::http::Effect;
use shared::reteach::Error;
use shared::runtime::Outcome;
use shared::state::Brake;

use super::world::{End, World};
use crate::io::memory::TOOL;
use crate::plan::builders::{edited, employee};

#[test]
fn new_people_are_looked_up_where_the_academy_cannot_be_listed() {
    let mut world = World::new(10, "");
    world.academy.cannot_list = true;
    for id in 10..20 {
        let id = id.to_string();
        world
            .employees
            .insert(SourceId::new(id.as_str()), employee(&id));
    }
    assert_eq!(world.after(5).tick(End::Well).changes, 10);
}

#[test]
fn an_account_is_found_by_mail_address_whatever_outer_spaces_either_side_has() {
    let plain = "p99@muster.example";
    for (in_hr, held) in [
        ("P99@Muster.example ", plain),
        (plain, " p99@muster.example"),
    ] {
        // Found in the list, and looked up.
        for mut world in [World::before(10, ""), World::new(10, "")] {
            let account = world.academy.make(Some(held.to_owned()));
            let hire = edited("99", |person| person.email = Field::Value(in_hr.to_owned()));
            world.employees.insert(hire.source_id.clone(), hire);
            world.tick(End::Well);
            let found = world.academy.account_of(&SourceId::new("99")).unwrap();
            // Spaces are taken off an account, and given to none.
            let expected = (&account, Some(plain));
            assert_eq!((&found.id, found.email.as_deref()), expected, "{in_hr:?}");
            assert_eq!(world.academy.customers.len(), 11);
        }
    }
}

fn silence() -> Error {
    Error::Unavailable {
        problem: "reteach GET /customer answered 500".to_owned(),
        effect: Effect::None,
    }
}

/// Ten people in step; person 3 leaves, and so many are hired. The academy answers no question about accounts.
fn leaver_and_hires(hires: usize, error: Error) -> World {
    let mut world = World::new(10, "");
    world.academy.tells_nothing = Some(error);
    world.academy.lists = 0;
    world.deactivate(3..4);
    for id in 10..10 + hires {
        world.hire(employee(&id.to_string()));
    }
    world
}

#[test]
fn accounts_that_cannot_be_found_out_keep_no_lock_of_known_people_from_being_written() {
    let limited = Error::Limited("reteach GET /customer answered 429".to_owned());
    for (hires, error) in [(1, limited), (3, silence()), (6, silence()), (9, silence())] {
        let mut world = leaver_and_hires(hires, error.clone());
        let result = world.sync(End::Well);
        assert_eq!(
            (result.outcome, result.counts.locked, result.counts.left),
            (Outcome::ReteachUnavailable, 1, hires as u64),
            "{error}"
        );
        assert!(result.is_of_academy && result.message.contains("GET /customer"));
        assert!(world.is_locked(3), "{error}");
        // The list is not asked for again for an hour, and no run is called good that found nobody.
        for _ in 0..11 {
            let result = world.after(5).sync(End::Well);
            assert_eq!(result.outcome, Outcome::ReteachUnavailable, "{error}");
        }
        assert_eq!(world.academy.lists, 1, "{error}");
        world.academy.tells_nothing = None;
        let number = world.after(5).tick(End::Well).changes;
        assert_eq!(number, hires as u64, "{error}");
    }
}

#[test]
fn a_right_to_list_that_is_gone_is_named_by_each_run_and_locks_go_on() {
    let mut world = World::new(10, "");
    let forbidden = Error::Forbidden("reteach GET /customer answered 403".to_owned());
    world.academy.tells_nothing = Some(forbidden);
    world.after(24 * 60).deactivate(3..4);
    world.employees.insert(SourceId::new("10"), employee("10"));
    for _ in 0..2 {
        let result = world.after(5).sync(End::Well);
        assert_eq!(result.outcome, Outcome::AccessDenied);
        assert!(world.is_locked(3) && world.academy.customers.len() == 10);
    }
}

#[test]
fn a_dry_run_that_finds_no_accounts_out_shows_no_plan() {
    let world = leaver_and_hires(6, silence());
    let error = world.try_dry_run().err().unwrap();
    assert_eq!(error.outcome, Outcome::ReteachUnavailable);
}

/// Ten people in step, in an academy that has many accounts of others.
fn among_many_accounts(rules: &str) -> World {
    let mut world = World::before(10, rules);
    for _ in 0..2_000 {
        world.academy.make(None);
    }
    world.tick(End::Well);
    world
}

/// Hires person 99, whom the ledger does not know.
fn hire_99(world: &mut World) -> (SourceId, ExternalId) {
    let id = SourceId::new("99");
    world.employees.insert(id.clone(), employee("99"));
    let external_id = ExternalId::of(TOOL, &id);
    (id, external_id)
}

#[test]
fn a_few_new_people_are_looked_up_where_the_academy_has_many_accounts_of_others() {
    let mut world = among_many_accounts("");
    let hire = |world: &mut World, ids: Range<usize>| {
        world.academy.lists = 0;
        for id in ids {
            world.hire(employee(&id.to_string()));
        }
        let changes = world.after(5).tick(End::Well).changes;
        (changes, world.academy.lists)
    };
    // Nine pages of the list, or two calls a person.
    assert_eq!(hire(&mut world, 10..14), (4, 0));
    assert_eq!(hire(&mut world, 14..19), (5, 1));
}

/// Syncs every so many minutes, so often; `before` each run somebody may be hired. Returns after how many minutes more than
/// `others` people were looked up.
fn looks(
    world: &mut World,
    (runs, minutes): (i64, i64),
    others: usize,
    mut before: impl FnMut(&mut World, i64),
) -> Vec<i64> {
    let looked_up = |run: i64| {
        before(world, run);
        let known = world.academy.dialect.read;
        world.after(minutes).sync(End::Well);
        (world.academy.dialect.read > known + others).then_some(run * minutes)
    };
    (1..=runs).filter_map(looked_up).collect()
}

#[test]
fn a_new_person_without_an_answer_is_looked_up_every_15_minutes_where_nobody_else_is() {
    let mut world = leaver_and_hires(1, silence());
    world.sync(End::Well);
    assert_eq!(looks(&mut world, (8, 5), 0, |_, _| {}), [5, 20, 35]);
    // The company is in step but for one person.
    let result = world.after(5).sync(End::Well);
    let expected = (Outcome::Unchanged, 1);
    assert_eq!((result.outcome, result.counts.waiting), expected);
    world.academy.tells_nothing = None;
    assert_eq!(world.after(15).tick(End::Well).changes, 1);
}

#[test]
fn a_new_person_without_an_answer_waits_longer_each_time_and_is_found_by_a_comparison() {
    let mut world = among_many_accounts("[brake]\nat_least = 100\n");
    let (id, silent) = hire_99(&mut world);
    world.academy.dialect.fails_look_ups.insert(silent);
    // Others get an answer on each run.
    let hire = |world: &mut World, run: i64| {
        world.hire(employee(&(100 + run).to_string()));
    };
    let found = looks(&mut world, (47, 30), 1, hire);
    assert_eq!(found, [30, 60, 90, 150, 270, 510, 990]);
    assert_eq!(world.academy.account_of(&id), None);
    world.after(30).sync(End::Well);
    assert!(world.academy.account_of(&id).is_some());
    assert_eq!(world.academy.ledger[&id].failure, None);
}

#[test]
fn a_person_without_an_answer_who_has_gone_is_not_looked_up_by_every_run() {
    let mut world = among_many_accounts("");
    let (id, silent) = hire_99(&mut world);
    world.academy.dialect.fails_look_ups.insert(silent.clone());
    world.after(5).sync(End::Well);
    world.employees.remove(&id);
    let found = looks(&mut world, (12, 5), 0, |_, _| {});
    assert_eq!(found, [10, 15, 30, 45, 60]);
    assert_eq!(world.after(5).sync(End::Well).outcome, Outcome::Unchanged);
    world.academy.dialect.fails_look_ups.remove(&silent);
    assert_eq!(looks(&mut world, (12, 5), 0, |_, _| {}), [10]);
}

#[test]
fn an_account_that_was_looked_up_stays_found_if_the_list_leaves_it_out() {
    let mut world = among_many_accounts("");
    // Both are unknown to the ledger; 98 has an account, with an earlier address. For 99 the academy has to be listed.
    let ids = ["98", "99"].map(SourceId::new);
    for id in &ids {
        world.employees.insert(id.clone(), employee(id.as_str()));
    }
    let account = world.academy.make(Some("before@muster.example".to_owned()));
    let external_id = ExternalId::of(TOOL, &ids[0]);
    let carrier = world.academy.customers.get_mut(&account).unwrap();
    carrier.external_id = Some(external_id.clone());
    world.academy.dialect.refuses_addresses = true;
    world.academy.dialect.leaves_out.insert(external_id);
    world.academy.lists = 0;
    let counts = world.after(5).sync(End::Well).counts;
    assert_eq!((world.academy.lists, counts.created), (1, 1), "{counts:?}");
    let found = world.academy.account_of(&ids[0]).unwrap();
    let address = found.email.as_deref();
    assert_eq!((&found.id, address), (&account, Some("p98@muster.example")));
    assert!(world.academy.account_of(&ids[1]).is_some());
}

/// How often the person's record has failed, and whether that was looking for the account alone.
fn failure(world: &World, id: &SourceId) -> (u32, bool) {
    let failure = world.academy.ledger[id].failure.as_ref().unwrap();
    (failure.attempts, failure.is_of_look_up)
}

#[test]
fn a_creation_without_an_answer_is_in_doubt_however_often_the_look_up_had_none() {
    let mut world = among_many_accounts("");
    let (id, external_id) = hire_99(&mut world);
    let dialect = &mut world.academy.dialect;
    dialect.fails_look_ups.insert(external_id.clone());
    looks(&mut world, (6, 15), 0, |_, _| {});
    assert_eq!(failure(&world, &id), (6, true));
    // Now there is no account, and the creation has no answer.
    world.academy.dialect.fails_look_ups.clear();
    world.academy.dialect.fails.insert(external_id.clone());
    world.after(15).sync(End::Well);
    assert_eq!(failure(&world, &id), (1, false));
    // It came through all the same: the brake counts it.
    let counted = world.counted(Brake::Create);
    let account = world.academy.make(None);
    let created = world.academy.customers.get_mut(&account).unwrap();
    created.external_id = Some(external_id);
    world.academy.dialect.fails.clear();
    world.after(5).sync(End::Well);
    assert_eq!(world.counted(Brake::Create), counted + 1);
    assert_eq!(world.academy.ledger[&id].failure, None);
}

#[test]
fn a_creation_that_has_failed_begins_no_new_count_because_a_look_up_was_silent() {
    let mut world = among_many_accounts("");
    let (id, external_id) = hire_99(&mut world);
    world.academy.dialect.fails.insert(external_id.clone());
    world.after(5).sync(End::Well);
    assert_eq!(failure(&world, &id), (1, false));
    world.academy.dialect.fails_look_ups.insert(external_id);
    world.after(15).sync(End::Well);
    assert_eq!(failure(&world, &id), (2, false));
    world.academy.dialect.fails_look_ups.clear();
    world.after(15).sync(End::Well);
    assert_eq!(failure(&world, &id), (3, false));
}
