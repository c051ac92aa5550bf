//! The client against a server on loopback. Payloads follow Personio's own examples and those recorded by others.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::employee::Field;
use crate::http::testing::{Canned, Seen, Server};
use crate::http::{Deadline, Pace};
use crate::kombo;
use crate::source::{EmployeeSource, Reading, Record, SourceError};

fn direct(server: &Server) -> Client {
    let direct =
        Direct::new(server.base.clone(), Credentials::new("papi-id", "papi-secret"), server.context());
    Client::new(Transport::Direct(direct)).with_pace(Pace::new(&[]))
}

fn forwarded(server: &Server) -> Client {
    let kombo = kombo::Client::new(server.base.clone(), kombo::ApiKey::new("key"), server.context());
    let forwarded = Forwarded::new(kombo, "personio:CBNMt7dSNCzBdnRTx87dev4E".parse().unwrap());
    Client::new(Transport::Kombo(forwarded)).with_pace(Pace::new(&[]))
}

fn login() -> Canned {
    let data = json!({"token": "papi-token", "expires_in": 86400, "scope": "employees:read"});
    Canned::Json(200, json!({"success": true, "data": data}))
}

fn person(id: u64) -> Value {
    json!({"type": "Employee", "attributes": {
        "id": {"label": "ID", "value": id, "type": "integer", "universal_id": "id"},
        "first_name": {"label": "First name", "value": "Alexander", "type": "standard", "universal_id": "first_name"},
    }})
}

/// A company of `people`, of which a page shows at most `most`.
fn company(people: u64, most: u64) -> impl Fn(&Seen) -> Value {
    move |seen| {
        let number = |key| seen.query(key).unwrap().parse::<u64>().unwrap();
        let (offset, limit) = (number("offset"), number("limit").min(most));
        let data: Vec<_> = (offset..people.min(offset + limit)).map(|id| person(id + 1)).collect();
        let metadata = json!({"total_elements": people, "current_page": offset / limit,
                              "total_pages": people.div_ceil(limit)});
        json!({"success": true, "metadata": metadata, "offset": offset, "limit": limit, "data": data})
    }
}

/// Answers logins, and everything else with `answer`.
async fn personio(answer: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| if seen.path() == "/v1/auth" { login() } else { answer(seen) }).await
}

fn ids(reading: &Reading) -> Vec<u64> {
    let id = |record: &Record| record.source_id().unwrap().as_str().parse().unwrap();
    reading.records.iter().map(id).collect()
}

#[tokio::test(start_paused = true)]
async fn sends_credentials_in_the_body_and_asks_for_what_it_needs() {
    let server = personio(|seen| Canned::Json(200, company(3, 100)(seen))).await;
    let reading = direct(&server).read().await.unwrap();
    assert_eq!((ids(&reading), reading.first_total, reading.last_total), (vec![1, 2, 3], Some(3), Some(3)));
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].method.as_str(), seen[0].uri.as_str()), ("POST", "/v1/auth"));
    assert_eq!(seen[0].body, json!({"client_id": "papi-id", "client_secret": "papi-secret"}));
    assert_eq!((seen[1].method.as_str(), seen[1].path()), ("GET", "/v1/company/employees"));
    assert_eq!(seen[1].header("authorization"), Some("Bearer papi-token"));
    assert_eq!(
        (seen[1].query("limit").unwrap().as_str(), seen[1].query("offset").unwrap().as_str()),
        ("100", "0")
    );
    for (request, attributes) in [(&seen[0], 0), (&seen[1], ATTRIBUTES.len())] {
        assert_eq!(request.header("x-personio-app-id"), Some("RETEACH_PERSONIO"));
        assert_eq!(request.uri.matches("attributes%5B%5D=").count(), attributes);
    }
}

