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

async fn office() -> Environment {
    environment(vec![Person::new(7, "Anna", "Groß"), Person::new(8, "Alt", "Ende")]).await
}

impl Environment {
    async fn categories(&self, query: &str) -> Answer {
        self.call("GET", &format!("/hris/employee-document-categories?{query}")).send().await
    }

    /// Kombo's id of the category `Sonstige Dokumente`.
    async fn category(&self) -> String {
        rows(&self.categories("remote_ids=2").await)[0]["id"].as_str().unwrap().to_owned()
    }

    async fn employee(&self, remote_id: u64) -> String {
        let answer = self.employees(&format!("include_deleted=true&remote_ids={remote_id}")).await;
        rows(&answer)[0]["id"].as_str().unwrap().to_owned()
    }

    async fn add(&self, employee: &str, body: &Value) -> Answer {
        self.call("POST", &format!("/hris/employees/{employee}/documents")).json(body).send().await
    }

    /// Adds `document` to employee 7, in `Sonstige Dokumente`.
    async fn add_document(&self, document: Value) -> Answer {
        let body = json!({"category_id": self.category().await, "document": document});
        self.add(&self.employee(7).await, &body).await
    }
}

fn inline() -> Value {
    json!({"name": "Brandschutz 2026-03-14 c.pdf", "content_type": "application/pdf", "data": BASE64_STANDARD.encode(PDF)})
}

/// An academy with one certificate, and its URL.
async fn download(env: &Environment, delivery: Delivery) -> (Reteach, String) {
    let reteach = Reteach::start(env.clock.clock()).await.unwrap();
    let certificate = Certificate { id: "c".to_owned(), delivery, ..Certificate::default() };
    let row =
        Participation { id: "p".to_owned(), certificate: Some(certificate), ..Participation::default() };
    reteach.add_participation(row);
    let url = reteach.certificate_url("c").unwrap();
    (reteach, url)
}

#[tokio::test]
async fn shows_categories_as_of_the_last_sync() {
    let env = office().await;
    let names = async |query: &str| {
        let answer = env.categories(query).await;
        let mut names: Vec<_> =
            rows(&answer).iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names.join("|")
    };
    assert_eq!(names("").await, "Arbeitsvertrag|Sonstige Dokumente");
    env.clock.advance(60);
    env.personio.add_category("Bildungszertifikate");
    env.personio.remove_category("Arbeitsvertrag");
    assert_eq!(names("").await, "Arbeitsvertrag|Sonstige Dokumente", "not synced yet");
    env.kombo.mirror(ID);
    let cases = [
        ("", "Bildungszertifikate|Sonstige Dokumente"),
        ("include_deleted=true", "Arbeitsvertrag|Bildungszertifikate|Sonstige Dokumente"),
        ("updated_after=2026-03-16T10:00:30.000Z", "Bildungszertifikate"),
        ("remote_ids=2,3", "Bildungszertifikate|Sonstige Dokumente"),
        ("remote_ids=1", ""),
    ];
    for (query, expected) in cases {
        assert_eq!(names(query).await, expected, "{query}");
    }
    env.personio.rename_category("Bildungszertifikate", "Schulungen");
    env.kombo.mirror_automatically(ID, true);
    assert_eq!(names("remote_ids=3").await, "Schulungen");
    env.personio.allow_reading_documents(false);
    env.personio.allow_writing_documents(false);
    assert_eq!(names("").await, "", "no right, no categories");
    for query in ["page_size=251", "include_deleted=yes", "updated_after=x", "cursor=x", "name=x"] {
        assert_eq!(code(&env.categories(query).await), json!("PLATFORM.INPUT_INVALID"), "{query}");
    }
}

#[tokio::test]
async fn pages_through_categories() {
    let env = office().await;
    for number in 0..5 {
        env.personio.add_category(&format!("Ordner {number}"));
    }
    env.kombo.mirror(ID);
    let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let answer = env.categories(&format!("page_size=3{cursor}")).await;
        seen.extend(rows(&answer).iter().map(|row| row["remote_id"].as_str().unwrap().to_owned()));
        pages += 1;
        let Value::String(next) = answer.at("/data/next") else { break };
        cursor = format!("&cursor={}", next.replace('=', "%3D").replace('+', "%2B"));
    }
    seen.sort();
    assert_eq!((pages, seen.concat().as_str()), (3, "1234567"));
}

