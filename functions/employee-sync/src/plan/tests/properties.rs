//! What holds for every plan, whatever the company and whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, ToSpan as _};
use proptest::prelude::*;
use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::mapping::DesiredAccount;
use shared::reteach::Customer;
use shared::state::Brake;
use shared::tenant::{LockOn, OutOfScope, ScopeVerdict, TenantConfig};

use super::morning::{Run, morning, read, run, window};
use crate::io::memory::{Academy, Asking, TOOL, held};
use crate::plan::arbitrary::{Drift, PERSONAL, company, person, tenant};
use crate::plan::builders::{key, now};
use crate::plan::{Access, Account, Action, Change, Context, Details, MatchedBy, Part, Plan};

/// Whether somebody must be locked, in words of days alone; `None` where nothing may be concluded.
fn must_be_locked(employee: &Employee, config: &TenantConfig) -> Option<bool> {
    let today = now().to_zoned_datetime(config.time_zone.clone()).date();
    let verdict = config.scope.judge(employee);
    match (verdict, config.scope.out_of_scope) {
        (ScopeVerdict::Out, OutOfScope::Lock) => return Some(true),
        (ScopeVerdict::Out, OutOfScope::Leave) => return None,
        (ScopeVerdict::In | ScopeVerdict::Undecided(_), _) => {}
    }
    let not_begun = employee.hire_date.map(|day| today < day);
    let is_employed = matches!(
        employee.status,
        Field::Value(Status::Active | Status::Onboarding | Status::Leave)
    );
    let ended = employee.end_date.map(|day| match employee.hire_date {
        Field::Value(first) if is_employed && day < first => false,
        _ if config.employees.lock_on == LockOn::EndDay => today >= day,
        _ => today > day,
    });
    let inactive = employee
        .status
        .as_ref()
        .map(|status| *status == Status::Inactive);
    if [not_begun, ended, inactive].contains(&Field::Value(true)) {
        return Some(true);
    }
    let is_strange = matches!(employee.status.value(), Some(Status::Other(_)));
    let unknown =
        not_begun.is_absent() || ended.is_absent() || inactive.value().is_none() || is_strange;
    (!unknown && verdict == ScopeVerdict::In).then_some(false)
}

/// Whether an account gets back the external id that it had.
fn is_repair(change: &Change, run: &Run) -> bool {
    let candidate = run
        .candidates
        .iter()
        .find(|it| it.source_id == change.source_id);
    candidate.is_some_and(|it| matches!(it.account, Account::Fetched(_, MatchedBy::Ledger)))
}

