//! The client against a server on loopback. Payloads follow Kombo's own examples.

use serde_json::{Value, json};

use super::*;
use crate::domain::id::SourceId;
use crate::http::testing::{Canned, Server};
use crate::http::{Effect, Vendor};
use crate::source::{EmployeeSource, SourceError, SourceRecord, read_all};

const INTEGRATION: &str = "personio:CBNMt7dSNCzBdnRTx87dev4E";

fn client(server: &Server) -> Client {
    Client::new(
        server.base.clone(),
        ApiKey::new("kombo-key"),
        server.context(),
    )
}

fn employees(server: &Server) -> Employees {
    Employees::new(client(server), INTEGRATION.parse().unwrap())
}

fn success(data: Value) -> Canned {
    Canned::Json(200, json!({"status": "success", "data": data}))
}

fn refused(status: u16, code: Value) -> Canned {
    let message = "\"Erika\" x@y.de";
    let error =
        json!({"code": code, "title": "It did not work.", "message": message, "log_url": null});
    Canned::Json(status, json!({"status": "error", "error": error}))
}

fn person(remote_id: u32) -> Value {
    json!({"id": format!("kombo-{remote_id}"), "remote_id": remote_id.to_string(), "first_name": "John",
           "remote_deleted_at": null, "groups": []})
}

#[tokio::test(start_paused = true)]
async fn reads_by_cursor_and_repeats_the_filters_on_each_page() {
    let server = Server::start(|number, _| match number {
        0 => success(json!({"next": "a/b==", "results": [person(1), person(2)]})),
        1 => success(json!({"next": "c", "results": []})),
        _ => success(json!({"next": null, "results": [person(3)]})),
    })
    .await;
    let source = employees(&server);
    let (records, reading) = read_all(&source, 0).await.unwrap();
    let ids: Vec<_> = records
        .iter()
        .map(|record| record.source_id().unwrap().as_str())
        .collect();
    assert_eq!((source.tool(), ids), ("personio", vec!["1", "2", "3"]));
    assert_eq!((reading.first_total, reading.last_total), (None, None));
    let seen = server.seen();
    let cursors: Vec<_> = seen.iter().map(|seen| seen.query("cursor")).collect();
    assert_eq!(
        cursors,
        [None, Some("a/b==".to_owned()), Some("c".to_owned())]
    );
    for request in &seen {
        assert_eq!(request.path(), "/hris/employees");
        assert_eq!(request.query("page_size").as_deref(), Some("250"));
        assert_eq!(request.query("include_deleted").as_deref(), Some("true"));
        assert_eq!(request.query("employment_statuses"), None);
        assert_eq!(request.header("x-integration-id"), Some(INTEGRATION));
        assert_eq!(request.header("authorization"), Some("Bearer kombo-key"));
    }
    assert_eq!(server.calls.counts().kombo, 3);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_comes_twice_is_an_error() {
    let server = Server::start(|number, _| {
        success(json!({"next": if number % 2 == 0 { "a" } else { "b" }, "results": [person(1)]}))
    })
    .await;
    let error = read_all(&employees(&server), 0).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Unreadable(text) if text.contains("came twice")),
        "{error}"
    );
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_deleted_are_left_out_and_a_bad_record_is_rejected() {
    let mut deleted = person(2);
    deleted["remote_deleted_at"] = json!("2026-03-01T00:00:00.000Z");
    let mut bad = person(3);
    bad["start_date"] = json!("next week");
    let mut emptied = person(4);
    emptied["remote_id"] = json!(null);
    emptied["remote_deleted_at"] = json!("2026-02-01T00:00:00.000Z");
    let page = json!({"next": null, "results": [person(1), deleted, bad, emptied, "?"]});
    let server = Server::start(move |_, _| success(page.clone())).await;
    let (records, reading) = read_all(&employees(&server), 0).await.unwrap();
    let [
        SourceRecord::Employee(john),
        SourceRecord::Rejected {
            source_id,
            field,
            problem,
        },
        SourceRecord::Rejected { .. },
    ] = &records[..]
    else {
        panic!("{records:?}")
    };
    assert_eq!(john.source_id.as_str(), "1");
    let rejected = (
        source_id.as_ref().map(|id| id.as_str()),
        field.as_str(),
        problem.as_str(),
    );
    assert_eq!(rejected, (Some("3"), "start_date", "is not a date"));
    assert_eq!(
        reading.marked,
        Some([SourceId::new("2")].into()),
        "who is not named is not marked"
    );
}

