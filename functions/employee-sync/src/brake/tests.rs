//! Each harm, and what the brakes let through.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use shared::access::AccessWindow;
use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::SourceId;
use shared::mapping::{Attribute, Text};
use shared::source::Absence;
use shared::state::{Brake, BrakeWindow};
use shared::tenant::{BrakeConfig, TenantConfig};

use super::classify::{NewAccounts, risky_changes as classify};
use super::limits::people;
use super::{BrakeVerdict, LimitExceeded, Limits, check_limits};
use crate::lint::examine;
use crate::plan::builders::{
    candidate, config, day, edited, employee, now, of_status, plan, seen, text, trusted, unnumbered,
};
use crate::plan::{
    Action, Before, Candidate, MatchedBy, Part, RiskyChange, ValueChange, WindowCause, WindowChange,
};

/// The risky changes of a plan that breaks no rule.
fn examined(candidates: &[Candidate], config: &TenantConfig) -> Vec<RiskyChange> {
    let plan = plan(candidates, config);
    assert_eq!(examine(&plan, candidates, "personio", now()), Ok(()));
    classify(&plan, candidates, config, now(), NewAccounts::Counted)
}

fn brakes(risky_changes: &[RiskyChange]) -> Vec<Brake> {
    risky_changes.iter().map(|risky| risky.brake).collect()
}

