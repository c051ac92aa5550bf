//! Each certificate is filed once, for the right person, in the right folder, with title and date.

use harness::{Harness, ROUTES, completed, named, people};
use jiff::SignedDuration;
use shared::domain::id::{CertificateId, DocumentId, SourceId};
use shared::runtime::Outcome;
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::reteach::Participation;

use super::fixture::filed;

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn each_certificate_is_in_one_document_of_its_employee() {
    // The person, the course, when it was completed, and that day in Berlin.
    let all = [
        (1, "Brandschutz", "05-01T09:30:00Z", "05-01"),
        (2, "Erste Hilfe", "06-30T22:30:00Z", "07-01"),
        (1, "Datenschutz", "01-31T08:00:00Z", "01-31"),
        (3, "Brandschutz", "05-01T09:30:00Z", "05-01"),
        (3, "Übung für Führungskräfte", "05-10T23:59:59Z", "05-11"),
    ];
    let all = [1, 2, 3, 4, 5].map(|number: usize| {
        let (person, course, at, day) = all[number - 1];
        let (at, day) = (format!("2026-{at}"), format!("2026-{day}"));
        (format!("c-{number}"), person, course, at, day)
    });
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(4)).await;
        let issued = all.iter();
        harness.issue(issued.map(|(id, person, course, at, _)| completed(id, *person, course, at)));
        let report = harness.certificates_now().await;
        assert_run!(report, Outcome::Done, uploaded = 5, seen = 5);
        assert!(report.findings.is_empty(), "{report:#?}");
        assert_eq!(report.message, "");

        assert_eq!(harness.personio.documents().len(), all.len(), "{via:?}");
        let ledger = harness.certificate_ledger().await;
        for (id, person, course, _, day) in &all {
            let label = format!("{via:?} {id}");
            let document = filed(&harness, id);
            assert_eq!(document.employee_id, *person, "{label}");
            let category = document.category.as_deref();
            assert_eq!(category, Some("Bildungszertifikate"), "{label}");
            let file = (document.size, document.file_name);
            assert_eq!(file, (20_000, named(course, day, id)), "{label}");
            if via == Via::Kombo {
                // Kombo's upload has only a file name.
                assert_eq!(document.title, named(course, day, id), "{label}");
                assert_eq!((document.date, document.comment), (None, None), "{label}");
            } else {
                let title = (document.title.as_str(), document.date);
                assert_eq!(title, (*course, day.parse().ok()), "{label}");
                let comment =
                    format!("reteach: {course}, abgeschlossen am {day}, Zertifikat-ID {id}");
                assert_eq!(document.comment, Some(comment), "{label}");
            }
            let entry = &ledger[&CertificateId::new(id.as_str())];
            assert_eq!(entry.employee, SourceId::new(person.to_string()), "{label}");
            // Kombo does not return an id.
            let returned = (via != Via::Kombo).then(|| DocumentId::new(document.id.to_string()));
            let uploaded = CertificateState::Uploaded {
                at: harness.moment(),
                document: returned,
            };
            assert_eq!(entry.state, uploaded, "{label}");
        }
    }
}

#[tokio::test]
async fn a_filed_certificate_is_never_filed_again() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(2)).await;
        harness.issue([
            completed("c-1", 1, "Brandschutz", "2026-05-11T07:30:00Z"),
            completed("c-2", 2, "Erste Hilfe", "2024-05-02T22:30:00Z"),
        ]);
        assert_eq!(harness.certificates_now().await.counts.uploaded, 2);
        let documents = harness.personio.documents();
        for _ in 0..4 {
            let report = harness.certificates_tick().await;
            assert_run!("{via:?}", report, Outcome::Unchanged, unchanged = 1);
        }
        for _ in 0..2 {
            let report = harness.certificates_after(DAY).await;
            assert_run!("{via:?}", report, Outcome::Unchanged, settled = 2);
        }
        assert_eq!(harness.personio.documents(), documents, "{via:?}");
        let downloads = harness.reteach.downloads().requests().len();
        assert_eq!(downloads, 2, "{via:?}: each file is fetched once");
    }
}