#[tokio::test]
async fn adds_a_document_with_its_name_as_the_title() {
    let env = office().await;
    let answer = env.add_document(inline()).await;
    assert_eq!(answer.body, json!({"status": "success", "data": {}, "warnings": []}));
    let document = &env.personio.documents()[0];
    assert_eq!((document.employee_id, document.category.as_deref()), (7, Some("Sonstige Dokumente")));
    assert_eq!(document.title, "Brandschutz 2026-03-14 c.pdf");
    assert_eq!((document.file_name.as_str(), document.size), ("Brandschutz 2026-03-14 c.pdf", 9));
    assert_eq!((document.date, document.comment.as_deref(), document.head.as_slice()), (None, None, PDF));
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
        (with("name", json!(format!("{}.pdf", "x".repeat(252)))), "REMOTE.INPUT_INVALID"),
    ];
    for (document, expected) in cases {
        let answer = env.add_document(document.clone()).await;
        assert_eq!((answer.status, code(&answer)), (400, json!(expected)), "{document}");
    }
    let (category, employee) = (env.category().await, env.employee(7).await);
    let good = json!({"category_id": category, "document": inline()});
    let bodies = [
        ("unknown employee", "none", good.clone()),
        ("unknown category", &employee, json!({"category_id": "none", "document": inline()})),
        ("no category", &employee, json!({"document": inline()})),
        ("no document", &employee, json!({"category_id": category})),
        ("unknown key", &employee, json!({"category_id": category, "document": inline(), "path": "/"})),
    ];
    for (name, employee, body) in bodies {
        assert_eq!(code(&env.add(employee, &body).await), json!(invalid), "{name}");
    }
    assert!(env.personio.documents().is_empty());
    env.personio.remove(7);
    assert_eq!(code(&env.add(&employee, &good).await), json!("REMOTE.INPUT_INVALID"), "not synced yet");
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
        (Delivery::RedirectTo("http://169.254.169.254/".to_owned()), 400),
        (Delivery::RedirectLoop, 400),
        (Delivery::CutMidBody { size }, 400),
        (Delivery::Status(403), 400),
    ];
    for (delivery, status) in cases {
        let env = office().await;
        let (reteach, link) = download(&env, delivery.clone()).await;
        let answer = env.add_document(url(&link)).await;
        assert_eq!(answer.status, status, "{delivery:?}");
        let kept: Vec<_> = env.personio.documents().into_iter().map(|document| document.sha256).collect();
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
    assert_eq!(env.add_document(url(&link)).await.status, 400, "nobody says what it is");
    reteach.downloads().set_content_type(Some("application/octet-stream"));
    assert!(env.add_document(url(&link)).await.at("/warnings/0/message").is_string());
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
    assert_eq!((refused.status, code(&refused)), (403, json!("INTEGRATION.ACTION_DISABLED")));
    assert_eq!(action().await, json!(false));
    env.kombo.allow_documents(ID, true);
    env.personio.allow_writing_documents(false);
    assert_eq!(code(&env.add_document(inline()).await), json!("INTEGRATION.PERMISSION_MISSING"));
    env.personio.allow_writing_documents(true);
    assert_eq!(env.add_document(inline()).await.status, 200);
}

#[tokio::test]
async fn says_what_personio_said_to_an_upload() {
    let minutes = jiff::SignedDuration::from_mins;
    // Kombo's status and code; how many documents there are five minutes later.
    let cases = [
        (Behaviour::TooManyRequests(crate::RetryAfter::None), 429, "REMOTE.RATE_LIMIT_EXCEEDED", 0),
        (Behaviour::Status(500, Body::Vendor), 503, "REMOTE.UNKNOWN_HTTP_ERROR", 0),
        (Behaviour::Status(401, Body::Vendor), 403, "INTEGRATION.AUTHENTICATION_INVALID", 0),
        (Behaviour::LateStatus(504, Body::Html), 503, "REMOTE.SERVICE_UNAVAILABLE", 1),
        (Behaviour::Close, 503, "REMOTE.SERVICE_UNAVAILABLE", 0),
        (Behaviour::LoseReply, 503, "REMOTE.SERVICE_UNAVAILABLE", 1),
        (Behaviour::LateEffect(minutes(5)), 503, "REMOTE.SERVICE_UNAVAILABLE", 1),
    ];
    for (behaviour, status, expected, later) in cases {
        let env = office().await;
        env.personio.fail(Fault::new(behaviour.clone()).path("/v1/company/documents"));
        let answer = env.add_document(inline()).await;
        assert_eq!((answer.status, code(&answer)), (status, json!(expected)), "{behaviour:?}");
        env.clock.advance(300);
        assert_eq!(env.personio.documents().len(), later, "{behaviour:?}");
    }
}

