use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::{Environment, ID, code, environment, rows};
use crate::kombo::Endpoint;
use crate::people::Person;
use crate::reteach::{Certificate, Delivery, Participation};
use crate::testing::Answer;
use crate::{Behaviour, Body, Fault, Origin, Pacing, Reteach, personio};

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

/// An academy with one certificate, and its URL.
pub(super) async fn download(env: &Environment, delivery: Delivery) -> (Reteach, String) {
    let reteach = Reteach::start(env.clock.clock()).await.unwrap();
    let certificate = Certificate {
        id: "c".to_owned(),
        delivery,
        ..Certificate::default()
    };
    let row = Participation {
        id: "p".to_owned(),
        certificate: Some(certificate),
        ..Participation::default()
    };
    reteach.add_participation(row);
    let url = reteach.certificate_url("c").unwrap();
    (reteach, url)
}

#[tokio::test]
async fn adds_a_document_with_its_name_as_the_title() {
    let env = office().await;
    let answer = env.add_document(inline()).await;
    assert_eq!(
        answer.body,
        json!({"status": "success", "data": {}, "warnings": []})
    );
    let document = &env.personio.documents()[0];
    assert_eq!(
        (document.employee_id, document.category.as_deref()),
        (7, Some("Sonstige Dokumente"))
    );
    assert_eq!(document.title, "Brandschutz 2026-03-14 c.pdf");
    assert_eq!(
        (document.file_name.as_str(), document.size),
        ("Brandschutz 2026-03-14 c.pdf", 9)
    );
    assert_eq!(
        (
            document.date,
            document.comment.as_deref(),
            document.head.as_slice()
        ),
        (None, None, PDF)
    );
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
    let invalid = "PLATFORM.INPUT_INVALID";
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
        (with("name", json!("a.exe")), "REMOTE.INPUT_INVALID"),
        (
            with("name", json!(format!("{}.pdf", "x".repeat(252)))),
            "REMOTE.INPUT_INVALID",
        ),
    ];
    for (document, expected) in cases {
        let answer = env.add_document(document.clone()).await;
        assert_eq!(
            (answer.status, code(&answer)),
            (400, json!(expected)),
            "{document}"
        );
    }
    let (category, employee) = (env.category().await, env.employee(7).await);
    let good = json!({"category_id": category, "document": inline()});
    let bodies = [
        ("unknown employee", "none", good.clone()),
        (
            "unknown category",
            &employee,
            json!({"category_id": "none", "document": inline()}),
        ),
        ("no category", &employee, json!({"document": inline()})),
        ("no document", &employee, json!({"category_id": category})),
        (
            "unknown key",
            &employee,
            json!({"category_id": category, "document": inline(), "path": "/"}),
        ),
    ];
    for (name, employee, body) in bodies {
        assert_eq!(
            code(&env.add(employee, &body).await),
            json!(invalid),
            "{name}"
        );
    }
    assert!(env.personio.documents().is_empty());
    env.personio.remove(7);
    assert_eq!(
        code(&env.add(&employee, &good).await),
        json!("REMOTE.INPUT_INVALID"),
        "not synced yet"
    );
    env.kombo.mirror(ID);
    assert_eq!(code(&env.add(&employee, &good).await), json!(invalid));
}

