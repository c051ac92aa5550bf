use jiff::SignedDuration;
use serde_json::{Value, json};

use super::documents::{company, form, pdf, try_upload, upload};
use crate::personio::Personio;
use crate::testing::{Answer, Call};
use crate::{Behaviour, Body, Fault};

const GOOD: [(&str, &str); 3] = [
    ("grant_type", "client_credentials"),
    ("client_id", "id"),
    ("client_secret", "secret"),
];

async fn log_in(personio: &Personio, form: &[(&str, &str)]) -> Answer {
    let url = format!("{}/v2/auth/token", personio.base_url());
    Call::new("POST", &url).form(form).send().await
}

async fn token(personio: &Personio) -> String {
    let token = log_in(personio, &GOOD).await.at("/access_token");
    token.as_str().unwrap().to_owned()
}

async fn list(personio: &Personio, query: &str) -> Answer {
    let token = token(personio).await;
    let url = address(personio, query);
    Call::new("GET", &url).bearer(&token).send().await
}

fn address(personio: &Personio, query: &str) -> String {
    let base = personio.base_url();
    format!("{base}/v2/document-management/documents?{query}")
}

/// Asserts the status of a list, and the names in it.
fn assert_list(answer: &Answer, status: u16, expected: &str, about: &str) {
    let list = (answer.status, names(answer));
    assert_eq!(list, (status, expected.to_owned()), "{about}");
}

fn names(answer: &Answer) -> String {
    let rows = answer.rows("/_data");
    let names = rows.iter().map(|row| row["name"].as_str().unwrap());
    names.collect()
}

#[tokio::test]
async fn takes_a_form_and_answers_400_to_a_wrong_one() {
    let (personio, clock) = company().await;
    let with = |name: &'static str, value: &'static str| {
        GOOD.into_iter()
            .filter(|(key, _)| *key != name)
            .chain([(name, value)])
            .collect::<Vec<_>>()
    };
    let (wide, grant_type) = ("documents:read everything", "unsupported_grant_type");
    let cases = [
        (GOOD.to_vec(), None),
        (with("scope", "documents:read"), None),
        (with("scope", wide), Some("invalid_scope")),
        (with("grant_type", "password"), Some(grant_type)),
        (with("client_secret", "no"), Some("invalid_client")),
        (with("client_id", "no"), Some("invalid_client")),
        (GOOD[..2].to_vec(), Some("invalid_request")),
    ];
    for (form, error) in cases {
        let answer = log_in(&personio, &form).await;
        let (status, kind) = match error {
            Some(_) => (400, "application/problem+json"),
            None => (200, "application/json"),
        };
        assert_eq!(answer.status, status, "{form:?}");
        assert_eq!(answer.at("/error").as_str(), error, "{form:?}");
        assert_eq!(answer.header("content-type"), Some(kind), "{form:?}");
    }
    let url = format!("{}/v2/auth/token", personio.base_url());
    let body = json!({"grant_type": "client_credentials"});
    let json = Call::new("POST", &url).json(&body).send().await;
    let both = (json.status, json.at("/error"));
    assert_eq!(both, (400, "invalid_request".into()));
    clock.advance(60);
    let later = log_in(&personio, &GOOD).await;
    // What is left of the same token.
    assert_eq!(later.at("/expires_in"), 86_340);
    let scopes = json!("employees:read personio:persons:read documents:read documents:write");
    assert_eq!(later.at("/scope"), scopes);
}

#[tokio::test]
async fn keeps_the_tokens_of_the_versions_apart() {
    let (personio, clock) = company().await;
    let (v1, v2) = (super::token(&personio).await, token(&personio).await);
    let statuses = async || {
        let url = address(&personio, "owner_id=7");
        let by = async |token: &str| Call::new("GET", &url).bearer(token).send().await.status;
        let categories = super::get(&personio, &v2, "document-categories").await;
        [by(&v1).await, by(&v2).await, categories.status]
    };
    assert_eq!(statuses().await, [401, 200, 401]);
    clock.advance(86_400);
    assert_eq!(statuses().await, [401, 401, 401], "expired");
    personio.revoke_tokens();
    assert_ne!(token(&personio).await, v2);
}

