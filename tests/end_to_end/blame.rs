//! Whose failure is it: the person's, the academy's, or reteach's. And whose account.

use std::collections::BTreeSet;

use employee_sync::report::Report;
use harness::{Harness, ROUTES, date, people};
use http::Method;
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Customer, OddRow, Quirk};
use simulators::{Behaviour, Body, Fault};

use crate::brakes::PLAIN;

const ANYTHING: &str = "[brake]\nat_least = 100\n";

fn move_to(harness: &Harness, ids: std::ops::RangeInclusive<u64>, office: &str) {
    for id in ids {
        harness.change(id, |person| person.office = Some(office.to_owned()));
    }
}

async fn gate_is_open(harness: &Harness) -> bool {
    let store = harness.world.stack.store();
    let record = store.tenant(&harness.company.tenant).await.unwrap();
    record.unwrap().gate.is_some()
}

fn refused(report: &Report) -> BTreeSet<u64> {
    let findings = report.findings.iter();
    let refused = findings.filter(|finding| finding.kind == FindingKind::Refused);
    refused
        .map(|finding| finding.person.as_ref().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn a_field_that_the_academy_refuses_stops_its_people_and_no_lock() {
    let harness = Harness::new(Via::Direct, ANYTHING, people(40)).await;
    let refuses = |field: Option<&str>| {
        let quirk = field.map(|field| Quirk::RefusesField(field.to_owned()));
        harness.company.reteach.set_quirks(quirk);
    };
    refuses(Some("position"));
    let report = harness.now().await;
    assert_run!(report, Outcome::AcademyRefuses);
    for says in [
        "position",
        "422",
        r#"`[employees] position = "tag"`"#,
        "tenants add",
    ] {
        assert!(report.message.contains(says), "{}", report.message);
    }
    assert!(harness.writes().len() <= 10, "{:?}", harness.writes());
    assert!(!gate_is_open(&harness).await);

    refuses(None);
    harness.after(SignedDuration::from_hours(1)).await;
    assert!(gate_is_open(&harness).await);
    refuses(Some("location"));
    move_to(&harness, 1..=40, "Ulm");
    (21..=30).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    (31..=40).for_each(|id| {
        harness.change(id, |person| person.termination_date = date("2026-05-01"));
    });
    let report = harness.tick().await;
    assert_run!(report, Outcome::AcademyRefuses);
    assert!((5..=10).contains(&report.counts.refused), "{report:#?}");
    assert_eq!(harness.locked(1..=40), 20);
}

#[tokio::test]
async fn accounts_that_always_fail_are_named_and_paused_and_stop_nobody_else() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(40)).await;
    let fails = (21..=32).map(|id| Quirk::AccountAnswers500(format!("personio:{id}")));
    harness.company.reteach.set_quirks(fails);
    move_to(&harness, 1..=40, "Ulm");
    let report = harness.tick().await;
    assert_counts!(report, updated = 28);
    // The last of a run are tried once more before they are paused.
    let mut named = refused(&report);
    named.extend(refused(&harness.tick().await));
    assert_eq!(named, (21..=32).collect());
    let moved = (1..=40).filter(|id| harness.account(*id).location.as_deref() == Some("Ulm"));
    assert_eq!(moved.count(), 28);
    harness.forget_requests();
    let report = harness.tick().await;
    assert_run!(report, Outcome::Unchanged, waiting = 12);
    assert_eq!(harness.writes().len(), 0);
    harness.company.reteach.set_quirks([]);
    let report = harness.after(SignedDuration::from_hours(1)).await;
    assert_run!(report, Outcome::Done, updated = 12);
}

/// 403 for the writes whose body contains one of these texts.
fn forbid(harness: &Harness, texts: &'static [&'static str]) {
    let forbidden = Fault::new(Behaviour::Status(403, Body::Vendor)).method(Method::PUT);
    harness.company.reteach.fail(forbidden.body(texts).always());
}

#[tokio::test]
async fn a_leaver_whose_account_cannot_be_read_is_locked() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(6)).await;
    let garbled = Quirk::OddRow("personio:2".to_owned(), OddRow::NoId);
    harness.company.reteach.set_quirks([garbled]);
    harness.change(2, |person| person.status = Status::Inactive);
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, locked = 1, refused = 0);
    assert!(harness.is_locked(2));
}

#[tokio::test]
async fn a_403_for_every_account_is_one_outcome_of_the_tenant() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(12)).await;
    forbid(&harness, &[]);
    move_to(&harness, 1..=12, "Ulm");
    for _ in 0..2 {
        let report = harness.tick().await;
        assert_run!(report, Outcome::AccessDenied, updated = 0, refused = 0);
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
    // Nobody waits for a pause of their own.
    harness.company.reteach.clear_faults();
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, updated = 12);
}