#[tokio::test(start_paused = true)]
async fn says_what_a_code_means_and_tries_again_where_that_helps() {
    for (status, code, expected, attempts) in [
        (409, json!("INTEGRATION.SETUP_SYNC_PENDING"), "NotReady", 1),
        (503, json!("INTEGRATION.SETUP_SYNC_PENDING"), "NotReady", 1),
        (409, json!("INTEGRATION.SETUP_INCOMPLETE"), "Lapsed", 1),
        (409, json!("INTEGRATION.QA_FAILED"), "Lapsed", 1),
        (400, json!("INTEGRATION.INACTIVE"), "Lapsed", 1),
        (
            400,
            json!("INTEGRATION.AUTHENTICATION_INVALID"),
            "Lapsed",
            1,
        ),
        (404, json!("PLATFORM.INTEGRATION_NOT_FOUND"), "Lapsed", 1),
        (
            401,
            json!("PLATFORM.AUTHENTICATION_INVALID"),
            "Credential",
            1,
        ),
        (403, json!("PLATFORM.IP_NOT_WHITELISTED"), "Forbidden", 1),
        (403, json!("INTEGRATION.PERMISSION_MISSING"), "Forbidden", 1),
        (400, json!("INTEGRATION.MODEL_DISABLED"), "Forbidden", 1),
        (
            400,
            json!("INTEGRATION.MODEL_NOT_AVAILABLE"),
            "Forbidden",
            1,
        ),
        (400, json!("PLATFORM.INPUT_INVALID"), "Unreadable", 1),
        (429, json!("PLATFORM.RATE_LIMIT_EXCEEDED"), "Unavailable", 4),
        (
            400,
            json!("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"),
            "Unavailable",
            4,
        ),
        (400, json!("REMOTE.RATE_LIMIT_EXCEEDED"), "Unavailable", 4),
        (400, json!("REMOTE.SERVICE_UNAVAILABLE"), "Unavailable", 4),
        (500, json!("PLATFORM.UNKNOWN_ERROR"), "Unavailable", 4),
        (504, json!("PLATFORM.TASK_TIMED_OUT"), "Unavailable", 4),
        (502, json!("REMOTE.UNKNOWN_HTTP_ERROR"), "Unavailable", 1),
        (500, json!("PLATFORM.SOMETHING_NEW"), "Unavailable", 4),
        (418, json!("PLATFORM.SOMETHING_NEW"), "Unreadable", 1),
        (401, json!(null), "Credential", 1),
        (503, json!(null), "Unavailable", 4),
    ] {
        let sent = code.clone();
        let server = Server::start(move |_, _| refused(status, sent.clone())).await;
        let error = read_all(&employees(&server), 0).await.unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "{status} {code}: {error:?}"
        );
        assert_eq!(server.seen().len(), attempts, "{status} {code}");
        let text = error.to_string();
        assert!(
            !text.contains("Erika") && !text.contains("x@y.de") && !text.contains("kombo-key"),
            "{text}"
        );
        assert!(
            text.contains("Kombo GET /hris/employees") && text.contains("It did not work."),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancers_page_is_bad_weather() {
    let server = Server::start(|_, _| Canned::Text(503, "<html>")).await;
    let error = client(&server).check_api_key().await.unwrap_err();
    let Error::Refused(refusal) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (refusal.code.clone(), refusal.effect, refusal.call.vendor),
        (None, Effect::None, Vendor::Kombo)
    );
    assert_eq!(error.to_string(), "Kombo GET /check-api-key answered 503");
    assert!(matches!(
        SourceError::from(error),
        SourceError::Unavailable(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_employees_is_unreadable() {
    for body in [
        "{}",
        "[]",
        "",
        r#"{"status":"success","data":{"next":null}}"#,
        "<html>",
    ] {
        let server = Server::start(move |_, _| Canned::Text(200, body)).await;
        let error = read_all(&employees(&server), 0).await.unwrap_err();
        assert!(
            matches!(error, SourceError::Unreadable(_)),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn checks_the_key() {
    let data = json!({"environment_id": "env", "customer_id": "old"});
    let server = Server::start(move |_, _| success(data.clone())).await;
    assert_eq!(
        client(&server)
            .check_api_key()
            .await
            .unwrap()
            .environment_id,
        "env"
    );
    assert_eq!(server.seen()[0].header("x-integration-id"), None);
}

#[tokio::test(start_paused = true)]
async fn shows_how_an_integration_is_doing() {
    let server = Server::start(|_, _| {
        success(json!({
            "id": INTEGRATION,
            "tool": {"id": "personio", "label": "Personio", "internal_label": null, "logo_url": "https://x", "icon_url": "https://x"},
            "category": "HRIS", "status": "INVALID", "setup_status": "SOMETHING_NEW",
            "end_user": {"organization_name": "Acme", "creator_email": null, "origin_id": "36123"},
            "scope_config": {"id": "s", "name": null},
            "data_expired_at": "2022-08-07T14:01:29.196Z", "created_at": "2022-08-07T14:01:29.196Z", "beta": false,
            "read_models": [{"id": "hris_employees", "label": "Employees", "is_available": true,
                "coverage_status": "SUPPORTED", "scope_config_setting": "ENABLED", "opted_out_by_customer": false, "fields": []}],
            "write_actions": []
        }))
    })
    .await;
    let id: IntegrationId = INTEGRATION.parse().unwrap();
    let integration = client(&server).integration(&id).await.unwrap();
    assert!(integration.is(&id));
    assert_eq!(integration.status, Status::Invalid);
    assert_eq!(
        integration.setup_status,
        SetupStatus::Other("SOMETHING_NEW".to_owned())
    );
    assert_eq!(integration.origin_id.as_deref(), Some("36123"));
    assert_eq!(
        integration.data_expired_at.unwrap().to_string(),
        "2022-08-07T14:01:29.196Z"
    );
    let model = Availability {
        id: "hris_employees".to_owned(),
        is_available: true,
    };
    assert_eq!(
        (integration.tool.as_str(), integration.read_models),
        ("personio", vec![model])
    );
    assert_eq!(
        server.seen()[0].uri,
        "/integrations/personio%3ACBNMt7dSNCzBdnRTx87dev4E"
    );
}

#[test]
fn an_integration_id_names_its_tool() {
    assert_eq!(
        INTEGRATION.parse::<IntegrationId>().unwrap().tool(),
        "personio"
    );
    for wrong in [
        "",
        "personio",
        "personio:",
        ":x",
        "personio:a b",
        "personio:a\n",
        "personio:a:b",
        "pérsonio:a",
    ] {
        assert_eq!(
            wrong.parse::<IntegrationId>(),
            Err(InvalidIntegrationId),
            "{wrong}"
        );
    }
}

#[test]
fn an_unknown_code_is_kept_as_written() {
    assert_eq!(
        Code::parse("PLATFORM.RATE_LIMIT_EXCEEDED"),
        Code::RateLimited
    );
    assert_eq!(Code::parse("A.NEW_ONE").as_str(), "A.NEW_ONE");
}

#[test]
fn a_key_is_never_shown() {
    assert!(!format!("{:?}", ApiKey::new("kombo-key")).contains("kombo-key"));
}
