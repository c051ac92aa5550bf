use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::{Environment, ID, assert_refused, code, environment, rows};
use crate::kombo::Endpoint;
use crate::people::Person;
use crate::testing::Answer;
use crate::{Behaviour, Body, Fault, Origin, Pacing, RetryAfter, personio};

const PDF: &[u8] = b"%PDF-1.7\n";

pub(super) async fn office() -> Environment {
    environment(vec![
        Person::new(7, "Anna", "Groß"),
        Person::new(8, "Alt", "Ende"),
    ])
    .await
}

impl Environment {
    async fn employee(&self, remote_id: u64) -> String {
        let answer = self
            .employees(&format!("include_deleted=true&remote_ids={remote_id}"))
            .await;
        rows(&answer)[0]["id"].as_str().unwrap().to_owned()
    }

    async fn add(&self, employee: &str, body: &Value) -> Answer {
        self.call("POST", &format!("/hris/employees/{employee}/documents"))
            .json(body)
            .send()
            .await
    }

    /// Adds `document` to employee 7, in `Sonstige Dokumente`.
    pub(super) async fn add_document(&self, document: Value) -> Answer {
        let body = json!({"category_id": self.category().await, "document": document});
        self.add(&self.employee(7).await, &body).await
    }
}

pub(super) fn inline() -> Value {
    json!({"name": "Brandschutz 2026-03-14 c.pdf", "content_type": "application/pdf", "data": BASE64_STANDARD.encode(PDF)})
}

#[tokio::test]
async fn adds_a_document_with_its_name_as_the_title() {
    let env = office().await;
    let answer = env.add_document(inline()).await;
    let success = json!({"status": "success", "data": {}, "warnings": []});
    assert_eq!(answer.body, success);
    let document = &env.personio.documents()[0];
    assert_eq!(document.employee_id, 7);
    assert_eq!(document.category.as_deref(), Some("Sonstige Dokumente"));
    assert_eq!(document.title, "Brandschutz 2026-03-14 c.pdf");
    assert_eq!(document.file_name, "Brandschutz 2026-03-14 c.pdf");
    assert_eq!((document.size, &document.head[..]), (9, PDF));
    assert_eq!((document.date, document.comment.as_deref()), (None, None));
    assert_eq!(document.origin, Origin::KomboAction);
    assert_eq!(env.kombo.calls(Endpoint::AddDocument), 1);
    assert_eq!(env.personio.calls(personio::Endpoint::UploadDocument), 1);
    let name = "Zoë \"A\" 🔥.pdf";
    let mut named = inline();
    named["name"] = json!(name);
    assert_eq!(env.add_document(named).await.status, 200);
    assert_eq!(env.personio.documents()[1].title, name);
}

#[tokio::test]
async fn checks_what_is_to_be_added() {
    let env = office().await;
    let with = |key: &str, value: Value| {
        let mut document = inline();
        match value {
            Value::Null => drop(document.as_object_mut().unwrap().remove(key)),
            value => document[key] = value,
        }
        document
    };
    let (invalid, remote) = ("PLATFORM.INPUT_INVALID", "REMOTE.INPUT_INVALID");
    let cases = [
        (with("name", Value::Null), invalid),
        (with("name", json!("Brandschutz")), invalid),
        (with("name", json!(".pdf")), invalid),
        (with("content_type", Value::Null), invalid),
        (with("content_type", json!("pdf")), invalid),
        (with("content_type", json!("application/pdf; x=1")), invalid),
        (with("data", Value::Null), invalid),
        (with("data", json!("%")), invalid),
        (with("data_url", json!("http://127.0.0.1:1/")), invalid),
        (with("path", json!("/")), invalid),
        (json!("text"), invalid),
        (with("name", json!("a.exe")), remote),
        (with("name", json!("x".repeat(252) + ".pdf")), remote),
    ];
    for (document, expected) in cases {
        let answer = env.add_document(document.clone()).await;
        assert_refused(&answer, 400, expected, &document.to_string());
    }
    let (category, employee) = (env.category().await, env.employee(7).await);
    let good = json!({"category_id": category, "document": inline()});
    let foreign = json!({"category_id": "none", "document": inline()});
    let mut more = good.clone();
    more["path"] = json!("/");
    let bodies = [
        ("unknown employee", "none", good.clone()),
        ("unknown category", &employee, foreign),
        ("no category", &employee, json!({"document": inline()})),
        ("no document", &employee, json!({"category_id": category})),
        ("unknown key", &employee, more),
    ];
    for (name, employee, body) in bodies {
        assert_refused(&env.add(employee, &body).await, 400, invalid, name);
    }
    assert!(env.personio.documents().is_empty());
    env.personio.remove(7);
    let removed = env.add(&employee, &good).await;
    assert_refused(&removed, 400, remote, "not synced yet");
    env.kombo.mirror(ID);
    assert_refused(&env.add(&employee, &good).await, 400, invalid, "synced");
}