#[tokio::test]
async fn a_403_for_one_account_is_that_persons_and_stops_nobody_else() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(12)).await;
    forbid(&harness, &["Sonderort"]);
    move_to(&harness, 1..=12, "Ulm");
    move_to(&harness, 5..=5, "Sonderort");
    let report = harness.tick().await;
    assert_counts!(report, updated = 11);
    assert!(report.outcome != Outcome::AccessDenied, "{report:#?}");
    // Tried once more, then named and paused.
    let mut named = refused(&report);
    named.extend(refused(&harness.tick().await));
    assert_eq!(named, BTreeSet::from([5]));
    let report = harness.tick().await;
    assert_run!(report, Outcome::Unchanged, waiting = 1);
}

/// A rehire has a new profile and the same mail address. An admin gives the account to the new profile.
#[tokio::test]
async fn edits_of_an_old_profile_never_reach_an_account_that_has_moved_to_another_one() {
    for status in [None, Some(404), Some(400), Some(422)] {
        let quirk = status.map(Quirk::ExternalIdsAreNoIdentifiers);
        let harness = Harness::synced(Via::Direct, ANYTHING, people(6)).await;
        harness.company.reteach.set_quirks(quirk);
        let mail = harness.account(1).email;
        let id = harness.account(1).id;
        harness.change(1, |person| person.status = Status::Inactive);
        harness.tick().await;
        harness
            .company
            .reteach
            .edit(&id, |account| account.external_id = None);
        harness.company.personio.put(simulators::Person {
            email: mail,
            ..harness::person(7)
        });
        harness.tick().await;
        assert_eq!(
            harness.account(7).id,
            id,
            "the new profile adopts the account"
        );
        let before = harness.account(7);
        harness.change(1, |person| {
            person.office = Some("Ulm".to_owned());
            person.termination_date = date("2026-05-01");
        });
        let report = harness.tick().await;
        assert!(
            report
                .findings
                .iter()
                .any(|finding| finding.kind == FindingKind::AccountLost
                    && finding.person.as_deref() == Some("1")),
            "{report:#?}"
        );
        for _ in 0..3 {
            harness.tick().await;
        }
        harness.after(SignedDuration::from_hours(25)).await;
        assert_eq!(harness.account(7), before);
    }
}

/// Person 7 is person 1 with a new profile: the same mail address and, unless another one is given, the same first name.
async fn rehire(harness: &Harness, first_name: Option<&str>) -> Report {
    let mut rehired = harness::person(7);
    harness.change(1, |person| {
        person.status = Status::Inactive;
        rehired.email.clone_from(&person.email);
        rehired.first_name = first_name.unwrap_or(&person.first_name).to_owned();
        rehired.last_name.clone_from(&person.last_name);
    });
    harness.tick().await;
    harness.company.personio.put(rehired);
    harness.tick().await
}

#[tokio::test]
async fn a_rehire_keeps_the_account_and_the_former_profile_never_touches_it_again() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(6)).await;
        let id = harness.account(1).id;
        let report = rehire(&harness, None).await;
        assert_run!(report, Outcome::Done, handed_over = 1, conflicts = 0);
        assert_eq!(harness.account(7).id, id);
        assert!(!harness.is_locked(7));
        let before = harness.account(7);
        harness.change(1, |person| {
            person.office = Some("Ulm".to_owned());
            person.termination_date = date("2026-05-01");
        });
        harness.tick().await;
        harness.company.personio.remove(1);
        for _ in 0..3 {
            let report = harness.tick().await;
            assert_eq!(report.findings, []);
        }
        harness.after(SignedDuration::from_hours(25)).await;
        assert_eq!(harness.account(7), before);
        assert_eq!(harness.company.reteach.customers().len(), 6);
    }
}

#[tokio::test]
async fn a_former_profile_gets_no_account_when_its_values_change() {
    let harness = Harness::synced(Via::Direct, PLAIN, people(6)).await;
    rehire(&harness, None).await;
    let before = harness.account(7);
    harness.change(1, |person| {
        person.email = Some("frueher@muster.example".into())
    });
    for _ in 0..3 {
        harness.tick().await;
        harness.after(SignedDuration::from_hours(25)).await;
        harness.change(1, |person| person.office = Some("Ulm".to_owned()));
    }
    assert_eq!(harness.account(7), before);
    assert_eq!(harness.company.reteach.customers().len(), 6);
}

