//! Kombo's unified model as a place for documents.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::document::{Certificate, Document, FilingError, PdfBody, Reach, Suspect, TenantFault};
use crate::domain::id::{CategoryId, CertificateId, SourceId};
use crate::http::testing::{Canned, Server};
use crate::http::{Effect, RateLimiter, Vendor};
use crate::source::SourceError;

pub(crate) const INTEGRATION: &str = "personio:CBNMt7dSNCzBdnRTx87dev4E";
const PDF: &[u8] = b"%PDF-1.7 and so on";

fn sink(server: &Server, integration: &str) -> Documents {
    let key = ApiKey::new("kombo-key");
    let client = Client::new(server.base.clone(), key, server.context());
    Documents::new(client, integration.parse().unwrap()).with_pace(&RateLimiter::new(&[]))
}

pub(crate) fn success(data: Value) -> Canned {
    let body = json!({"status": "success", "data": data, "warnings": [{"message": "Look!"}]});
    Canned::Json(200, body)
}

pub(crate) fn refused(status: u16, code: Value) -> Canned {
    let message = "\"Erika\" x@y.de";
    let error =
        json!({"code": code, "title": "It did not work.", "message": message, "log_url": null});
    Canned::Json(status, json!({"status": "error", "error": error}))
}

fn person(id: &str, remote_id: &str, deleted: Value) -> Value {
    json!({"id": id, "remote_id": remote_id, "first_name": "John", "remote_deleted_at": deleted})
}

fn people(people: Vec<Value>) -> Canned {
    success(json!({"next": null, "results": people}))
}

fn document() -> Document {
    let id = CertificateId::new("0f0c-7");
    let completed_at = Some("2026-03-14T09:21:00Z".parse().unwrap());
    let certificate = Certificate {
        id: &id,
        course: Some("Brandschutz"),
        completed_at,
    };
    let category = CategoryId::new("3Cjwu7nA7pH5cX5X1NAPmb7M");
    Document::new(SourceId::new("32"), category, certificate, &TimeZone::UTC)
}

/// Files the document, which fails.
async fn refusal(server: &Server) -> FilingError {
    let upload = sink(server, INTEGRATION).upload(&document(), pdf()).await;
    upload.unwrap_err()
}

fn pdf() -> PdfBody {
    PdfBody::from_bytes(Bytes::from_static(PDF))
}

