//! Personio's employees through Kombo.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::employee::Field;

/// The request to Personio that Kombo is asked to send.
fn remote(seen: &Seen) -> Seen {
    let uri = seen.body["path"].as_str().unwrap().to_owned();
    Seen {
        uri,
        ..seen.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn reads_the_same_through_kombo() {
    let server = Server::start(|_, seen| {
        let headers = json!({"content-type": "application/json", "x": ["a", "b"]});
        wrapped(200, headers, company(250, 100)(&remote(seen)))
    })
    .await;
    let client = forwarded(&server);
    let (records, _) = read_all(&client, 0).await.unwrap();
    assert_eq!(client.tool(), "personio");
    assert!(ids(&records).into_iter().eq(1..=250));
    let (seen, counts) = (server.seen(), server.calls.counts());
    assert_eq!((seen.len(), counts.kombo, counts.personio), (3, 3, 0));
    assert_eq!(seen[0].line(), ("POST", "/passthrough/personio/personnel"));
    assert_eq!(seen[0].header("authorization"), Some("Bearer key"));
    assert_eq!(seen[0].header("x-integration-id"), Some(INTEGRATION));
    assert_eq!(seen[0].body["method"], "GET");
    let headers = json!({"x-personio-app-id": "RETEACH_PERSONIO"});
    assert_eq!(seen[0].body["headers"], headers);
    let path = seen[0].body["path"].as_str().unwrap();
    let begin = "/company/employees?limit=100&offset=0&attributes%5B%5D=id&";
    assert!(path.starts_with(begin), "{path}");
}

#[tokio::test(start_paused = true)]
async fn through_kombo_the_remote_status_decides_then_kombos_own() {
    let no = || json!({"success": false});
    let remote =
        |status, body| Box::new(move || wrapped(status, json!({}), Value::clone(&body))) as Answer;
    let own = |status, code| Box::new(move || refused(status, json!(code))) as Answer;
    let empty = || Canned::Json(200, json!({"status": "success", "data": {}}));
    let revoked = "PLATFORM.AUTHENTICATION_INVALID";
    let lapsed = "INTEGRATION.AUTHENTICATION_INVALID";
    let busy = "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED";
    let cases: [(Answer, &str, usize); 11] = [
        (remote(503, json!("<html>")), "Unavailable", 4),
        (remote(401, no()), "Lapsed", 1),
        // It may be about the newer names of attributes: it is asked without.
        (remote(403, no()), "Forbidden", 2),
        (remote(200, json!("<html>")), "Unreadable", 1),
        (remote(204, json!(null)), "Unreadable", 1),
        (Box::new(empty), "Unreadable", 1),
        (own(429, busy), "Unavailable", 4),
        (own(400, "REMOTE.SERVICE_UNAVAILABLE"), "Unavailable", 4),
        (own(401, revoked), "Credential", 1),
        (own(401, lapsed), "Lapsed", 1),
        (own(503, "INTEGRATION.SETUP_SYNC_PENDING"), "NotReady", 1),
    ];
    for (number, (answer, expected, attempts)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let error = read_all(&forwarded(&server), 0).await.unwrap_err();
        let variant = format!("{error:?}");
        assert!(variant.starts_with(expected), "case {number}: {variant}");
        assert!(!error.to_string().contains("x@y.de"), "{error}");
        assert_eq!(server.seen().len(), attempts, "case {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn through_kombo_a_remote_retry_after_is_honoured() {
    let server = Server::start(|number, seen| match number {
        0 => wrapped(429, json!({"retry-after": "9"}), json!("")),
        _ => wrapped(200, json!({}), company(1, 100)(&remote(seen))),
    })
    .await;
    let start = tokio::time::Instant::now();
    let (records, _) = read_all(&forwarded(&server), 0).await.unwrap();
    let [SourceRecord::Employee(person)] = &records[..] else {
        panic!("{records:?}")
    };
    assert_eq!(person.email, Field::Absent);
    assert!(start.elapsed() >= Duration::from_secs(9));
}