#[tokio::test]
async fn a_new_person_whose_account_cannot_be_read_stops_nobody_else() {
    // So many that one of them is looked up, and not listed.
    let harness = Harness::synced(Via::Direct, ANYTHING, people(250)).await;
    let new = harness::person(1000);
    let by_hand = harness::by_hand(new.email.as_ref().unwrap());
    let account = harness.company.reteach.insert(by_hand);
    let fails = Quirk::AccountAnswers500(account);
    harness.company.reteach.set_quirks([fails]);
    harness.company.personio.put(new);
    // Nothing shows whose failure it is.
    let report = harness.tick().await;
    assert_run!(report, Outcome::Partly, refused = 1);
    assert_eq!(refused(&report), BTreeSet::from([1000]));

    move_to(&harness, 1..=1, "Ulm");
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, updated = 1, refused = 1);
    harness.company.reteach.set_quirks([]);
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, adopted = 1, refused = 0);
}

#[tokio::test]
async fn a_new_person_whose_look_up_is_refused_stops_nobody_else() {
    // A 403 is asked about once more, with a fresh token.
    for (status, times) in [(403, 2), (409, 1), (422, 1)] {
        let harness = Harness::synced(Via::Direct, ANYTHING, people(250)).await;
        harness.company.personio.put(harness::person(1000));
        harness.change(250, |person| person.status = Status::Inactive);
        let refused = Fault::new(Behaviour::Status(status, Body::Vendor));
        let look_up = refused.method(Method::GET).path("/customer");
        harness.company.reteach.fail(look_up.times(times));
        let report = harness.tick().await;
        assert_run!(report, Outcome::Done, locked = 1, refused = 1);
        assert!(harness.is_locked(250), "{status}");
        let report = harness.tick().await;
        assert_run!(report, Outcome::Done, created = 1, refused = 0);
    }
}

#[tokio::test]
async fn an_academy_that_tells_nothing_about_accounts_is_named_after_a_leaver_is_locked() {
    for (status, outcome) in [
        (500, Outcome::ReteachUnavailable),
        (403, Outcome::AccessDenied),
    ] {
        let harness = Harness::synced(Via::Direct, ANYTHING, people(12)).await;
        (21..=26).for_each(|id| harness.company.personio.put(harness::person(id)));
        harness.change(12, |person| person.status = Status::Inactive);
        let silent = Fault::new(Behaviour::Status(status, Body::Vendor)).method(Method::GET);
        harness
            .company
            .reteach
            .fail(silent.path("/customer").always());
        for locked in [1, 0] {
            let report = harness.tick().await;
            assert_run!("{status}", report, outcome, locked = locked, left = 6);
        }
        assert!(harness.is_locked(12), "{status}");
        harness.company.reteach.clear_faults();
        let report = harness.tick().await;
        assert_run!("{status}", report, Outcome::Done, created = 6);
    }
}

#[tokio::test]
async fn a_recycled_mail_address_gets_the_account_only_after_approval() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(6)).await;
        let before = harness.account(1);
        let report = rehire(&harness, Some("Anders")).await;
        assert_counts!("{via:?}", report, handed_over = 0, held = 1);
        assert_eq!(harness.account(1).id, before.id, "{via:?}");
        harness.approve(&report.held.unwrap().hash).await;
        let report = harness.tick().await;
        assert_counts!("{via:?}", report, handed_over = 1, held = 0);
        assert_eq!(harness.account(7).id, before.id, "{via:?}");
    }
}

