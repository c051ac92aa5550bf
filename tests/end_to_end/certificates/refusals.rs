//! Refusals of the HR system: of one document, whose certificate waits alone, or of the folder, which stops the run and counts
//! as no certificate's failure.

use harness::{Harness, ROUTES, completed};
use jiff::SignedDuration;
use local::INTEGRATION;
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::personio::Endpoint;
use simulators::{Behaviour, Body, Fault, reteach};

use super::fixture::{
    PAUSES, PERSONIO, all_are_filed, all_are_filed_in_the_end, certified, fail_uploads, finding,
    nothing_is_held_against_any, with_meanwhile,
};

#[tokio::test]
async fn certificates_of_a_deleted_person_are_parked_and_no_others() {
    for (via, says) in [
        (Via::Direct, "no such employee in Personio"),
        (Via::KomboPassthrough, "no such employee in Personio"),
        (Via::Kombo, "no such employee in Kombo's mirror"),
    ] {
        let harness = certified(via, 4).await;
        harness.company.personio.remove(2);
        let report = harness.certificates_now().await;
        assert_run!(report, Outcome::Done, uploaded = 3, failed = 1);
        let found = finding(&report, FindingKind::NotFiled, "c-002");
        assert_eq!(found.person.as_deref(), Some("2"));
        assert!(found.text.contains(says), "{via:?} {}", found.text);
        for (before, minutes) in PAUSES.into_iter().enumerate() {
            harness
                .world
                .clock
                .advance(SignedDuration::from_mins(minutes));
            let report = harness.certificates_now().await;
            let expected = if before == 3 { (0, 1) } else { (1, 0) };
            assert_eq!(
                (report.counts.failed, report.counts.parked),
                expected,
                "{via:?} {report:#?}"
            );
        }
        let later = harness.certificates_tick().await;
        assert_run!("{via:?}", later, Outcome::Unchanged, parked = 1);
        assert_eq!(harness.company.personio.documents().len(), 3);
    }
}

#[tokio::test]
async fn a_person_not_mirrored_yet_is_filed_once_kombo_has_them() {
    let harness = certified(Via::Kombo, 1).await;
    let kombo = harness.company.kombo.as_ref().unwrap();
    kombo.mirror_automatically(INTEGRATION, false);
    harness.company.personio.put(harness::person(2));
    harness.company.reteach.insert(reteach::Customer {
        external_id: Some("personio:2".into()),
        ..reteach::Customer::default()
    });
    harness.company.reteach.add_participation(completed(
        "c-002",
        2,
        "Kurs 2",
        "2026-05-10T12:00:00Z",
    ));
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 1, failed = 1);
    assert!(
        finding(&report, FindingKind::NotFiled, "c-002")
            .text
            .contains("not synced yet")
    );
    kombo.mirror(INTEGRATION);
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
    all_are_filed(&harness, 2).await;
}

#[tokio::test]
async fn a_folder_deleted_during_a_run_stops_it_and_no_certificate_counts_as_failed() {
    for via in ROUTES {
        let harness = certified(via, 20).await;
        let report = with_meanwhile(&harness, |harness| {
            harness
                .company
                .personio
                .remove_category("Bildungszertifikate");
            harness
                .company
                .personio
                .remove_category("Sonstige Dokumente");
        })
        .await;
        assert_eq!(report.outcome, Outcome::NoCategory, "{via:?} {report:#?}");
        assert!(
            report.message.contains("\"Bildungszertifikate\""),
            "{via:?}: {}",
            report.message
        );
        let counts = report.counts;
        assert_eq!(
            (counts.failed, counts.outcome_unknown, counts.parked),
            (0, 0, 0),
            "{via:?} {report:#?}"
        );
        assert_eq!(counts.uploaded + counts.remaining, 20, "{via:?}");
        assert!(
            counts.uploaded >= 1 && counts.remaining >= 12,
            "{via:?}: {counts:?}"
        );
        nothing_is_held_against_any(&harness).await;

        let uploads = harness.company.personio.calls(Endpoint::UploadDocument);
        let still = harness.certificates_tick().await;
        assert_run!(
            "{via:?}",
            still,
            Outcome::NoCategory,
            remaining = counts.remaining
        );
        assert_eq!(
            harness.company.personio.calls(Endpoint::UploadDocument),
            uploads,
            "{via:?}: nothing is sent"
        );

        harness.company.personio.add_category("Bildungszertifikate");
        let report = harness.certificates_tick().await;
        assert_run!(
            "{via:?}",
            report,
            Outcome::Done,
            uploaded = counts.remaining
        );
        all_are_filed(&harness, 20).await;
    }
}

