//! Personio's employees through Kombo.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::employee::Field;

#[tokio::test(start_paused = true)]
async fn reads_the_same_through_kombo() {
    let server = Server::start(|_, seen| {
        let mut remote = seen.clone();
        remote.uri = seen.body["path"].as_str().unwrap().to_owned();
        wrapped(
            200,
            json!({"content-type": "application/json", "x": ["a", "b"]}),
            company(250, 100)(&remote),
        )
    })
    .await;
    let client = forwarded(&server);
    let (records, _) = read_all(&client, 0).await.unwrap();
    assert_eq!(
        (client.tool(), ids(&records)),
        ("personio", (1..=250).collect())
    );
    let seen = server.seen();
    assert_eq!(
        (
            seen.len(),
            server.calls.counts().kombo,
            server.calls.counts().personio
        ),
        (3, 3, 0)
    );
    assert_eq!(
        (seen[0].method.as_str(), seen[0].uri.as_str()),
        ("POST", "/passthrough/personio/personnel")
    );
    assert_eq!(seen[0].header("authorization"), Some("Bearer key"));
    assert_eq!(
        seen[0].header("x-integration-id"),
        Some("personio:CBNMt7dSNCzBdnRTx87dev4E")
    );
    assert_eq!(seen[0].body["method"], "GET");
    assert_eq!(
        seen[0].body["headers"],
        json!({"x-personio-app-id": "RETEACH_PERSONIO"})
    );
    let path = seen[0].body["path"].as_str().unwrap();
    assert!(
        path.starts_with("/company/employees?limit=100&offset=0&attributes%5B%5D=id&"),
        "{path}"
    );
}

#[tokio::test(start_paused = true)]
async fn through_kombo_the_remote_status_decides_then_kombos_own() {
    let refused = |code: &str| json!({"status": "error", "error": {"code": code, "title": "Title", "message": "x@y.de"}});
    type Answer = Box<dyn Fn() -> Canned + Send + Sync>;
    let cases: Vec<(Answer, &str, usize)> = vec![
        (
            Box::new(|| wrapped(503, json!({}), json!("<html>"))),
            "Unavailable",
            4,
        ),
        (
            Box::new(|| wrapped(401, json!({}), json!({"success": false}))),
            "Lapsed",
            1,
        ),
        (
            Box::new(|| wrapped(403, json!({}), json!({"success": false}))),
            "Forbidden",
            1,
        ),
        (
            Box::new(|| wrapped(200, json!({}), json!("<html>"))),
            "Unreadable",
            1,
        ),
        (
            Box::new(|| wrapped(204, json!({}), json!(null))),
            "Unreadable",
            1,
        ),
        (
            Box::new(|| Canned::Json(200, json!({"status": "success", "data": {}}))),
            "Unreadable",
            1,
        ),
        (
            Box::new(move || Canned::Json(429, refused("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"))),
            "Unavailable",
            4,
        ),
        (
            Box::new(move || Canned::Json(400, refused("REMOTE.SERVICE_UNAVAILABLE"))),
            "Unavailable",
            4,
        ),
        (
            Box::new(move || Canned::Json(401, refused("PLATFORM.AUTHENTICATION_INVALID"))),
            "Credential",
            1,
        ),
        (
            Box::new(move || Canned::Json(401, refused("INTEGRATION.AUTHENTICATION_INVALID"))),
            "Lapsed",
            1,
        ),
        (
            Box::new(move || Canned::Json(503, refused("INTEGRATION.SETUP_SYNC_PENDING"))),
            "NotReady",
            1,
        ),
    ];
    for (number, (answer, expected, attempts)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let error = read_all(&forwarded(&server), 0).await.unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "case {number}: {error:?}"
        );
        assert!(!error.to_string().contains("x@y.de"), "{error}");
        assert_eq!(server.seen().len(), attempts, "case {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn through_kombo_a_remote_retry_after_is_honoured() {
    let server = Server::start(|number, seen| {
        let mut remote = seen.clone();
        remote.uri = seen.body["path"].as_str().unwrap().to_owned();
        match number {
            0 => wrapped(429, json!({"retry-after": "9"}), json!("")),
            _ => wrapped(200, json!({}), company(1, 100)(&remote)),
        }
    })
    .await;
    let start = tokio::time::Instant::now();
    let (records, _) = read_all(&forwarded(&server), 0).await.unwrap();
    assert!(
        matches!(&records[..], [SourceRecord::Employee(person)] if person.email == Field::Absent)
    );
    assert!(start.elapsed() >= Duration::from_secs(9));
}
