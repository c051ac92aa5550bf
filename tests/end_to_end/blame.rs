//! Whose failure is it: the person's, the academy's, or reteach's. And whose account.

use std::collections::BTreeSet;

use employee_sync::report::Report;
use harness::{Harness, ROUTES, date, people, virtual_time};
use http::Method;
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Customer, Quirk};
use simulators::{Behaviour, Body, Fault};

use crate::brakes::PLAIN;

const ANYTHING: &str = "[brake]\nat_least = 100\n";

fn move_to(harness: &Harness, ids: std::ops::RangeInclusive<u64>, office: &str) {
    for id in ids {
        harness.change(id, |person| person.office = Some(office.to_owned()));
    }
}

fn refused(report: &Report) -> BTreeSet<u64> {
    let findings = report.findings.iter();
    let refused = findings.filter(|finding| finding.kind == FindingKind::Refused);
    refused
        .map(|finding| finding.person.as_ref().unwrap().parse().unwrap())
        .collect()
}

/// 403 for the writes whose body contains one of these texts.
fn forbid(harness: &Harness, texts: &'static [&'static str]) {
    let forbidden = Fault::new(Behaviour::Status(403, Body::Vendor)).method(Method::PUT);
    harness.company.reteach.fail(forbidden.body(texts).always());
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
async fn a_new_person_whose_look_up_is_refused_stops_nobody_else() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(250)).await;
    // A 403 is asked about once more, with a fresh token.
    for (number, status, times) in [(1, 403, 2), (2, 409, 1), (3, 422, 1)] {
        harness.company.personio.put(harness::person(1000 + number));
        harness.change(number, |person| person.status = Status::Inactive);
        let refused = Fault::new(Behaviour::Status(status, Body::Vendor));
        let look_up = refused.method(Method::GET).path("/customer");
        harness.company.reteach.fail(look_up.times(times));
        let report = harness.tick().await;
        assert_run!(report, Outcome::Done, locked = 1, refused = 1);
        assert!(harness.is_locked(number), "{status}");
        let report = harness.tick().await;
        assert_run!(report, Outcome::Done, created = 1, refused = 0);
    }
}

#[tokio::test]
async fn an_academy_that_takes_no_mail_addresses_as_ids_is_listed_for_a_new_person() {
    let harness = Harness::synced(Via::Direct, ANYTHING, people(250)).await;
    let by_hand = harness::by_hand("person-1001@muster.example");
    let account = harness.company.reteach.insert(by_hand);
    let refused = Fault::new(Behaviour::Status(400, Body::Vendor)).method(Method::GET);
    let by_mail = refused.path("/customer/person-").always();
    harness.company.reteach.fail(by_mail);
    harness.company.personio.put(harness::person(1000));
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, created = 1, refused = 0);
    harness.company.personio.put(harness::person(1001));
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, adopted = 1, refused = 0);
    assert_eq!(harness.account(1001).id, account);
}

#[tokio::test]
async fn a_recycled_mail_address_gets_the_account_only_after_approval() {
    let harness = Harness::synced(Via::Direct, PLAIN, people(6)).await;
    let before = harness.account(1);
    let report = rehire(&harness, Some("Anders")).await;
    assert_counts!(report, handed_over = 0, held = 1);
    assert_eq!(harness.account(1).id, before.id);
    harness.approve(&report.held.unwrap().hash).await;
    let report = harness.tick().await;
    assert_counts!(report, handed_over = 1, held = 0);
    assert_eq!(harness.account(7).id, before.id);
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

/// The ledger does not know whether such a write has taken effect.
#[test]
fn a_lock_or_unlock_without_an_answer_is_undone_when_the_person_changes_again() {
    virtual_time::without_pauses(async {
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
    });
}
