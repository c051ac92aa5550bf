//! Categories and uploads.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::document::{BodyError, FilingError, Reach, TenantFault};
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

fn uploads(server: &Server) -> Vec<Seen> {
    server
        .seen()
        .into_iter()
        .filter(|seen| seen.path() == "/v1/company/documents")
        .collect()
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
    let told: Vec<_> = categories
        .iter()
        .map(|it| (it.id.as_str(), it.name.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("1", "Certificates of employment"),
            ("2", "Other documents")
        ]
    );
    assert_eq!(server.seen()[1].uri, "/v1/company/document-categories");
    let server = personio(|_| Canned::Json(403, json!({"success": false}))).await;
    let error = direct(&server).categories().await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Forbidden(text) if text.contains("Documents: write")),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn files_a_document_as_a_form() {
    let server = personio(|_| filed(json!(17))).await;
    let id = direct(&server).upload(&document(), pdf()).await.unwrap();
    assert_eq!(id.as_ref().map(|id| id.as_str()), Some("17"));
    let seen = uploads(&server).remove(0);
    assert_eq!(
        (seen.method.as_str(), seen.header("authorization")),
        ("POST", Some("Bearer papi-token"))
    );
    assert_eq!(seen.header("x-personio-app-id"), Some("RETEACH_PERSONIO"));
    assert_eq!(
        seen.header("content-length").map(str::to_owned),
        Some(seen.raw.len().to_string())
    );
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
    let yes = |body: &'static str| (body, true);
    let unclear = |body: &'static str| (body, false);
    for (body, is_filed) in [
        yes(r#"{"success":true,"data":{"id":"17"}}"#),
        yes(r#"{"success":true,"data":{}}"#),
        yes(r#"{"success":true,"data":null}"#),
        yes(r#"{"success":true}"#),
        unclear("<html>Log in</html>"),
        unclear(""),
        unclear("{}"),
        unclear(r#"{"success":"#),
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
    let busy = (Reach::Vendor(Vendor::Personio), Effect::None);
    let refused = (Reach::Certificate, Effect::None);
    let right = (Reach::Tenant(TenantFault::Right), Effect::None);
    let folder = (Reach::Tenant(TenantFault::Folder), Effect::None);
    let no = |message: &str| {
        json!({"success": false, "error": {"message": message, "code": 0}}).to_string()
    };
    let invalid = json!({"success": false, "error": {"message": "The given data was invalid.", "code": 0,
        "error_data": {"file": ["The file must be a file of type: pdf, docx, ..."], "x@y.de": ["Erika"]}}});
    for (status, body, expected) in [
        (
            404,
            no("No query results for model [DocumentCategory] 1"),
            (folder, true),
        ),
        (
            404,
            no("No query results for model [Employee] 4711"),
            (refused, false),
        ),
        (
            404,
            no("No query results for model [App\\Models\\Employee]."),
            (refused, false),
        ),
        (404, no("Es ist ein Problem aufgetreten "), (refused, true)),
        (404, "<html>".to_owned(), (refused, true)),
        (422, invalid.to_string(), (refused, false)),
        (
            422,
            json!({"success": false, "error": {"error_data": ["x"]}}).to_string(),
            (refused, true),
        ),
        (400, String::new(), (refused, true)),
        (403, no("Erika"), (right, false)),
        (413, "<html>".to_owned(), (refused, false)),
        (429, String::new(), (busy, false)),
        (302, String::new(), (unknown, false)),
        (408, String::new(), (unknown, false)),
        (500, no("Something went wrong"), (unknown, false)),
        (502, "<html>".to_owned(), (unknown, false)),
        (503, String::new(), (unknown, false)),
        (504, String::new(), (unknown, false)),
        (200, no("Something went wrong"), (refused, true)),
    ] {
        let shown = body.clone();
        let body: &'static str = body.leak();
        let server = personio(move |_| Canned::Text(status, body)).await;
        let error = direct(&server)
            .upload(&document(), pdf())
            .await
            .unwrap_err();
        assert_eq!(
            ((error.reach, error.effect), error.folder_suspected),
            expected,
            "{status} {shown}: {error:?}"
        );
        assert_eq!(error.transient, matches!(error.reach, Reach::Vendor(_)));
        assert_eq!(uploads(&server).len(), 1, "{status} {shown}");
        let text = error.to_string();
        assert!(
            text.contains("Personio POST /v1/company/documents"),
            "{text}"
        );
        assert!(
            !text.contains("Erika") && !text.contains("Brandschutz"),
            "{text}"
        );
        if status == 422 && shown.contains("pdf, docx") {
            assert!(text.ends_with("(did not pass: file)"), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_and_the_file_begins_anew() {
    let server = Server::start(|number, seen| match (number, seen.path()) {
        (_, "/v1/auth") => login(),
        (1, _) => Canned::Json(401, json!({"success": false})),
        _ => filed(json!(17)),
    })
    .await;
    let id = direct(&server).upload(&document(), pdf()).await.unwrap();
    assert_eq!(id.as_ref().map(|id| id.as_str()), Some("17"));
    let lengths: Vec<_> = uploads(&server).iter().map(|seen| seen.raw.len()).collect();
    assert!(
        lengths.len() == 2 && lengths[0] == lengths[1],
        "{lengths:?}"
    );
    let server = personio(|_| Canned::Json(401, json!({"success": false}))).await;
    let error = direct(&server)
        .upload(&document(), pdf())
        .await
        .unwrap_err();
    assert_eq!(
        error.reach,
        Reach::Tenant(TenantFault::Credential),
        "{error:?}"
    );
    assert_eq!(uploads(&server).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_begin_anew_is_not_sent() {
    let server = personio(|_| Canned::Json(401, json!({"success": false}))).await;
    let body =
        pdf().reopened_by(|| Box::pin(async { Err(BodyError::Interrupted("expired".to_owned())) }));
    let error = direct(&server).upload(&document(), body).await.unwrap_err();
    assert_eq!(error, FilingError::interrupted("expired"));
    let pieces = futures::stream::iter([Ok(Bytes::from_static(PDF))]);
    let error = direct(&server)
        .upload(&document(), PdfBody::new(Box::pin(pieces), None))
        .await
        .unwrap_err();
    assert!(
        error.effect == Effect::None && error.reason.contains("second time"),
        "{error:?}"
    );
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
        let error = direct(server).upload(&document(), pdf()).await.unwrap_err();
        assert_eq!(error.effect, Effect::Unknown, "{error:?}");
        assert_eq!(uploads(server).len(), 1);
    }
    let late = direct(&hang).until(Deadline::after(Duration::from_secs(10)));
    let error = late.upload(&document(), pdf()).await.unwrap_err();
    assert_eq!(
        (error.reach, error.effect),
        (Reach::Run, Effect::Unknown),
        "{error:?}"
    );
    let arrived = uploads(&hang).len();
    for (error, expected) in [
        (BodyError::TooLarge, (Reach::Certificate, false)),
        (
            BodyError::Interrupted("broke off".to_owned()),
            (Reach::Certificate, true),
        ),
        (BodyError::OutOfTime, (Reach::Run, true)),
    ] {
        let error = direct(&hang)
            .upload(&document(), broken(error))
            .await
            .unwrap_err();
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
        let error = direct(&server)
            .upload(&document(), pdf())
            .await
            .unwrap_err();
        assert_eq!(error.reach, expected, "{error:?}");
        assert_eq!((uploads(&server).len(), error.effect), (0, Effect::None));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_60_are_filed_in_a_minute() {
    let server = personio(|_| filed(json!(17))).await;
    let credentials = Credentials::new("papi-id", "papi-secret");
    let client = Client::new(Direct::new(
        server.base.clone(),
        credentials,
        server.context(),
    ));
    let start = tokio::time::Instant::now();
    for _ in 0..61 {
        client.upload(&document(), pdf()).await.unwrap();
    }
    assert!(
        start.elapsed() >= Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}
