//! Each planning rule as a small world: a person, what is known about them, and the plan as text.

mod morning;
mod properties;
mod take_over;

use insta::assert_snapshot;
use jiff::SignedDuration;
use shared::access::{AccessWindow, LockReason, Locked};
use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::mapping::{Attribute, DesiredAccount, Text};
use shared::source::{Absence, Leaving};
use shared::state::{Brake, EmployeeEntry, Failure, FailureKind};
use shared::tenant::TenantConfig;

use super::builders::{
    account_of, candidate, compared, config, day, edited, employee, key, now, of_status, plan,
    seen, synced, text, trusted, unnumbered,
};
use super::*;
use crate::apply::conflict_entries;
use crate::brake::classify::{NewAccounts, risky_changes};
use crate::lint::examine;

fn words(candidate: Candidate, config: &TenantConfig) -> String {
    plan(&[candidate], config)
        .shown(now(), Details::Values)
        .to_string()
}

fn change(edit: impl FnOnce(&mut Employee)) -> String {
    let after = edited("1", edit);
    words(trusted(&after, &employee("1"), &config("")), &config(""))
}

fn changed_people(plan: &Plan) -> Vec<&str> {
    let people = plan.changes.iter().map(|it| it.source_id.as_str());
    people.collect()
}

#[test]
fn somebody_new_is_created_with_everything_that_is_not_empty() {
    assert_snapshot!(words(candidate(&employee("1"), &config("")), &config("")), @r#"
    create  1  email, firstName, lastName, position, company, location, gender, tag:Anstellungsart  (contract begins 2020-04-01)
              email: (empty) → "p1@muster.example"
              firstName: (empty) → "Jörg"
              lastName: (empty) → "Weiß"
              position: (empty) → "Schlosser"
              company: (empty) → "Muster GmbH"
              location: (empty) → "Köln"
              gender: (empty) → "MALE"
              tag:Anstellungsart: (empty) → "Anstellungsart: intern"
              setActiveAt: (none) → 2020-03-31T22:00:00Z
    1 to change, 0 as they should be
    "#);
}

#[test]
fn an_account_as_it_was_given_has_the_digests_that_the_ledger_notes() {
    let config = config("");
    let person = Employee {
        position: Field::Null,
        ..employee("1")
    };
    let found = account_of(&person, &config).digests(&person.source_id, &key());
    let noted = synced(&person, &config).digests;
    assert!(!noted.is_empty());
    for (name, digest) in &noted {
        let mut found = found.iter();
        let found = found.find(|(attribute, _)| attribute.name() == name);
        assert_eq!(found.map(|(_, found)| found), Some(digest), "{name}");
    }
}

#[test]
fn a_contract_that_begins_later_is_the_cause_before_its_end() {
    let mut later = employee("1");
    later.hire_date = Field::Value("2026-06-01".parse().unwrap());
    later.end_date = Field::Value("2026-12-31".parse().unwrap());
    let config = config("");
    for (now, cause) in [
        ("2026-05-31T21:59:59Z", "contract begins 2026-06-01)"),
        ("2026-05-31T22:00:00Z", "(contract ends 2026-12-31)"),
    ] {
        let context = Context {
            now: now.parse().unwrap(),
            config: &config,
            key: &key(),
            locks_alone: false,
        };
        let plan = Plan::build(&[candidate(&later, &config)], context);
        let text = plan.shown(context.now, Details::Values).to_string();
        assert!(text.contains(cause), "{text}");
    }
}

#[test]
fn a_plan_without_values_has_no_day_of_a_contract() {
    let config = config("");
    let plan = plan(&[candidate(&employee("1"), &config)], &config);
    for (details, cause) in [
        (Details::Names, "(contract begins)"),
        (Details::Values, "(contract begins 2020-04-01)"),
    ] {
        let text = plan.shown(now(), details).to_string();
        assert!(text.contains(cause), "{text}");
    }
}

#[test]
fn a_plan_without_values_lists_twenty_changes_and_counts_the_others() {
    let config = config("");
    let people = (1..=22).map(|id| candidate(&employee(&id.to_string()), &config));
    let people: Vec<Candidate> = people.collect();
    let planned = plan(&people, &config);
    let held = Plan {
        held: planned.changes.clone(),
        ..Plan::default()
    };
    for (plan, what) in [(planned, "to change"), (held, "held")] {
        let text = plan.shown(now(), Details::Names).to_string();
        let rest = format!("        and 2 more {what}; --details and --json list all\n");
        assert!(text.contains(&rest), "{text}");
        let values = plan.shown(now(), Details::Values).to_string();
        assert!(!values.contains("more"), "{values}");
    }
}

#[test]
fn somebody_new_who_has_left_is_created_locked() {
    let mut left = employee("1");
    left.end_date = Field::Value("2026-03-31".parse().unwrap());
    left.status = Field::Value(Status::Inactive);
    assert_snapshot!(words(candidate(&left, &config("")), &config("")), @r#"
    create  1  email, firstName, lastName, position, company, location, gender, tag:Anstellungsart  (created locked: contract ends 2026-03-31)
              email: (empty) → "p1@muster.example"
              firstName: (empty) → "Jörg"
              lastName: (empty) → "Weiß"
              position: (empty) → "Schlosser"
              company: (empty) → "Muster GmbH"
              location: (empty) → "Köln"
              gender: (empty) → "MALE"
              tag:Anstellungsart: (empty) → "Anstellungsart: intern"
              setActiveAt: (none) → 2020-03-31T22:00:00Z
              setInactiveAt: (none) → 2026-03-31T22:00:00Z
    1 to change, 0 as they should be
    "#);
}

#[test]
fn somebody_without_a_mail_address_gets_a_user_name() {
    let silent = edited("1", |person| person.email = Field::Null);
    assert_snapshot!(words(candidate(&silent, &config("")), &config("")), @r#"
    create  1  userName, firstName, lastName, position, company, location, gender, tag:Anstellungsart  (contract begins 2020-04-01)
              userName: (empty) → "personio-1"
              firstName: (empty) → "Jörg"
              lastName: (empty) → "Weiß"
              position: (empty) → "Schlosser"
              company: (empty) → "Muster GmbH"
              location: (empty) → "Köln"
              gender: (empty) → "MALE"
              tag:Anstellungsart: (empty) → "Anstellungsart: intern"
              setActiveAt: (none) → 2020-03-31T22:00:00Z
    1 to change, 0 as they should be
    "#);
}

#[test]
fn each_change_of_a_record_plans_what_follows_from_it() {
    type Edit = fn(&mut Employee);
    let inactive: Edit = |person| person.status = Field::Value(Status::Inactive);
    let cases: [(&str, Edit); 8] = [
        ("unchanged", |_| {}),
        ("moved", |person| {
            person.position = text("Meister");
            person.location = text("Bonn");
            person.department = text("not carried over");
        }),
        ("emptied or absent", |person| {
            person.position = Field::Null;
            person.company = Field::Absent;
            person.end_date = Field::Absent;
            person.employment_type = Field::Null;
        }),
        ("ends", |person| person.end_date = day("2026-06-30")),
        ("has ended", |person| person.end_date = day("2026-05-09")),
        ("inactive without an end", inactive),
        ("on leave", |person| {
            person.status = Field::Value(Status::Leave);
        }),
        ("begins", |person| person.hire_date = day("2026-06-01")),
    ];
    let plans = cases.map(|(name, edit)| format!("{name}: {}", change(edit)));
    assert_snapshot!(plans.join("\n"), @r#"
    unchanged: 0 to change, 1 as they should be
    moved: update  1  position, location
              position: (another value) → "Meister"
              location: (another value) → "Bonn"
    1 to change, 0 as they should be
    emptied or absent: update  1  position, tag:Anstellungsart
              position: (another value) → (empty)
              tag:Anstellungsart: (another value) → (empty)
    1 to change, 0 as they should be
    ends: update  1  (contract ends 2026-06-30)
              setInactiveAt: (none) → 2026-06-30T22:00:00Z
    1 to change, 0 as they should be
    has ended: lock    1  (contract ends 2026-05-09)
              setInactiveAt: (none) → 2026-05-09T22:00:00Z
    1 to change, 0 as they should be
    inactive without an end: lock    1  (inactive without an end date that has passed)
              setInactiveAt: (none) → 2026-05-10T12:00:00Z
    1 to change, 0 as they should be
    on leave: 0 to change, 1 as they should be
    begins: lock    1  (contract begins 2026-06-01)
              setActiveAt: 2020-03-31T22:00:00Z → 2026-05-31T22:00:00Z
    1 to change, 0 as they should be
    "#);
}

#[test]
fn somebody_back_is_unlocked() {
    let before = edited("1", |person| person.end_date = day("2026-03-31"));
    assert_snapshot!(words(trusted(&employee("1"), &before, &config("")), &config("")), @"
    unlock  1  (employed)
              setInactiveAt: 2026-03-31T22:00:00Z → (none)
    1 to change, 0 as they should be
    ");
}

#[test]
fn somebody_gone_is_locked_from_now_on_and_nothing_else_is_touched() {
    let before = employee("1");
    let gone = trusted(&before, &before, &config("")).gone(Absence::Explained);
    assert_snapshot!(words(gone.clone(), &config("")), @"
    lock    1  (gone from two complete reads)
              setInactiveAt: (none) → 2026-05-10T12:00:00Z
    1 to change, 0 as they should be
    ");
    let planned = plan(std::slice::from_ref(&gone), &config(""));
    let open = account_of(&before, &config("")).window;
    assert_eq!(planned.changes[0].baseline.window, open);
    let mut locked = gone;
    locked.entry.as_mut().unwrap().window.inactive_at = Some(now());
    assert_snapshot!(words(locked, &config("")), @"
    skip    1  gone, and locked already
    0 to change, 0 as they should be
    ");
}

#[test]
fn somebody_missing_without_a_deletion_flag_is_not_gone() {
    let before = employee("1");
    let left_out = trusted(&before, &before, &config("")).gone(Absence::Unmarked);
    let words = words(left_out, &config(""));
    let says = "lock    1  (missing from two complete reads without a deletion flag)";
    assert!(words.starts_with(says), "{words}");
}

/// A refusal of another record.
fn refused_until(retry_at: jiff::Timestamp) -> Failure {
    Failure {
        kind: FailureKind::Refused,
        reason: "422".into(),
        fingerprint: key().fingerprint([]),
        attempts: 2,
        retry_at,
        ..Failure::default()
    }
}

#[test]
fn somebody_gone_who_is_locked_is_known_to_be() {
    let (one, config) = (employee("1"), config(""));
    let mut account = account_of(&one, &config);
    account.window.inactive_at = Some(now());
    let window = account.window;
    let mut gone = compared(&one, &one, account).gone(Absence::Explained);
    // What failed before is over with it.
    gone.entry.as_mut().unwrap().failure = Some(refused_until(now()));
    let kept = plan(&[gone], &config).bookkeeping;
    assert_eq!(kept[0].failure, None);
    let locked = Locked {
        since: now(),
        reason: LockReason::Vanished,
    };
    assert_eq!(
        kept.iter()
            .map(|it| (it.window, it.locked))
            .collect::<Vec<_>>(),
        [(window, Some(locked))]
    );
}

#[test]
fn somebody_gone_is_locked_although_the_account_has_lost_its_external_id() {
    let config = config("");
    let account = unnumbered(&employee("1"), &config);
    let known = seen(&employee("1"), account, MatchedBy::Ledger, &config);
    let gone = known.with_entry(synced(&employee("1"), &config));
    let gone = gone.gone(Absence::Explained);
    assert!(words(gone, &config).starts_with("lock    1  (gone from two complete reads)"));
}

#[test]
fn an_account_that_has_lost_its_external_id_is_still_ours_out_of_scope() {
    let lost = |config: &TenantConfig| {
        let account = unnumbered(&employee("1"), config);
        let moved = edited("1", |person| person.company = text("Muster AG"));
        let known = seen(&moved, account, MatchedBy::Ledger, config);
        words(known.with_entry(synced(&employee("1"), config)), config)
    };
    let scope = "[scope]\nexclude_companies = [\"Muster AG\"]\n";
    assert!(lost(&config(scope)).starts_with("adopt   1  (no longer in scope)"));
    assert!(
        lost(&config(&format!("{scope}out_of_scope = \"leave\"\n"))).starts_with("0 to change")
    );
}

#[test]
fn somebody_who_leaves_the_scope_is_locked_or_left_alone() {
    let scope = "[scope]\nexclude_companies = [\"Muster AG\"]\n";
    let mut moved = employee("1");
    moved.company = text("Muster AG");
    moved.position = text("no longer carried over");
    moved.hire_date = day("2026-06-01");
    for (policy, outcome) in [
        ("lock", "lock    1  (no longer in scope)"),
        ("leave", "0 to change"),
    ] {
        let config = config(&format!("{scope}out_of_scope = \"{policy}\"\n"));
        let text = words(trusted(&moved, &employee("1"), &config), &config);
        assert!(text.starts_with(outcome), "{text}");
        assert!(!text.contains("setActiveAt"), "{text}");
        let new = words(
            Candidate {
                account: Account::NotFetched,
                ..candidate(&moved, &config)
            },
            &config,
        );
        assert!(new.starts_with("skip    1  out of scope"), "{new}");
    }
}

#[test]
fn nobody_is_created_while_the_scope_cannot_be_decided() {
    let config = config("[scope]\ninclude_companies = [\"Muster GmbH\"]\n");
    let hidden = edited("1", |person| person.company = Field::Absent);
    assert_snapshot!(words(candidate(&hidden, &config), &config), @"
    skip    1  the scope asks for company, which the credential may not read; grant that attribute in Personio
    0 to change, 0 as they should be
    ");
    assert_snapshot!(words(trusted(&hidden, &employee("1"), &config), &config), @"0 to change, 1 as they should be");
}

#[test]
fn an_account_with_the_same_mail_and_no_external_id_is_adopted() {
    let mut account = unnumbered(&employee("1"), &config(""));
    account
        .values
        .insert(Attribute::Position, Text::new("Azubi"));
    account.tags = vec![Text::new("Chor"), Text::new("Anstellungsart: extern")];
    assert_snapshot!(words(seen(&employee("1"), account, MatchedBy::Mail, &config("")), &config("")), @r#"
    adopt   1  position, tag:Anstellungsart
              position: "Azubi" → "Schlosser"
              tag:Anstellungsart: "Anstellungsart: extern" → "Anstellungsart: intern"
    1 to change, 0 as they should be
    "#);
}

/// `employee` with the mail address of the account of former profile 9.
fn rehired(employee: &Employee, former: &Employee) -> Candidate {
    let config = config("");
    let account = AccountView {
        window: AccessWindow {
            active_at: None,
            inactive_at: Some(now() - SignedDuration::from_hours(1)),
        },
        ..account_of(former, &config)
    };
    let holder = Holder::Former(former.source_id.clone());
    Candidate {
        account: Account::Conflicting(Box::new(account), holder),
        ..candidate(employee, &config)
    }
}

#[test]
fn a_rehire_gets_the_account_of_the_former_profile() {
    let former = employee("9");
    let config = config("");
    // The former profile's lock is lifted, also where no end date may be read.
    for end_date in [Field::Null, Field::Absent] {
        let new = Employee {
            source_id: SourceId::new("1"),
            end_date,
            ..former.clone()
        };
        let candidates = [rehired(&new, &former)];
        let plan = plan(&candidates, &config);
        let change = &plan.changes[0];
        let expected = Action::Handover {
            account: CustomerId::new("c9"),
            from: ExternalId::new("personio:9"),
            former: Some(SourceId::new("9")),
        };
        assert_eq!(change.action, expected);
        assert_eq!(change.window.unwrap().after.inactive_at, None);
        assert_eq!(change.locked, None);
        assert!(change.values.is_empty(), "{:?}", change.values);
        assert_eq!(examine(&plan, &candidates, "personio", now()), Ok(()));
    }
}

#[test]
fn a_person_who_has_left_takes_over_nothing() {
    let former = employee("9");
    let new = Employee {
        source_id: SourceId::new("1"),
        ..of_status("9", Status::Inactive)
    };
    let candidate = rehired(&new, &former);
    let nothing = plan(std::slice::from_ref(&candidate), &config(""));
    let skip = SkipReason::HandedOver(former.source_id);
    assert_eq!(nothing.changes, []);
    assert_eq!(nothing.skipped, [(new.source_id.clone(), skip)]);
    // The ledger still says that the account is theirs.
    let nobodys = EmployeeEntry::new(new.source_id);
    let known = Candidate {
        entry: Some(EmployeeEntry {
            customer_id: Some(CustomerId::new("c9")),
            ..nobodys.clone()
        }),
        ..candidate
    };
    assert_eq!(plan(&[known], &config("")).bookkeeping, [nobodys]);
}

#[test]
fn a_former_profile_that_is_employed_again_is_reported() {
    let config = config("");
    let entry = EmployeeEntry {
        handed_over_to: Some(SourceId::new("2")),
        ..EmployeeEntry::new(SourceId::new("1"))
    };
    for (status, expected) in [
        (
            Status::Active,
            SkipReason::EmployedAgain(SourceId::new("2")),
        ),
        (Status::Inactive, SkipReason::HandedOver(SourceId::new("2"))),
    ] {
        let person = of_status("1", status);
        let candidate = candidate(&person, &config).with_entry(entry.clone());
        assert_eq!(plan(&[candidate], &config).skipped[0].1, expected);
    }
}

#[test]
fn a_handover_counts_as_one_only_if_both_names_match() {
    let former = employee("9");
    let with_names = |first: Field<String>, last: Field<String>| Employee {
        source_id: SourceId::new("1"),
        first_name: first,
        last_name: last,
        ..former.clone()
    };
    let (first, last) = (former.first_name.clone(), former.last_name.clone());
    let other = || Field::Value("Anders".to_owned());
    let cases = [
        (with_names(first.clone(), last.clone()), Brake::Handover),
        (with_names(other(), last.clone()), Brake::TakeOver),
        (with_names(first.clone(), other()), Brake::TakeOver),
        (with_names(Field::Absent, last), Brake::TakeOver),
    ];
    for (new, brake) in cases {
        let candidates = [rehired(&new, &former)];
        let config = config("");
        let plan = plan(&candidates, &config);
        let counted = NewAccounts::Counted;
        let risky = risky_changes(&plan, &candidates, &config, now(), counted);
        let kinds: Vec<_> = risky
            .iter()
            .map(|risky| (risky.brake, risky.part))
            .collect();
        assert_eq!(kinds, [(brake, Part::Account)]);
    }
}

#[test]
fn a_lock_that_the_former_profile_is_due_goes_before_the_handover() {
    let former = employee("9");
    let new = Employee {
        source_id: SourceId::new("1"),
        ..former.clone()
    };
    let config = config("");
    let gone = trusted(&former, &former, &config).gone(Absence::Explained);
    for candidates in [
        [rehired(&new, &former), gone.clone()],
        [gone.clone(), rehired(&new, &former)],
    ] {
        let plan = plan(&candidates, &config);
        assert_eq!(changed_people(&plan), ["9"]);
        assert!(
            matches!(&plan.skipped[..], [(id, skip)] if id.as_str() == "1" && skip.is_conflict())
        );
    }
}

#[test]
fn an_account_of_another_external_id_is_a_conflict() {
    let account = account_of(&employee("9"), &config(""));
    let foreign = Account::Conflicting(Box::new(account), Holder::Other);
    assert_snapshot!(words(Candidate { account: foreign, ..candidate(&employee("1"), &config("")) }, &config("")), @"
    skip    1  conflict: the mail address belongs to the reteach account c9, which has another person's external id; change one of the two addresses; if both are profiles of one person, use `tenants people handover`
    0 to change, 0 as they should be
    ");
}

#[test]
fn a_profile_whose_account_was_handed_over_is_never_created_locked_or_written_again() {
    let config = config("");
    let left = edited("1", |person| person.end_date = day("2026-03-31"));
    let entry = EmployeeEntry {
        handed_over_to: Some(employee("2").source_id),
        ..EmployeeEntry::new(left.source_id.clone())
    };
    let present = candidate(&left, &config);
    for candidate in [present.clone(), present.gone(Absence::Explained)] {
        let text = words(candidate.with_entry(entry.clone()), &config);
        let expected = "skip    1  the profile 2 has the account, or gets it";
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn nobody_gets_an_account_on_a_guess() {
    let config = config("");
    let account = || unnumbered(&employee("1"), &config);
    let other = || edited("2", |person| person.email = employee("1").email);
    let by_mail = |it: &Employee| seen(it, account(), MatchedBy::Mail, &config);
    let skip = |id: &str| (id.into(), SkipReason::Contested(CustomerId::new("c1")));
    let by_ledger = || trusted(&employee("1"), &employee("1"), &config);
    let moved = edited("1", |person| person.position = Field::Null);
    let moved = || trusted(&moved, &employee("1"), &config);
    let numbered = AccountView {
        external_id: Some(ExternalId::new("personio:2")),
        ..account()
    };
    let by_id = seen(&other(), numbered, MatchedBy::ExternalId, &config);
    let cases = [
        (
            "one mail address",
            vec![by_mail(&employee("1")), by_mail(&other())],
            vec![],
            vec![skip("1"), skip("2")],
        ),
        (
            "mail and ledger",
            vec![by_ledger(), by_mail(&other())],
            vec![],
            vec![skip("2")],
        ),
        (
            "mail and a change",
            vec![moved(), by_mail(&other())],
            vec!["1"],
            vec![skip("2")],
        ),
        (
            "ledger and external id",
            vec![moved(), by_id],
            vec![],
            vec![skip("1")],
        ),
    ];
    for (name, candidates, changed, skipped) in cases {
        let plan = plan(&candidates, &config);
        let ids = changed_people(&plan);
        let skips: Vec<(String, SkipReason)> = plan
            .skipped
            .iter()
            .map(|(id, skip)| (id.as_str().to_owned(), skip.clone()))
            .collect();
        assert_eq!((ids, skips), (changed, skipped), "{name}");
    }
}

#[test]
fn of_several_new_people_with_one_mail_address_only_one_gets_an_account() {
    let config = config("");
    let new = |id: &str, mail: &str, status| Employee {
        email: Field::Value(mail.into()),
        status: Field::Value(status),
        ..employee(id)
    };
    for (first, gets_it) in [(Status::Active, "1"), (Status::Inactive, "2")] {
        let candidates = [
            candidate(&new("1", "lager@muster.example", first), &config),
            candidate(&new("2", "Lager@muster.example ", Status::Active), &config),
            candidate(&new("3", "p3@muster.example", Status::Active), &config),
        ];
        let plan = plan(&candidates, &config);
        assert_eq!(changed_people(&plan), [gets_it, "3"]);
        let [(id, skip)] = plan.skipped.as_slice() else {
            panic!("{plan:?}")
        };
        // Who has left needs none, and nobody has to decide about it.
        let (expected, conflicts) = match id.as_str() {
            "1" => (SkipReason::HandedOver(SourceId::new("2")), 0),
            _ => (SkipReason::MailShared(SourceId::new("1")), 1),
        };
        assert_eq!(*skip, expected);
        let noted = conflict_entries(&plan, &candidates, now()).len();
        assert_eq!(noted, conflicts);
    }
}

#[test]
fn an_account_found_as_it_should_be_is_only_written_down() {
    let (person, config) = (employee("1"), config(""));
    let account = account_of(&person, &config);
    let found = seen(&person, account, MatchedBy::ExternalId, &config);
    let plan = plan(&[found], &config);
    assert!(plan.is_empty());
    assert_eq!(plan.bookkeeping, [synced(&person, &config)]);
}

#[test]
fn what_an_entry_says_of_failures_or_of_a_lost_key_ends_once_the_account_is_as_it_should_be() {
    let config = config("");
    let failed = EmployeeEntry {
        failure: Some(refused_until(now())),
        ..synced(&employee("1"), &config)
    };
    let sealed = EmployeeEntry {
        customer_id: Some(CustomerId::new("c1")),
        is_sealed: true,
        ..EmployeeEntry::new(SourceId::new("1"))
    };
    let unnoted = EmployeeEntry {
        fingerprint: None,
        ..synced(&employee("1"), &config)
    };
    for entry in [failed, sealed, unnoted] {
        let account = account_of(&employee("1"), &config);
        let found = seen(&employee("1"), account, MatchedBy::ExternalId, &config);
        let plan = plan(&[found.with_entry(entry)], &config);
        assert_eq!(plan.bookkeeping, [synced(&employee("1"), &config)]);
    }
}

#[test]
fn an_account_that_was_given_more_than_the_ledger_knows_is_written_down_in_full() {
    let earlier = edited("1", |person| person.position = text("Werkstudentin"));
    let account = account_of(&employee("1"), &config(""));
    let candidate = compared(&employee("1"), &earlier, account);
    let plan = plan(&[candidate], &config(""));
    assert!(plan.is_empty());
    assert_eq!(plan.bookkeeping, [synced(&employee("1"), &config(""))]);
}

#[test]
fn a_value_that_the_academy_keeps_without_its_outer_spaces_is_no_drift() {
    let config = config("");
    let spaced = Employee {
        company: Field::Value("Muster GmbH ".into()),
        email: Field::Value("P1@Muster.example ".into()),
        ..employee("1")
    };
    let account = account_of(&employee("1"), &config);
    let changes = |given: &Employee| {
        let candidate = compared(&spaced, given, account.clone());
        plan(&[candidate], &config).changes.len()
    };
    assert_eq!((changes(&spaced), changes(&employee("1"))), (0, 1));
    // Of nothing but spaces nothing is left.
    let blank = edited("1", |person| person.company = text("  "));
    let mut nothing = account.clone();
    nothing.values.remove(&Attribute::Company);
    let candidate = compared(&blank, &blank, nothing);
    assert!(plan(&[candidate], &config).changes.is_empty());
}

#[test]
fn drift_is_repaired_but_the_case_of_a_mail_address_is_none() {
    let mut account = account_of(&employee("1"), &config(""));
    account
        .values
        .insert(Attribute::LastName, Text::new("Weiss"));
    account
        .values
        .insert(Attribute::Email, Text::new("P1@Muster.example"));
    let candidate = compared(&employee("1"), &employee("1"), account);
    assert_snapshot!(words(candidate, &config("")), @r#"
    update  1  lastName
              lastName: "Weiss" → "Weiß"
    1 to change, 0 as they should be
    "#);
}

#[test]
fn the_lock_of_an_account_the_ledger_has_forgotten_keeps_its_moment() {
    let (inactive, config) = (of_status("1", Status::Inactive), config(""));
    let mut account = account_of(&inactive, &config);
    let since = "2026-02-01T09:00:00Z".parse().unwrap();
    account.window.inactive_at = Some(since);
    let found = seen(&inactive, account, MatchedBy::ExternalId, &config);
    let plan = plan(&[found], &config);
    assert!(plan.is_empty());
    let reason = LockReason::Inactive;
    assert_eq!(plan.bookkeeping[0].locked, Some(Locked { since, reason }));
}

fn failed(failure: Failure) -> EmployeeEntry {
    EmployeeEntry {
        failure: Some(failure),
        ..EmployeeEntry::new(SourceId::new("1"))
    }
}

#[test]
fn the_same_refused_record_waits_and_another_one_does_not() {
    let employee = employee("1");
    let mut candidate = candidate(&employee, &config(""));
    let SourceState::Present { fingerprint, .. } = candidate.source else {
        unreachable!()
    };
    let retry_at = "2026-05-10T13:00:00Z".parse().unwrap();
    let failure = Failure {
        fingerprint,
        ..refused_until(retry_at)
    };
    candidate.entry = Some(failed(failure.clone()));
    assert_snapshot!(words(candidate.clone(), &config("")), @"
    skip    1  reteach refused this record before; it is tried again from 2026-05-10T13:00:00Z on
    0 to change, 0 as they should be
    ");
    for (kind, is_conflict, text) in [
        (
            FailureKind::NoAnswer,
            false,
            "reteach did not answer for this account before;",
        ),
        (
            FailureKind::Conflict,
            true,
            "conflict: the mail address belongs to another reteach account",
        ),
    ] {
        let failure = Failure {
            kind,
            ..failure.clone()
        };
        let candidate = candidate.clone().with_entry(failed(failure));
        let plan = plan(&[candidate], &config(""));
        let (_, skip) = &plan.skipped[0];
        assert!(skip.to_string().starts_with(text), "{skip}");
        let expected = (is_conflict, false);
        assert_eq!((skip.is_of_a_conflict(), skip.is_conflict()), expected);
    }
    // The same record is tried again from the moment on that was noted.
    let due = Failure {
        retry_at: now(),
        ..failure
    };
    for failure in [refused_until(retry_at), due] {
        let candidate = candidate.clone().with_entry(failed(failure));
        assert_eq!(plan(&[candidate], &config("")).changes.len(), 1);
    }
}

#[test]
fn values_that_wait_for_another_try_keep_no_lock_or_unlock_waiting() {
    let (config, employed) = (config(""), employee("1"));
    let left = edited("1", |person| person.end_date = day("2026-05-01"));
    let is_open = AccessWindow::default();
    let is_shut = AccessWindow {
        inactive_at: Some(now()),
        ..is_open
    };
    for (person, window, kind) in [
        (&left, is_open, Kind::Lock),
        (&employed, is_shut, Kind::Unlock),
    ] {
        let mut account = account_of(person, &config);
        account.window = window;
        account.values.remove(&Attribute::Position);
        let mut entry = synced(person, &config);
        let retry_at = now() + SignedDuration::from_hours(12);
        entry.failure = Some(Failure {
            fingerprint: entry.fingerprint.unwrap(),
            ..refused_until(retry_at)
        });
        let found = seen(person, account, MatchedBy::ExternalId, &config);
        let plan = plan(&[found.with_entry(entry)], &config);
        let [change] = plan.changes.as_slice() else {
            panic!("{plan:?}");
        };
        assert_eq!(change.kind(now()), kind);
        assert!(change.values.is_empty() && change.baseline.digests.is_empty());
        assert_eq!(change.baseline.window, window);
        assert_eq!(change.extent, Extent::Partial);
        let waits = SkipReason::AwaitingRetry(FailureKind::Refused, retry_at);
        assert_eq!(plan.left_out, [(person.source_id.clone(), waits)]);
    }
}

#[test]
fn a_record_that_does_not_fit_is_skipped_by_name_of_the_field() {
    let employee_only = Leaving::default().employee(SourceId::new("1"));
    let record = DesiredAccount::of(&employee_only, "personio", &config(""));
    let source = SourceState::Rejected {
        fingerprint: key().fingerprint([]),
        field: "hire_date".into(),
        problem: "is not a date".into(),
        record: Box::new(record),
    };
    assert_snapshot!(words(Candidate { source, ..candidate(&employee("1"), &config("")) }, &config("")), @"
    skip    1  hire_date is not a date; correct it in Personio
    0 to change, 0 as they should be
    ");
}

/// Person 1, whose record does not fit but for what `edit` leaves of it.
fn rejected(edit: impl FnOnce(&mut Leaving), config: &TenantConfig) -> Candidate {
    let mut leaving = Leaving::default();
    edit(&mut leaving);
    let record = DesiredAccount::of(&leaving.employee(SourceId::new("1")), "personio", config);
    let source = SourceState::Rejected {
        fingerprint: record.fingerprint(&key()),
        field: "office".into(),
        problem: "has no name that is text".into(),
        record: Box::new(record),
    };
    Candidate {
        source,
        ..trusted(&employee("1"), &employee("1"), config)
    }
}

#[test]
fn a_record_that_does_not_fit_moves_an_end_nearer_alone() {
    let config = config("");
    let day = |text: &str| Field::Value(text.parse().unwrap());
    for (known, read, is_moved) in [
        ("2026-12-31", "2026-10-31", true),
        ("2026-10-31", "2026-12-31", false),
    ] {
        let before = Employee {
            end_date: day(known),
            ..employee("1")
        };
        let candidate = Candidate {
            source: rejected(|leaving| leaving.end_date = day(read), &config).source,
            ..trusted(&before, &before, &config)
        };
        let plan = plan(&[candidate], &config);
        assert_eq!(plan.changes.len(), usize::from(is_moved), "{known} {read}");
    }
}

#[test]
fn a_record_that_does_not_fit_still_locks() {
    type Edit = fn(&mut Leaving);
    let leave = "[scope]\ninclude_companies = [\"Muster GmbH\"]\nout_of_scope = \"leave\"\n";
    let inactive: Edit = |it| it.status = Field::Value(Status::Inactive);
    let cases: [(&str, Edit, &str, Option<&str>); 10] = [
        ("inactive", inactive, "", Some("lock    1")),
        (
            "ended before this contract began",
            |leaving| {
                *leaving = Leaving {
                    status: Field::Value(Status::Active),
                    hire_date: day("2026-05-01"),
                    end_date: day("2024-04-30"),
                }
            },
            "",
            None,
        ),
        (
            "inactive, and the next contract is ahead",
            |leaving| {
                leaving.status = Field::Value(Status::Inactive);
                leaving.hire_date = day("2026-10-01");
            },
            "",
            Some("lock    1"),
        ),
        (
            "ended",
            |it| it.end_date = day("2026-05-01"),
            "",
            Some("lock    1"),
        ),
        (
            "ends later",
            |it| it.end_date = day("2026-12-31"),
            "",
            Some("update  1"),
        ),
        (
            "active",
            |it| it.status = Field::Value(Status::Active),
            "",
            None,
        ),
        ("no end", |it| it.end_date = Field::Null, "", None),
        ("nothing to read", |_| {}, "", None),
        (
            "scope asks for what does not fit",
            inactive,
            "[scope]\ninclude_companies = [\"Muster GmbH\"]\n",
            Some("lock    1"),
        ),
        ("may be left alone", inactive, leave, None),
    ];
    for (name, edit, rules, expected) in cases {
        let config = config(rules);
        let candidate = rejected(edit, &config);
        let plan = plan(std::slice::from_ref(&candidate), &config);
        let text = plan.shown(now(), Details::Names).to_string();
        let candidates = [candidate];
        assert_eq!(
            examine(&plan, &candidates, "personio", now()),
            Ok(()),
            "{name}"
        );
        match expected {
            Some(expected) => {
                assert!(text.starts_with(expected), "{name}: {text}");
                let says = "part    1  office has no name";
                assert!(text.contains(says), "{name}: {text}");
                assert!(plan.changes[0].values.is_empty(), "{name}");
                let window = plan.changes[0].window.unwrap();
                assert_eq!(window.after.active_at, window.before.active_at, "{name}");
                let risky = risky_changes(&plan, &candidates, &config, now(), NewAccounts::Counted);
                assert_eq!(risky.len(), 1, "{name}: a brake counts it");
            }
            None => assert!(
                text.starts_with("skip    1  office has no name"),
                "{name}: {text}"
            ),
        }
    }
    // An account that was locked stays locked, whatever is left of the record.
    let config = config("");
    let left = edited("1", |person| person.end_date = day("2026-05-01"));
    let unended = rejected(|it| it.end_date = Field::Null, &config);
    let locked = unended.with_entry(synced(&left, &config));
    // The same end, with another beginning.
    let same_end = |it: &mut Leaving| {
        it.end_date = day("2026-05-01");
        it.hire_date = day("2021-01-01");
    };
    let same_end = Candidate {
        source: rejected(same_end, &config).source,
        ..locked.clone()
    };
    // Somebody else's account is not looked at.
    let stranger = Candidate {
        account: Account::NotFetched,
        entry: None,
        ..rejected(inactive, &config)
    };
    for candidate in [locked, same_end, stranger] {
        assert!(plan(&[candidate], &config).changes.is_empty());
    }
}

#[test]
fn an_account_that_is_found_by_mail_goes_to_the_profile_that_has_not_left() {
    let config = config("");
    let mail = Field::Value("erika@muster.example".to_owned());
    let former = Employee {
        email: mail.clone(),
        status: Field::Value(Status::Inactive),
        ..employee("1")
    };
    let present = edited("2", |person| person.email = mail);
    let account = unnumbered(&present, &config);
    let found = |employee: &Employee| seen(employee, account.clone(), MatchedBy::Mail, &config);
    for candidates in [
        [found(&former), found(&present)],
        [found(&present), found(&former)],
    ] {
        let plan = plan(&candidates, &config);
        assert_eq!(examine(&plan, &candidates, "personio", now()), Ok(()));
        assert_eq!(changed_people(&plan), ["2"]);
        assert!(plan.skipped[0].1.is_conflict(), "{plan:?}");
    }
    // Two who have not left: nobody gets it on a guess.
    let other = edited("3", |person| person.email = present.email.clone());
    let plan = plan(&[found(&present), found(&other)], &config);
    assert_eq!((plan.changes.len(), plan.skipped.len()), (0, 2));
}

#[test]
fn a_window_of_the_default_kind_is_open() {
    assert!(!AccessWindow::default().is_locked_at(now()));
}

#[test]
fn consent_to_a_new_account_is_no_consent_to_an_adoption() {
    let (somebody, config) = (employee("1"), config(""));
    let adopted = |id: &str| {
        let account = AccountView {
            id: CustomerId::new(id),
            external_id: None,
            ..account_of(&somebody, &config)
        };
        seen(&somebody, account, MatchedBy::Mail, &config)
    };
    let candidates = [
        candidate(&somebody, &config),
        adopted("c1"),
        adopted("c2"),
        adopted("c1"),
    ];
    let keys = candidates.map(|candidate| {
        let change = plan(&[candidate], &config).changes.remove(0);
        let risky = RiskyChange {
            source_id: change.source_id.clone(),
            brake: Brake::Create,
            part: Part::Account,
        };
        change.part_key(&risky, &key())
    });
    assert_eq!(keys[1], keys[3]);
    let different: std::collections::BTreeSet<_> = keys.into_iter().collect();
    assert_eq!(different.len(), 3);
}

#[test]
fn a_mail_address_that_another_account_has_is_left_out_and_all_else_goes_on() {
    let config = config("");
    let holder = CustomerId::new("c9");
    let moved = edited("1", |person| person.position = text("Meister"));
    let mail = Field::Value("p9@muster.example".to_owned());
    let both = Employee {
        email: mail.clone(),
        ..moved.clone()
    };
    let mail_alone = edited("1", |person| person.email = mail);
    let taken = SkipReason::MailTaken(holder.clone());
    let position = [Attribute::Position];
    for (person, values, extent, left_out) in [
        (&moved, &position[..], Some(Extent::Whole), None),
        (&both, &position, Some(Extent::Partial), Some(&taken)),
        (&mail_alone, &[], None, None),
    ] {
        let candidate = Candidate {
            mail_holder: Some(holder.clone()),
            ..trusted(person, &employee("1"), &config)
        };
        let plan = plan(&[candidate], &config);
        let change = plan.changes.first();
        let found = change.into_iter().flat_map(|change| &change.values);
        let found: Vec<_> = found.map(|value| value.attribute).collect();
        assert_eq!(found, values);
        assert_eq!(change.map(|change| change.extent), extent);
        assert_eq!(plan.left_out.first().map(|(_, skip)| skip), left_out);
        let is_skipped = plan.skipped.first().map(|(_, skip)| skip) == Some(&taken);
        assert_eq!(is_skipped, extent.is_none());
        if let Some(change) = change {
            // What was not written is not noted as given.
            let is_noted = change.baseline.digests.contains_key("email");
            assert_eq!(is_noted, left_out.is_none());
        }
    }
}

#[test]
fn a_held_part_is_taken_out_alone_and_an_account_with_all_that_belongs_to_it() {
    let config = config("");
    let changed = Employee {
        position: Field::Value("Meister".into()),
        email: Field::Value("neu@muster.example".into()),
        status: Field::Value(Status::Inactive),
        ..employee("1")
    };
    let whole = plan(&[trusted(&changed, &employee("1"), &config)], &config);
    let parts = |changes: &[Change]| {
        changes.first().map(|change| {
            let values = change.values.iter().map(|value| value.attribute);
            (values.collect::<Vec<_>>(), change.window.is_some())
        })
    };
    use Attribute::{Email, Position};
    let (email, position) = (Part::Value(Email), Part::Value(Position));
    for (held, taken_out, left) in [
        (
            vec![email],
            (vec![Email], false),
            Some((vec![Position], true)),
        ),
        (
            vec![Part::AccessWindow],
            (vec![], true),
            Some((vec![Email, Position], false)),
        ),
        (
            vec![email, position],
            (vec![Email, Position], false),
            Some((vec![], true)),
        ),
        (
            vec![email, position, Part::AccessWindow],
            (vec![Email, Position], true),
            None,
        ),
        (vec![Part::Account], (vec![Email, Position], true), None),
    ] {
        let risky: Vec<RiskyChange> = held
            .iter()
            .map(|part| RiskyChange {
                source_id: SourceId::new("1"),
                brake: Brake::Blank,
                part: *part,
            })
            .collect();
        let cut = whole.clone().hold(&risky);
        assert_eq!(parts(&cut.held), Some(taken_out), "{held:?}");
        assert_eq!(parts(&cut.changes), left, "{held:?}");
    }
}

#[test]
fn a_lock_counts_if_it_takes_effect_within_a_day() {
    use Access::{Lock, Same, Unlock};
    let on = |seconds: i64| Some(now() + SignedDuration::from_secs(seconds));
    let day = 24 * 60 * 60;
    let until = |inactive_at| AccessWindow {
        active_at: None,
        inactive_at,
    };
    let open = until(None);
    for (before, after, access) in [
        (open, until(on(0)), Lock),
        (open, until(on(day)), Lock),
        (open, until(on(day + 1)), Same),
        (until(on(0)), open, Unlock),
        (until(on(0)), until(on(day)), Unlock),
        (until(on(0)), until(on(-day)), Same),
        (until(on(day)), open, Same),
        (open, open, Same),
    ] {
        let cause = WindowCause::Employed;
        let change = WindowChange {
            before,
            after,
            cause,
        };
        assert_eq!(change.access(now()), access, "{before:?} {after:?}");
    }
}

#[test]
fn a_lock_that_the_account_shows_is_known_where_the_ledger_knows_nothing_or_cannot_be_read() {
    use LockReason::{Inactive, OutOfScope};
    use shared::access::{EmploymentStatus, Scoped};
    let config = config("");
    let record = DesiredAccount::of(&employee("1"), "personio", &config);
    let sealed = EmployeeEntry {
        is_sealed: true,
        ..synced(&employee("1"), &config)
    };
    let readable = synced(&employee("1"), &config);
    let (none, undecided) = (None, Scoped::Undecided("company"));
    let (employed, unknown) = (EmploymentStatus::Employed, EmploymentStatus::Unknown);
    let inactive = EmploymentStatus::Inactive;
    let at = |seconds| now() + SignedDuration::from_secs(seconds);
    for (scope, standing, entry, shut, reason) in [
        (Scoped::OutLocked, employed, none, at(0), Some(OutOfScope)),
        (Scoped::OutLocked, inactive, none, at(0), Some(OutOfScope)),
        (Scoped::In, inactive, none, at(0), Some(Inactive)),
        (Scoped::In, inactive, none, at(1), None),
        (Scoped::In, employed, none, at(0), None),
        (undecided, employed, none, at(0), None),
        (undecided, employed, Some(&sealed), at(0), Some(OutOfScope)),
        (Scoped::In, unknown, none, at(0), None),
        (Scoped::In, unknown, Some(&sealed), at(0), Some(Inactive)),
        // What the ledger says counts: no lock of ours.
        (Scoped::In, inactive, Some(&readable), at(0), None),
    ] {
        let mut record = record.clone();
        record.employment.scope = scope;
        record.employment.standing = standing;
        let window = AccessWindow {
            active_at: None,
            inactive_at: Some(shut),
        };
        let known = compare::known_lock(entry, window, &record, now());
        let expected = reason.map(|reason| Locked {
            since: shut,
            reason,
        });
        assert_eq!(known, expected, "{scope:?} {standing:?}");
    }
}

#[test]
fn each_cause_and_each_reason_to_skip_has_a_name_of_its_own() {
    let day = jiff::civil::date(2026, 5, 10);
    let causes = [
        WindowCause::ContractEnds(day),
        WindowCause::ContractBegins(day),
        WindowCause::Inactive,
        WindowCause::Vanished,
        WindowCause::Unmarked,
        WindowCause::Orphaned,
        WindowCause::OutOfScope,
        WindowCause::Employed,
    ];
    let (account, person) = (CustomerId::new("c1"), SourceId::new("2"));
    let skips = [
        SkipReason::Conflict(account.clone(), Numbering::Ours),
        SkipReason::Contested(account.clone()),
        SkipReason::MailTaken(account),
        SkipReason::MailShared(person.clone()),
        SkipReason::Rejected {
            field: "id".into(),
            problem: "is odd".into(),
        },
        SkipReason::OutOfScope,
        SkipReason::ScopeUndecided("company"),
        SkipReason::AwaitingRetry(FailureKind::Refused, now()),
        SkipReason::GoneAlready,
        SkipReason::HandedOver(person.clone()),
        SkipReason::EmployedAgain(person),
    ];
    let mut names: std::collections::BTreeSet<_> = causes.iter().map(WindowCause::name).collect();
    assert_eq!(names.len(), causes.len());
    names = skips.iter().map(SkipReason::name).collect();
    assert_eq!(names.len(), skips.len());
}

#[test]
fn old_values_that_the_ledger_hides_are_shown_from_the_account() {
    let config = config("");
    let moved = edited("1", |person| person.position = text("Meister"));
    let mut change = plan(&[trusted(&moved, &employee("1"), &config)], &config)
        .changes
        .remove(0);
    assert!(change.hides_old_values());
    let mut account = account_of(&employee("1"), &config);
    for (held, before) in [
        (true, Before::Value(Text::new("Schlosser"))),
        (false, Before::Null),
    ] {
        if !held {
            account.values.remove(&Attribute::Position);
        }
        change.show_old_values(&account);
        assert_eq!(change.values[0].before, before);
        assert!(!change.hides_old_values());
    }
}
