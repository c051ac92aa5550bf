//! The employee to whom a certificate belongs.

use harness::{Harness, ROUTES, by_hand, completed, date, people, person};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Customer, Participation};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const LONG_AGO: &str = "2025-02-10T09:30:00Z";

/// A certificate of the account with this id, mail address or external id.
fn of(account: &str, id: &str) -> Participation {
    Participation {
        customer: Some(account.to_owned()),
        ..completed(id, 0, "Kurs", LONG_AGO)
    }
}

#[tokio::test]
async fn an_account_without_our_external_id_is_found_in_the_employee_ledger() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(3)).await;
        let reteach = &harness.company.reteach;
        harness.issue([
            of("personio:1", "c-1"),
            of("personio:2", "c-2"),
            of("personio:3", "c-3"),
        ]);
        // An admin clears or replaces the external id.
        reteach.edit("personio:2", |account| account.external_id = None);
        reteach.edit("personio:3", |account| {
            account.external_id = Some("sap:77".to_owned())
        });
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 3);
        assert_eq!(report.counts.not_from_hr, 0, "{via:?}");
        for (id, person) in [("c-1", 1), ("c-2", 2), ("c-3", 3)] {
            assert_eq!(
                harness.document_of(id).unwrap().employee_id,
                person,
                "{via:?} {id}"
            );
        }
    }
}

#[tokio::test]
async fn certificates_of_people_outside_personio_are_counted_and_skipped() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(2)).await;
        let reteach = &harness.company.reteach;
        let by_hand = reteach.insert(by_hand("trainer@partner.example"));
        let sap = Customer {
            external_id: Some("sap:1".to_owned()),
            ..harness::by_hand("sap@partner.example")
        };
        let sap = reteach.insert(sap);
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
            let counts = report.counts;
            assert_run!("{via:?}", report, outcome, not_from_hr = 2);
            assert_eq!(
                (counts.uploaded, counts.seen, counts.failed),
                (uploaded, 3, 0),
                "{via:?}"
            );
            assert!(
                report.findings.is_empty(),
                "nobody has to do anything: {report:#?}"
            );
        }
        assert_eq!(harness.certificate_ledger().await.len(), 1, "{via:?}");
        assert_eq!(harness.company.personio.documents().len(), 1, "{via:?}");
    }
}

#[tokio::test]
async fn a_person_added_later_gets_old_certificates_with_the_next_full_scan() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(1)).await;
        let account = harness
            .company
            .reteach
            .insert(by_hand("person-2@muster.example"));
        harness.issue([of(&account, "c-1"), of(&account, "c-2")]);
        assert_eq!(
            harness.certificates_now().await.counts.not_from_hr,
            2,
            "{via:?}"
        );

        harness.company.personio.put(person(2));
        assert_eq!(harness.tick().await.counts.adopted, 1, "{via:?}");
        assert_eq!(
            harness.certificates_tick().await.counts.seen,
            0,
            "{via:?}: they are old"
        );
        let report = harness.certificates_after(DAY).await;
        assert_counts!("{via:?}", report, uploaded = 2, not_from_hr = 0);
        assert_eq!(harness.documents_of(2).len(), 2, "{via:?}");
    }
}

#[tokio::test]
async fn a_participation_without_a_customer_is_counted_and_reported_by_full_scans() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(2)).await;
        let gone = harness
            .company
            .reteach
            .insert(by_hand("gone@partner.example"));
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
        harness.company.reteach.remove(&gone);
        let report = harness.certificates_now().await;
        let counts = report.counts;
        assert_eq!(
            (counts.without_customer, counts.uploaded, counts.rejected),
            (3, 1, 0),
            "{report:#?}"
        );
        let told: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::Rejected)
            .collect();
        assert_eq!(told.len(), 3, "{via:?}");
        assert!(
            told.iter().all(
                |finding| finding.certificate.is_some() && finding.text.contains("no customer")
            ),
            "{told:?}"
        );
        let again = harness.certificates_tick().await;
        assert_run!(again, Outcome::Unchanged, unchanged = 2);
        assert!(
            again.findings.is_empty(),
            "{via:?}: told once a day: {again:#?}"
        );
    }
}

#[tokio::test]
async fn leavers_get_their_certificates() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(2)).await;
        harness.change(1, |person| {
            person.termination_date = date("2026-05-09");
            person.status = Status::Inactive;
        });
        harness.tick().await;
        assert!(harness.is_locked(1), "{via:?}");
        harness.issue([of("personio:1", "c-1")]);
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 1);
        assert_eq!(
            harness.document_of("c-1").unwrap().employee_id,
            1,
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn a_rehired_person_with_a_new_id_has_a_new_file() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(2)).await;
        let reteach = &harness.company.reteach;
        harness.issue([of("personio:1", "c-1")]);
        harness.certificates_now().await;
        harness.change(1, |person| {
            person.termination_date = date("2026-05-09");
            person.status = Status::Inactive;
        });
        harness.tick().await;
        // The same mail address: the account belongs to the old id until an admin hands it over.
        let again = simulators::Person {
            email: person(1).email,
            ..person(5)
        };
        harness.company.personio.put(again);
        assert_eq!(harness.tick().await.counts.conflicts, 1, "{via:?}");
        reteach.edit("personio:1", |account| {
            account.external_id = Some("personio:5".to_owned())
        });
        harness.issue([of("personio:5", "c-2")]);
        let report = harness.certificates_in(Mode::FullScan).await;
        assert_counts!("{via:?}", report, uploaded = 1, settled = 1);
        assert_eq!(
            harness.document_of("c-1").unwrap().employee_id,
            1,
            "{via:?}: what is filed stays there"
        );
        assert_eq!(
            harness.document_of("c-2").unwrap().employee_id,
            5,
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn an_account_shared_by_two_people_belongs_to_its_external_id() {
    // An admin gives an account to another person: its external id counts, not the ledger.
    let harness = Harness::with_folder(Via::Direct, "", people(3)).await;
    let account = harness.account(2).id;
    harness.issue([of(&account, "c-1")]);
    harness.company.reteach.remove("personio:3");
    harness.company.reteach.edit(&account, |account| {
        account.external_id = Some("personio:3".to_owned())
    });
    harness.certificates_now().await;
    assert_eq!(harness.document_of("c-1").unwrap().employee_id, 3);
}
