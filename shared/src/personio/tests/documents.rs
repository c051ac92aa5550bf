//! Categories and uploads.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::document::{BodyError, FilingError, Reach, Suspect, TenantFault};
use crate::http::{Deadline, Effect, Vendor};

fn filed(id: Value) -> Canned {
    Canned::Json(
        201,
        json!({"success": true, "data": {"id": id, "type": "Document", "attributes": {
        "title": "Personio", "date": "2022-02-02", "comment": "Enable better organisations",
        "employee": {"type": "Employee", "attributes": {"id": {"label": "ID", "value": 1, "type": "integer", "universal_id": "id"}}},
        "category": {"id": 1, "type": "DocumentCategory", "attributes": {"name": "Other documents"}}}}}),
    )
}

/// Files the document, which fails.
async fn refused(server: &Server, body: PdfBody) -> FilingError {
    let upload = direct(server).upload(&document(), body).await;
    upload.unwrap_err()
}

/// Files the document. Returns its id.
async fn accepted(server: &Server) -> Option<String> {
    let id = direct(server).upload(&document(), pdf()).await.unwrap();
    id.map(|id| id.as_str().to_owned())
}

fn uploads(server: &Server) -> Vec<Seen> {
    let is_upload = |seen: &Seen| seen.path() == "/v1/company/documents";
    server.seen().into_iter().filter(is_upload).collect()
}