#[tokio::test]
async fn fetches_a_file_from_its_url() {
    let url = |url: &str| json!({"name": "a.pdf", "data_url": url});
    let size = 200_000;
    let cases = [
        (Delivery::Pdf { size }, 200),
        (Delivery::Chunked { size }, 200),
        (Delivery::RedirectHere { size }, 200),
        (Delivery::NotAPdf, 200),
        (
            Delivery::RedirectTo("http://169.254.169.254/".to_owned()),
            400,
        ),
        (Delivery::RedirectLoop, 400),
        (Delivery::CutMidBody { size }, 400),
        (Delivery::Status(403), 400),
    ];
    for (delivery, status) in cases {
        let env = office().await;
        let (reteach, link) = download(&env, delivery.clone()).await;
        let answer = env.add_document(url(&link)).await;
        assert_eq!(answer.status, status, "{delivery:?}");
        let kept: Vec<_> = env
            .personio
            .documents()
            .into_iter()
            .map(|document| document.sha256)
            .collect();
        let pdf = reteach.pdf_sha256("c").filter(|_| status == 200);
        assert!(pdf.is_none_or(|pdf| kept == [pdf]), "{delivery:?}");
        assert_eq!(reteach.downloads().requests_with_authorization(), 0);
    }
    let env = office().await;
    let (reteach, link) = download(&env, Delivery::default()).await;
    for place in ["https://files.example/a.pdf", "file:///etc/passwd", "a.pdf"] {
        assert_eq!(env.add_document(url(place)).await.status, 400, "{place}");
    }
    reteach.downloads().set_content_type(None);
    assert_eq!(
        env.add_document(url(&link)).await.status,
        400,
        "nobody says what it is"
    );
    reteach
        .downloads()
        .set_content_type(Some("application/octet-stream"));
    assert!(
        env.add_document(url(&link))
            .await
            .at("/warnings/0/message")
            .is_string()
    );
    env.clock.advance(3_600);
    assert_eq!(env.add_document(url(&link)).await.status, 400, "expired");
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
    assert_eq!(
        (refused.status, code(&refused)),
        (403, json!("INTEGRATION.ACTION_DISABLED"))
    );
    assert_eq!(action().await, json!(false));
    env.kombo.allow_documents(ID, true);
    env.personio.allow_writing_documents(false);
    assert_eq!(
        code(&env.add_document(inline()).await),
        json!("INTEGRATION.PERMISSION_MISSING")
    );
    env.personio.allow_writing_documents(true);
    assert_eq!(env.add_document(inline()).await.status, 200);
}

#[tokio::test]
async fn says_what_personio_said_to_an_upload() {
    let minutes = jiff::SignedDuration::from_mins;
    // Kombo's status and code; how many documents there are five minutes later.
    let cases = [
        (
            Behaviour::TooManyRequests(crate::RetryAfter::None),
            429,
            "REMOTE.RATE_LIMIT_EXCEEDED",
            0,
        ),
        (
            Behaviour::Status(500, Body::Vendor),
            503,
            "REMOTE.UNKNOWN_HTTP_ERROR",
            0,
        ),
        (
            Behaviour::Status(401, Body::Vendor),
            403,
            "INTEGRATION.AUTHENTICATION_INVALID",
            0,
        ),
        (
            Behaviour::LateStatus(504, Body::Html),
            503,
            "REMOTE.SERVICE_UNAVAILABLE",
            1,
        ),
        (Behaviour::Close, 503, "REMOTE.SERVICE_UNAVAILABLE", 0),
        (Behaviour::LoseReply, 503, "REMOTE.SERVICE_UNAVAILABLE", 1),
        (
            Behaviour::LateEffect(minutes(5)),
            503,
            "REMOTE.SERVICE_UNAVAILABLE",
            1,
        ),
    ];
    for (behaviour, status, expected, later) in cases {
        let env = office().await;
        env.personio
            .fail(Fault::new(behaviour.clone()).path("/v1/company/documents"));
        let answer = env.add_document(inline()).await;
        assert_eq!(
            (answer.status, code(&answer)),
            (status, json!(expected)),
            "{behaviour:?}"
        );
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
    env.personio.fail(
        Fault::new(Behaviour::Hang)
            .path("/v1/company/documents")
            .times(29),
    );
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
    assert_eq!(
        (last.status, last.header("concurrency-limit")),
        (200, Some("30"))
    );
    assert_eq!(last.header("concurrency-remaining"), Some("0"));
    env.kombo.limit_concurrency(ID, 29);
    let over = add().send().await;
    assert_eq!(
        (over.status, code(&over)),
        (429, json!("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"))
    );
    assert_eq!(
        env.employees("").await.header("concurrency-limit"),
        None,
        "reads are not affected"
    );
    hung.iter().for_each(tokio::task::JoinHandle::abort);
    while add().send().await.status == 429 {
        tokio::task::yield_now().await;
    }
}
