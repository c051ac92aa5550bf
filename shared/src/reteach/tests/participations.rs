//! Participations, filtered on both sides.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::domain::id::{self, CertificateId};

/// The documented example.
fn participation(id: u64) -> Value {
    json!({"id": format!("p{id}"), "status": "COMPLETED", "progress": 1,
      "completedAt": "2026-03-14T09:21:00.000Z", "customer": customer(id),
      "course": {"id": "ee7e", "name": "Datenschutz Grundlagen", "status": "PRIVATE", "type": "ONLINE_COURSE",
                 "url": "https://x", "editUrl": "https://x"},
      "certificate": {"id": format!("z{id}"), "url": "https://files.reteach.io/z.pdf?signature=SECRET"}})
}

fn with(id: u64, key: &str, value: Value) -> Value {
    let mut record = participation(id);
    record[key] = value;
    record
}

fn page(records: Vec<Value>, total: u64) -> Canned {
    Canned::Json(200, json!({"results": records, "resultCount": total}))
}

fn since(text: &str) -> Filter {
    Filter {
        completed_since: Some(text.parse().unwrap()),
    }
}

#[tokio::test(start_paused = true)]
async fn asks_for_completed_ones_with_a_certificate() {
    let server = reteach(|_| page(vec![participation(1)], 251)).await;
    let listed = client(&server)
        .participations(&since("2026-03-01T00:00:00Z"), 2)
        .await
        .unwrap();
    assert_eq!(
        (listed.received, listed.total, listed.rejected.len()),
        (1, 251, 0)
    );
    let [it] = &listed.participations[..] else {
        panic!("{listed:?}")
    };
    let owner = Owner {
        id: CustomerId::new("c1"),
        external_id: Some(ExternalId::new("personio:1")),
    };
    assert_eq!((it.id.as_str(), it.customer.as_ref()), ("p1", Some(&owner)));
    assert_eq!(it.course_name.as_deref(), Some("Datenschutz Grundlagen"));
    assert_eq!(
        it.completed_at,
        Some("2026-03-14T09:21:00Z".parse::<Timestamp>().unwrap())
    );
    let certificate = it.certificate.as_ref().unwrap();
    assert!(certificate.id.as_str() == "z1" && certificate.url.is_some());
    let shown = format!("{listed:?}");
    assert!(
        !shown.contains("SECRET")
            && !shown.contains("files.reteach")
            && !shown.contains("Datenschutz"),
        "{shown}"
    );
    let asked = asked(&server).remove(0);
    assert_eq!(asked.path(), "/participation");
    for (key, value) in [
        ("hasCertificate", "true"),
        ("status", "COMPLETED"),
        ("page", "2"),
        ("limit", "250"),
        ("completedAtSince", "2026-03-01T00:00:00Z"),
    ] {
        assert_eq!(asked.query(key).as_deref(), Some(value), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn filters_again_where_the_academy_does_not() {
    let records = || {
        vec![
            participation(1),
            with(2, "status", json!("STARTED")),
            with(3, "status", json!("SOMETHING_NEW")),
            with(4, "certificate", json!(null)),
            with(5, "completedAt", json!("2026-02-28T23:59:59Z")),
            with(6, "completedAt", json!("2026-03-01T00:00:00Z")),
            with(7, "completedAt", json!(null)),
            with(8, "certificate", json!({"id": "z8", "url": null})),
        ]
    };
    for (filter, expected) in [
        (since("2026-03-01T00:00:00Z"), vec!["p1", "p6", "p7", "p8"]),
        (Filter::default(), vec!["p1", "p5", "p6", "p7", "p8"]),
    ] {
        let server = reteach(move |_| page(records(), 8)).await;
        let listed = client(&server).participations(&filter, 1).await.unwrap();
        let ids: Vec<_> = listed
            .participations
            .iter()
            .map(|it| it.id.as_str())
            .collect();
        assert_eq!(
            (ids, listed.received, listed.rejected.len()),
            (expected, 8, 0)
        );
        let asked = asked(&server).remove(0);
        assert_eq!(
            asked.query("completedAtSince").is_some(),
            filter.completed_since.is_some()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_fit_never_fails_its_page() {
    for (record, expected) in [
        (
            with(1, "id", json!(null)),
            Some((Some("z1"), "id", "is missing")),
        ),
        (
            with(1, "id", json!("")),
            Some((Some("z1"), "id", "is missing")),
        ),
        (
            with(1, "certificate", json!({"id": "z".repeat(257)})),
            Some((None, "certificate.id", id::UNUSABLE)),
        ),
        (
            with(1, "certificate", json!({"id": "z\n"})),
            Some((None, "certificate.id", id::UNUSABLE)),
        ),
        (with(1, "id", json!(17)), None),
        (
            with(1, "status", json!(null)),
            Some((Some("z1"), "status", "is missing")),
        ),
        (
            with(1, "completedAt", json!("soon")),
            Some((Some("z1"), "completedAt", "is not a moment")),
        ),
        (
            with(1, "completedAt", json!("2026-03-14")),
            Some((Some("z1"), "completedAt", "is not a moment")),
        ),
        (
            with(1, "completedAt", json!(1_773_480_060)),
            Some((Some("z1"), "completedAt", "is not text")),
        ),
        (with(1, "completedAt", json!("")), None),
        (
            with(1, "completedAt", json!("2026-03-14T10:21:00+01:00")),
            None,
        ),
        (
            with(1, "customer", json!({"email": "x@y.de"})),
            Some((Some("z1"), "customer.id", "is missing")),
        ),
        (with(1, "customer", json!(null)), None),
        (
            with(1, "customer", json!({"id": "c", "externalId": null})),
            None,
        ),
        (with(1, "course", json!(null)), None),
        (with(1, "course", json!({"name": null})), None),
        (
            with(1, "course", json!({"name": ["x"]})),
            Some((Some("z1"), "course.name", "is not text")),
        ),
        (
            with(1, "certificate", json!({"url": "https://x"})),
            Some((None, "certificate.id", "is missing")),
        ),
        (
            with(1, "certificate", json!({"id": "z1", "url": 7})),
            Some((Some("z1"), "certificate.url", "is not text")),
        ),
        (with(1, "certificate", json!({"id": "z1", "url": ""})), None),
        (json!(null), Some((None, "id", "is missing"))),
        (json!("Erika"), Some((None, "id", "is missing"))),
        (json!([]), Some((None, "id", "is missing"))),
    ] {
        let sent = record.clone();
        let server = reteach(move |_| page(vec![participation(9), sent.clone()], 2)).await;
        let listed = client(&server)
            .participations(&Filter::default(), 1)
            .await
            .unwrap();
        let rejected = listed.rejected.first();
        let told = rejected.map(|it| {
            (
                it.certificate_id.as_ref().map(CertificateId::as_str),
                it.field,
                it.problem,
            )
        });
        assert_eq!(told, expected, "{record}");
        assert_eq!(
            listed.participations.len(),
            if expected.is_some() { 1 } else { 2 },
            "{record}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_none_is_unreadable() {
    for body in [
        "{}",
        "[]",
        "<html>",
        r#"{"results":[]}"#,
        r#"{"results":{},"resultCount":0}"#,
    ] {
        let server = reteach(move |_| Canned::Text(200, body)).await;
        let error = client(&server)
            .participations(&Filter::default(), 1)
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Unreadable { .. }),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn asks_anew_for_one_certificate_and_looks_at_what_comes() {
    let id = CertificateId::new("z7");
    for (records, expected) in [
        (vec![participation(7)], Ok(Some("p7"))),
        (vec![participation(1), participation(7)], Ok(Some("p7"))),
        (vec![], Ok(None)),
        (vec![participation(1), participation(2)], Err(())),
        (vec![json!(null)], Err(())),
    ] {
        let server = reteach(move |_| page(records.clone(), 2)).await;
        let found = client(&server).participation_by_certificate(&id).await;
        let found = found
            .as_ref()
            .map(|it| it.as_ref().map(|it| it.id.as_str()))
            .map_err(|error| {
                assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
            });
        assert_eq!(found, expected);
        assert_eq!(
            asked(&server)[0].query("customerCertificateId").as_deref(),
            Some("z7")
        );
    }
}
