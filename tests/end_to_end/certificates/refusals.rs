//! Refusals of the HR system: of one document, whose certificate waits alone, or of the folder, which stops the run and counts
//! as no certificate's failure.

use harness::{Harness, ROUTES, completed, people};
use jiff::SignedDuration;
use local::INTEGRATION;
use shared::runtime::{Finding, FindingKind, Outcome};
use shared::tenant::Via;
use simulators::personio::Endpoint;
use simulators::reteach::Delivery;
use simulators::{Behaviour, Body, Fault, reteach};

use super::fixture::{
    LISTS, PAUSES, PERSONIO, UPLOAD, all_are_filed, all_are_filed_in_the_end,
    assert_failed_or_parked, certified, deliver, finding, id, nothing_is_held_against_any,
    with_meanwhile,
};

#[tokio::test]
async fn certificates_of_a_deleted_person_are_counted_and_listed_and_never_parked() {
    for (via, says) in [
        (Via::Direct, "no such employee in Personio"),
        (Via::KomboPassthrough, "no such employee in Personio"),
        (Via::Kombo, "no such employee in Kombo's mirror"),
    ] {
        let harness = certified(via, 4).await;
        harness.personio.remove(2);
        let report = harness.certificates_now().await;
        assert_run!(report, Outcome::Done, uploaded = 3, person_deleted = 1);
        assert_counts!(report, failed = 0);
        let found = finding(&report, FindingKind::NotFiled, "c-002");
        assert_eq!(found.person.as_deref(), Some("2"));
        assert!(found.text.contains(says), "{via:?} {}", found.text);
        for _ in 0..10 {
            let report = harness
                .certificates_after(SignedDuration::from_hours(24))
                .await;
            assert_counts!(
                "{via:?}",
                report,
                person_deleted = 1,
                parked = 0,
                failed = 0
            );
        }
        assert_eq!(harness.personio.documents().len(), 3);
    }
}

#[tokio::test]
async fn a_deleted_person_s_certificates_cost_one_upload_a_day() {
    let harness = Harness::in_turn(1, "2026-05-11T08:00:00Z", Via::Direct, "", people(2)).await;
    harness.first_run().await;
    let issued = |number| completed(&id(number), 2, "Kurs", "2026-05-10T12:00:00Z");
    harness.issue((1..=20).map(issued));
    harness.personio.remove(2);
    for days in 1..=5 {
        let report = harness
            .certificates_after(SignedDuration::from_hours(25))
            .await;
        assert_counts!("{days}", report, person_deleted = 20, failed = 0);
        assert_eq!(harness.uploads(), days, "{days}");
    }
}

#[tokio::test]
async fn a_person_not_mirrored_yet_is_filed_once_kombo_has_them() {
    let harness = certified(Via::Kombo, 1).await;
    let kombo = harness.kombo();
    kombo.mirror_automatically(INTEGRATION, false);
    harness.personio.put(harness::person(2));
    insert(&harness, "personio:2");
    harness.issue([completed("c-002", 2, "Kurs 2", "2026-05-10T12:00:00Z")]);
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 1, person_deleted = 1);
    let text = &finding(&report, FindingKind::NotFiled, "c-002").text;
    assert!(text.contains("not synced yet"), "{text}");
    kombo.mirror(INTEGRATION);
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
    all_are_filed(&harness, 2).await;
}