#[tokio::test(start_paused = true)]
async fn lists_the_categories() {
    let server = personio(|_| {
        Canned::Json(
            200,
            json!({"success": true, "data": [
                {"id": 1, "type": "DocumentCategory", "attributes": {"name": "Certificates of employment"}},
                {"id": "2", "type": "DocumentCategory", "attributes": {"name": "Other documents"}},
                {"id": 3, "type": "DocumentCategory", "attributes": {"name": null}},
            ]}),
        )
    })
    .await;
    let categories = direct(&server).categories().await.unwrap();
    let categories = categories.iter();
    let named = categories.map(|category| (category.id.as_str(), category.name.as_str()));
    let certificates = ("1", "Certificates of employment");
    assert!(named.eq([certificates, ("2", "Other documents")]));
    assert_eq!(server.seen()[1].uri, "/v1/company/document-categories");
    let server = personio(|_| Canned::Json(403, json!({"success": false}))).await;
    let error = direct(&server).categories().await.unwrap_err();
    assert!(matches!(error, SourceError::Forbidden(_)), "{error:?}");
    assert!(error.to_string().contains("Documents: write"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn files_a_document_as_a_form() {
    let server = personio(|_| filed(json!(17))).await;
    assert_eq!(accepted(&server).await.as_deref(), Some("17"));
    let seen = uploads(&server).remove(0);
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.header("authorization"), Some("Bearer papi-token"));
    assert_eq!(seen.header("x-personio-app-id"), Some("RETEACH_PERSONIO"));
    let length = seen.raw.len().to_string();
    assert_eq!(seen.header("content-length"), Some(length.as_str()));
    let text = std::str::from_utf8(&seen.raw).unwrap();
    for part in [
        "name=\"title\"\r\n\r\nBrandschutz \"Ü\"\r\n",
        "name=\"employee_id\"\r\n\r\n4711\r\n",
        "name=\"category_id\"\r\n\r\n2\r\n",
        "name=\"date\"\r\n\r\n2026-03-14\r\n",
        "name=\"comment\"\r\n\r\nreteach: Brandschutz \"Ü\", abgeschlossen am 2026-03-14, Zertifikat-ID 0f0c-7\r\n",
        "name=\"file\"; filename=\"Brandschutz -Ü- 2026-03-14 0f0c-7.pdf\"\r\ncontent-type: application/pdf\r\n\r\n%PDF-1.7 and so on\r\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_needs_no_id_but_must_be_one() {
    for (body, is_filed) in [
        (r#"{"success":true,"data":{"id":"17"}}"#, true),
        (r#"{"success":true,"data":{}}"#, true),
        (r#"{"success":true,"data":null}"#, true),
        (r#"{"success":true}"#, true),
        ("<html>Log in</html>", false),
        ("", false),
        ("{}", false),
        (r#"{"success":"#, false),
    ] {
        let server = personio(move |_| Canned::Text(201, body)).await;
        let outcome = direct(&server).upload(&document(), pdf()).await;
        assert_eq!(outcome.is_ok(), is_filed, "{body}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!(error.effect, Effect::Unknown, "{body}: {error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refusal_means_and_never_sends_again() {
    let unknown = (Reach::Vendor(Vendor::Personio), Effect::Unknown);
    let busy = (Reach::Limit(Vendor::Personio, None), Effect::None);
    let deleted = (Reach::Person, Effect::None);
    let refusal = (Reach::Certificate, Effect::None);
    let right = Reach::Unclear(Suspect::Tenant(TenantFault::Right));
    let right = (right, Effect::None);
    let folder = (Reach::Tenant(TenantFault::Folder), Effect::None);
    let no = |message: &str| {
        json!({"success": false, "error": {"message": message, "code": 0}}).to_string()
    };
    let invalid = json!({"success": false, "error": {"message": "The given data was invalid.", "code": 0,
        "error_data": {"file": ["The file must be a file of type: pdf, docx, ..."], "x@y.de": ["Erika"]}}});
    let html = || "<html>".to_owned();
    let no_folder = no("No query results for model [DocumentCategory] 1");
    let nobody = no("No query results for model [Employee] 4711");
    let no_model = no("No query results for model [App\\Models\\Employee].");
    let unnamed = json!({"success": false, "error": {"error_data": ["x"]}}).to_string();
    for (status, body, expected) in [
        (404, no_folder, (folder, true)),
        (404, nobody, (deleted, false)),
        (404, no_model, (deleted, false)),
        (404, no("Es ist ein Problem aufgetreten "), (refusal, true)),
        (404, html(), (refusal, true)),
        (422, invalid.to_string(), (refusal, false)),
        (422, unnamed, (refusal, true)),
        (400, String::new(), (refusal, true)),
        (403, no("Erika"), (right, true)),
        (403, html(), (refusal, true)),
        (403, String::new(), (refusal, true)),
        (413, html(), (refusal, false)),
        (429, String::new(), (busy, false)),
        (302, String::new(), (unknown, false)),
        (408, String::new(), (unknown, false)),
        (500, no("Something went wrong"), (unknown, false)),
        (502, html(), (unknown, false)),
        (503, String::new(), (unknown, false)),
        (504, String::new(), (unknown, false)),
        (200, no("Something went wrong"), (refusal, true)),
    ] {
        let shown = body.clone();
        let body: &'static str = body.leak();
        let server = personio(move |_| Canned::Text(status, body)).await;
        let error = refused(&server, pdf()).await;
        let means = ((error.reach, error.effect), error.folder_suspected);
        assert_eq!(means, expected, "{status} {shown}: {error:?}");
        let may_pass = matches!(error.reach, Reach::Vendor(_) | Reach::Limit(..));
        assert_eq!(error.transient, may_pass);
        assert_eq!(uploads(&server).len(), 1, "{status} {shown}");
        let text = error.to_string();
        let shows = |part| text.contains(part);
        assert!(shows("Personio POST /v1/company/documents"), "{text}");
        assert!(!shows("Erika") && !shows("Brandschutz"), "{text}");
        if status == 422 && shown.contains("pdf, docx") {
            assert!(text.ends_with("(did not pass: file)"), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_and_the_file_is_sent_again() {
    let server = Server::start(|number, seen| match (number, seen.path()) {
        (_, "/v1/auth") => login(),
        (1, _) => Canned::Json(401, json!({"success": false})),
        _ => filed(json!(17)),
    })
    .await;
    assert_eq!(accepted(&server).await.as_deref(), Some("17"));
    let [first, second] = &uploads(&server)[..] else {
        panic!()
    };
    assert_eq!(first.raw.len(), second.raw.len());
    let server = personio(|_| Canned::Json(401, json!({"success": false}))).await;
    let credential = Reach::Unclear(Suspect::Tenant(TenantFault::Credential));
    assert_eq!(refused(&server, pdf()).await.reach, credential);
    assert_eq!(uploads(&server).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_opened_again_is_not_sent() {
    let server = personio(|_| Canned::Json(401, json!({"success": false}))).await;
    let expired = || BodyError::Interrupted("expired".to_owned());
    let body = pdf().reopened_by(move || Box::pin(async move { Err(expired()) }));
    let error = refused(&server, body).await;
    assert_eq!(error, FilingError::interrupted("expired"));
    let pieces = futures::stream::iter([Ok(Bytes::from_static(PDF))]);
    let error = refused(&server, PdfBody::new(Box::pin(pieces), None)).await;
    assert_eq!(error.effect, Effect::None, "{error:?}");
    assert!(error.reason.contains("second time"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_may_have_been_filed_unless_the_file_broke_off() {
    let broken = |error: BodyError| {
        let pieces = futures::stream::iter([Ok(Bytes::from_static(PDF)), Err(error)]);
        PdfBody::new(Box::pin(pieces), Some(1_000))
    };
    let hang = personio(|_| Canned::Hang).await;
    let half = personio(|_| Canned::Half).await;
    for server in [&hang, &half] {
        let error = refused(server, pdf()).await;
        assert_eq!(error.effect, Effect::Unknown, "{error:?}");
        assert_eq!(uploads(server).len(), 1);
    }
    let late = direct(&hang).until(Deadline::after(Duration::from_secs(10)));
    let error = late.upload(&document(), pdf()).await.unwrap_err();
    let means = (error.reach, error.effect);
    assert_eq!(means, (Reach::Run, Effect::Unknown), "{error:?}");
    let arrived = uploads(&hang).len();
    let interrupted = BodyError::Interrupted("broke off".to_owned());
    for (error, expected) in [
        (BodyError::TooLarge, (Reach::Certificate, false)),
        (interrupted, (Reach::Certificate, true)),
        (BodyError::OutOfTime, (Reach::Run, true)),
    ] {
        let error = refused(&hang, broken(error)).await;
        assert_eq!((error.reach, error.transient), expected, "{error:?}");
        assert_eq!(error.effect, Effect::None);
    }
    assert_eq!(uploads(&hang).len(), arrived, "nothing arrived as a whole");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_leaves_the_document_alone() {
    let credential = Reach::Tenant(TenantFault::Credential);
    for (status, expected) in [(403, credential), (503, Reach::Vendor(Vendor::Personio))] {
        let server = Server::start(move |_, _| Canned::Text(status, "")).await;
        let error = refused(&server, pdf()).await;
        assert_eq!(error.reach, expected, "{error:?}");
        assert_eq!((uploads(&server).len(), error.effect), (0, Effect::None));
    }
}

#[tokio::test(start_paused = true)]
async fn uploads_take_turns_one_a_second_and_60_a_minute() {
    let server = personio(|_| filed(json!(17))).await;
    let credentials = Credentials::new("papi-id", "papi-secret");
    let direct = Direct::new(server.base.clone(), credentials, server.context());
    let client = Client::new(direct);
    let start = tokio::time::Instant::now();
    let mut turns = Vec::new();
    for _ in 0..61 {
        client.turn(Deadline::never()).await.unwrap();
        turns.push(start.elapsed());
        client.upload(&document(), pdf()).await.unwrap();
    }
    assert!(turns[0] < Duration::from_secs(1), "{turns:?}");
    let is_apart = |pair: &[Duration]| pair[1] - pair[0] >= Duration::from_secs(1);
    assert!(turns.windows(2).all(is_apart), "{turns:?}");
    assert!(turns[60] >= Duration::from_secs(60), "{turns:?}");
}
