//! The client against a server on loopback. Payloads follow Kombo's own examples.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::documents_tests::{INTEGRATION, refused, success};
use super::*;
use crate::domain::employee::Employee;
use crate::domain::id::SourceId;
use crate::http::testing::{Canned, Server};
use crate::http::{Effect, Vendor};
use crate::source::{EmployeeSource, SourceError, SourceRecord, read_all};

fn client(server: &Server) -> Client {
    let key = ApiKey::new("kombo-key");
    Client::new(server.base.clone(), key, server.context())
}

fn employees(server: &Server) -> Employees {
    Employees::new(client(server), INTEGRATION.parse().unwrap(), TimeZone::UTC)
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
    let ids = records.iter().map(|record| record.source_id().unwrap());
    assert!(ids.map(SourceId::as_str).eq(["1", "2", "3"]));
    assert_eq!(source.tool(), "personio");
    assert_eq!((reading.first_total, reading.last_total), (None, None));
    let seen = server.seen();
    let cursors = seen.iter().map(|seen| seen.query("cursor"));
    let expected = [None, Some("a/b=="), Some("c")];
    assert!(cursors.eq(expected.map(|cursor| cursor.map(str::to_owned))));
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
async fn what_kombo_does_not_sync_is_absent_and_not_empty() {
    type IsAbsent = fn(&Employee) -> bool;
    let all: [(&str, IsAbsent); 12] = [
        ("first_name", |it| it.first_name.is_absent()),
        ("last_name", |it| it.last_name.is_absent()),
        ("job_title", |it| it.position.is_absent()),
        ("legal_entity", |it| it.company.is_absent()),
        ("hris_legal_entities", |it| it.company.is_absent()),
        ("groups", |it| it.department.is_absent()),
        ("work_location_id", |it| it.location.is_absent()),
        ("gender", |it| it.gender.is_absent()),
        ("employment_type", |it| it.employment_type.is_absent()),
        ("start_date", |it| it.hire_date.is_absent()),
        ("termination_date", |it| it.end_date.is_absent()),
        ("employment_status", |it| it.status.is_absent()),
    ];
    for (id, is_absent) in all {
        let item = |id: &str, is_available: bool| json!({"id": id, "is_available": is_available});
        let mut employees_model = item("hris_employees", true);
        employees_model["fields"] = json!([item(id, false)]);
        let old = json!([item("hris_employees", true)]);
        let as_field = json!([employees_model]);
        let as_model = json!([item("hris_employees", true), item(id, false)]);
        for (models, expected) in [(&old, false), (&as_field, true), (&as_model, true)] {
            let shown = json!({"id": INTEGRATION, "tool": {"id": "personio"}, "status": "ACTIVE", "end_user": {},
                "setup_status": "COMPLETED", "data_expired_at": null, "read_models": models});
            let nulls = json!({"id": "k", "remote_id": "1", "work_email": "j@x.de", "first_name": null, "last_name": null,
                "job_title": null, "legal_entity": null, "groups": [], "work_location": null, "gender": null,
                "employment_type": null, "start_date": null, "termination_date": null, "employment_status": null});
            let server = Server::start(move |_, seen| match seen.path() {
                "/hris/employees" => success(json!({"next": null, "results": [nulls]})),
                _ => success(shown.clone()),
            })
            .await;
            let source = employees(&server).as_synced().await.unwrap();
            let (records, _) = read_all(&source, 0).await.unwrap();
            let [SourceRecord::Employee(read)] = &records[..] else {
                panic!("{records:?}")
            };
            assert_eq!(is_absent(read), expected, "{id} {models}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_comes_twice_is_an_error() {
    let server = Server::start(|number, _| {
        success(json!({"next": if number % 2 == 0 { "a" } else { "b" }, "results": [person(1)]}))
    })
    .await;
    let error = read_all(&employees(&server), 0).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().contains("came twice"), "{error}");
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
            ..
        },
        SourceRecord::Rejected { .. },
    ] = &records[..]
    else {
        panic!("{records:?}")
    };
    assert_eq!(john.source_id.as_str(), "1");
    assert_eq!(source_id, &Some(SourceId::new("3")));
    assert_eq!((&**field, &**problem), ("start_date", "is not a date"));
    // Without an id nobody is flagged.
    assert_eq!(reading.marked, Some([SourceId::new("2")].into()));
}

#[tokio::test(start_paused = true)]
async fn who_has_a_blank_time_of_deletion_is_read_and_not_marked() {
    let mut blank = person(2);
    blank["remote_deleted_at"] = json!("");
    let page = json!({"next": null, "results": [person(1), blank]});
    let server = Server::start(move |_, _| success(page.clone())).await;
    let source = employees(&server);
    let (records, reading) = read_all(&source, 0).await.unwrap();
    let ids = records.iter().map(|record| record.source_id().unwrap());
    assert!(ids.map(SourceId::as_str).eq(["1", "2"]));
    assert!(reading.marked.unwrap().is_empty());
    let one = source.one(&SourceId::new("2")).await.unwrap();
    assert!(one.is_some());
}

#[tokio::test(start_paused = true)]
async fn says_what_a_code_means_and_tries_again_where_that_helps() {
    let (lapsed, forbidden, transient) = ("Lapsed", "Forbidden", "Unavailable");
    for (status, code, expected, attempts) in [
        (409, "INTEGRATION.SETUP_SYNC_PENDING", "NotReady", 1),
        (503, "INTEGRATION.SETUP_SYNC_PENDING", "NotReady", 1),
        (409, "INTEGRATION.SETUP_INCOMPLETE", lapsed, 1),
        (409, "INTEGRATION.QA_FAILED", lapsed, 1),
        (400, "INTEGRATION.INACTIVE", lapsed, 1),
        (400, "INTEGRATION.AUTHENTICATION_INVALID", lapsed, 1),
        (404, "PLATFORM.INTEGRATION_NOT_FOUND", lapsed, 1),
        (401, "PLATFORM.AUTHENTICATION_INVALID", "Credential", 1),
        (403, "PLATFORM.IP_NOT_WHITELISTED", forbidden, 1),
        (403, "INTEGRATION.PERMISSION_MISSING", forbidden, 1),
        (400, "INTEGRATION.MODEL_DISABLED", forbidden, 1),
        (400, "INTEGRATION.MODEL_NOT_AVAILABLE", forbidden, 1),
        (400, "PLATFORM.INPUT_INVALID", "Refused", 1),
        (429, "PLATFORM.RATE_LIMIT_EXCEEDED", transient, 4),
        (400, "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED", transient, 4),
        (400, "REMOTE.RATE_LIMIT_EXCEEDED", transient, 4),
        (400, "REMOTE.SERVICE_UNAVAILABLE", transient, 4),
        (500, "PLATFORM.UNKNOWN_ERROR", transient, 4),
        (504, "PLATFORM.TASK_TIMED_OUT", transient, 4),
        (502, "REMOTE.UNKNOWN_HTTP_ERROR", transient, 1),
        (500, "PLATFORM.SOMETHING_NEW", transient, 4),
        (418, "PLATFORM.SOMETHING_NEW", "Refused", 1),
        (400, "REMOTE.INPUT_INVALID", "Unreadable", 1),
        (404, "", "Refused", 1),
        (401, "", "Credential", 1),
        (503, "", transient, 4),
    ] {
        let code = Some(code).filter(|code| !code.is_empty());
        let server = Server::start(move |_, _| refused(status, json!(code))).await;
        let error = read_all(&employees(&server), 0).await.unwrap_err();
        let variant = format!("{error:?}");
        assert!(
            variant.starts_with(expected),
            "{status} {code:?}: {variant}"
        );
        assert_eq!(server.seen().len(), attempts, "{status} {code:?}");
        let text = error.to_string();
        for value in ["Erika", "x@y.de", "kombo-key"] {
            assert!(!text.contains(value), "{text}");
        }
        for part in ["Kombo GET /hris/employees", "It did not work."] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancers_page_is_transient() {
    let server = Server::start(|_, _| Canned::Text(503, "<html>")).await;
    let error = client(&server).check_api_key().await.unwrap_err();
    let Error::Refused(refusal) = &error else {
        panic!("{error:?}")
    };
    assert_eq!((&refusal.code, refusal.effect), (&None, Effect::None));
    assert_eq!(refusal.call.vendor, Vendor::Kombo);
    assert_eq!(error.to_string(), "Kombo GET /check-api-key answered 503");
    let error = SourceError::from(error);
    assert!(matches!(error, SourceError::Unavailable(_)));
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
        assert!(matches!(error, SourceError::Unreadable(_)), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn checks_the_key() {
    let data = json!({"environment_id": "env", "customer_id": "old"});
    let server = Server::start(move |_, _| success(data.clone())).await;
    let key = client(&server).check_api_key().await.unwrap();
    assert_eq!(key.environment_id, "env");
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
    let new = SetupStatus::Other("SOMETHING_NEW".to_owned());
    assert_eq!(integration.setup_status, new);
    assert_eq!(integration.origin_id.as_deref(), Some("36123"));
    let expired_at = integration.data_expired_at.unwrap().to_string();
    assert_eq!(expired_at, "2022-08-07T14:01:29.196Z");
    let model = Availability {
        id: "hris_employees".to_owned(),
        is_available: true,
        fields: Vec::new(),
    };
    assert_eq!(integration.tool, "personio");
    assert_eq!(integration.read_models, [model]);
    let uri = "/integrations/personio%3ACBNMt7dSNCzBdnRTx87dev4E";
    assert_eq!(server.seen()[0].uri, uri);
}

#[test]
fn an_integration_id_names_its_tool() {
    let id: IntegrationId = INTEGRATION.parse().unwrap();
    assert_eq!(id.tool(), "personio");
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
        let parsed = wrong.parse::<IntegrationId>();
        assert_eq!(parsed, Err(InvalidIntegrationId), "{wrong}");
    }
}

#[test]
fn an_unknown_code_is_kept_as_written() {
    let limited = Code::parse("PLATFORM.RATE_LIMIT_EXCEEDED");
    assert_eq!(limited, Code::RateLimited);
    assert_eq!(Code::parse("A.NEW_ONE").as_str(), "A.NEW_ONE");
}

#[test]
fn a_key_is_never_shown() {
    assert!(!format!("{:?}", ApiKey::new("kombo-key")).contains("kombo-key"));
}
