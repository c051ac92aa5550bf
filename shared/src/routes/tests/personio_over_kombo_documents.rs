//! Documents through Kombo's passthrough.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::document::BodyError;
use crate::http::Effect;
use crate::kombo::documents_tests::refused;

#[tokio::test(start_paused = true)]
async fn sends_the_bytes_that_were_looked_at_with_the_form() {
    let server =
        Server::start(|_, _| wrapped(201, json!({}), json!({"success": true, "data": {"id": 17}})))
            .await;
    let id = forwarded(&server).upload(&document(), pdf()).await.unwrap();
    assert_eq!(id, Some(DocumentId::new("17")));
    let seen = server.seen().remove(0);
    assert_eq!(
        (seen.method.as_str(), seen.uri.as_str()),
        ("POST", "/passthrough/personio/personnel")
    );
    assert_eq!(
        seen.header("x-integration-id"),
        Some("personio:CBNMt7dSNCzBdnRTx87dev4E")
    );
    assert_eq!(
        (&seen.body["method"], &seen.body["path"]),
        (&json!("POST"), &json!("/company/documents"))
    );
    let expected = json!({"name": "Brandschutz -Ü- 2026-03-14 0f0c-7.pdf", "content_type": "application/pdf", "data": STANDARD.encode(PDF)});
    let form = &seen.body["multipart_form_data"];
    assert_eq!(
        form[0],
        json!({"name": "title", "value": "Brandschutz \"Ü\""})
    );
    assert_eq!(form[1], json!({"name": "employee_id", "value": "4711"}));
    assert_eq!(form[2], json!({"name": "category_id", "value": "2"}));
    assert_eq!(form[3], json!({"name": "date", "value": "2026-03-14"}));
    assert_eq!(form[4]["name"], "comment");
    assert_eq!(form[5], json!({"name": "file", "value": expected}));
}

#[tokio::test(start_paused = true)]
async fn the_remote_status_decides_then_kombos_code() {
    let gone = json!({"success": false, "error": {"message": "No query results for model [Employee] 1", "code": 0}});
    type Answer = Box<dyn Fn() -> Canned + Send + Sync>;
    let cases: Vec<(Answer, &str)> = vec![
        (
            Box::new(move || wrapped(404, json!({}), gone.clone())),
            "PersonGone",
        ),
        (
            Box::new(|| wrapped(401, json!({}), json!(null))),
            "Connection(Lapsed",
        ),
        (
            Box::new(|| wrapped(403, json!({}), json!(null))),
            "Forbidden",
        ),
        (
            Box::new(|| wrapped(413, json!({}), json!("<html>"))),
            "TooLarge",
        ),
        (
            Box::new(|| wrapped(429, json!({}), json!(null))),
            "RateLimited",
        ),
        (
            Box::new(|| wrapped(502, json!({}), json!("<html>"))),
            "Uncertain",
        ),
        (
            Box::new(|| wrapped(201, json!({}), json!("<html>"))),
            "Uncertain",
        ),
        (
            Box::new(|| Canned::Json(200, json!({"status": "success", "data": {}}))),
            "Uncertain",
        ),
        (Box::new(|| Canned::Hang), "Uncertain"),
        (
            Box::new(|| refused(504, json!("PLATFORM.TASK_TIMED_OUT"))),
            "Uncertain",
        ),
        (
            Box::new(|| refused(400, json!("PLATFORM.TASK_TIMED_OUT"))),
            "Uncertain",
        ),
        (
            Box::new(|| refused(400, json!("REMOTE.UNKNOWN_HTTP_ERROR"))),
            "Uncertain",
        ),
        (
            Box::new(|| refused(400, json!("REMOTE.INPUT_INVALID"))),
            "Refused",
        ),
        (
            Box::new(|| refused(400, json!("INTEGRATION.ACTION_DISABLED"))),
            "Forbidden",
        ),
        (
            Box::new(|| refused(429, json!("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"))),
            "RateLimited",
        ),
        (
            Box::new(|| refused(401, json!("PLATFORM.AUTHENTICATION_INVALID"))),
            "Connection(Credential",
        ),
    ];
    for (number, (answer, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let error = forwarded(&server)
            .upload(&document(), pdf())
            .await
            .unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "case {number}: {error:?}"
        );
        let effect = if expected == "Uncertain" {
            Effect::Unknown
        } else {
            Effect::None
        };
        assert_eq!(
            (error.effect(), server.seen().len()),
            (effect, 1),
            "case {number}"
        );
        assert!(!error.to_string().contains("x@y.de"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_breaks_off_was_not_filed() {
    let server = Server::start(|_, _| Canned::Hang).await;
    let pieces = futures::stream::iter([Ok(Bytes::from_static(PDF)), Err(BodyError::TooLarge)]);
    let body = PdfBody::new(Box::pin(pieces), Some(1_000));
    let error = forwarded(&server)
        .upload(&document(), body)
        .await
        .unwrap_err();
    assert!(matches!(error, UploadError::TooLarge(_)), "{error:?}");
    assert!(server.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn lists_through_the_passthrough_to_v2() {
    let server = Server::start(|_, _| {
        let item = json!({"id": "5", "name": "x", "comment": "Zertifikat-ID 0f0c-7"});
        wrapped(
            200,
            json!({}),
            json!({"_data": [item], "_meta": {"links": {}}}),
        )
    })
    .await;
    let found = forwarded(&server).find(&document()).await.unwrap();
    assert_eq!(found, Verification::Found(DocumentId::new("5")));
    let seen = server.seen().remove(0);
    assert_eq!(seen.uri, "/passthrough/personio/personnelv2");
    assert_eq!(
        seen.body["path"],
        "/document-management/documents?owner_id=4711&limit=200"
    );
    let server = Server::start(|_, _| wrapped(403, json!({}), json!({}))).await;
    let error = forwarded(&server).find(&document()).await.unwrap_err();
    assert!(matches!(error, SourceError::Forbidden(_)), "{error:?}");
}