/// The verdict where nothing was approved.
fn judged(risky: Vec<RiskyChange>, limits: Limits, history: &BrakeWindow) -> BrakeVerdict {
    check_limits(risky, &BTreeMap::new(), limits, history, now())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(active_at: Option<Timestamp>, inactive_at: Option<Timestamp>) -> AccessWindow {
    AccessWindow {
        active_at,
        inactive_at,
    }
}

/// The harm of a change of window alone, for somebody with this end date.
fn harm_of(
    before: AccessWindow,
    after: AccessWindow,
    end: Option<&str>,
    config: &TenantConfig,
    now: Timestamp,
) -> Option<Brake> {
    let somebody = Employee {
        end_date: Field::from(end.map(|day| day.parse().unwrap())),
        ..of_status("1", Status::Inactive)
    };
    let candidates = [trusted(&somebody, &employee("1"), config)];
    let mut plan = plan(&candidates, config);
    plan.changes[0].window = Some(WindowChange {
        before,
        after,
        cause: WindowCause::Employed,
    });
    let risky_changes = classify(&plan, &candidates, config, now, NewAccounts::Counted);
    assert!(
        risky_changes
            .iter()
            .all(|risky| risky.part == Part::AccessWindow)
    );
    risky_changes.first().map(|risky| risky.brake)
}

#[test]
fn a_window_counts_when_it_is_written_however_far_ahead_it_takes_effect() {
    use Brake::{UnexplainedLock as Lock, Unlock};
    let on = |hours: i64| Some(now() + hours.hours());
    let (open, never) = (window(None, None), None);
    let cases = [
        // A nearer end, or an end where there was none.
        (open, window(never, on(0)), Some(Lock)),
        (open, window(never, on(-9)), Some(Lock)),
        (open, window(never, on(24)), Some(Lock)),
        (open, window(never, on(72)), Some(Lock)),
        (open, window(never, on(9_000)), Some(Lock)),
        (window(never, on(48)), window(never, on(47)), Some(Lock)),
        // An end that passed before is none that comes nearer.
        (window(never, on(-1)), window(never, on(-9)), None),
        // A later begin.
        (open, window(on(1), never), Some(Lock)),
        (open, window(on(48), never), Some(Lock)),
        (window(on(48), never), window(on(72), never), Some(Lock)),
        (open, window(on(0), never), None),
        (open, window(on(-48), never), None),
        // A lifted lock.
        (window(never, on(-1)), open, Some(Unlock)),
        (window(never, on(-1)), window(never, on(1)), Some(Unlock)),
        (window(never, on(-1)), window(never, on(900)), Some(Unlock)),
        (window(never, on(-1)), window(on(48), never), Some(Unlock)),
        (window(on(48), never), open, Some(Unlock)),
        (window(on(48), never), window(on(20), never), Some(Unlock)),
        // A later end or an earlier begin of an account that is open.
        (window(never, on(20)), window(never, on(48)), None),
        (window(never, on(20)), open, None),
        (window(on(-9), never), window(on(-48), never), None),
        (window(on(-9), on(20)), window(on(-48), on(20)), None),
        // Both: what is lost counts.
        (window(on(20), never), window(on(20), on(0)), Some(Lock)),
        (window(never, on(20)), window(on(9), on(48)), Some(Lock)),
    ];
    for (before, after, brake) in cases {
        assert_eq!(
            harm_of(before, after, None, &config(""), now()),
            brake,
            "{before:?} {after:?}"
        );
    }
}

#[test]
fn only_the_day_after_the_end_date_explains_a_lock_or_the_day_itself_as_the_tenant_chose() {
    use Brake::{ExplainedLock as Explained, UnexplainedLock as Unexplained};
    let next_day = config("");
    let end_day = config("[employees]\nlock_on = \"end-day\"\n");
    let cases = [
        (&next_day, "2026-05-09", "2026-05-09T22:00:00Z", Explained),
        (&next_day, "2026-05-10", "2026-05-10T22:00:00Z", Explained),
        (&next_day, "2026-05-10", "2026-05-09T22:00:00Z", Unexplained),
        (&next_day, "2026-05-10", "2026-05-11T10:00:00Z", Explained),
        (&next_day, "2026-05-31", "2026-05-10T12:00:00Z", Unexplained),
        (&end_day, "2026-05-10", "2026-05-09T22:00:00Z", Explained),
        (&end_day, "2026-05-09", "2026-05-09T22:00:00Z", Unexplained),
        (&end_day, "2026-05-11", "2026-05-10T22:00:00Z", Explained),
        // Winter ends on 29 March, summer on 25 October.
        (&next_day, "2026-03-28", "2026-03-28T23:00:00Z", Explained),
        (&next_day, "2026-03-29", "2026-03-29T22:00:00Z", Explained),
        (&next_day, "2026-03-29", "2026-03-28T23:00:00Z", Unexplained),
        (&next_day, "2025-10-25", "2025-10-25T22:00:00Z", Explained),
        (&next_day, "2025-10-26", "2025-10-26T23:00:00Z", Explained),
        (&end_day, "2025-10-26", "2025-10-25T22:00:00Z", Explained),
    ];
    for (config, end, shuts, brake) in cases {
        let shuts = at(shuts);
        let risky = harm_of(
            window(None, None),
            window(None, Some(shuts)),
            Some(end),
            config,
            shuts - 1.hour(),
        );
        assert_eq!(risky, Some(brake), "{end} {shuts}");
    }
}

#[test]
fn an_end_date_far_ahead_does_not_explain_a_start_that_moves() {
    let end = Some(at("2026-12-31T23:00:00Z"));
    let (before, after) = (window(None, end), window(Some(now() + 48.hours()), end));
    let risky = harm_of(before, after, Some("2026-12-31"), &config(""), now());
    assert_eq!(risky, Some(Brake::UnexplainedLock));
}

#[test]
fn values_harm_where_they_are_emptied_and_mail_addresses_where_they_change() {
    let text = |text: &str| Text::new(text);
    let (some, other) = (Before::Value(text("x")), Some(text("y")));
    let cases = [
        (Attribute::Position, some.clone(), None, Some(Brake::Blank)),
        (
            Attribute::Position,
            Before::Hashed,
            None,
            Some(Brake::Blank),
        ),
        (
            Attribute::Position,
            Before::Unknown,
            None,
            Some(Brake::Blank),
        ),
        (Attribute::Position, Before::Null, None, None),
        (Attribute::Position, some.clone(), other.clone(), None),
        (
            Attribute::EmploymentTypeTag,
            some.clone(),
            None,
            Some(Brake::Blank),
        ),
        // Switched off: the configuration asked for it.
        (Attribute::LocationTag, some.clone(), None, None),
        (Attribute::Email, some.clone(), None, Some(Brake::Blank)),
        (
            Attribute::Email,
            some,
            other.clone(),
            Some(Brake::MailChange),
        ),
        (
            Attribute::Email,
            Before::Hashed,
            other.clone(),
            Some(Brake::MailChange),
        ),
        (
            Attribute::Email,
            Before::Unknown,
            other.clone(),
            Some(Brake::MailChange),
        ),
        (Attribute::Email, Before::Null, other.clone(), None),
        (Attribute::UserName, Before::Null, other, None),
    ];
    for (attribute, before, after, brake) in cases {
        let moved = edited("1", |person| person.position = Field::Null);
        let candidates = [trusted(&moved, &employee("1"), &config(""))];
        let mut plan = plan(&candidates, &config(""));
        let expected: Vec<_> = brake
            .map(|brake| (brake, Part::Value(attribute)))
            .into_iter()
            .collect();
        plan.changes[0].values = vec![ValueChange {
            attribute,
            before: before.clone(),
            after: after.clone(),
        }];
        let rules = config("");
        let risky = classify(&plan, &candidates, &rules, now(), NewAccounts::Uncounted);
        let found = risky.iter().map(|risky| (risky.brake, risky.part));
        let found: Vec<_> = found.collect();
        assert_eq!(found, expected, "{attribute} {before:?} {after:?}");
        // A new account has nothing to lose.
        plan.changes[0].action = Action::Create;
        plan.changes[0].window = Some(WindowChange {
            before: AccessWindow::default(),
            after: window(None, Some(now())),
            cause: WindowCause::Inactive,
        });
        let none = classify(&plan, &candidates, &rules, now(), NewAccounts::Uncounted);
        assert_eq!(none, []);
    }
}

#[test]
fn who_vanished_or_left_the_scope_is_an_unexplained_lock_in_spite_of_an_end_date() {
    let scope = config("[scope]\nexclude_companies = [\"Muster AG\"]\n");
    let ends = edited("1", |person| person.end_date = day("2026-05-31"));
    let moved = Employee {
        company: text("Muster AG"),
        ..ends.clone()
    };
    let gone = trusted(&ends, &ends, &scope).gone(Absence::Explained);
    for candidate in [gone, trusted(&moved, &ends, &scope)] {
        let risky_changes = examined(&[candidate], &scope);
        assert_eq!(brakes(&risky_changes), [Brake::UnexplainedLock]);
    }
}

#[test]
fn who_is_missing_without_a_deletion_flag_is_never_locked_unasked() {
    let config = config("[brake]\nunexplained_lock = 100\nat_least = 1000\n");
    let not_begun = edited("1", |person| person.hire_date = day("2026-09-01"));
    for person in [employee("1"), not_begun] {
        let missing = trusted(&person, &person, &config).gone(Absence::Unmarked);
        let risky_changes = examined(&[missing], &config);
        assert_eq!(brakes(&risky_changes), [Brake::UnflaggedLock]);
        let limits = Limits::of(config.brake, 1_000);
        let judgement = judged(risky_changes, limits, &BrakeWindow::default());
        assert_eq!(judgement.split().1, []);
    }
}

#[test]
fn adopting_a_locked_account_opens_it_and_that_counts() {
    let config = config("");
    let mut account = unnumbered(&employee("1"), &config);
    account.window = window(None, Some(now() - 9.hours()));
    let candidates = [seen(&employee("1"), account, MatchedBy::Mail, &config)];
    let risky_changes = examined(&candidates, &config);
    assert_eq!(brakes(&risky_changes), [Brake::Unlock, Brake::Create]);
}

#[test]
fn limits_are_a_share_of_the_open_accounts_and_at_least_a_few() {
    let config = |percent, at_least| BrakeConfig {
        at_least,
        unlock: percent,
        create: percent,
        ..BrakeConfig::default()
    };
    // Unlocks, new accounts, explained locks.
    let cases = [
        (5.0, 5, 0, 5, 20, 5),
        (5.0, 5, 24, 5, 20, 5),
        (5.0, 5, 99, 5, 20, 19),
        (5.0, 5, 119, 5, 20, 23),
        (5.0, 5, 120, 6, 20, 24),
        (5.0, 5, 1_000, 50, 50, 200),
        (5.0, 30, 100, 30, 30, 30),
        (0.5, 0, 199, 0, 20, 39),
        (0.5, 0, 200, 1, 20, 40),
        (100.0, 5, 1_000, 1_000, 1_000, 200),
        (29.0, 0, 100, 29, 29, 20),
        (100.0, 0, u32::MAX, u32::MAX, u32::MAX, 858_993_459),
    ];
    for (percent, at_least, open, unlock, create, explained) in cases {
        let limits = Limits::of(config(percent, at_least), open);
        for (brake, limit) in [
            (Brake::Unlock, unlock),
            (Brake::Create, create),
            (Brake::ExplainedLock, explained),
            (Brake::UnflaggedLock, 0),
            (Brake::TakeOver, 0),
            (Brake::OrphanLock, 0),
        ] {
            assert_eq!(limits.get(brake), limit, "{percent} % of {open}, {brake:?}");
        }
        assert_eq!(limits.without_creates().get(Brake::Create), 0);
    }
}

#[test]
fn each_kind_has_a_limit_of_its_own_in_the_tenants_file() {
    let text = "[brake]\nat_least = 0\nunexplained_lock = 1\nexplained_lock = 2\nunlock = 3\nblank = 4\nmail = 5\n\
                create = 60\nhandover = 7\n";
    let limits = Limits::of(config(text).brake, 100);
    let found = Brake::ALL.map(|brake| limits.get(brake));
    assert_eq!(found, [1, 0, 2, 3, 4, 5, 60, 7, 0, 0]);
}

#[test]
fn a_new_account_counts_once_the_first_run_is_complete_and_a_mail_address_in_another_case_never() {
    let config = config("");
    let shouting = edited("1", |person| person.email = text("P1@MUSTER.EXAMPLE"));
    let candidates = [
        trusted(&shouting, &employee("1"), &config),
        candidate(&employee("2"), &config),
    ];
    let plan = plan(&candidates, &config);
    for (accounts, counted) in [
        (NewAccounts::Uncounted, vec![]),
        (NewAccounts::Counted, vec![(Brake::Create, Part::Account)]),
    ] {
        let risky_changes = classify(&plan, &candidates, &config, now(), accounts);
        let found: Vec<_> = risky_changes.iter().map(|it| (it.brake, it.part)).collect();
        assert_eq!(found, counted, "{accounts:?}");
    }
}

/// Harms of one kind, for this many people.
fn risky_changes(brake: Brake, number: u32) -> Vec<RiskyChange> {
    let risky = |id: u32| RiskyChange {
        source_id: SourceId::new(id.to_string()),
        brake,
        part: Part::AccessWindow,
    };
    (0..number).map(risky).collect()
}

#[test]
fn a_brake_counts_this_run_and_the_day_before_it_each_kind_for_itself() {
    let limits = Limits::of(BrakeConfig::default(), 200);
    let mut history = BrakeWindow::default();
    history.add(Brake::Unlock, 6, now() - 30.hours());
    history.add(Brake::Unlock, 7, now() - 23.hours());
    history.add(Brake::Blank, 11, now());
    let cases = [
        (Brake::UnexplainedLock, 10, None),
        (Brake::UnexplainedLock, 11, Some((0, 10))),
        (Brake::ExplainedLock, 40, None),
        (Brake::ExplainedLock, 41, Some((0, 40))),
        (Brake::Unlock, 3, None),
        (Brake::Unlock, 4, Some((7, 10))),
        (Brake::Blank, 1, Some((11, 10))),
        // What is over the limit already holds nothing of a run without such changes.
        (Brake::Blank, 0, None),
        (Brake::MailChange, 10, None),
    ];
    for (brake, planned, over) in cases {
        let judgement = judged(risky_changes(brake, planned), limits, &history);
        let expected: BTreeMap<_, _> = over
            .map(|(before, limit)| {
                (
                    brake,
                    LimitExceeded {
                        planned,
                        before,
                        limit,
                    },
                )
            })
            .into_iter()
            .collect();
        assert_eq!(judgement.over, expected, "{brake:?} {planned}");
        let (held, passed) = judgement.split();
        let all = usize::try_from(planned).unwrap();
        let expected = if over.is_some() { (all, 0) } else { (0, all) };
        assert_eq!((held.len(), passed.len()), expected);
    }
}

#[test]
fn a_tripped_brake_holds_its_own_kind_only_and_people_count_once() {
    let limits = Limits::of(config("[brake]\nat_least = 2\n").brake, 0);
    let mut all = risky_changes(Brake::UnexplainedLock, 3);
    all.extend(risky_changes(Brake::Blank, 2));
    let fields = [Attribute::Position, Attribute::Company, Attribute::Location];
    all.extend(fields.map(|attribute| RiskyChange {
        source_id: SourceId::new("0"),
        brake: Brake::Blank,
        part: Part::Value(attribute),
    }));
    assert_eq!(people(&all, Brake::Blank), 2);
    let (held, passed) = judged(all, limits, &BrakeWindow::default()).split();
    assert!(
        held.iter()
            .all(|risky| risky.brake == Brake::UnexplainedLock)
    );
    assert_eq!((held.len(), passed.len()), (3, 5));
}
