//! Documents through Kombo's passthrough.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::document::{BodyError, Reach, Suspect, TenantFault};
use crate::domain::id::CategoryId;
use crate::http::{Effect, Vendor};

#[tokio::test(start_paused = true)]
async fn sends_the_bytes_that_were_looked_at_with_the_form() {
    let filed = || json!({"success": true, "data": {"id": 17}});
    let server = Server::start(move |_, _| wrapped(201, json!({}), filed())).await;
    let id = forwarded(&server).upload(&document(), pdf()).await.unwrap();
    assert_eq!(id, Some(DocumentId::new("17")));
    let seen = server.seen().remove(0);
    assert_eq!(seen.line(), ("POST", "/passthrough/personio/personnel"));
    assert_eq!(seen.header("x-integration-id"), Some(INTEGRATION));
    assert_eq!(seen.body["method"], "POST");
    assert_eq!(seen.body["path"], "/company/documents");
    let file = json!({"name": "Brandschutz -Ü- 2026-03-14 0f0c-7.pdf", "content_type": "application/pdf", "data": STANDARD.encode(PDF)});
    let form = &seen.body["multipart_form_data"];
    for (number, (name, value)) in [
        ("title", json!("Brandschutz \"Ü\"")),
        ("employee_id", json!("4711")),
        ("category_id", json!("2")),
        ("date", json!("2026-03-14")),
        ("comment", form[4]["value"].clone()),
        ("file", file),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(form[number], json!({"name": name, "value": value}));
    }
}

#[tokio::test(start_paused = true)]
async fn moves_a_document_through_kombo() {
    let server = Server::start(|_, _| wrapped(204, json!({}), json!(null))).await;
    let (id, folder) = (DocumentId::new("17"), CategoryId::new("12"));
    forwarded(&server)
        .move_document(&id, &folder)
        .await
        .unwrap();
    let seen = server.seen().remove(0);
    assert_eq!(seen.line(), ("POST", "/passthrough/personio/personnelv2"));
    assert_eq!(seen.body["method"], "PATCH");
    assert_eq!(seen.body["path"], "/document-management/documents/17");
    assert_eq!(seen.body["data"], json!({"category": {"id": "12"}}));
}

#[tokio::test(start_paused = true)]
async fn the_remote_status_decides_then_kombos_code() {
    let gone = json!({"success": false, "error": {"message": "No query results for model [Employee] 1", "code": 0}});
    let tenant = |fault| (Reach::Tenant(fault), Effect::None);
    let right = tenant(TenantFault::Right);
    let unclear = |fault| (Reach::Unclear(Suspect::Tenant(fault)), Effect::None);
    let connection = unclear(TenantFault::Connection);
    let credential = tenant(TenantFault::Credential);
    let refused_document = (Reach::Certificate, Effect::None);
    let vendor = Reach::Vendor(Vendor::Kombo);
    let busy = (Reach::Limit(Vendor::Kombo, None), Effect::None);
    let (deleted, unknown) = ((Reach::Person, Effect::None), (vendor, Effect::Unknown));
    let remote =
        |status, body: Value| Box::new(move || wrapped(status, json!({}), body.clone())) as Answer;
    let own = |status, code| Box::new(move || refused(status, json!(code))) as Answer;
    let (timed_out, null) = ("PLATFORM.TASK_TIMED_OUT", json!(null));
    let html = || json!("<html>");
    let empty = || Canned::Json(200, json!({"status": "success", "data": {}}));
    let cases: [(Answer, (Reach, Effect)); 17] = [
        (remote(404, gone), deleted),
        (remote(401, null.clone()), connection),
        (
            remote(403, json!({"success": false})),
            unclear(TenantFault::Right),
        ),
        (remote(403, null.clone()), refused_document),
        (remote(413, html()), refused_document),
        (remote(429, null), busy),
        (remote(502, html()), unknown),
        (remote(201, html()), unknown),
        (Box::new(empty), unknown),
        (Box::new(|| Canned::Hang), unknown),
        (own(504, timed_out), unknown),
        (own(400, timed_out), unknown),
        (own(400, "REMOTE.UNKNOWN_HTTP_ERROR"), unknown),
        (own(400, "REMOTE.INPUT_INVALID"), refused_document),
        (own(400, "INTEGRATION.ACTION_DISABLED"), right),
        (own(429, "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"), busy),
        (own(401, "PLATFORM.AUTHENTICATION_INVALID"), credential),
    ];
    for (number, (answer, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let upload = forwarded(&server).upload(&document(), pdf()).await;
        let error = upload.unwrap_err();
        let reach = match error.reach {
            Reach::Vendor(_) => vendor,
            Reach::Limit(..) => busy.0,
            other => other,
        };
        let means = (reach, error.effect);
        assert_eq!(means, expected, "case {number}: {error:?}");
        assert_eq!(server.seen().len(), 1, "case {number}");
        assert!(!error.to_string().contains("x@y.de"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_breaks_off_was_not_filed() {
    let server = Server::start(|_, _| Canned::Hang).await;
    let pieces = futures::stream::iter([Ok(Bytes::from_static(PDF)), Err(BodyError::TooLarge)]);
    let body = PdfBody::new(Box::pin(pieces), Some(1_000));
    let upload = forwarded(&server).upload(&document(), body).await;
    let error = upload.unwrap_err();
    let means = (error.reach, error.transient);
    assert_eq!(means, (Reach::Certificate, false), "{error:?}");
    assert!(server.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn lists_through_the_passthrough_to_v2() {
    let server = Server::start(|_, _| {
        let item = json!({"id": "5", "name": "x", "comment": "Zertifikat-ID 0f0c-7"});
        let page = json!({"_data": [item], "_meta": {"links": {}}});
        wrapped(200, json!({}), page)
    })
    .await;
    let found = forwarded(&server).find(&document()).await.unwrap();
    assert_eq!(found, Verification::Found(DocumentId::new("5")));
    let seen = server.seen().remove(0);
    assert_eq!(seen.uri, "/passthrough/personio/personnelv2");
    let path = "/document-management/documents?owner_id=4711&limit=200";
    assert_eq!(seen.body["path"], path);
    let problem = || json!({"errors": [{"title": "Insufficient access scope"}]});
    let server = Server::start(move |_, _| wrapped(403, json!({}), problem())).await;
    let error = forwarded(&server).find(&document()).await.unwrap_err();
    assert!(matches!(error, SourceError::Forbidden(_)), "{error:?}");
}
