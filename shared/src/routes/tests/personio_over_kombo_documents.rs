//! Documents through Kombo's passthrough.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::document::{BodyError, Reach, TenantFault};
use crate::http::{Effect, Vendor};
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
    let tenant = |fault| (Reach::Tenant(fault), Effect::None);
    let right = tenant(TenantFault::Right);
    let connection = tenant(TenantFault::Connection);
    let credential = tenant(TenantFault::Credential);
    let refused_document = (Reach::Certificate, Effect::None);
    let vendor = Reach::Vendor(Vendor::Kombo);
    let (busy, unknown) = ((vendor, Effect::None), (vendor, Effect::Unknown));
    let cases: Vec<(Answer, (Reach, Effect))> = vec![
        (
            Box::new(move || wrapped(404, json!({}), gone.clone())),
            refused_document,
        ),
        (
            Box::new(|| wrapped(401, json!({}), json!(null))),
            connection,
        ),
        (Box::new(|| wrapped(403, json!({}), json!(null))), right),
        (
            Box::new(|| wrapped(413, json!({}), json!("<html>"))),
            refused_document,
        ),
        (Box::new(|| wrapped(429, json!({}), json!(null))), busy),
        (
            Box::new(|| wrapped(502, json!({}), json!("<html>"))),
            unknown,
        ),
        (
            Box::new(|| wrapped(201, json!({}), json!("<html>"))),
            unknown,
        ),
        (
            Box::new(|| Canned::Json(200, json!({"status": "success", "data": {}}))),
            unknown,
        ),
        (Box::new(|| Canned::Hang), unknown),
        (
            Box::new(|| refused(504, json!("PLATFORM.TASK_TIMED_OUT"))),
            unknown,
        ),
        (
            Box::new(|| refused(400, json!("PLATFORM.TASK_TIMED_OUT"))),
            unknown,
        ),
        (
            Box::new(|| refused(400, json!("REMOTE.UNKNOWN_HTTP_ERROR"))),
            unknown,
        ),
        (
            Box::new(|| refused(400, json!("REMOTE.INPUT_INVALID"))),
            refused_document,
        ),
        (
            Box::new(|| refused(400, json!("INTEGRATION.ACTION_DISABLED"))),
            right,
        ),
        (
            Box::new(|| refused(429, json!("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"))),
            busy,
        ),
        (
            Box::new(|| refused(401, json!("PLATFORM.AUTHENTICATION_INVALID"))),
            credential,
        ),
    ];
    for (number, (answer, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let error = forwarded(&server)
            .upload(&document(), pdf())
            .await
            .unwrap_err();
        let reach = match error.reach {
            Reach::Vendor(_) => vendor,
            other => other,
        };
        assert_eq!(
            ((reach, error.effect), server.seen().len()),
            (expected, 1),
            "case {number}: {error:?}"
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
    assert_eq!(
        (error.reach, error.transient),
        (Reach::Certificate, false),
        "{error:?}"
    );
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