#[tokio::test]
async fn a_folder_deleted_during_a_run_stops_it_and_no_certificate_counts_as_failed() {
    for via in ROUTES {
        let harness = certified(via, 20).await;
        let report = with_meanwhile(&harness, |harness| {
            for folder in ["Bildungszertifikate", "Sonstige Dokumente"] {
                harness.personio.remove_category(folder);
            }
        })
        .await;
        assert_eq!(report.outcome, Outcome::NoCategory, "{via:?} {report:#?}");
        let says = "\"Bildungszertifikate\"";
        assert!(report.message.contains(says), "{via:?}: {}", report.message);
        let counts = report.counts;
        assert_counts!(report, failed = 0, outcome_unknown = 0, parked = 0);
        assert_eq!(counts.uploaded + counts.remaining, 20, "{via:?}");
        assert!((1..=8).contains(&counts.uploaded), "{via:?}: {counts:?}");
        nothing_is_held_against_any(&harness).await;

        let uploads = || harness.personio.calls(Endpoint::UploadDocument);
        let before = uploads();
        let still = harness.certificates_tick().await;
        assert_run!(
            "{via:?}",
            still,
            Outcome::NoCategory,
            remaining = counts.remaining
        );
        assert_eq!(uploads(), before, "{via:?}: nothing is sent");

        harness.personio.add_category("Bildungszertifikate");
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
    let harness = certified(Via::Direct, 20).await;
    let report = with_meanwhile(&harness, |harness| {
        assert!(harness.personio.remove_category("Bildungszertifikate"))
    })
    .await;
    assert_eq!(report.outcome, Outcome::NoCategory, "{report:#?}");
    let says = "the next run uses the new one";
    assert!(report.message.contains(says), "{}", report.message);
    nothing_is_held_against_any(&harness).await;
    let next = harness.certificates_tick().await;
    assert_run!(next, Outcome::Done, uploaded = report.counts.remaining);
    all_are_filed(&harness, 20).await;
    let last = harness.document_of("c-001").unwrap();
    assert_eq!(last.category.as_deref(), Some("Sonstige Dokumente"));
}

#[tokio::test]
async fn a_folder_renamed_during_a_run_stays_the_same_folder() {
    let harness = certified(Via::Direct, 20).await;
    let rename = |harness: &Harness| {
        assert!(
            harness
                .personio
                .rename_category("Bildungszertifikate", "Nachweise")
        );
    };
    let report = with_meanwhile(&harness, rename).await;
    assert_run!(report, Outcome::Done, uploaded = 20);
    all_are_filed(&harness, 20).await;
    for document in harness.personio.documents() {
        let category = document.category.as_deref();
        assert_eq!(category, Some("Nachweise"));
    }
}

/// The academy has an account with this external id alone.
fn insert(harness: &Harness, external_id: &str) {
    harness.reteach.insert(reteach::Customer {
        external_id: Some(external_id.to_owned()),
        ..reteach::Customer::default()
    });
}

const GERMAN: &str = r#"{"success":false,"error":{"code":0,"message":"Die übermittelten Daten sind ungültig.","error_data":{"title":["Kurs 2 von Käthe Groß-2 ist zu lang."],"date":["date entspricht nicht dem gültigen Format für Y-m-d."],"hunter2":["x"]}}}"#;
const NOBODY: &str =
    r#"{"success":false,"error":{"code":0,"message":"Käthe Groß-2 wurde nicht gefunden"}}"#;

#[tokio::test]
async fn a_refused_document_is_reported_by_fields_without_values_and_stops_no_other() {
    let missing: &[&str] = &["404", "the folder is there"];
    let refusals: [(u16, Body, &[&str]); 6] = [
        (422, Body::Json(GERMAN), &["422", "title, date"]),
        (413, Body::Vendor, &["413"]),
        (413, Body::Html, &["413"]),
        (404, Body::Json(NOBODY), missing),
        (404, Body::Html, missing),
        (400, Body::Empty, &["400"]),
    ];
    let routes = PERSONIO.into_iter().cycle();
    for ((status, body, says), via) in refusals.into_iter().zip(routes) {
        let label = format!("{via:?} {status} {body:?}");
        let harness = certified(via, 4).await;
        harness.fail_uploads(Fault::new(Behaviour::Status(status, body)));
        let report = harness.certificates_now().await;
        assert_run!("{label}", report, Outcome::Done, uploaded = 3, failed = 1);
        let is_refused = |finding: &&Finding| finding.kind == FindingKind::NotFiled;
        let found = report.findings.iter().find(is_refused).unwrap();
        for part in says {
            assert!(found.text.contains(part), "{label}: {}", found.text);
        }
        for value in ["Käthe", "Groß", "Kurs", "hunter2"] {
            assert!(!found.text.contains(value), "{label}: {}", found.text);
        }
        all_are_filed_in_the_end(&harness, 4).await;
    }
}

/// A firewall before Personio dislikes a course's title.
#[tokio::test]
async fn a_title_that_a_firewall_refuses_stops_no_other_certificate() {
    for body in [Body::Html, Body::Vendor] {
        let harness = certified(Via::Direct, 10).await;
        let fault = Fault::new(Behaviour::Status(403, body)).body(&["Kurs 10"]);
        harness.fail_uploads(fault.always());
        let report = harness.certificates_now().await;
        assert_run!("{body:?}", report, Outcome::Done, uploaded = 9, failed = 1);
        finding(&report, FindingKind::NotFiled, "c-010");
        if body == Body::Html {
            for (number, minutes) in PAUSES.into_iter().enumerate() {
                let pause = SignedDuration::from_mins(minutes);
                let report = harness.certificates_after(pause).await;
                assert_eq!(report.outcome, Outcome::Done, "{report:#?}");
                assert_failed_or_parked(&report, number);
            }
        }
    }
}

/// Personio lists the folder, and does not find it for an upload.
#[tokio::test]
async fn a_folder_that_is_there_and_refuses_one_certificate_stops_no_other() {
    const NO_FOLDER: &str = r#"{"success":false,"error":{"code":404,"message":"No query results for model [DocumentCategory] 1"}}"#;
    let refused = || Fault::new(Behaviour::Status(404, Body::Json(NO_FOLDER)));
    for via in PERSONIO {
        let harness = certified(via, 10).await;
        harness.fail_uploads(refused().body(&["Kurs 10"]).always());
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 9, failed = 1);
        let text = &finding(&report, FindingKind::NotFiled, "c-010").text;
        assert!(text.contains("the folder is there"), "{text}");
    }
    let harness = certified(Via::Direct, 10).await;
    harness.fail_uploads(refused().always());
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::NoCategory, uploaded = 0, failed = 0);
}

