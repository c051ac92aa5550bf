//! The employee to whom a certificate belongs.

use harness::{Harness, ROUTES, by_hand, completed, date, numbered, people, person};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Customer, Participation};
use simulators::{Behaviour, Body, Fault};

use super::fixture::finding;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const LONG_AGO: &str = "2025-02-10T09:30:00Z";

/// Asserts in whose file the certificate is.
fn assert_owner(harness: &Harness, id: &str, person: u64) {
    let document = harness.document_of(id).unwrap();
    let via = harness.company.via;
    assert_eq!(document.employee_id, person, "{via:?} {id}");
}

/// A person leaves before today.
async fn leaves(harness: &Harness, person: u64) {
    harness.change(person, |person| {
        person.termination_date = date("2026-05-09");
        person.status = Status::Inactive;
    });
    harness.tick().await;
}

/// An admin gives an account another external id.
fn set_external_id(harness: &Harness, account: &str, id: Option<&str>) {
    let edit = |account: &mut Customer| account.external_id = id.map(str::to_owned);
    harness.reteach.edit(account, edit);
}

/// A certificate of the account with this id, mail address or external id.
fn of(account: &str, id: &str) -> Participation {
    Participation {
        customer: Some(account.to_owned()),
        ..completed(id, 0, "Kurs", LONG_AGO)
    }
}

#[tokio::test]
async fn an_account_without_external_id_is_found_in_the_employee_ledger_and_a_foreign_one_is_not() {
    let harness = Harness::with_folder(Via::Direct, "", people(3)).await;
    harness.issue([
        of("personio:1", "c-1"),
        of("personio:2", "c-2"),
        of("personio:3", "c-3"),
    ]);
    // An admin clears the external id of one account, and gives another account to somebody of another system.
    set_external_id(&harness, "personio:2", None);
    set_external_id(&harness, "personio:3", Some("sap:77"));
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 2);
    assert_eq!(report.counts.not_from_hr, 1);
    for (id, person) in [("c-1", 1), ("c-2", 2)] {
        assert_owner(&harness, id, person);
    }
    assert!(harness.document_of("c-3").is_none());
}

#[tokio::test]
async fn certificates_of_people_outside_personio_are_counted_and_skipped() {
    let harness = Harness::with_folder(Via::Direct, "", people(2)).await;
    let reteach = &harness.reteach;
    let by_hand = reteach.insert(by_hand("trainer@partner.example"));
    let sap = reteach.insert(numbered("sap:1", "sap@partner.example"));
    harness.issue([
        of(&by_hand, "c-1"),
        of(&sap, "c-2"),
        of("personio:2", "c-3"),
    ]);
    for (mode, uploaded, outcome) in [
        (Mode::Scheduled, 1, Outcome::Done),
        (Mode::FullScan, 0, Outcome::Unchanged),
    ] {
        let report = harness.certificates_in(mode).await;
        assert_run!(report, outcome, not_from_hr = 2);
        assert_counts!(report, uploaded = uploaded, seen = 3, failed = 0);
        // Nobody has to do anything.
        assert!(report.findings.is_empty(), "{report:#?}");
    }
    assert_eq!(harness.certificate_ledger().await.len(), 1);
    assert_eq!(harness.personio.documents().len(), 1);
}

#[tokio::test]
async fn a_person_added_later_gets_old_certificates_with_the_next_full_scan() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    let account = harness.reteach.insert(by_hand("person-2@muster.example"));
    harness.issue([of(&account, "c-1"), of(&account, "c-2")]);
    let report = harness.certificates_now().await;
    assert_counts!(report, not_from_hr = 2);

    harness.personio.put(person(2));
    assert_eq!(harness.tick().await.counts.adopted, 1);
    let report = harness.certificates_tick().await;
    assert_counts!("they are old", report, seen = 0);
    let report = harness.certificates_after(DAY).await;
    assert_counts!(report, uploaded = 2, not_from_hr = 0);
    assert_eq!(harness.documents_of(2).len(), 2);
}

#[tokio::test]
async fn a_participation_without_a_customer_is_counted_and_reported_by_full_scans() {
    let harness = Harness::with_folder(Via::Direct, "", people(2)).await;
    let gone = harness.reteach.insert(by_hand("gone@partner.example"));
    // Two ids: the simulator sends one record with a null customer and one without the field.
    let nobody = |id: &str, record: &str| Participation {
        customer: None,
        id: record.to_owned(),
        ..completed(id, 1, "Kurs", "2026-05-11T07:30:00Z")
    };
    harness.issue([
        nobody("c-1", "p-1"),
        nobody("c-2", "p-2"),
        of(&gone, "c-3"),
        of("personio:1", "c-4"),
    ]);
    harness.reteach.remove(&gone);
    let report = harness.certificates_now().await;
    assert_counts!(report, without_customer = 3, uploaded = 1, rejected = 0);
    for id in ["c-1", "c-2", "c-3"] {
        let text = &finding(&report, FindingKind::Rejected, id).text;
        assert!(text.contains("no customer"), "{text}");
    }
    let again = harness.certificates_tick().await;
    assert_run!(again, Outcome::Unchanged, unchanged = 2);
    // Reported once a day.
    assert!(again.findings.is_empty(), "{again:#?}");
}

