use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::code;
use super::documents::{inline, office};
use crate::Origin;

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
    let post = |form: Value| json!({"method": "POST", "path": "/company/documents", "multipart_form_data": form});
    for _ in 0..2 {
        let answer = env.pass(post(file(inline()))).await;
        let shown = (answer.status, answer.at("/data/status"));
        assert_eq!(shown, (200, json!(201)), "{answer:?}");
        assert!(answer.at("/data/data/data/id").is_u64());
    }
    let documents = env.personio.documents();
    let shown = (documents[0].comment.as_deref(), documents[0].origin);
    assert_eq!(shown, (Some("ü"), Origin::KomboPassthrough));
    let path = "/document-management/documents?owner_id=7";
    let body = json!({"method": "GET", "path": path, "params": {"limit": "1"}});
    let listed = env
        .call("POST", "/passthrough/personio/personnelv2")
        .json(&body)
        .send()
        .await;
    assert_eq!(
        listed.at("/data/url"),
        json!(format!("https://api.personio.de/v2{path}"))
    );
    assert_eq!(listed.at("/data/data/_data/0/name"), json!("Brandschutz"));
    let next = listed.at("/data/data/_meta/links/next/href");
    assert!(
        next.as_str()
            .unwrap()
            .starts_with("https://api.personio.de/v2/document-management/documents?")
    );
    let mut both = post(file(inline()));
    both["data"] = json!({});
    let wrong = [
        post(json!({})),
        post(json!([{"name": "a"}])),
        post(json!([{"name": "a", "value": 1}])),
        both,
    ];
    for body in wrong {
        assert_eq!(
            code(&env.pass(body.clone()).await),
            json!("PLATFORM.INPUT_INVALID"),
            "{body}"
        );
    }
    let refused = env
        .pass(post(json!([{"name": "title", "value": "A"}])))
        .await;
    let shown = (refused.status, refused.at("/data/status"));
    assert_eq!(shown, (200, json!(422)));
}

#[tokio::test]
async fn keeps_no_long_bodies_in_its_log() {
    let env = office().await;
    env.add_document(inline()).await;
    let mut long = inline();
    long["data"] = json!(BASE64_STANDARD.encode(vec![b' '; 60_000]));
    env.add_document(long).await;
    let log = env.kombo.requests();
    let bodies: Vec<_> = log
        .iter()
        .filter(|entry| entry.method == Method::POST)
        .map(|entry| entry.body.is_some())
        .collect();
    assert_eq!(bodies, [true, false]);
    assert_eq!(env.personio.documents()[1].size, 60_000);
}
