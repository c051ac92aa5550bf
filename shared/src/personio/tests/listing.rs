//! The v2 list of an employee's documents, and looking for one.

use serde_json::json;

use super::*;
use crate::domain::id::DocumentId;

/// The item as clients have seen it.
fn item(id: Value) -> Value {
    json!({"id": id, "name": "Brandschutz \"Ü\"", "date": "2026-03-14", "comment": null, "category": {"id": "7"},
           "owner": {"id": "4711"}, "document_type": "x", "size": 48213, "created_at": "2026-11-20T08:00:00Z",
           "virus_scan": {"status": "safe"}, "esignature": {"status": "status_unspecified"}})
}

fn page(items: Vec<Value>, next: Option<&str>) -> Canned {
    let links = match next {
        Some(href) => json!({"self": {"href": "https://x"}, "next": {"href": href}}),
        None => json!({"self": {"href": "https://x"}}),
    };
    Canned::Json(200, json!({"_data": items, "_meta": {"links": links}}))
}

fn token() -> Canned {
    let token = json!({"access_token": "papi-v2", "expires_in": 86400, "token_type": "Bearer",
        "scope": "documents:read"});
    Canned::Json(200, token)
}

async fn v2(answer: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| match seen.path() {
        "/v2/auth/token" => token(),
        _ => answer(seen),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn lists_by_cursor_with_a_token_of_its_own() {
    let evil = "https://evil.example.com/v2/x?cursor=a%2Fb&limit=1";
    let server = v2(move |seen| match seen.query("cursor").as_deref() {
        None => page(vec![item(json!("1"))], Some(evil)),
        Some("a/b") => page(vec![], Some("/v2/document-management/documents?cursor=c")),
        _ => page(vec![item(json!(2))], None),
    })
    .await;
    let day = "2026-03-01".parse().unwrap();
    let (employee, category) = (SourceId::new("4711"), CategoryId::new("7"));
    let client = direct(&server);
    let listed = client
        .documents(&employee, Some(&category), Some(day))
        .await;
    let listed = listed.unwrap();
    let ids = listed.iter().map(|document| document.id.as_str());
    assert!(ids.eq(["1", "2"]));
    assert_eq!(listed[0].size, Some(48213));
    assert_eq!(listed[0].date, "2026-03-14".parse().ok());
    assert!(!format!("{listed:?}").contains("Brandschutz"));
    let seen = server.seen();
    assert_eq!(seen[0].line(), ("POST", "/v2/auth/token"));
    let kind = seen[0].header("content-type");
    assert_eq!(kind, Some("application/x-www-form-urlencoded"));
    let form = "grant_type=client_credentials&client_id=papi-id&client_secret=papi-secret";
    assert_eq!(&seen[0].raw[..], form.as_bytes());
    assert_eq!(seen.len(), 4);
    for request in &seen[1..] {
        assert_eq!(request.path(), "/v2/document-management/documents");
        assert_eq!(request.header("authorization"), Some("Bearer papi-v2"));
        for (key, value) in [
            ("owner_id", "4711"),
            ("category_id", "7"),
            ("created_at.gte", "2026-03-01"),
            ("limit", "200"),
        ] {
            assert_eq!(request.query(key).as_deref(), Some(value), "{key}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_is_unsafe_only_by_a_verdict_that_says_so() {
    for (scan, is_unsafe) in [
        (json!({"status": "unsafe"}), true),
        (json!({"status": "safe"}), false),
        (json!({"status": "unknown"}), false),
        (json!("unsafe"), false),
        (Value::Null, false),
    ] {
        let server = v2(move |_| {
            let mut item = item(json!(1));
            item["virus_scan"] = scan.clone();
            page(vec![item], None)
        })
        .await;
        let client = direct(&server);
        let listed = client.documents(&SourceId::new("4711"), None, None).await;
        assert_eq!(listed.unwrap()[0].is_unsafe, is_unsafe);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_or_a_way_on_is_unreadable() {
    for (next, requests) in [("?cursor=same", 2), ("?page=2", 1), ("https://[", 1)] {
        let server = v2(move |_| page(vec![item(json!(1))], Some(next))).await;
        let client = direct(&server);
        let listed = client.documents(&SourceId::new("4711"), None, None).await;
        assert!(matches!(listed, Err(SourceError::Unreadable(_))), "{next}");
        assert_eq!(server.seen().len(), 1 + requests, "{next}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_on_two_pages_is_listed_once() {
    let server = v2(|seen| match seen.query("cursor") {
        None => page(vec![item(json!(1)), item(json!(2))], Some("?cursor=c")),
        Some(_) => page(vec![item(json!("2")), item(json!(3)), item(json!(3))], None),
    })
    .await;
    let client = direct(&server);
    let listed = client.documents(&SourceId::new("4711"), None, None).await;
    let listed = listed.unwrap();
    let ids = listed.iter().map(|document| document.id.as_str());
    assert!(ids.eq(["1", "2", "3"]), "{listed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_without_links_is_the_whole_list_only_if_it_is_not_full() {
    let none = json!({"links": {"self": {"href": "https://x"}}});
    for (items, meta, is_whole) in [
        (199, Value::Null, true),
        (200, Value::Null, false),
        (200, json!({}), false),
        (200, json!({"links": null}), false),
        (200, none, true),
    ] {
        let label = format!("{items} {meta}");
        let server = v2(move |_| {
            let items: Vec<_> = (0..items).map(|number| item(json!(number))).collect();
            Canned::Json(200, json!({"_data": items, "_meta": meta.clone()}))
        })
        .await;
        let client = direct(&server);
        let listed = client.documents(&SourceId::new("4711"), None, None).await;
        match is_whole {
            true => assert_eq!(listed.unwrap().len(), items, "{label}"),
            false => assert!(matches!(listed, Err(SourceError::Unreadable(_))), "{label}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_refuses_long_lists_is_asked_for_as_many_as_it_likes() {
    let server = v2(|seen| match (seen.query("limit"), seen.query("cursor")) {
        (Some(_), _) => Canned::Text(400, "{}"),
        (None, None) => page(vec![item(json!(1))], Some("?cursor=c")),
        (None, Some(_)) => page(vec![item(json!(2))], None),
    })
    .await;
    let client = direct(&server);
    for asked in [3, 5] {
        let listed = client.documents(&SourceId::new("4711"), None, None).await;
        assert_eq!(listed.unwrap().len(), 2);
        let seen = server.seen().into_iter();
        let lists = seen.filter(|seen| seen.path() != "/v2/auth/token");
        assert_eq!(lists.count(), asked);
    }
    // How long a full page is, nobody says then.
    let server = v2(|seen| match seen.query("limit") {
        Some(_) => Canned::Text(400, "{}"),
        None => Canned::Json(200, json!({"_data": [item(json!(1))]})),
    })
    .await;
    let client = direct(&server);
    let listed = client.documents(&SourceId::new("4711"), None, None).await;
    assert!(matches!(listed, Err(SourceError::Unreadable(_))));
}

#[tokio::test(start_paused = true)]
async fn moves_a_document_by_its_category_alone_and_says_what_a_refusal_means() {
    for (status, body, expected, calls) in [
        (200, "", None, 1),
        (200, "{\"id\":\"4/7\"}", None, 1),
        (200, "<html>", Some("Unreadable"), 1),
        (204, "", None, 1),
        (403, "", Some("Unavailable"), 2),
        (401, "", Some("Unavailable"), 2),
        (404, "", Some("Unreadable"), 1),
        (422, "", Some("Unreadable"), 1),
        (503, "", Some("Unavailable"), 4),
    ] {
        let server = v2(move |_| Canned::Text(status, body)).await;
        let (document, folder) = (DocumentId::new("4/7"), CategoryId::new("12"));
        let moved = direct(&server).move_document(&document, &folder).await;
        let error = moved.err().map(|error| format!("{error:?}"));
        match (error, expected) {
            (None, None) => {}
            (Some(error), Some(expected)) => assert!(error.starts_with(expected), "{error}"),
            other => panic!("{status} {body}: {other:?}"),
        }
        let seen = server.seen().into_iter();
        let asked: Vec<_> = seen
            .filter(|seen| seen.path() != "/v2/auth/token")
            .collect();
        assert_eq!(asked.len(), calls, "{status}");
        let line = ("PATCH", "/v2/document-management/documents/4%2F7");
        assert_eq!(asked[0].line(), line);
        assert_eq!(asked[0].body, json!({"category": {"id": "12"}}));
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refused_list_means() {
    let problem = json!({"personio_trace_id": "x", "timestamp": "2021-05-28T11:17:30+00:00",
        "errors": [{"title": "Insufficient access scope", "detail": "Erika", "type": "https://x", "_meta": {}}]});
    let without_id = r#"{"_data":[{"name":"without an id"}]}"#;
    for (status, body, expected, lists) in [
        (403, problem.to_string(), "Forbidden", 2),
        (401, problem.to_string(), "Forbidden", 2),
        // A gateway's.
        (401, "<html>".to_owned(), "Unavailable", 2),
        (403, "<html>".to_owned(), "Unavailable", 2),
        (403, String::new(), "Unavailable", 2),
        (401, "{}".to_owned(), "Forbidden", 2),
        // Without a limit, too.
        (400, "{}".to_owned(), "Unreadable", 2),
        (404, "{}".to_owned(), "Unreadable", 1),
        (429, String::new(), "Unavailable", 4),
        (502, "<html>".to_owned(), "Unavailable", 4),
        (200, "<html>".to_owned(), "Unreadable", 1),
        (200, "{}".to_owned(), "Unreadable", 1),
        (200, without_id.to_owned(), "Unreadable", 1),
    ] {
        let body: &'static str = body.leak();
        let server = v2(move |_| Canned::Text(status, body)).await;
        let error = direct(&server).find(&document()).await.unwrap_err();
        let variant = format!("{error:?}");
        assert!(variant.starts_with(expected), "{status} {body}: {variant}");
        assert!(!error.to_string().contains("Erika"), "{error}");
        let seen = server.seen().into_iter();
        let asked = seen.filter(|seen| seen.path() != "/v2/auth/token");
        assert_eq!(asked.count(), lists, "{status} {body}");
        if expected == "Forbidden" {
            assert!(error.to_string().contains("Documents: read"), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refused_token_means() {
    // Before the first API has taken the credential, and after.
    let (credential, right, transient) = ("Credential", "Forbidden", "Unavailable");
    for (status, code, before, after) in [
        (400, "invalid_client", credential, credential),
        (401, "invalid_client", credential, credential),
        (400, "invalid_grant", credential, right),
        (400, "unauthorized_client", credential, right),
        (400, "invalid_scope", right, right),
        (403, "access_denied", right, right),
        (400, "temporarily_unavailable", transient, transient),
        (400, "server_error", transient, transient),
        (400, "Erika", credential, credential),
        (503, "", transient, transient),
        (404, "", "Unreadable", "Unreadable"),
    ] {
        let body = json!({"timestamp": "2023-03-01T14:07:17Z", "trace_id": "baaa", "error": code,
            "error_description": "Client authentication failed for papi-id", "error_uri": "https://x"});
        let server = personio(move |seen| match seen.path() {
            "/v2/auth/token" => Canned::Json(status, body.clone()),
            _ => Canned::Json(200, json!({"success": true, "data": []})),
        })
        .await;
        let client = direct(&server);
        for expected in [before, after] {
            let error = client.find(&document()).await.unwrap_err();
            let variant = format!("{error:?}");
            assert!(variant.starts_with(expected), "{status} {code}: {variant}");
            let text = error.to_string();
            assert!(!text.contains("papi-") && !text.contains("Erika"), "{text}");
            client.categories().await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn finds_what_was_filed_among_all_of_the_employees_documents() {
    let with = |changes: Value| {
        let mut item = item(json!("5"));
        item["comment"] = json!("Zertifikat-ID 0f0c-7");
        for (key, value) in changes.as_object().unwrap() {
            item[key.as_str()] = value.clone();
        }
        item
    };
    let renamed = json!({"comment": "reteach: X, Zertifikat-ID 0f0c-7", "name": "renamed"});
    let unowned = json!({"owner": null, "category": null, "size": "48213"});
    let foreign = json!({"comment": "reteach: X, Zertifikat-ID 0f0c-8"});
    let other = with(json!({"id": "4", "comment": null}));
    for (items, is_found) in [
        (vec![], false),
        (vec![with(json!({}))], true),
        (vec![with(renamed)], true),
        (vec![with(foreign)], false),
        (vec![with(json!({"owner": {"id": "1"}}))], false),
        (vec![with(unowned)], true),
        (vec![with(json!({"date": "2026-03-13"}))], true),
        (vec![other, with(json!({}))], true),
    ] {
        let shown = json!(items);
        let server = v2(move |_| page(items.clone(), None)).await;
        let expected = match is_found {
            true => Verification::Found(DocumentId::new("5")),
            false => Verification::NotFound,
        };
        let found = direct(&server).find(&document()).await.unwrap();
        assert_eq!(found, expected, "{shown}");
        assert_eq!(server.seen()[1].query("category_id"), None);
    }
}
