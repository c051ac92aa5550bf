//! Participations, and lists of them, that are not as they should be: records are named by their certificate's id, nothing is
//! concluded from what is missing, and no others suffer.

use std::collections::BTreeMap;

use harness::{Harness, completed};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation, Publication};
use simulators::{Behaviour, Body, Fault};

use super::fixture::{all_are_filed, certified, fail_participations, finding};

#[tokio::test]
async fn records_with_missing_fields_are_skipped_or_reported() {
    let harness = certified(Via::Direct, 2).await;
    let academy = &harness.reteach;
    academy.add_participation(Participation {
        customer: None,
        ..completed("c-nobody", 1, "Kurs", "2026-05-10T12:00:00Z")
    });
    academy.add_participation(Participation {
        course_name: None,
        ..completed("c-nameless", 1, "", "2026-05-10T12:00:00Z")
    });
    academy.add_participation(Participation {
        completed_at: None,
        ..completed("c-dateless", 2, "Ohne Tag", "2026-05-10T12:00:00Z")
    });
    let unmade = Certificate {
        publication: Publication::OnDemand,
        ..Certificate::new("c-unmade", 2_000)
    };
    academy.add_participation(Participation {
        certificate: Some(unmade),
        ..completed("c-unmade", 2, "Spät", "2026-05-10T12:00:00Z")
    });
    academy.add_participation(Participation {
        certificate: None,
        ..completed("none", 2, "Ohne", "2026-05-10T12:00:00Z")
    });

    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 4);
    assert_counts!(report, without_customer = 1, waiting_for_pdf = 1, seen = 6);
    let text = &finding(&report, FindingKind::Rejected, "c-nobody").text;
    assert!(text.contains("no customer"), "{text}");
    let titled = |id, title| {
        let document = harness.document_of(id).unwrap();
        assert!(document.title.starts_with(title), "{document:?}");
        document
    };
    titled("c-nameless", "Zertifikat");
    let dateless = titled("c-dateless", "Ohne Tag");
    assert_eq!((dateless.employee_id, dateless.date), (2, None));

    assert!(academy.publish_pdf("c-unmade"));
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1, waiting_for_pdf = 0);
}

/// A list's beginning, and then what is wrong with records, one by one.
macro_rules! malformed {
    ($begin:literal) => {
        concat!(
            $begin,
            r#"
{"id":"p2","status":"COMPLETED","completedAt":"gestern","customer":{"id":"x1","externalId":"personio:1"},"course":{"id":"k","name":"Kurs 1"},"certificate":{"id":"c-date","url":null}},
{"id":"p3","status":"COMPLETED","completedAt":1778414400,"customer":{"id":"x1","externalId":"personio:1"},"certificate":{"id":"c-number","url":null}},
{"id":"p4","status":"COMPLETED","completedAt":"2026-05-10T12:00:00.000Z","customer":{"id":null,"externalId":"personio:1"},"certificate":{"id":"c-customer","url":null}},
{"id":"p5","status":"COMPLETED","completedAt":"2026-05-10T12:00:00.000Z","customer":{"id":"x1","externalId":["personio:1"]},"certificate":{"id":"c-external","url":null}},
{"id":"p6","status":"COMPLETED","completedAt":"2026-05-10T12:00:00.000Z","customer":{"id":"x1"},"course":{"id":"k","name":{"de":"Kurs"}},"certificate":{"id":"c-course","url":null}},
{"id":"p7","status":"COMPLETED","completedAt":"2026-05-10T12:00:00.000Z","customer":{"id":"x1"},"certificate":{"id":"c-url","url":7}},
{"id":"","status":"COMPLETED","completedAt":"2026-05-10T12:00:00.000Z","customer":{"id":"x1"},"certificate":{"id":"c-participation","url":null}},
"nonsense"]}"#
        )
    };
}