#[tokio::test]
async fn leavers_get_their_certificates() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(2)).await;
        leaves(&harness, 1).await;
        assert!(harness.is_locked(1), "{via:?}");
        harness.issue([of("personio:1", "c-1")]);
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 1);
        assert_owner(&harness, "c-1", 1);
    }
}

#[tokio::test]
async fn a_rehired_person_with_a_new_id_has_a_new_file() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(2)).await;
        harness.issue([of("personio:1", "c-1")]);
        harness.certificates_now().await;
        leaves(&harness, 1).await;
        // The same mail address and another name: the account is the old profile's until somebody approves.
        let again = simulators::Person {
            email: person(1).email,
            ..person(5)
        };
        harness.personio.put(again);
        assert_eq!(harness.tick().await.counts.held, 1, "{via:?}");
        set_external_id(&harness, "personio:1", Some("personio:5"));
        harness.issue([of("personio:5", "c-2")]);
        let report = harness.certificates_in(Mode::FullScan).await;
        assert_counts!("{via:?}", report, uploaded = 1, settled = 1);
        assert_owner(&harness, "c-1", 1);
        assert_owner(&harness, "c-2", 5);
    }
}

#[tokio::test]
async fn an_account_shared_by_two_people_belongs_to_its_external_id() {
    // An admin gives an account to another person: its external id counts, not the ledger.
    let harness = Harness::with_folder(Via::Direct, "", people(3)).await;
    let account = harness.account(2).id;
    harness.issue([of(&account, "c-1")]);
    harness.reteach.remove("personio:3");
    set_external_id(&harness, &account, Some("personio:3"));
    harness.certificates_now().await;
    assert_owner(&harness, "c-1", 3);
}

#[tokio::test]
async fn a_listing_of_everything_reads_accounts_only_where_external_ids_do_not_tell_owners() {
    let harness = Harness::with_folder(Via::Direct, "", people(200)).await;
    harness.issue((1..=3).map(|number| of(&format!("personio:{number}"), &format!("c-{number}"))));
    harness.certificates_now().await;
    let scan = async || {
        harness.advance(DAY);
        harness.certificates_in(Mode::FullScan).await
    };
    let accounts = 10.0;
    let report = scan().await;
    assert_run!(report, Outcome::Unchanged, settled = 3);
    assert!(report.dynamodb.read < accounts, "{:?}", report.dynamodb);

    // An admin clears an external id. The ledger alone knows whose account it is, and that another one is nobody's.
    let account = harness.account(2).id;
    set_external_id(&harness, &account, None);
    harness.reteach.insert(by_hand("guest@example.com"));
    harness.issue([of(&account, "c-4"), of("guest@example.com", "c-5")]);
    let report = scan().await;
    assert_run!(report, Outcome::Done, uploaded = 1, not_from_hr = 1);
    assert_owner(&harness, "c-4", 2);
    harness.forget_requests();
    let report = scan().await;
    assert_run!(report, Outcome::Unchanged, not_from_hr = 1);
    assert!(report.dynamodb.read >= accounts, "the guest may be anybody");
    let listings = harness.reteach.requests();
    let listings = listings
        .iter()
        .filter(|request| request.template == Some("/participation"));
    assert_eq!(listings.count(), 1, "the last listing has said so");
}

/// The stored credential is another company's: the ids of the known people are unknown there, or somebody else's.
#[tokio::test]
async fn nothing_is_filed_while_the_people_are_those_of_another_company() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(25)).await;
        harness.issue(
            (1..=25).map(|number| of(&format!("personio:{number}"), &format!("c-{number}"))),
        );
        for number in 3..=25 {
            harness.personio.remove(number);
        }
        let outcome = harness.tick().await.outcome;
        assert_eq!(outcome, Outcome::SourceChanged, "{via:?}");
        let report = harness.certificates_now().await;
        assert_run!(
            "{via:?}",
            report,
            Outcome::SourceChanged,
            uploaded = 0,
            remaining = 25
        );
        assert_eq!(harness.uploads(), 0, "{via:?}");
        harness.personio.put_all((3..=25).map(person));
        harness.tick().await;
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 25);
    }
}

/// Readings that are never complete keep people whom Personio has deleted.
#[tokio::test]
async fn deleted_people_whom_the_last_reading_had_stop_nothing_while_others_are_there() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(7)).await;
        harness
            .issue((1..=5).map(|number| of(&format!("personio:{number}"), &format!("c-{number}"))));
        for number in 1..=5 {
            harness.personio.remove(number);
        }
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, person_deleted = 5);
    }
}

