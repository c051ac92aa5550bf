//! What is refused, lost or late, and what may be read.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::http::Deadline;

/// What a status and body mean to a call for data, after login.
#[tokio::test(start_paused = true)]
async fn says_what_a_refusal_means() {
    let not_found = r#"{"success": false, "error": {"code": 404, "message": "Es ist ein Problem aufgetreten "}}"#;
    let refused = |code: u16| json!({"success": false, "error": {"code": code, "message": "x@y.de is \"Erika\""}});
    for (status, body, expected) in [
        (401, refused(401).to_string(), "Credential"),
        (403, refused(0).to_string(), "Forbidden"),
        (404, not_found.to_owned(), "Unreadable"),
        (
            422,
            json!({"success": false, "error": {"message": "x", "code": 0, "error_data": {"limit": ["max"]}}})
                .to_string(),
            "Unreadable",
        ),
        (
            500,
            json!({"success": false, "error": {"code": 500, "message": "Something went wrong"}}).to_string(),
            "Unavailable",
        ),
        (503, "<html>".to_owned(), "Unavailable"),
        (504, String::new(), "Unavailable"),
        (429, String::new(), "Unavailable"),
        (200, refused(403).to_string(), "Forbidden"),
        (200, refused(500).to_string(), "Unavailable"),
        (200, json!({"success": false, "error": "models.key"}).to_string(), "Unreadable"),
        (200, json!({"success": true}).to_string(), "Unreadable"),
        (200, json!([{"status": 400}]).to_string(), "Unreadable"),
        (200, "<html>".to_owned(), "Unreadable"),
    ] {
        let body: &'static str = body.leak();
        let server = personio(move |_| Canned::Text(status, body)).await;
        let error = read_all(&direct(&server), 0).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{status} {body}: {error:?}");
        assert!(!error.to_string().contains("x@y.de") && !error.to_string().contains("Erika"), "{error}");
        assert!(error.to_string().contains("Personio GET /v1/company/employees"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_in_the_place_of_a_person_says_nothing_about_them() {
    let not_found = r#"{"success": false, "error": {"code": 404, "message": "Es ist ein Problem aufgetreten "}}"#;
    for (body, is_gone) in [(not_found, true), ("", true), ("<html>", false)] {
        let server = personio(move |_| Canned::Text(404, body)).await;
        let one = direct(&server).one(&SourceId::new("4711")).await;
        assert_eq!(matches!(one, Ok(None)), is_gone, "{body}");
        assert_eq!(one.is_err(), !is_gone, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_about_the_credential() {
    for (status, body, expected) in [
        (401, "", "Credential"),
        (
            403,
            r#"{"success":false,"error":{"code":403,"message":"Wrong"}}"#,
            "Credential",
        ),
        (400, "{}", "Credential"),
        (422, "{}", "Credential"),
        (
            200,
            r#"{"success":false,"error":{"code":0,"message":"Wrong credentials"}}"#,
            "Credential",
        ),
        (200, r#"{"success":true,"data":{}}"#, "Unreadable"),
        (404, "<html>", "Unreadable"),
        (503, "<html>", "Unavailable"),
    ] {
        let server = Server::start(move |_, _| Canned::Text(status, body)).await;
        let error = read_all(&direct(&server), 0).await.unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "{status} {body}: {error:?}"
        );
        assert!(!error.to_string().contains("papi-"), "{error}");
        assert!(server.seen().iter().all(|seen| seen.path() == "/v1/auth"));
    }
}

#[tokio::test(start_paused = true)]
async fn logs_in_once_more_on_a_401() {
    for token_life in [
        json!({"token": "papi-a"}),
        json!({"token": "papi-a", "expires_in": "86400"}),
    ] {
        let server = Server::start(move |number, seen| match (number, seen.path()) {
            (_, "/v1/auth") => Canned::Json(200, json!({"success": true, "data": token_life})),
            (1, _) => Canned::Json(
                401,
                json!({"success": false, "error": {"code": 401, "message": "Expired"}}),
            ),
            _ => Canned::Json(200, company(1, 100)(seen)),
        })
        .await;
        assert_eq!(read_all(&direct(&server), 0).await.unwrap().0.len(), 1);
        let seen = server.seen().into_iter();
        let logins = seen.filter(|seen| seen.path() == "/v1/auth");
        assert_eq!(logins.count(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_reading() {
    let server = personio(|_| Canned::Hang).await;
    let client = direct(&server).until(Deadline::after(Duration::from_secs(10)));
    let error = read_all(&client, 0).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Unavailable(text) if text.contains("time for this run")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn lists_what_the_credential_may_read() {
    let server = personio(|_| {
        Canned::Json(200, json!({"success": true, "data": [
            {"key": "first_name", "label": "First Name", "type": "standard", "universal_id": "first_name", "options": []},
            {"key": "dynamic_2", "label": "Marital status", "type": "list", "universal_id": null, "options": ["married"]},
        ]}))
    })
    .await;
    let keys = direct(&server).attributes().await.unwrap();
    let expected = ["dynamic_2", "first_name"];
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(server.seen()[1].uri, "/v1/company/employees/attributes");
}