#[tokio::test]
async fn the_next_run_uses_a_remaining_folder() {
    for via in ROUTES {
        let harness = certified(via, 20).await;
        let report = with_meanwhile(&harness, |harness| {
            assert!(
                harness
                    .company
                    .personio
                    .remove_category("Bildungszertifikate")
            )
        })
        .await;
        assert_eq!(report.outcome, Outcome::NoCategory, "{via:?} {report:#?}");
        assert!(
            report.message.contains("the next run uses the new one"),
            "{}",
            report.message
        );
        nothing_is_held_against_any(&harness).await;
        let next = harness.certificates_tick().await;
        assert_run!(next, Outcome::Done, uploaded = report.counts.remaining);
        all_are_filed(&harness, 20).await;
        let last = harness.document_of("c-001").unwrap();
        assert_eq!(last.category.as_deref(), Some("Sonstige Dokumente"));
    }
}

#[tokio::test]
async fn a_folder_renamed_during_a_run_stays_the_same_folder() {
    for via in ROUTES {
        let harness = certified(via, 20).await;
        let rename = |harness: &Harness| {
            assert!(
                harness
                    .company
                    .personio
                    .rename_category("Bildungszertifikate", "Learning Certificates")
            );
        };
        let report = with_meanwhile(&harness, rename).await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 20);
        all_are_filed(&harness, 20).await;
        let categories: Vec<_> = harness
            .company
            .personio
            .documents()
            .into_iter()
            .filter_map(|document| document.category)
            .collect();
        assert!(
            categories
                .iter()
                .all(|category| category == "Learning Certificates"),
            "{categories:?}"
        );
    }
}

/// A refusal of one document and the expected text.
struct Refusal {
    status: u16,
    body: Body,
    says: &'static [&'static str],
}

const GERMAN: &str = r#"{"success":false,"error":{"code":0,"message":"Die übermittelten Daten sind ungültig.","error_data":{"title":["Kurs 2 von Käthe Groß-2 ist zu lang."],"date":["date entspricht nicht dem gültigen Format für Y-m-d."],"hunter2":["x"]}}}"#;
const NOBODY: &str =
    r#"{"success":false,"error":{"code":0,"message":"Käthe Groß-2 wurde nicht gefunden"}}"#;

#[tokio::test]
async fn a_refused_document_is_reported_by_fields_without_values_and_stops_no_other() {
    let refusals = [
        Refusal {
            status: 422,
            body: Body::Json(GERMAN),
            says: &["422", "title, date"],
        },
        Refusal {
            status: 413,
            body: Body::Vendor,
            says: &["413"],
        },
        Refusal {
            status: 413,
            body: Body::Html,
            says: &["413"],
        },
        Refusal {
            status: 404,
            body: Body::Json(NOBODY),
            says: &["404", "the folder is there"],
        },
        Refusal {
            status: 404,
            body: Body::Html,
            says: &["404", "the folder is there"],
        },
        Refusal {
            status: 400,
            body: Body::Empty,
            says: &["400"],
        },
    ];
    for via in PERSONIO {
        for Refusal { status, body, says } in &refusals {
            let label = format!("{via:?} {status} {body:?}");
            let harness = certified(via, 4).await;
            fail_uploads(&harness, Fault::new(Behaviour::Status(*status, *body)));
            let report = harness.certificates_now().await;
            assert_run!("{label}", report, Outcome::Done, uploaded = 3, failed = 1);
            let found = report
                .findings
                .iter()
                .find(|finding| finding.kind == FindingKind::NotFiled)
                .unwrap();
            for part in *says {
                assert!(found.text.contains(part), "{label}: {}", found.text);
            }
            for value in ["Käthe", "Groß", "Kurs", "hunter2"] {
                assert!(!found.text.contains(value), "{label}: {}", found.text);
            }
            all_are_filed_in_the_end(&harness, 4).await;
        }
    }
}

#[tokio::test]
async fn an_invalid_employee_id_is_refused_by_field() {
    for via in PERSONIO {
        let harness = certified(via, 2).await;
        harness.company.reteach.insert(reteach::Customer {
            external_id: Some("personio:zwei".into()),
            ..reteach::Customer::default()
        });
        let odd = reteach::Participation {
            customer: Some("personio:zwei".into()),
            ..completed("c-009", 1, "Kurs 9", "2026-05-10T12:00:00Z")
        };
        harness.company.reteach.add_participation(odd);
        let report = harness.certificates_now().await;
        assert_counts!(report, uploaded = 2, failed = 1);
        let text = &finding(&report, FindingKind::NotFiled, "c-009").text;
        assert!(text.contains("employee_id"), "{text}");
    }
}

#[tokio::test]
async fn a_stale_kombo_folder_is_a_refusal() {
    // Kombo still knows the folder, Personio does not: Kombo's refusal gives no reason.
    let harness = certified(Via::Kombo, 3).await;
    harness
        .company
        .kombo
        .as_ref()
        .unwrap()
        .mirror_automatically(INTEGRATION, false);
    harness.company.kombo.as_ref().unwrap().mirror(INTEGRATION);
    harness
        .company
        .personio
        .remove_category("Bildungszertifikate");
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 0, failed = 3);
    assert!(
        finding(&report, FindingKind::NotFiled, "c-002")
            .text
            .contains("Kombo's dashboard")
    );
    harness.company.kombo.as_ref().unwrap().mirror(INTEGRATION);
    all_are_filed_in_the_end(&harness, 3).await;
}