/// The stored credential is another academy's: its people carry another system's ids, or ids that nobody knows here.
#[tokio::test]
async fn certificates_of_another_academy_are_one_outcome_and_not_filed() {
    // Of few certificates, only others that would be filed are a sign.
    for (prefix, known) in [("sap:", 6), ("personio:9", 6), ("personio:9", 1)] {
        for (at, is_checked) in [
            ("2026-05-11T08:10:00Z", false),
            ("2026-05-11T08:10:00Z", true),
            (LONG_AGO, false),
        ] {
            let label = format!("{prefix} {known} {at} {is_checked}");
            let harness = Harness::with_folder(Via::Direct, "", people(6)).await;
            let id = harness.reteach.id();
            if is_checked {
                harness.know_academy().await;
            }
            let issue = |prefix: &str, id: &str, at: &str| {
                harness.issue((1..=known).map(|number| Participation {
                    customer: Some(format!("{prefix}{number}")),
                    ..completed(&format!("{id}-{number}"), number, "Kurs", at)
                }));
            };
            issue("personio:", "c", "2026-05-10T09:30:00Z");
            assert_eq!(harness.certificates_now().await.counts.uploaded, known);
            for gone in harness.reteach.participations() {
                assert!(harness.reteach.remove_participation(&gone.id), "{label}");
            }
            let ours = harness.reteach.customers();
            for account in &ours {
                assert!(harness.reteach.remove(&account.id), "{label}");
            }
            for number in 1..=known {
                let mail = format!("andere{number}@muster.example");
                let other = numbered(&format!("{prefix}{number}"), &mail);
                harness.reteach.insert(other);
            }
            issue(prefix, "d", at);
            if is_checked {
                harness.reteach.set_id("other");
            }
            // Another academy may show its accounts to nobody, as this one does without the right to read them.
            let hidden = Fault::new(Behaviour::Status(403, Body::Vendor)).path("/customer/");
            harness.reteach.fail(hidden.always());
            let another = (Outcome::BadSecret, "another academy's");
            let denied = (Outcome::AccessDenied, "does not allow this");
            for (outcome, says) in [if is_checked { another } else { denied }, another] {
                let report = harness.certificates_tick().await;
                assert_run!("{label}", report, outcome, uploaded = 0);
                assert!(report.message.contains(says), "{report:#?}");
                harness.clear_faults();
            }
            if is_checked {
                // Its id decides, whatever its accounts look like.
                for account in &ours {
                    harness.reteach.insert(account.clone());
                }
                let report = harness.certificates_tick().await;
                assert_run!("{label}", report, Outcome::BadSecret, uploaded = 0);
                for account in &ours {
                    assert!(harness.reteach.remove(&account.id), "{label}");
                }
                harness.reteach.set_id(&id);
                let report = harness.certificates_tick().await;
                assert_ne!(report.outcome, Outcome::BadSecret, "{label}: {report:#?}");
                continue;
            }
            // One of its people is ours: these certificates may be new.
            for account in ours {
                harness.reteach.insert(account);
            }
            issue("personio:", "e", "2026-05-11T08:20:00Z");
            let report = harness.certificates_tick().await;
            assert_counts!("{label}", report, uploaded = known);
        }
    }
}

/// All known certificates were revoked, and people whom the HR system does not have (any more) have others.
#[tokio::test]
async fn an_academy_whose_certificates_are_all_of_people_outside_the_hr_system_is_no_other_one() {
    for (outside, known) in [
        ("sap:7", 1),
        ("sap:7", 6),
        ("personio:77", 1),
        ("personio:77", 6),
    ] {
        let harness = Harness::with_folder(Via::Direct, "", people(6)).await;
        let ours = |number| of(&format!("personio:{number}"), &format!("c-{number}"));
        harness.issue((1..=known).map(ours));
        assert_eq!(harness.certificates_now().await.counts.uploaded, known);
        for gone in harness.reteach.participations() {
            assert!(harness.reteach.remove_participation(&gone.id));
        }
        harness
            .reteach
            .insert(numbered(outside, "gast@example.com"));
        harness.issue([of(outside, "d-1")]);
        let report = harness.certificates_after(DAY).await;
        let label = format!("{outside} {known}");
        assert!(!report.outcome.is_failure(), "{label}: {report:#?}");
        let left = report.counts.not_from_hr + report.counts.person_deleted;
        assert_eq!((left, report.counts.uploaded), (1, 0), "{label}");
    }
}

#[tokio::test]
async fn people_whom_the_last_reading_had_and_nobody_knows_are_another_companys() {
    let harness = Harness::with_folder(Via::Direct, "", people(15)).await;
    harness.issue((1..=15).map(|number| of(&format!("personio:{number}"), &format!("c-{number}"))));
    for number in 1..=15 {
        harness.personio.remove(number);
    }
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::SourceChanged, uploaded = 0);
    // Some are under way while others of the last reading are asked for.
    assert!(harness.uploads() < 15, "{}", harness.uploads());
    harness.personio.put_all((1..=15).map(person));
    for _ in 0..3 {
        harness.certificates_tick().await;
    }
    assert_eq!(harness.personio.documents().len(), 15);
}