#[tokio::test(start_paused = true)]
async fn lists_the_categories_of_all_pages() {
    let category = |id: &str, name: Value, deleted: Value| {
        json!({"id": id, "remote_id": "32", "name": name, "remote_data": null,
               "changed_at": "2022-08-07T14:01:29.196Z", "remote_deleted_at": deleted})
    };
    let server = Server::start(move |number, _| match number {
        0 => success(json!({"next": "a", "results": [
            category("k1", json!("Employment contract"), json!(null)),
            category("k2", json!(null), json!(null)),
            category("k3", json!("Old"), json!("2022-08-07T14:01:29.196Z")),
        ]})),
        _ => {
            let other = category("k4", json!("Other"), json!(null));
            success(json!({"next": null, "results": [other]}))
        }
    })
    .await;
    let categories = sink(&server, INTEGRATION).categories().await.unwrap();
    let categories = categories.iter();
    let named = categories.map(|category| (category.id.as_str(), category.name.as_str()));
    assert!(named.eq([("k1", "Employment contract"), ("k4", "Other")]));
    let seen = server.seen();
    assert_eq!(seen[0].path(), "/hris/employee-document-categories");
    assert_eq!(seen[0].query("page_size").as_deref(), Some("250"));
    assert_eq!(seen[1].query("cursor").as_deref(), Some("a"));
    let endless = Server::start(|_, _| success(json!({"next": "a", "results": []}))).await;
    let error = sink(&endless, INTEGRATION).categories().await.unwrap_err();
    assert!(matches!(error, SourceError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().contains("no end"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn files_for_the_employee_that_kombo_knows_by_another_id() {
    let server = Server::start(|number, _| match number {
        0 => people(vec![
            person("k1", "3", json!(null)),
            // A blank time of deletion is none.
            person("k32", "32", json!("")),
        ]),
        _ => success(json!({})),
    })
    .await;
    let sink = sink(&server, INTEGRATION);
    sink.upload(&document(), pdf()).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].query("remote_ids").as_deref(), Some("32"));
    assert_eq!(seen[1].line(), ("POST", "/hris/employees/k32/documents"));
    assert_eq!(seen[1].header("x-integration-id"), Some(INTEGRATION));
    let expected = json!({"name": "Brandschutz 2026-03-14 0f0c-7.pdf", "content_type": "application/pdf", "data": STANDARD.encode(PDF)});
    let body = json!({"category_id": "3Cjwu7nA7pH5cX5X1NAPmb7M", "document": expected});
    assert_eq!(seen[1].body, body);
}

#[tokio::test(start_paused = true)]
async fn whom_kombo_does_not_know_is_gone() {
    let deleted = json!("2026-03-01T00:00:00.000Z");
    for answer in [
        vec![],
        vec![person("k1", "3", json!(null))],
        vec![person("k32", "32", deleted)],
    ] {
        let server = Server::start(move |_, _| people(answer.clone())).await;
        let error = refusal(&server).await;
        let means = (error.reach, error.transient);
        assert_eq!(means, (Reach::Person, false), "{error:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn says_by_code_what_a_refusal_means_and_sends_once() {
    let unknown = (Reach::Vendor(Vendor::Kombo), Effect::Unknown);
    let busy = (Reach::Limit(Vendor::Kombo, None), Effect::None);
    let not_taken = (Reach::Certificate, Effect::None);
    let tenant = |fault| (Reach::Tenant(fault), Effect::None);
    let unclear = |fault| (Reach::Unclear(Suspect::Tenant(fault)), Effect::None);
    let right = tenant(TenantFault::Right);
    let credential = tenant(TenantFault::Credential);
    let connection = tenant(TenantFault::Connection);
    for (status, code, expected) in [
        (504, json!("PLATFORM.TASK_TIMED_OUT"), unknown),
        (400, json!("PLATFORM.TASK_TIMED_OUT"), unknown),
        (400, json!("PLATFORM.UNKNOWN_ERROR"), unknown),
        (400, json!("REMOTE.SERVICE_UNAVAILABLE"), unknown),
        (400, json!("REMOTE.UNKNOWN_HTTP_ERROR"), unknown),
        (400, json!("PLATFORM.SOMETHING_NEW"), unknown),
        (400, json!("INTEGRATION.ACTION_DISABLED"), right),
        (400, json!("INTEGRATION.ACTION_NOT_AVAILABLE"), right),
        (
            400,
            json!("INTEGRATION.PERMISSION_MISSING"),
            unclear(TenantFault::Right),
        ),
        (403, json!("PLATFORM.IP_NOT_WHITELISTED"), right),
        (400, json!("REMOTE.INPUT_INVALID"), not_taken),
        (400, json!("PLATFORM.INPUT_INVALID"), not_taken),
        (429, json!("PLATFORM.RATE_LIMIT_EXCEEDED"), busy),
        (400, json!("REMOTE.RATE_LIMIT_EXCEEDED"), busy),
        (401, json!("PLATFORM.AUTHENTICATION_INVALID"), credential),
        (400, json!("INTEGRATION.AUTHENTICATION_INVALID"), connection),
        (409, json!("INTEGRATION.SETUP_SYNC_PENDING"), connection),
        (413, json!(null), not_taken),
        (404, json!(null), not_taken),
        (409, json!(null), not_taken),
        (401, json!(null), unclear(TenantFault::Credential)),
        (403, json!(null), not_taken),
        (429, json!(null), busy),
        (503, json!(null), unknown),
    ] {
        let sent = code.clone();
        let server = Server::start(move |number, _| match number {
            0 => people(vec![person("k32", "32", json!(null))]),
            _ => refused(status, sent.clone()),
        })
        .await;
        let error = refusal(&server).await;
        let means = (error.reach, error.effect);
        assert_eq!(means, expected, "{status} {code}: {error:?}");
        assert_eq!(server.seen().len(), 2, "{status} {code}");
        let may_pass = matches!(error.reach, Reach::Vendor(_) | Reach::Limit(..));
        assert_eq!(error.transient, may_pass, "{status} {code}");
        let folder = match error.reach {
            Reach::Certificate => status != 413,
            reach => matches!(reach, Reach::Unclear(_)),
        };
        assert_eq!(error.folder_suspected, folder, "{status} {code}");
        let text = error.to_string();
        assert!(!text.contains("x@y.de") && !text.contains("k32"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_it_open() {
    for lost in [|| Canned::Hang, || Canned::Half] {
        let server = Server::start(move |number, _| match number {
            0 => people(vec![person("k32", "32", json!(null))]),
            _ => lost(),
        })
        .await;
        let error = refusal(&server).await;
        assert_eq!(error.effect, Effect::Unknown, "{error:?}");
        assert_eq!(server.seen().len(), 2);
    }
}