fn asking() -> impl Strategy<Value = Asking> {
    prop::sample::select(vec![Asking::Unknown, Asking::Everybody])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_plan_that_was_applied_leaves_nothing_to_do(company in company(), asking in asking(), again in asking(), later in 0_i64..14) {
        let mut morning = morning(&company);
        morning.run(Asking::Everybody, now());
        for (run, asking) in [Asking::Everybody, asking, again].into_iter().enumerate() {
            let before = morning.academy.clone();
            let mut plan = morning.run(asking, now() + later.minutes()).plan;
            // A mail address that somebody gives up in one run is free for a new account in the next.
            plan.changes.retain(|it| run > 0 || it.action != Action::Create);
            // An account that somebody deleted, or gave away, is found out by the first write to it.
            let is_there = |id| before.customers.get(id).is_some_and(|it| it.external_id.is_some());
            let changes = plan.changes.iter().filter(|it| it.action.account().is_none_or(is_there));
            prop_assert_eq!(changes.count(), 0, "{:#?}", plan);
        }
        let last = morning.run(again, now() + later.minutes()).plan;
        prop_assert!(last.bookkeeping.is_empty(), "{:#?}", last);
    }

    #[test]
    fn what_the_ledger_alone_knows_is_enough_for_the_next_plan(company in company(), later in 0_i64..14) {
        let mut company = company;
        for story in &mut company.stories {
            story.drift = Drift::None;
        }
        company.tenants[0] = company.tenants[1].clone();
        let mut morning = morning(&company);
        morning.run(Asking::Unknown, now());
        let mut second = morning.run(Asking::Everybody, now() + later.minutes());
        // As above.
        second.plan.changes.retain(|it| it.action != Action::Create);
        prop_assert!(second.plan.is_empty(), "{:#?}", second.plan);
    }

    #[test]
    fn the_order_of_people_does_not_matter(company in company(), turn in 0_usize..8, asking in asking()) {
        let morning = morning(&company);
        let look = morning.people.snapshot.ids().cloned().collect();
        let mut candidates = morning.academy.candidates(&morning.people, (&look, &morning.gone), asking, &morning.config);
        let key = key();
        let context = Context { now: now(), config: &morning.config, key: &key, locks_alone: false };
        let plan = Plan::build(&candidates, context);
        candidates.reverse();
        if !candidates.is_empty() {
            let turn = turn % candidates.len();
            candidates.rotate_left(turn);
        }
        prop_assert_eq!(Plan::build(&candidates, context), plan);
    }

    #[test]
    fn no_account_is_deleted_or_written_that_is_not_the_persons(company in company(), asking in asking()) {
        let mut morning = morning(&company);
        let before = morning.academy.clone();
        let run = morning.run(asking, now());
        let written: BTreeMap<&CustomerId, &SourceId> =
            run.plan.changes.iter().filter_map(|it| Some((it.action.account()?, &it.source_id))).collect();
        for (id, customer) in &before.customers {
            let after = morning.academy.customers.get(id);
            prop_assert!(after.is_some());
            let ours = |tag: &&shared::reteach::Tag| {
                ["Anstellungsart: ", "Position: ", "Standort: "].iter().any(|prefix| tag.name.starts_with(prefix))
            };
            let others = |it: &Customer| it.tags.iter().filter(|it| !ours(it)).cloned().collect::<Vec<_>>();
            prop_assert_eq!(after.map(others), Some(others(customer)));
            if after == Some(customer) {
                continue;
            }
            // A new account that turns out to be there already is found by our own external id.
            let created = run.plan.changes.iter().find(|it| {
                it.action == Action::Create && customer.external_id.as_ref() == Some(&it.external_id)
            });
            let person = written.get(id).copied().or(created.map(|it| &it.source_id));
            prop_assert!(person.is_some());
            let ours = ExternalId::of(TOOL, person.unwrap());
            let known = before.ledger.get(person.unwrap()).and_then(|entry| entry.customer_id.as_ref());
            let needs_approval = run.risky_changes.iter().any(|it| {
                Some(&it.source_id) == person && it.brake == Brake::TakeOver
            });
            let is_theirs = customer.external_id.is_none() || customer.external_id == Some(ours) || known == Some(id);
            prop_assert!(is_theirs || needs_approval);
        }
    }

    #[test]
    fn every_change_that_takes_or_gives_access_counts_for_a_brake(company in company(), asking in asking()) {
        let mut morning = morning(&company);
        let run = morning.run(asking, now());
        for change in &run.plan.changes {
            let risky: Vec<_> = run.risky_changes.iter().filter(|it| it.source_id == change.source_id).collect();
            let locks = risky.iter().any(|it| {
                matches!(it.brake, Brake::UnexplainedLock | Brake::UnflaggedLock | Brake::ExplainedLock)
            });
            let unlocks = risky.iter().any(|it| it.brake == Brake::Unlock);
            let is_whole = risky.iter().any(|it| it.part == Part::Account);
            match change.access(now()) {
                // A handover is judged as a whole.
                _ if matches!(change.action, Action::Handover { .. }) => {}
                Access::Lock => prop_assert!(locks, "{:?}", change),
                // Who may come in today and never again loses access.
                Access::Unlock => prop_assert!(unlocks || locks, "{:?}", change),
                Access::Same => {}
            }
            prop_assert_eq!(is_whole, !matches!(change.action, Action::Update(_)) && !is_repair(change, &run));
        }
    }

    #[test]
    fn absent_never_overwrites_and_all_else_is_as_the_source_says(company in company()) {
        let mut morning = morning(&company);
        let before = morning.academy.clone();
        let run = morning.run(Asking::Everybody, now());
        for (employee, account) in morning.in_step(&run) {
            let record = DesiredAccount::of(employee, TOOL, &morning.config);
            let out = morning.config.scope.judge(employee) == ScopeVerdict::Out;
            let earlier = before.customers.get(&account.id);
            for attribute in shared::mapping::Attribute::ALL {
                let expected = match (record.values.get(&attribute), earlier) {
                    (Some(value), _) if !out => value.iter().map(|text| text.reveal().to_owned()).collect(),
                    // Without a mail address to be read, a new account needs a name to log in with.
                    (_, None) if attribute == shared::mapping::Attribute::UserName => continue,
                    (_, earlier) => earlier.map(|it| held(it, attribute)).unwrap_or_default(),
                };
                let fold = |texts: Vec<String>| -> Vec<String> {
                    let mail = attribute == shared::mapping::Attribute::Email;
                    texts.into_iter().map(|text| if mail { text.to_lowercase() } else { text }).collect()
                };
                prop_assert_eq!(fold(held(account, attribute)), fold(expected), "{}", attribute);
            }
            if employee.hire_date.is_absent() {
                prop_assert_eq!(account.set_active_at, earlier.and_then(|it| it.set_active_at));
            }
        }
    }

    #[test]
    fn exactly_those_with_a_cause_are_locked(company in company()) {
        let mut morning = morning(&company);
        let gone = morning.gone.clone();
        let run = morning.run(Asking::Everybody, now());
        for (employee, account) in morning.in_step(&run) {
            if let Some(locked) = must_be_locked(employee, &morning.config) {
                prop_assert_eq!(window(account).is_locked_at(now()), locked, "{:?} {:?}", employee, account);
            }
        }
        for id in &gone {
            let Some(account) = morning.academy.account_of(id) else { continue };
            prop_assert!(window(account).is_locked_at(now()), "{}", id);
        }
    }

    #[test]
    fn nobody_loses_access_without_a_cause(company in company(), asking in asking()) {
        let mut morning = morning(&company);
        let (before, gone) = (morning.academy.clone(), morning.gone.clone());
        let run = morning.run(asking, now());
        for change in &run.plan.changes {
            let Some(account) = morning.academy.account_of(&change.source_id) else { continue };
            let Some(earlier) = before.customers.get(&account.id) else { continue };
            let lost = window(account).is_locked_at(now()) && !window(earlier).is_locked_at(now());
            let cause = match morning.employees.get(&change.source_id) {
                None => gone.contains(&change.source_id),
                // Who was locked before stays so where the reason may not be read any more.
                Some(employee) => must_be_locked(employee, &morning.config).unwrap_or(
                    before.ledger.get(&change.source_id).is_some_and(|entry| entry.locked.is_some()),
                ),
            };
            prop_assert!(!lost || cause, "{:?}", change);
        }
    }

    #[test]
    fn nothing_personal_is_shown_where_only_names_are_asked_for(company in company(), asking in asking()) {
        let mut morning = morning(&company);
        let run = morning.run(asking, now());
        let text = run.plan.shown(now(), Details::Names).to_string();
        prop_assert!(!text.contains(PERSONAL), "{}", text);
        let debug = format!("{:?} {:?}", run.plan, run.candidates);
        prop_assert!(!debug.contains(PERSONAL), "{}", debug);
    }

    #[test]
    fn a_new_account_is_locked_exactly_while_it_has_to_be(employee in person(1), config in tenant()) {
        let mut academy = Academy::default();
        let people = read([&employee], &config);
        run(&mut academy, (&people, &BTreeSet::new()), Asking::Everybody, &config, now());
        let Some(account) = academy.account_of(&employee.source_id) else {
            prop_assert!(config.scope.judge(&employee) != ScopeVerdict::In);
            return Ok(());
        };
        prop_assert!(account.email.is_some() || account.user_name.is_some());
        let locked = window(account).is_locked_at(now());
        prop_assert_eq!(locked, must_be_locked(&employee, &config).unwrap_or(false));
        // A day later the same account needs nothing more, whatever began or ended meanwhile.
        let tomorrow = now() + SignedDuration::from_hours(24);
        let next = run(&mut academy, (&people, &BTreeSet::new()), Asking::Unknown, &config, tomorrow);
        prop_assert!(next.plan.is_empty(), "{:#?}", next.plan);
    }
}