#[tokio::test]
async fn filters_and_checks_its_parameters() {
    let (personio, clock) = company().await;
    for (title, category) in [("a", "1"), ("b", "2"), ("c", "2")] {
        let changes = [("title", Some(title)), ("category_id", Some(category))];
        upload(&personio, &changes).await;
        clock.advance(86_400);
    }
    let others = [("title", Some("other")), ("employee_id", Some("8"))];
    upload(&personio, &others).await;
    let all_filters = "owner_id=7&created_at.gte=2026-03-18&category_id=2";
    let cases = [
        ("owner_id=7", 200, "abc"),
        ("owner_id=8", 200, "other"),
        ("owner_id=9", 200, ""),
        ("owner_id=7&category_id=2", 200, "bc"),
        ("owner_id=7&category_id=9", 200, ""),
        ("owner_id=7&created_at.gte=2026-03-17", 200, "bc"),
        ("owner_id=7&created_at.lt=2026-03-17", 400, ""),
        (all_filters, 200, "c"),
        ("owner_id=7&limit=200", 200, "abc"),
        ("", 400, ""),
        ("category_id=2", 400, ""),
        ("owner_id=Anna", 400, ""),
        ("owner_id=7&limit=0", 400, ""),
        ("owner_id=7&limit=201", 400, ""),
        ("owner_id=7&cursor=nonsense", 400, ""),
        ("owner_id=7&created_at.gte=yesterday", 400, ""),
        ("owner_id=7&name=a", 400, ""),
    ];
    for (query, status, expected) in cases {
        let answer = list(&personio, query).await;
        assert_list(&answer, status, expected, query);
        let is_error = answer.at("/errors/0/title").is_string();
        assert_eq!(is_error, status != 200, "{query}");
    }
}

#[tokio::test]
async fn pages_by_the_cursor_in_its_link() {
    let (personio, _) = company().await;
    for title in ["a", "b", "c", "d", "e"] {
        upload(&personio, &[("title", Some(title))]).await;
    }
    let token = token(&personio).await;
    let mut url = address(&personio, "owner_id=7&limit=2");
    let mut pages = Vec::new();
    loop {
        let answer = Call::new("GET", &url).bearer(&token).send().await;
        pages.push(names(&answer));
        match answer.at("/_meta/links/next/href") {
            Value::String(next) => url = next,
            _ => break,
        }
    }
    assert_eq!(pages, ["ab", "cd", "e"]);
}

#[tokio::test]
async fn shows_a_document_only_after_a_lag() {
    let (personio, clock) = company().await;
    personio.set_document_lag(SignedDuration::from_mins(10));
    upload(&personio, &[]).await;
    let late = Behaviour::LateEffect(SignedDuration::from_mins(5));
    personio.fail(Fault::new(late).path("/v1/company/documents"));
    let form = form(&[("title", Some("late"))]).part("file", pdf());
    assert!(try_upload(&personio, form).await.is_err());
    for (seconds, shown, known) in [
        (599, "", 2),
        (1, "Brandschutz", 2),
        (299, "Brandschutz", 2),
        (1, "Brandschutzlate", 2),
    ] {
        clock.advance(seconds);
        assert_list(&list(&personio, "owner_id=7").await, 200, shown, "");
        assert_eq!(personio.documents().len(), known);
    }
}

#[tokio::test]
async fn refuses_reading_without_the_right_in_either_way() {
    let (personio, _) = company().await;
    let assert_refused = async |status, title: &str| {
        let refused = list(&personio, "owner_id=7").await;
        let refused = (refused.status, refused.at("/errors/0/title"));
        assert_eq!(refused, (status, json!(title)));
    };
    personio.allow_reading_documents(false);
    assert_refused(403, "Insufficient access scope").await;
    personio.refuse_reading_documents_with(http::StatusCode::UNAUTHORIZED);
    assert_refused(401, "Unauthorized Request").await;
    personio.allow_reading_documents(true);
    assert_eq!(list(&personio, "owner_id=7").await.status, 200);
}

#[tokio::test]
async fn bends_its_list_under_faults() {
    let empty = Body::Json(r#"{"_data":[]}"#);
    let cases = [
        (Behaviour::EmptyList, 200, ""),
        (Behaviour::DropRows(1), 200, "a"),
        (Behaviour::Status(502, Body::Vendor), 502, ""),
        (Behaviour::Status(200, empty), 200, ""),
    ];
    for (behaviour, status, expected) in cases {
        let (personio, _) = company().await;
        for title in ["a", "b", "c"] {
            upload(&personio, &[("title", Some(title))]).await;
        }
        personio.fail(Fault::new(behaviour.clone()).path("/v2/document-management/documents"));
        let answer = list(&personio, "owner_id=7&limit=2").await;
        assert_list(&answer, status, expected, &format!("{behaviour:?}"));
        let next = answer.at("/_meta/links/next");
        let more = matches!(behaviour, Behaviour::DropRows(_));
        assert_eq!(next.is_object(), more, "{behaviour:?}");
        assert_eq!(names(&list(&personio, "owner_id=7").await), "abc");
    }
}
