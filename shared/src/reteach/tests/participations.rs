//! Participations, filtered on both sides.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::domain::id::{self, CertificateId};

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

async fn list(server: &Server, filter: &Filter) -> Result<ParticipationPage, Error> {
    client(server).participations(filter, 1, 250).await
}

fn since(text: &str) -> Filter {
    Filter {
        completed_since: Some(text.parse().unwrap()),
    }
}

#[tokio::test(start_paused = true)]
async fn asks_for_those_with_a_certificate_whatever_their_status_and_without_nanoseconds() {
    let server = reteach(|_| page(vec![participation(1)], 251)).await;
    let filter = since("2026-03-01T00:00:00Z");
    let listed = client(&server)
        .participations(&filter, 2, 250)
        .await
        .unwrap();
    assert_eq!((listed.received, listed.total), (1, Some(251)));
    assert!(listed.rejected.is_empty());
    let [one] = &listed.participations[..] else {
        panic!("{listed:?}")
    };
    let owner = Owner {
        id: CustomerId::new("c1"),
        external_id: Some(ExternalId::new("personio:1")),
    };
    assert_eq!((one.id.as_str(), &one.customer), ("p1", &Some(owner)));
    assert_eq!(one.course_name.as_deref(), Some("Datenschutz Grundlagen"));
    let completed_at: Timestamp = "2026-03-14T09:21:00Z".parse().unwrap();
    assert_eq!(one.completed_at, Some(completed_at));
    let certificate = one.certificate.as_ref().unwrap();
    assert!(certificate.id.as_str() == "z1" && certificate.url.is_some());
    let shown = format!("{listed:?}");
    for value in ["SECRET", "files.reteach", "Datenschutz"] {
        assert!(!shown.contains(value), "{shown}");
    }
    let asked = asked(&server).remove(0);
    assert_eq!(asked.path(), "/participation");
    for (key, value) in [
        ("hasCertificate", "true"),
        ("page", "2"),
        ("limit", "250"),
        ("completedAtSince", "2026-03-01T00:00:00Z"),
    ] {
        assert_eq!(asked.query(key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(asked.query("status"), None);
}

#[tokio::test(start_paused = true)]
async fn filters_again_where_the_academy_does_not() {
    let records = || {
        vec![
            participation(1),
            with(2, "status", json!("EXPIRED")),
            with(3, "status", json!("SOMETHING_NEW")),
            with(4, "certificate", json!(null)),
            with(5, "completedAt", json!("2026-02-28T23:59:59Z")),
            with(6, "completedAt", json!("2026-03-01T00:00:00Z")),
            with(7, "completedAt", json!(null)),
            with(8, "certificate", json!({"id": "z8", "url": null})),
        ]
    };
    for (filter, expected) in [
        (
            since("2026-03-01T00:00:00Z"),
            vec!["p1", "p2", "p3", "p6", "p7", "p8"],
        ),
        (
            Filter::default(),
            vec!["p1", "p2", "p3", "p5", "p6", "p7", "p8"],
        ),
    ] {
        let server = reteach(move |_| page(records(), 8)).await;
        let listed = list(&server, &filter).await.unwrap();
        let ids = listed.participations.iter().map(|one| one.id.as_str());
        assert!(ids.eq(expected));
        assert_eq!((listed.received, listed.rejected.len()), (8, 0));
        let since = asked(&server)[0].query("completedAtSince");
        assert_eq!(since.is_some(), filter.completed_since.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn an_academy_that_refuses_a_filter_is_asked_without_it() {
    // What it refuses, and how many calls two lists of the last days take.
    for (status, refused, calls) in [
        (422, "completedAtSince", Some(3)),
        (400, "hasCertificate", Some(4)),
        (422, "limit", None),
        (404, "completedAtSince", None),
    ] {
        let server = reteach(move |seen| match seen.query(refused) {
            Some(_) => error(status, json!("Unprocessable")),
            None => page(vec![participation(1)], 1),
        })
        .await;
        let client = client(&server);
        let other = match refused {
            "hasCertificate" => "completedAtSince",
            _ => "hasCertificate",
        };
        let filter = since("2026-03-01T00:00:00Z");
        for _ in 0..2 {
            let listed = client.participations(&filter, 1, 250).await;
            let listed = listed.map(|page| page.participations.len()).ok();
            assert_eq!(listed, calls.map(|_| 1), "{status} {refused}");
        }
        if let Some(calls) = calls {
            let asked = asked(&server);
            assert_eq!(asked.len(), calls, "{status} {refused}");
            let last = asked.last().unwrap();
            assert!(last.query(other).is_some(), "{status} {refused}");
        }
    }
    // A page that is not there is refused for itself.
    let server = reteach(|_| error(422, json!("No such page"))).await;
    let filter = since("2026-03-01T00:00:00Z");
    let later = client(&server).participations(&filter, 2, 250).await;
    assert!(later.is_err());
    let all = asked(&server);
    assert!(all.iter().all(|it| it.query("hasCertificate").is_some()));
}

#[tokio::test(start_paused = true)]
async fn an_academy_that_refuses_large_pages_of_participations_is_asked_for_smaller_ones() {
    // What it says, the calls of two lists, and those without the filter: it comes back once it was not the reason.
    for (says, calls, unfiltered) in [
        (json!(["limit must not be greater than 25"]), [3, 1], 0),
        (json!("Bad Request"), [5, 1], 2),
    ] {
        let case = says.to_string();
        let server = reteach(move |seen| match seen.query("limit").as_deref() {
            Some("25") => page(vec![participation(1)], 1),
            _ => error(422, says.clone()),
        })
        .await;
        let client = client(&server);
        let mut before = 0;
        for calls in calls {
            let listed = client.participations(&Filter::default(), 1, 250).await;
            assert_eq!(listed.unwrap().participations.len(), 1, "{case}");
            let asked = asked(&server);
            assert_eq!(asked.len() - before, calls, "{case}");
            before = asked.len();
            let without = asked
                .iter()
                .filter(|it| it.query("hasCertificate").is_none());
            assert_eq!(without.count(), unfiltered, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_answered_404_is_empty_if_the_list_without_filters_confirms_it() {
    let march = since("2026-03-01T00:00:00Z");
    let open = with(1, "certificate", json!(null));
    let old = with(1, "completedAt", json!("2026-02-28T23:59:59Z"));
    let undated = with(1, "completedAt", json!(null));
    for (filter, records, is_empty) in [
        (march, vec![], true),
        (march, vec![open.clone()], true),
        (march, vec![old.clone()], true),
        (march, vec![undated], true),
        (march, vec![old.clone(), participation(2)], false),
        (Filter::default(), vec![open], true),
        (Filter::default(), vec![old], false),
    ] {
        let label = format!("{filter:?} {records:?}");
        let server = reteach(move |seen| match seen.query("hasCertificate") {
            Some(_) => error(404, json!("Not found")),
            None => page(records.clone(), 1),
        })
        .await;
        let listed = client(&server).participations(&filter, 1, 250).await;
        match (listed, is_empty) {
            (Ok(listed), true) => {
                assert_eq!((listed.received, listed.total), (0, None), "{label}");
            }
            (Err(Error::Unreadable { .. }), false) => {}
            (listed, _) => panic!("{label}: {listed:?}"),
        }
        let asked = asked(&server);
        let uris: Vec<_> = asked[1..].iter().map(|seen| seen.uri.as_str()).collect();
        assert_eq!(uris, ["/participation?limit=250"], "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_answers_404_or_a_web_page_without_filters_is_no_empty_list() {
    let all = Filter::default();
    let server = reteach(|_| error(404, json!("Not found"))).await;
    let listed = client(&server).participations(&all, 1, 250).await;
    assert!(matches!(listed, Err(Error::NotFound { .. })), "{listed:?}");
    let server = reteach(|seen| match seen.query("hasCertificate") {
        Some(_) => error(404, json!("Not found")),
        None => Canned::Text(200, "<html>"),
    })
    .await;
    let listed = client(&server).participations(&all, 1, 250).await;
    let is_unreadable = matches!(listed, Err(Error::Unreadable { .. }));
    assert!(is_unreadable, "{listed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_later_page_that_is_answered_404_is_no_empty_page() {
    let server = reteach(|_| error(404, json!("Not found"))).await;
    let all = Filter::default();
    let listed = client(&server).participations(&all, 2, 250).await;
    assert!(matches!(listed, Err(Error::NotFound { .. })), "{listed:?}");
    assert_eq!(asked(&server).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_fit_never_fails_its_page() {
    let moment = Some((Some("z1"), "completedAt", "is not a moment"));
    let missing = |field| Some((Some("z1"), field, "is missing"));
    let no_text = |field| Some((Some("z1"), field, "is not text"));
    let certificate = |problem| Some((None, "certificate.id", problem));
    let no_record = Some((None, "id", "is missing"));
    let long = json!({"id": "z".repeat(257)});
    let (unowned, untied) = (
        json!({"email": "x@y.de"}),
        json!({"id": "c", "externalId": null}),
    );
    let unnamed = json!({"url": "https://x"});
    let numbered = json!({"id": "z1", "url": 7});
    let summer = json!("2026-03-14T10:21:00+01:00");
    for (record, expected) in [
        (with(1, "id", json!(null)), missing("id")),
        (with(1, "id", json!("")), missing("id")),
        (with(1, "certificate", long), certificate(id::UNUSABLE)),
        (
            with(1, "certificate", json!({"id": "z\n"})),
            certificate(id::UNUSABLE),
        ),
        (with(1, "id", json!(17)), None),
        (with(1, "status", json!(null)), None),
        (with(1, "completedAt", json!("soon")), moment),
        (with(1, "completedAt", json!("14.03.2026")), moment),
        (with(1, "completedAt", json!("2026-03-14")), None),
        (with(1, "completedAt", json!("2026-03-14T09:21:00")), None),
        (
            with(1, "completedAt", json!(1_773_480_060)),
            no_text("completedAt"),
        ),
        (with(1, "completedAt", json!("")), None),
        (with(1, "completedAt", summer), None),
        (with(1, "customer", unowned), missing("customer.id")),
        (with(1, "customer", json!(null)), None),
        (with(1, "customer", untied), None),
        (with(1, "course", json!(null)), None),
        (with(1, "course", json!({"name": null})), None),
        (
            with(1, "course", json!({"name": ["x"]})),
            no_text("course.name"),
        ),
        (with(1, "certificate", unnamed), certificate("is missing")),
        (with(1, "certificate", numbered), no_text("certificate.url")),
        (with(1, "certificate", json!({"id": "z1", "url": ""})), None),
        (json!(null), no_record),
        (json!("Erika"), no_record),
        (json!([]), no_record),
    ] {
        let sent = record.clone();
        let server = reteach(move |_| page(vec![participation(9), sent.clone()], 2)).await;
        let listed = list(&server, &Filter::default()).await.unwrap();
        let rejected = listed.rejected.first();
        let rejected = rejected.map(|one| (one.certificate_id.clone(), one.field, one.problem));
        let expected = expected.map(|(id, field, problem)| {
            let id: Option<&str> = id;
            (id.map(CertificateId::new), field, problem)
        });
        assert_eq!(rejected, expected, "{record}");
        let kept = 2 - usize::from(expected.is_some());
        assert_eq!(listed.participations.len(), kept, "{record}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_none_is_unreadable() {
    for body in ["{}", "[]", "<html>", r#"{"results":{},"resultCount":0}"#] {
        let server = reteach(move |_| Canned::Text(200, body)).await;
        let listed = list(&server, &Filter::default()).await;
        assert!(matches!(listed, Err(Error::Unreadable { .. })), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_announced_number_of_an_unexpected_shape_does_not_lose_its_page() {
    for (announced, expected) in [
        (json!(1), Some(1)),
        (json!(1.0), Some(1)),
        (json!("1"), Some(1)),
        (json!(1.5), None),
        (json!(-1), None),
        (json!("many"), None),
        (json!({"total": 1}), None),
        (json!(null), None),
    ] {
        let body = json!({"results": [participation(1)], "resultCount": announced});
        let server = reteach(move |_| Canned::Json(200, body.clone())).await;
        let listed = list(&server, &Filter::default()).await.unwrap();
        assert_eq!((listed.participations.len(), listed.total), (1, expected));
    }
}

#[tokio::test(start_paused = true)]
async fn date_and_size_of_a_certificate_are_taken_where_an_academy_says_them() {
    let at = |text: &str| text.parse::<Timestamp>().ok();
    for (more, dated, size) in [
        (json!({}), None, None),
        (json!({"size": 20_000}), None, Some(20_000)),
        (json!({"size": "20 kB", "issuedAt": 7}), None, None),
        (
            json!({"updatedAt": "2026-03-14T09:21:00Z"}),
            at("2026-03-14T09:21:00Z"),
            None,
        ),
        (
            json!({"updatedAt": "2026-03-15T09:21:00Z", "issuedAt": "2026-03-14T09:21:00.000Z"}),
            at("2026-03-14T09:21:00Z"),
            None,
        ),
    ] {
        let mut record = participation(1);
        let members = record["certificate"].as_object_mut().unwrap();
        members.extend(more.as_object().cloned().unwrap());
        let server = reteach(move |_| page(vec![record.clone()], 1)).await;
        let listed = list(&server, &Filter::default()).await.unwrap();
        let certificate = listed.participations[0].certificate.as_ref().unwrap();
        let both = (certificate.dated, certificate.size);
        assert_eq!(both, (dated, size), "{more}");
    }
}

#[tokio::test(start_paused = true)]
async fn asks_again_for_one_certificate_and_checks_the_answer() {
    let id = CertificateId::new("z7");
    let of_another = with(8, "certificate", participation(7)["certificate"].clone());
    let twice = with(7, "id", json!("p9"));
    for (records, expected) in [
        (vec![participation(7)], Ok(Some("p7"))),
        (vec![participation(7), twice], Ok(Some("p7"))),
        (vec![participation(7), of_another], Err(())),
        (vec![participation(1), participation(7)], Ok(Some("p7"))),
        (vec![], Ok(None)),
        (vec![participation(1), participation(2)], Err(())),
        (vec![json!(null)], Err(())),
    ] {
        let server = reteach(move |_| page(records.clone(), 2)).await;
        let found = client(&server).participation_by_certificate(&id).await;
        match (found, expected) {
            (Ok(found), Ok(id)) => assert_eq!(found.as_ref().map(|one| one.id.as_str()), id),
            (found, _) => assert!(matches!(found, Err(Error::Unreadable { .. }))),
        }
        let asked = asked(&server)[0].query("customerCertificateId");
        assert_eq!(asked.as_deref(), Some("z7"));
    }
    let server = reteach(|_| error(404, json!("Not found"))).await;
    let found = client(&server).participation_by_certificate(&id).await;
    assert!(matches!(found, Ok(None)), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn lists_the_certificates_of_one_account_although_its_filter_is_ignored() {
    let server = reteach(|seen| match seen.query("page").as_deref() {
        Some("1") => page(vec![participation(7), participation(8)], 2),
        _ => page(vec![], 2),
    })
    .await;
    let account = CustomerId::new("c8");
    let found = client(&server).certificates_of(&account).await.unwrap();
    assert_eq!(found, [CertificateId::new("z8")].into());
    let asked = asked(&server)[0].query("customerIdentifier");
    assert_eq!(asked.as_deref(), Some("c8"));
}