#[tokio::test]
async fn the_date_is_the_day_in_berlin() {
    // Winter, summer, both changes of daylight saving, leap days, new year, the far past and the future.
    let cases = [
        ("2026-01-31T22:59:59Z", "2026-01-31"),
        ("2026-01-31T23:00:00Z", "2026-02-01"),
        ("2026-06-30T21:59:59Z", "2026-06-30"),
        ("2026-06-30T22:00:00Z", "2026-07-01"),
        ("2026-06-30T22:30:00Z", "2026-07-01"),
        ("2026-03-28T22:59:59Z", "2026-03-28"),
        ("2026-03-28T23:00:00Z", "2026-03-29"),
        ("2026-03-29T01:00:00Z", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "2026-03-30"),
        ("2026-10-24T21:59:59Z", "2026-10-24"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),
        ("2026-10-25T00:30:00Z", "2026-10-25"),
        ("2026-10-25T22:59:59Z", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "2026-10-26"),
        ("2024-02-28T23:00:00Z", "2024-02-29"),
        ("2025-12-31T23:00:00Z", "2026-01-01"),
        ("1999-12-31T22:59:59.999Z", "1999-12-31"),
        ("1970-01-01T00:00:00Z", "1970-01-01"),
        ("2035-08-15T12:00:00Z", "2035-08-15"),
        ("2099-12-31T23:00:00Z", "2100-01-01"),
    ];
    for via in [Via::Direct, Via::Kombo] {
        let harness = Harness::with_folder(via, "", people(1)).await;
        let issued = (0..)
            .zip(cases)
            .map(|(number, (at, _))| completed(&format!("id-{number:02}"), 1, "Kurs", at));
        harness.issue(issued);
        assert_eq!(
            harness.certificates_now().await.counts.uploaded,
            cases.len() as u64
        );
        for (number, (at, day)) in (0..).zip(cases) {
            let (label, id) = (format!("{via:?} {at}"), format!("id-{number:02}"));
            let document = harness.document_of(&id).unwrap();
            assert_eq!(document.file_name, named("Kurs", day, &id), "{label}");
            let date = (via != Via::Kombo).then(|| day.parse().unwrap());
            assert_eq!(document.date, date, "{label}");
        }
        // A future date is listed by each run and not filed again.
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Unchanged);
    }
}

#[tokio::test]
async fn the_day_follows_the_tenants_time_zone() {
    for (zone, day) in [
        ("America/New_York", "2026-04-30"),
        ("Asia/Tokyo", "2026-05-01"),
        ("UTC", "2026-04-30"),
    ] {
        let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
        let file = harness.company.tenant_file("");
        harness
            .store_file(&file.replace("Europe/Berlin", zone))
            .await;
        harness.issue([completed("c-1", 1, "Kurs", "2026-04-30T21:00:00Z")]);
        harness.certificates_now().await;
        let date = harness.document_of("c-1").unwrap().date;
        assert_eq!(date, day.parse().ok(), "{zone}");
    }
}

#[tokio::test]
async fn a_certificate_without_a_completion_date_is_filed_without_a_date() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(1)).await;
        let undated = Participation {
            completed_at: None,
            ..completed("c-1", 1, "Kurs", "2026-05-01T09:30:00Z")
        };
        harness.issue([undated]);
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 1);
        let document = harness.document_of("c-1").unwrap();
        assert_eq!(document.date, None, "{via:?}");
        assert_eq!(document.file_name, "Kurs c-1.pdf", "{via:?}");
        if via != Via::Kombo {
            let comment = "reteach: Kurs, Zertifikat-ID c-1";
            assert_eq!(document.comment.as_deref(), Some(comment), "{via:?}");
        }
        let again = harness.certificates_after(DAY).await;
        assert_run!("{via:?}", again, Outcome::Unchanged, settled = 1);
    }
}

#[tokio::test]
async fn a_course_taken_twice_on_one_day_is_two_documents() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    harness.issue([
        completed("c-1", 1, "Brandschutz", "2026-05-10T09:30:00Z"),
        completed("c-2", 1, "Brandschutz", "2026-05-10T09:30:00Z"),
    ]);
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 2);
    harness.issue([completed("c-3", 1, "Brandschutz", "2026-05-10T15:30:00Z")]);
    let report = harness.certificates_after(DAY).await;
    assert_counts!(report, uploaded = 1);
    assert_eq!(harness.documents_of(1).len(), 3);
    for id in ["c-1", "c-2", "c-3"] {
        filed(&harness, id);
    }
}

#[tokio::test]
async fn a_reissued_certificate_is_another_document() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    let reteach = &harness.reteach;
    let participation =
        reteach.add_participation(completed("c-1", 1, "Brandschutz", "2026-05-11T07:30:00Z"));
    harness.certificates_now().await;
    let renewed = reteach.reissue(&participation).unwrap();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, uploaded = 1);
    assert_eq!(harness.documents_of(1).len(), 2, "the old one stays");
    filed(&harness, &renewed);
    let report = harness.certificates_after(DAY).await;
    assert_run!(report, Outcome::Unchanged);
}

#[tokio::test]
async fn a_certificate_counts_whatever_became_of_its_participation() {
    use simulators::reteach::ParticipationStatus::{Added, Expired, Joined, Started};
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    let one = |id: &str| completed(id, 1, "Kurs", "2026-05-11T07:30:00Z");
    let begun = [Added, Joined, Started, Expired];
    let begun = (1..).zip(begun).map(|(number, status)| Participation {
        status,
        ..one(&format!("c-{number}"))
    });
    harness.issue(begun);
    harness.issue([Participation {
        certificate: None,
        ..one("c-9")
    }]);
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, seen = 4, uploaded = 4);
}