/// Personio's refusal names no employee: it is in German, or about a field.
#[tokio::test]
async fn a_deleted_person_is_found_behind_any_refusal() {
    const PROBLEM: &str =
        r#"{"success":false,"error":{"code":404,"message":"Es ist ein Problem aufgetreten "}}"#;
    const FIELD: &str =
        r#"{"success":false,"error":{"code":0,"error_data":{"employee_id":["ungültig"]}}}"#;
    for (via, status, body) in [
        (Via::Direct, 404, PROBLEM),
        (Via::KomboPassthrough, 422, FIELD),
    ] {
        let harness = certified(via, 4).await;
        harness.personio.remove(4);
        let behaviour = Behaviour::Status(status, Body::Json(body));
        harness.fail_uploads(Fault::new(behaviour).body(&["Kurs 4"]).always());
        let report = harness.certificates_now().await;
        assert_run!(
            "{via:?} {status}",
            report,
            Outcome::Done,
            uploaded = 3,
            failed = 0
        );
        assert_counts!("{via:?} {status}", report, person_deleted = 1);
    }
}

#[tokio::test]
async fn an_account_with_an_invalid_employee_id_is_named_and_stops_no_other() {
    let harness = certified(Via::Direct, 2).await;
    insert(&harness, "personio:zwei");
    let odd = reteach::Participation {
        customer: Some("personio:zwei".into()),
        ..completed("c-009", 1, "Kurs 9", "2026-05-10T12:00:00Z")
    };
    harness.issue([odd]);
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 2, person_deleted = 1, failed = 0);
    let text = &finding(&report, FindingKind::NotFiled, "c-009").text;
    assert!(text.contains("cannot be listed"), "{text}");
    assert!(text.contains("is not there (any more)"), "{text}");
}