#[tokio::test]
async fn needs_manage_documents_and_personios_right() {
    let env = office().await;
    let action = async || {
        let shown = env.call("GET", &format!("/integrations/{ID}")).send().await;
        shown.at("/data/write_actions/0/is_available")
    };
    assert_eq!(action().await, json!(true));
    env.kombo.allow_documents(ID, false);
    let refused = env.add_document(inline()).await;
    assert_refused(&refused, 403, "INTEGRATION.ACTION_DISABLED", "");
    assert_eq!(action().await, json!(false));
    env.kombo.allow_documents(ID, true);
    env.personio.allow_writing_documents(false);
    let refused = env.add_document(inline()).await;
    assert_eq!(code(&refused), "INTEGRATION.PERMISSION_MISSING");
    env.personio.allow_writing_documents(true);
    assert_eq!(env.add_document(inline()).await.status, 200);
}

#[tokio::test]
async fn says_what_personio_said_to_an_upload() {
    use Behaviour::{Close, LateEffect, LateStatus, LoseReply, Status, TooManyRequests};
    let late = LateEffect(jiff::SignedDuration::from_mins(5));
    let (limited, failed) = ("REMOTE.RATE_LIMIT_EXCEEDED", "REMOTE.UNKNOWN_HTTP_ERROR");
    let revoked = "INTEGRATION.AUTHENTICATION_INVALID";
    let unavailable = "REMOTE.SERVICE_UNAVAILABLE";
    // Kombo's status and code; how many documents there are five minutes later.
    let cases = [
        (TooManyRequests(RetryAfter::None), 429, limited, 0),
        (Status(500, Body::Vendor), 503, failed, 0),
        (Status(401, Body::Vendor), 403, revoked, 0),
        (LateStatus(504, Body::Html), 503, unavailable, 1),
        (Close, 503, unavailable, 0),
        (LoseReply, 503, unavailable, 1),
        (late, 503, unavailable, 1),
    ];
    for (behaviour, status, expected, later) in cases {
        let env = office().await;
        env.personio
            .fail(Fault::new(behaviour.clone()).path("/v1/company/documents"));
        let answer = env.add_document(inline()).await;
        assert_refused(&answer, status, expected, &format!("{behaviour:?}"));
        env.clock.advance(300);
        assert_eq!(env.personio.documents().len(), later, "{behaviour:?}");
    }
}

#[tokio::test]
async fn loses_its_own_reply_after_the_document_is_filed() {
    for (behaviour, at_once) in [
        (Behaviour::LoseReply, 1),
        (Behaviour::LateEffect(jiff::SignedDuration::from_mins(5)), 0),
    ] {
        let env = office().await;
        let fault =
            Fault::new(behaviour.clone()).path("/v1/hris/employees/{employee_id}/documents");
        let (employee, category) = (env.employee(7).await, env.category().await);
        env.kombo.fail(fault.method(Method::POST));
        let body = json!({"category_id": category, "document": inline()});
        let call = env
            .call("POST", &format!("/hris/employees/{employee}/documents"))
            .json(&body);
        assert!(call.try_send().await.is_err());
        assert_eq!(env.personio.documents().len(), at_once, "{behaviour:?}");
        env.clock.advance(300);
        assert_eq!(env.personio.documents().len(), 1, "{behaviour:?}");
    }
}

#[tokio::test]
async fn lets_30_calls_go_on_to_personio_at_once() {
    let env = office().await;
    env.kombo.set_pacing(Pacing::Off);
    let hang = Fault::new(Behaviour::Hang).path("/v1/company/documents");
    env.personio.fail(hang.times(29));
    let (employee, category) = (env.employee(7).await, env.category().await);
    let body = json!({"category_id": category, "document": inline()});
    let add = || {
        env.call("POST", &format!("/hris/employees/{employee}/documents"))
            .json(&body)
    };
    let hung: Vec<_> = (0..29).map(|_| tokio::spawn(add().try_send())).collect();
    while env.personio.calls(personio::Endpoint::UploadDocument) < 29 {
        tokio::task::yield_now().await;
    }
    let last = add().send().await;
    assert_eq!(last.status, 200);
    assert_eq!(last.header("concurrency-limit"), Some("30"));
    assert_eq!(last.header("concurrency-remaining"), Some("0"));
    env.kombo.limit_concurrency(ID, 29);
    let over = add().send().await;
    assert_refused(&over, 429, "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED", "");
    let read = env.employees("").await;
    assert_eq!(read.header("concurrency-limit"), None, "reads are free");
    hung.iter().for_each(tokio::task::JoinHandle::abort);
    while add().send().await.status == 429 {
        tokio::task::yield_now().await;
    }
}
