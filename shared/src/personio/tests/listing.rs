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
    Canned::Json(
        200,
        json!({"access_token": "papi-v2", "expires_in": 86400, "token_type": "Bearer", "scope": "documents:read"}),
    )
}

async fn v2(answer: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| {
        if seen.path() == "/v2/auth/token" {
            token()
        } else {
            answer(seen)
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn lists_by_cursor_with_a_token_of_its_own() {
    let server = v2(|seen| match seen.query("cursor").as_deref() {
        None => page(
            vec![item(json!("1"))],
            Some("https://evil.example.com/v2/x?cursor=a%2Fb&limit=1"),
        ),
        Some("a/b") => page(vec![], Some("/v2/document-management/documents?cursor=c")),
        _ => page(vec![item(json!(2))], None),
    })
    .await;
    let day = "2026-03-01".parse().unwrap();
    let listed = direct(&server)
        .documents(
            &SourceId::new("4711"),
            Some(&CategoryId::new("7")),
            Some(day),
        )
        .await
        .unwrap();
    let ids: Vec<_> = listed.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(
        (ids, listed[0].size, listed[0].date),
        (
            vec!["1", "2"],
            Some(48213),
            Some("2026-03-14".parse().unwrap())
        )
    );
    assert!(!format!("{listed:?}").contains("Brandschutz"));
    let seen = server.seen();
    assert_eq!(
        (seen[0].method.as_str(), seen[0].uri.as_str()),
        ("POST", "/v2/auth/token")
    );
    assert_eq!(
        seen[0].header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
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
async fn a_list_without_an_end_or_a_way_on_is_unreadable() {
    for (next, requests) in [("?cursor=same", 2), ("?page=2", 1), ("https://[", 1)] {
        let server = v2(move |_| page(vec![item(json!(1))], Some(next))).await;
        let error = direct(&server)
            .documents(&SourceId::new("4711"), None, None)
            .await
            .unwrap_err();
        assert!(
            matches!(error, SourceError::Unreadable(_)),
            "{next}: {error:?}"
        );
        assert_eq!(server.seen().len(), 1 + requests, "{next}");
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refused_list_means() {
    let problem = json!({"personio_trace_id": "x", "timestamp": "2021-05-28T11:17:30+00:00",
        "errors": [{"title": "Insufficient access scope", "detail": "Erika", "type": "https://x", "_meta": {}}]});
    for (status, body, expected, lists) in [
        (403, problem.to_string(), "Forbidden", 1),
        (401, problem.to_string(), "Forbidden", 2),
        (401, "<html>".to_owned(), "Forbidden", 2),
        (400, "{}".to_owned(), "Unreadable", 1),
        (404, "{}".to_owned(), "Unreadable", 1),
        (429, String::new(), "Unavailable", 4),
        (502, "<html>".to_owned(), "Unavailable", 4),
        (200, "<html>".to_owned(), "Unreadable", 1),
        (200, "{}".to_owned(), "Unreadable", 1),
        (
            200,
            r#"{"_data":[{"name":"without an id"}]}"#.to_owned(),
            "Unreadable",
            1,
        ),
    ] {
        let body: &'static str = body.leak();
        let server = v2(move |_| Canned::Text(status, body)).await;
        let error = direct(&server).find(&document()).await.unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "{status} {body}: {error:?}"
        );
        assert!(!error.to_string().contains("Erika"), "{error}");
        let asked = server
            .seen()
            .iter()
            .filter(|seen| seen.path() != "/v2/auth/token")
            .count();
        assert_eq!(asked, lists, "{status} {body}");
        if expected == "Forbidden" {
            assert!(error.to_string().contains("Documents: read"), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refused_token_means() {
    for (status, code, expected) in [
        (400, "invalid_client", "Credential"),
        (401, "invalid_client", "Credential"),
        (400, "invalid_grant", "Credential"),
        (400, "unauthorized_client", "Credential"),
        (400, "invalid_scope", "Forbidden"),
        (403, "access_denied", "Forbidden"),
        (400, "temporarily_unavailable", "Unavailable"),
        (400, "server_error", "Unavailable"),
        (400, "Erika", "Credential"),
        (503, "", "Unavailable"),
        (404, "", "Unreadable"),
    ] {
        let server = Server::start(move |_, _| {
            Canned::Json(
                status,
                json!({"timestamp": "2023-03-01T14:07:17Z", "trace_id": "baaa", "error": code,
                "error_description": "Client authentication failed for papi-id", "error_uri": "https://x"}),
            )
        })
        .await;
        let error = direct(&server).find(&document()).await.unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "{status} {code}: {error:?}"
        );
        let text = error.to_string();
        assert!(!text.contains("papi-") && !text.contains("Erika"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn finds_what_was_filed_among_all_of_the_employees_documents() {
    let with = |changes: Value| {
        let mut it = item(json!("5"));
        for (key, value) in changes.as_object().unwrap() {
            it[key.as_str()] = value.clone();
        }
        it
    };
    let found = Verification::Found(DocumentId::new("5"));
    for (items, expected) in [
        (vec![], Verification::NotFound),
        (vec![with(json!({}))], found.clone()),
        (
            vec![with(
                json!({"comment": "reteach: X, Zertifikat-ID 0f0c-7", "name": "renamed"}),
            )],
            found.clone(),
        ),
        (
            vec![with(json!({"comment": "reteach: X, Zertifikat-ID 0f0c-8"}))],
            Verification::NotFound,
        ),
        (
            vec![with(json!({"owner": {"id": "1"}}))],
            Verification::NotFound,
        ),
        (
            vec![with(
                json!({"owner": null, "category": null, "size": "48213"}),
            )],
            found.clone(),
        ),
        (
            vec![with(json!({"date": "2026-03-13"}))],
            Verification::NotFound,
        ),
        (
            vec![with(json!({"id": "4", "name": "Other"})), with(json!({}))],
            found.clone(),
        ),
    ] {
        let shown = json!(items);
        let server = v2(move |_| page(items.clone(), None)).await;
        assert_eq!(
            direct(&server).find(&document()).await.unwrap(),
            expected,
            "{shown}"
        );
        assert_eq!(server.seen()[1].query("category_id"), None);
    }
    // A size that is known and another one: not ours.
    let server = v2(|_| page(vec![item(json!("5"))], None)).await;
    let ours = Document {
        size: Some(1),
        ..document()
    };
    assert_eq!(
        direct(&server).find(&ours).await.unwrap(),
        Verification::NotFound
    );
}