#[tokio::test]
async fn an_academy_whose_put_replaces_the_record_loses_nothing_of_ours() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(20)).await;
    harness.company.reteach.set_quirks([Quirk::PutReplaces]);
    let before = harness.company.reteach.customers();
    move_to(&harness, 1..=20, "Ulm");
    harness.change(20, |person| person.status = Status::Inactive);
    let report = harness.tick().await;
    assert_run!(report, Outcome::AcademyRefuses);
    assert!(
        report.message.contains("does not name"),
        "{}",
        report.message
    );
    assert!(harness.is_locked(20));
    let ours = |account: &Customer| {
        let Customer {
            email,
            first_name,
            last_name,
            position,
            company,
            external_id,
            tags,
            ..
        } = account.clone();
        (
            email,
            first_name,
            last_name,
            position,
            company,
            external_id,
            tags,
        )
    };
    let after = harness.company.reteach.customers();
    assert_eq!(
        after.iter().map(ours).collect::<Vec<_>>(),
        before.iter().map(ours).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn with_update_replace_an_admins_fields_and_tags_survive_every_update() {
    let file = format!("update = \"replace\"\n{ANYTHING}");
    let harness = Harness::new(Via::Direct, &file, people(8)).await;
    let quirks = [Quirk::PutReplaces, Quirk::PutDropsTags];
    harness.company.reteach.set_quirks(quirks);
    let id = harness.reteach.insert(Customer {
        birth_date: Some("1990-04-01T00:00:00.000Z".to_owned()),
        authentication_method: Some("SSO".to_owned()),
        expired_notification_mail: Some("office@muster.example".to_owned()),
        ..harness::by_hand("person-2@muster.example")
    });
    let admins = |account: Customer| {
        let mut foreign = account.tags;
        foreign.retain(|tag| !tag.starts_with("Anstellungsart"));
        let texts = [
            account.display_name,
            account.language,
            account.team,
            account.birth_date,
            account.note,
            account.expired_notification_mail,
            account.authentication_method,
        ];
        (texts, foreign)
    };
    let before = admins(harness.reteach.customer(&id).unwrap());
    assert_run!(harness.now().await, Outcome::Done, created = 7, adopted = 1);
    move_to(&harness, 1..=8, "Ulm");
    harness.change(2, |person| person.status = Status::Inactive);
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, updated = 7, locked = 1);
    assert_eq!(admins(harness.account(2)), before);
    assert!((1..=8).all(|id| harness.account(id).location.as_deref() == Some("Ulm")));
    assert_eq!(harness.account(3).tags, ["Anstellungsart: intern"]);
}

#[tokio::test]
async fn a_returner_whose_lock_the_academy_does_not_clear_is_reported() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(6)).await;
    harness.change(2, |person| person.status = Status::Inactive);
    harness.tick().await;
    harness
        .company
        .reteach
        .set_quirks([Quirk::NullClearsNothing]);
    harness.change(2, |person| person.status = Status::Active);
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, refused = 1, unlocked = 0);
    let text = &report.findings[0].text;
    assert!(text.contains("setInactiveAt"), "{text}");
    assert!(harness.is_locked(2));
}

/// The ledger does not know whether such a write has taken effect.
#[tokio::test]
async fn a_lock_or_unlock_without_an_answer_is_undone_when_the_person_changes_again() {
    let set = |harness: &Harness, status| harness.change(2, |person| person.status = status);
    for (first, then, is_gone) in [
        (Status::Inactive, Status::Active, false),
        (Status::Active, Status::Inactive, false),
        (Status::Active, Status::Inactive, true),
    ] {
        let label = format!("{first:?} {then:?} {is_gone}");
        let harness = Harness::synced(Via::Direct, ANYTHING, people(6)).await;
        set(&harness, then);
        harness.tick().await;
        let reteach = &harness.company.reteach;
        reteach.fail(
            Fault::new(Behaviour::LoseReply)
                .method(Method::PUT)
                .always(),
        );
        set(&harness, first);
        harness.tick().await;
        reteach.clear_faults();
        let is_locked = |status| status == Status::Inactive;
        assert_eq!(harness.is_locked(2), is_locked(first), "{label}");
        if is_gone {
            harness.company.personio.remove(2);
            harness.tick().await;
        } else {
            set(&harness, then);
        }
        let report = harness.tick().await;
        let (locked, unlocked) = (u64::from(is_locked(then)), u64::from(is_locked(first)));
        assert_run!(
            "{label}",
            report,
            Outcome::Done,
            locked = locked,
            unlocked = unlocked
        );
        assert_eq!(harness.is_locked(2), is_locked(then), "{label}");
    }
}

#[tokio::test]
async fn an_academy_that_takes_no_external_ids_is_written_by_its_own_ids() {
    for status in [404, 400, 422] {
        let harness = Harness::synced(Via::Direct, ANYTHING, people(6)).await;
        let reteach = &harness.company.reteach;
        reteach.set_quirks([Quirk::ExternalIdsAreNoIdentifiers(status)]);
        for office in ["Ulm", "Bonn"] {
            harness.forget_requests();
            move_to(&harness, 1..=6, office);
            let report = harness.tick().await;
            assert_run!("{status}", report, Outcome::Done, updated = 6);
            let by_external_id = harness
                .asked()
                .iter()
                .filter(|call| call.path.contains("personio%3A"))
                .count();
            // The first two are read and written by reteach's ids; the others are sent at once.
            assert!(
                by_external_id <= if office == "Ulm" { 4 } else { 0 },
                "{status} {office}: {by_external_id}"
            );
        }
        let is_moved = |id| harness.account(id).location.as_deref() == Some("Bonn");
        assert!((1..=6).all(is_moved), "{status}");
    }
}