#[tokio::test]
async fn a_stale_kombo_folder_is_a_refusal() {
    // Kombo still knows the folder, Personio does not: Kombo's refusal gives no reason.
    let harness = certified(Via::Kombo, 3).await;
    harness.kombo().mirror_automatically(INTEGRATION, false);
    harness.kombo().mirror(INTEGRATION);
    harness.personio.remove_category("Bildungszertifikate");
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 0, failed = 3);
    let text = &finding(&report, FindingKind::NotFiled, "c-002").text;
    assert!(text.contains("Kombo's dashboard"), "{text}");
    harness.kombo().mirror(INTEGRATION);
    all_are_filed_in_the_end(&harness, 3).await;
}

/// One new certificate a tick, and all meet the same trouble. The first runs cannot know that it is the tenant's.
#[tokio::test]
async fn equal_refusals_over_ticks_are_one_outcome_and_park_no_certificate() {
    enum Trouble {
        Personio(&'static str, u16),
        Files(Delivery),
    }
    let host = || "https://cdn.example.com/c.pdf?signature=SECRET".to_owned();
    let (uploads, lists) = (
        |status| Trouble::Personio(UPLOAD, status),
        |status| Trouble::Personio(LISTS, status),
    );
    for (name, trouble, from, outcome) in [
        ("category", uploads(422), 5, Outcome::AcademyRefuses),
        ("right", uploads(403), 1, Outcome::AccessDenied),
        ("lists", lists(422), 2, Outcome::SourceUnavailable),
        (
            "files",
            Trouble::Files(Delivery::NotAPdf),
            5,
            Outcome::AcademyRefuses,
        ),
        (
            "hosts",
            Trouble::Files(Delivery::Elsewhere(host())),
            5,
            Outcome::HostNotAllowed,
        ),
        (
            "redirects",
            Trouble::Files(Delivery::RedirectTo(host())),
            5,
            Outcome::HostNotAllowed,
        ),
    ] {
        let harness = Harness::with_folder(Via::Direct, "", people(8)).await;
        harness.certificates_now().await;
        if let Trouble::Personio(path, status) = trouble {
            let behaviour = Behaviour::Status(status, Body::Vendor);
            harness
                .personio
                .fail(Fault::new(behaviour).path(path).always());
        }
        for number in 1..=8 {
            harness.issue([completed(
                &id(number),
                number,
                "Kurs",
                "2026-05-10T12:00:00Z",
            )]);
            if let Trouble::Files(delivery) = &trouble {
                deliver(&harness, &id(number), delivery.clone());
            }
            let report = harness.certificates_tick().await;
            let label = format!("{name} {number}");
            assert_eq!(
                report.outcome == outcome,
                number >= from,
                "{label}: {report:#?}"
            );
            assert_counts!("{label}", report, uploaded = 0, parked = 0);
            assert!(!format!("{report:?}").contains("SECRET"), "{label}");
            if name == "hosts" {
                let named = if number < from { number } else { 1 };
                assert_eq!(report.findings.len() as u64, named, "{label}");
                assert!(harness.certificate_ledger().await.is_empty(), "{label}");
            }
            if report.outcome == Outcome::AcademyRefuses {
                for refused in 1..=5 {
                    finding(&report, FindingKind::NotFiled, &id(refused));
                }
            }
        }
        for _ in 0..10 {
            let report = harness
                .certificates_after(SignedDuration::from_hours(25))
                .await;
            assert_run!("{name}", report, outcome, uploaded = 0, parked = 0);
        }
        harness.personio.clear_faults();
        for number in 1..=8 {
            deliver(&harness, &id(number), Delivery::Pdf { size: 2_000 });
        }
        let report = harness
            .certificates_after(SignedDuration::from_hours(25))
            .await;
        assert_run!("{name}", report, Outcome::Done, uploaded = 8);
        all_are_filed(&harness, 8).await;
    }
}