#[tokio::test(start_paused = true)]
async fn reads_every_page_in_order_whatever_size_the_server_chooses() {
    for (people, most, pages) in
        [(0, 100, 1), (1, 100, 1), (100, 100, 1), (101, 100, 2), (1_050, 100, 11), (120, 50, 3)]
    {
        let company = company(people, most);
        let server = personio(move |seen| Canned::Json(200, company(seen))).await;
        let reading = direct(&server).read().await.unwrap();
        assert_eq!(ids(&reading), (1..=people).collect::<Vec<_>>(), "{people} of {most}");
        assert_eq!((reading.first_total, reading.last_total), (Some(people), Some(people)));
        assert_eq!(server.seen().len(), 1 + pages, "{people} of {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn needs_no_metadata_that_makes_sense() {
    for (metadata, total) in [
        (json!(null), None),
        (json!({}), None),
        (json!({"total_elements": "250", "current_page": "0"}), Some(250)),
        (json!({"total_elements": 250, "total_pages": 9}), Some(250)),
        (json!({"total_elements": null}), None),
        (json!({"total_elements": ""}), None),
        (json!({"total_elements": []}), None),
        (json!({"total_elements": -1}), None),
    ] {
        let company = company(250, 100);
        let sent = metadata.clone();
        let server = personio(move |seen| {
            let mut page = company(seen);
            page["metadata"] = sent.clone();
            Canned::Json(200, page)
        })
        .await;
        let reading = direct(&server).read().await.unwrap();
        assert_eq!(
            (reading.records.len(), reading.first_total, reading.last_total),
            (250, total, total),
            "{metadata}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reports_a_total_that_moved_while_reading() {
    // Somebody is hired after the first page.
    let server = personio(|seen| {
        let people = if seen.query("offset").unwrap() == "0" { 200 } else { 201 };
        Canned::Json(200, company(people, 100)(seen))
    })
    .await;
    let reading = direct(&server).read().await.unwrap();
    assert_eq!((reading.first_total, reading.last_total, reading.records.len()), (Some(200), Some(201), 201));
}

#[tokio::test(start_paused = true)]
async fn pages_without_an_end_are_an_error() {
    let endless = |_: &Seen| Canned::Json(200, json!({"success": true, "data": [person(1)]}));
    for answer in [endless, |_: &Seen| {
        let metadata = json!({"total_elements": u64::MAX});
        Canned::Json(200, json!({"success": true, "metadata": metadata, "data": [person(1)]}))
    }] {
        let server = personio(answer).await;
        let error = direct(&server).read().await.unwrap_err();
        assert!(matches!(&error, SourceError::Unreadable(text) if text.contains("no end")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_page_that_fails_fails_the_reading() {
    let server = personio(|seen| {
        let fails = seen.query("offset").unwrap() == "300";
        if fails {
            Canned::Text(502, "<html>Bad Gateway</html>")
        } else {
            Canned::Json(200, company(500, 100)(seen))
        }
    })
    .await;
    let error = direct(&server).read().await.unwrap_err();
    assert_eq!(error, SourceError::Unavailable("Personio GET /v1/company/employees answered 502".to_owned()));
    let tries = server.seen().iter().filter(|seen| seen.query("offset").as_deref() == Some("300")).count();
    assert_eq!(tries, 4);
}

#[tokio::test(start_paused = true)]
async fn one_bad_record_is_rejected_and_the_page_goes_on() {
    let server = personio(|_| {
        let mut bad = person(2);
        bad["attributes"]["hire_date"] = json!({"label": "Hire date", "value": "soon", "type": "date"});
        Canned::Json(
            200,
            json!({"success": true, "data": [person(1), bad, "?", person(3)],
                                 "metadata": {"total_elements": 4}}),
        )
    })
    .await;
    let reading = direct(&server).read().await.unwrap();
    let rejected: Vec<_> = reading
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Rejected { source_id, field, problem } => {
                Some((source_id.as_ref().map(|id| id.as_str()), field.as_str(), problem.as_str()))
            }
            Record::Employee(_) => None,
        })
        .collect();
    let other = (None, ".", "has another type than documented");
    assert_eq!(rejected, [(Some("2"), "hire_date", "is not a date"), other]);
    assert_eq!(reading.records.len(), 4);
}

/// What a status and body mean to a call for data, after login.
#[tokio::test(start_paused = true)]
async fn says_what_a_refusal_means() {
    let not_found =
        r#"{"success": false, "error": {"code": 404, "message": "Es ist ein Problem aufgetreten "}}"#;
    let refused =
        |code: u16| json!({"success": false, "error": {"code": code, "message": "x@y.de is \"Erika\""}});
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
        let error = direct(&server).read().await.unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{status} {body}: {error:?}");
        assert!(!error.to_string().contains("x@y.de") && !error.to_string().contains("Erika"), "{error}");
        assert!(error.to_string().contains("Personio GET /v1/company/employees"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_about_the_credential() {
    for (status, body, expected) in [
        (401, "", "Credential"),
        (403, r#"{"success":false,"error":{"code":403,"message":"Wrong"}}"#, "Credential"),
        (400, "{}", "Credential"),
        (422, "{}", "Credential"),
        (200, r#"{"success":false,"error":{"code":0,"message":"Wrong credentials"}}"#, "Credential"),
        (200, r#"{"success":true,"data":{}}"#, "Unreadable"),
        (404, "<html>", "Unreadable"),
        (503, "<html>", "Unavailable"),
    ] {
        let server = Server::start(move |_, _| Canned::Text(status, body)).await;
        let error = direct(&server).read().await.unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{status} {body}: {error:?}");
        assert!(!error.to_string().contains("papi-"), "{error}");
        assert!(server.seen().iter().all(|seen| seen.path() == "/v1/auth"));
    }
}

#[tokio::test(start_paused = true)]
async fn logs_in_once_more_on_a_401() {
    for (token_life, logins) in
        [(json!({"token": "papi-a"}), 2), (json!({"token": "papi-a", "expires_in": "86400"}), 2)]
    {
        let server = Server::start(move |number, seen| match (number, seen.path()) {
            (_, "/v1/auth") => Canned::Json(200, json!({"success": true, "data": token_life})),
            (1, _) => {
                Canned::Json(401, json!({"success": false, "error": {"code": 401, "message": "Expired"}}))
            }
            _ => Canned::Json(200, company(1, 100)(seen)),
        })
        .await;
        assert_eq!(direct(&server).read().await.unwrap().records.len(), 1);
        assert_eq!(server.seen().iter().filter(|seen| seen.path() == "/v1/auth").count(), logins);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_reading() {
    let server = personio(|_| Canned::Hang).await;
    let client = direct(&server).until(Deadline::after(Duration::from_secs(10)));
    let error = client.read().await.unwrap_err();
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
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["dynamic_2", "first_name"]);
    assert_eq!(server.seen()[1].uri, "/v1/company/employees/attributes");
}

/// Kombo's answer around one of Personio's.
fn wrapped(status: u16, headers: Value, data: Value) -> Canned {
    let url = "https://api.personio.de/v1/company/employees";
    let data = json!({"url": url, "status": status, "headers": headers, "data": data});
    Canned::Json(200, json!({"status": "success", "data": data, "warnings": []}))
}

#[tokio::test(start_paused = true)]
async fn reads_the_same_through_kombo() {
    let server = Server::start(|_, seen| {
        let mut remote = seen.clone();
        remote.uri = seen.body["path"].as_str().unwrap().to_owned();
        wrapped(200, json!({"content-type": "application/json", "x": ["a", "b"]}), company(250, 100)(&remote))
    })
    .await;
    let client = forwarded(&server);
    let reading = client.read().await.unwrap();
    assert_eq!((client.tool(), ids(&reading)), ("personio", (1..=250).collect()));
    let seen = server.seen();
    assert_eq!((seen.len(), server.calls.counts().kombo, server.calls.counts().personio), (3, 3, 0));
    assert_eq!((seen[0].method.as_str(), seen[0].uri.as_str()), ("POST", "/passthrough/personio/personnel"));
    assert_eq!(seen[0].header("authorization"), Some("Bearer key"));
    assert_eq!(seen[0].header("x-integration-id"), Some("personio:CBNMt7dSNCzBdnRTx87dev4E"));
    assert_eq!(seen[0].body["method"], "GET");
    assert_eq!(seen[0].body["headers"], json!({"x-personio-app-id": "RETEACH_PERSONIO"}));
    let path = seen[0].body["path"].as_str().unwrap();
    assert!(path.starts_with("/company/employees?limit=100&offset=0&attributes%5B%5D=id&"), "{path}");
}

#[tokio::test(start_paused = true)]
async fn through_kombo_the_remote_status_decides_then_kombos_own() {
    let refused = |code: &str| json!({"status": "error", "error": {"code": code, "title": "Title", "message": "x@y.de"}});
    type Answer = Box<dyn Fn() -> Canned + Send + Sync>;
    let cases: Vec<(Answer, &str, usize)> = vec![
        (Box::new(|| wrapped(503, json!({}), json!("<html>"))), "Unavailable", 4),
        (Box::new(|| wrapped(401, json!({}), json!({"success": false}))), "Credential", 1),
        (Box::new(|| wrapped(403, json!({}), json!({"success": false}))), "Forbidden", 1),
        (Box::new(|| wrapped(200, json!({}), json!("<html>"))), "Unreadable", 1),
        (Box::new(|| wrapped(204, json!({}), json!(null))), "Unreadable", 1),
        (Box::new(|| Canned::Json(200, json!({"status": "success", "data": {}}))), "Unreadable", 1),
        (
            Box::new(move || Canned::Json(429, refused("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"))),
            "Unavailable",
            4,
        ),
        (Box::new(move || Canned::Json(400, refused("REMOTE.SERVICE_UNAVAILABLE"))), "Unavailable", 4),
        (Box::new(move || Canned::Json(401, refused("PLATFORM.AUTHENTICATION_INVALID"))), "Credential", 1),
        (Box::new(move || Canned::Json(401, refused("INTEGRATION.AUTHENTICATION_INVALID"))), "Lapsed", 1),
        (Box::new(move || Canned::Json(503, refused("INTEGRATION.SETUP_SYNC_PENDING"))), "NotReady", 1),
    ];
    for (number, (answer, expected, attempts)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let error = forwarded(&server).read().await.unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "case {number}: {error:?}");
        assert!(!error.to_string().contains("x@y.de"), "{error}");
        assert_eq!(server.seen().len(), attempts, "case {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn through_kombo_a_remote_retry_after_is_honoured() {
    let server = Server::start(|number, seen| {
        let mut remote = seen.clone();
        remote.uri = seen.body["path"].as_str().unwrap().to_owned();
        match number {
            0 => wrapped(429, json!({"retry-after": "9"}), json!("")),
            _ => wrapped(200, json!({}), company(1, 100)(&remote)),
        }
    })
    .await;
    let start = tokio::time::Instant::now();
    let reading = forwarded(&server).read().await.unwrap();
    assert!(matches!(&reading.records[..], [Record::Employee(person)] if person.email == Field::Absent));
    assert!(start.elapsed() >= Duration::from_secs(9));
}