#[tokio::test]
async fn loses_its_own_reply_after_the_document_is_filed() {
    for (behaviour, at_once) in
        [(Behaviour::LoseReply, 1), (Behaviour::LateEffect(jiff::SignedDuration::from_mins(5)), 0)]
    {
        let env = office().await;
        let fault = Fault::new(behaviour.clone()).path("/v1/hris/employees/{employee_id}/documents");
        let (employee, category) = (env.employee(7).await, env.category().await);
        env.kombo.fail(fault.method(Method::POST));
        let body = json!({"category_id": category, "document": inline()});
        let call = env.call("POST", &format!("/hris/employees/{employee}/documents")).json(&body);
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
    env.personio.fail(Fault::new(Behaviour::Hang).path("/v1/company/documents").times(29));
    let (employee, category) = (env.employee(7).await, env.category().await);
    let body = json!({"category_id": category, "document": inline()});
    let add = || env.call("POST", &format!("/hris/employees/{employee}/documents")).json(&body);
    let hung: Vec<_> = (0..29).map(|_| tokio::spawn(add().try_send())).collect();
    while env.personio.calls(personio::Endpoint::UploadDocument) < 29 {
        tokio::task::yield_now().await;
    }
    let last = add().send().await;
    assert_eq!((last.status, last.header("concurrency-limit")), (200, Some("30")));
    assert_eq!(last.header("concurrency-remaining"), Some("0"));
    env.kombo.limit_concurrency(ID, 29);
    let over = add().send().await;
    assert_eq!((over.status, code(&over)), (429, json!("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED")));
    assert_eq!(env.employees("").await.header("concurrency-limit"), None, "reads are not affected");
    hung.iter().for_each(tokio::task::JoinHandle::abort);
    while add().send().await.status == 429 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn passes_forms_and_v2_through() {
    let env = office().await;
    let file = |file: Value| {
        let text = |name: &str, value: &str| json!({"name": name, "value": value});
        json!([
            text("title", "Brandschutz"), text("employee_id", "7"), text("category_id", "2"),
            text("date", "2026-03-14"), text("comment", "ü"), {"name": "file", "value": file},
        ])
    };
    let post =
        |form: Value| json!({"method": "POST", "path": "/company/documents", "multipart_form_data": form});
    let (reteach, link) = download(&env, Delivery::Pdf { size: 200_000 }).await;
    for document in [inline(), json!({"name": "a.pdf", "data_url": link})] {
        let answer = env.pass(post(file(document))).await;
        assert_eq!((answer.status, answer.at("/data/status")), (200, json!(201)), "{answer:?}");
        assert!(answer.at("/data/data/data/id").is_u64());
    }
    let documents = env.personio.documents();
    assert_eq!(documents[1].sha256, reteach.pdf_sha256("c").unwrap());
    assert_eq!((documents[0].comment.as_deref(), documents[0].origin), (Some("ü"), Origin::KomboPassthrough));
    let path = "/document-management/documents?owner_id=7";
    let body = json!({"method": "GET", "path": path, "params": {"limit": "1"}});
    let listed = env.call("POST", "/passthrough/personio/personnelv2").json(&body).send().await;
    assert_eq!(listed.at("/data/url"), json!(format!("https://api.personio.de/v2{path}")));
    assert_eq!(listed.at("/data/data/_data/0/name"), json!("Brandschutz"));
    let next = listed.at("/data/data/_meta/links/next/href");
    assert!(next.as_str().unwrap().starts_with("https://api.personio.de/v2/document-management/documents?"));
    let mut both = post(file(inline()));
    both["data"] = json!({});
    let wrong =
        [post(json!({})), post(json!([{"name": "a"}])), post(json!([{"name": "a", "value": 1}])), both];
    for body in wrong {
        assert_eq!(code(&env.pass(body.clone()).await), json!("PLATFORM.INPUT_INVALID"), "{body}");
    }
    let refused = env.pass(post(json!([{"name": "title", "value": "A"}]))).await;
    assert_eq!((refused.status, refused.at("/data/status")), (200, json!(422)));
}

#[tokio::test]
async fn keeps_no_long_bodies_in_its_log() {
    let env = office().await;
    env.add_document(inline()).await;
    let mut long = inline();
    long["data"] = json!(BASE64_STANDARD.encode(vec![b' '; 60_000]));
    env.add_document(long).await;
    let log = env.kombo.requests();
    let bodies: Vec<_> =
        log.iter().filter(|entry| entry.method == Method::POST).map(|entry| entry.body.is_some()).collect();
    assert_eq!(bodies, [true, false]);
    assert_eq!(env.personio.documents()[1].size, 60_000);
}