/// One good record before the others.
const MALFORMED: &str = malformed!(
    r#"{"resultCount":9,"results":[
{"id":"p1","status":"COMPLETED","completedAt":"2026-05-10T12:00:00.000Z","customer":{"id":"x1","externalId":"personio:1"},"course":{"id":"k","name":"Kurs 1"},"certificate":{"id":"c-good","url":null}},"#
);
pub(super) const ALL_MALFORMED: &str = malformed!(r#"{"resultCount":8,"results":["#);

#[tokio::test]
async fn a_malformed_record_is_reported_by_field_and_stops_no_other() {
    let harness = certified(Via::Direct, 2).await;
    let fault = Fault::new(Behaviour::Status(200, Body::Json(MALFORMED))).path("/participation");
    harness.reteach.fail(fault);
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::ReteachUnavailable, seen = 1, rejected = 8);
    assert_counts!(report, waiting_for_pdf = 1);
    for (id, says) in [
        ("c-date", "completedAt is not a moment"),
        ("c-number", "completedAt is not text"),
        ("c-customer", "customer.id is missing"),
        ("c-external", "customer.externalId is not text"),
        ("c-course", "course.name is not text"),
        ("c-url", "certificate.url is not text"),
        ("c-participation", "id is missing"),
    ] {
        let text = &finding(&report, FindingKind::Rejected, id).text;
        assert!(text.contains(says), "{id}: {text}");
    }
    // Once the list is right again, everything on it is filed.
    harness.advance(SignedDuration::from_hours(24));
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 2, rejected = 0);
    all_are_filed(&harness, 2).await;
}

/// The academy speaks another dialect from one day to the next.
#[tokio::test]
async fn a_list_of_which_nothing_fits_is_a_failure_and_changes_nothing() {
    let harness = certified(Via::Direct, 2).await;
    assert_eq!(harness.certificates_now().await.counts.uploaded, 2);
    let fault = Fault::new(Behaviour::Status(200, Body::Json(ALL_MALFORMED)));
    harness.reteach.fail(fault.path("/participation").always());
    for _ in 0..3 {
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::ReteachUnavailable, uploaded = 0);
        let says = "8 records do not fit and 0 do";
        assert!(report.message.contains(says), "{}", report.message);
    }
    harness.reteach.clear_faults();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, rejected = 0);
}

/// How many documents each employee has.
fn per_person(harness: &Harness) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for document in harness.personio.documents() {
        *counts.entry(document.employee_id).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn one_certificate_in_two_participations_of_one_person_is_filed_once() {
    let harness = certified(Via::Direct, 2).await;
    let at = "2026-05-10T12:00:00Z";
    harness.issue([completed("c-002", 2, "Kurs 2 noch einmal", at)]);
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 2, readings = 1);
    let outcome = harness.certificates_tick().await.outcome;
    assert_eq!(outcome, Outcome::Unchanged);
    let counts = BTreeMap::from([(1, 1), (2, 1)]);
    assert_eq!(per_person(&harness), counts);
}

#[tokio::test]
async fn a_certificate_of_two_people_is_reported_and_filed_for_neither() {
    let harness = certified(Via::Direct, 3).await;
    let again = completed("c-002", 3, "Kurs 2", "2026-05-10T12:00:00Z");
    harness.issue([again]);
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 2, readings = 1);
    let text = &finding(&report, FindingKind::Rejected, "c-002").text;
    assert!(text.contains("several people's participations"), "{text}");
    assert_eq!(per_person(&harness), BTreeMap::from([(1, 1), (3, 1)]));
    let outcome = harness.certificates_tick().await.outcome;
    assert_eq!(outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn an_unreachable_academy_advances_no_watermark() {
    let harness = certified(Via::Direct, 3).await;
    harness.certificates_now().await;
    let store = harness.store();
    let before = store.certificate_start(&harness.company.tenant).await;
    fail_participations(&harness, Behaviour::Close);
    harness.advance(SignedDuration::from_hours(25));
    let report = harness.certificates_now().await;
    assert_eq!(report.outcome, Outcome::ReteachUnavailable, "{report:#?}");
    let after = store.certificate_start(&harness.company.tenant).await;
    assert_eq!(after, before);
    harness.clear_faults();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, seen = 3);
}

#[tokio::test]
async fn readings_that_agree_on_fewer_rows_than_announced_are_filed_by_with_a_warning() {
    let harness = certified(Via::Direct, 5).await;
    fail_participations(&harness, Behaviour::DropRows(2));
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 3, readings = 3);
    let mut findings = report.findings.iter();
    assert!(findings.any(|finding| finding.kind == FindingKind::WrongTotal));
    harness.clear_faults();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, uploaded = 2);
    all_are_filed(&harness, 5).await;
}
