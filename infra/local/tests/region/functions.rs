use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::SignedDuration;
use local::region::{InvocationResult, Queue, Trigger};
use serde_json::{Value, json};
use shared::domain::clock::Clock as _;
use tokio::net::TcpListener;

use crate::support::{EMPLOYEES, NO_WATCH, TestRegion};

#[tokio::test]
async fn a_function_is_called_by_its_arn_and_its_names_and_answers_with_its_report() {
    let region = TestRegion::new().await;
    let mut running = region.region().await;
    let _company = region.tenant(&running).await;
    let event = json!({"tenant_id": "acme", "mode": "dry-run"});
    for name in [EMPLOYEES, "reteach-personio-employee-sync", "employee-sync"] {
        let reply = running.invoke(name, "RequestResponse", &event).await;
        assert!(reply.headers().get("x-amz-function-error").is_none());
        let report: Value = reply.json().await.unwrap();
        assert_eq!(report["job"], "employee-sync", "{report}");
        assert_eq!(report["outcome"], "planned", "{report}");
    }
    let scheduled = json!({"tenant_id": "acme"});
    let report = running.reply("certificate-sync", &scheduled).await;
    assert_eq!(report["outcome"], "waiting");
    assert_eq!(running.invocations().len(), 4);
    for (function, kind, status) in [
        ("employee-sync", "DryRun", 204),
        ("payroll-sync", "RequestResponse", 404),
        ("employee-sync", "Later", 400),
    ] {
        let reply = running.invoke(function, kind, &event).await;
        assert_eq!(reply.status(), status, "{function} {kind}");
    }
    assert_eq!(running.invocations(), []);
}

#[tokio::test]
async fn errors_go_to_the_waiting_caller_or_to_the_dead_letters() {
    let region = TestRegion::new().await;
    let mut running = region.region().await;
    let event = json!({"tenant": "acme"});
    let error = running.error("employee-sync", &event).await;
    assert_eq!(error["errorType"], "InvalidEvent");
    assert_eq!(running.region.dead_letters(), []);

    let accepted = running.invoke("employee-sync", "Event", &event).await;
    assert_eq!(accepted.status(), 202);
    running.region.idle().await;
    while running.region.dead_letters().is_empty() {
        tokio::task::yield_now().await;
    }
    let letters = running.region.dead_letters();
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}")
    };
    assert_eq!((letter.queue, &letter.event), (Queue::Execution, &event));
    let invocations = running.invocations();
    let triggers = invocations.iter().map(|invocation| invocation.trigger);
    assert!(triggers.eq([Trigger::Call, Trigger::Event]));
    let text = invocations[1].to_string();
    assert!(text.contains("FAILED: InvalidEvent"), "{text}");
}

/// What `cargo lambda watch` was sent, and what it answers.
#[derive(Clone)]
struct FakeWatch {
    events: Arc<Mutex<Vec<(String, Value)>>>,
    answer: Arc<Mutex<(StatusCode, bool, String)>>,
}

impl FakeWatch {
    async fn start() -> (Self, String) {
        let fake = Self {
            events: Arc::default(),
            answer: Arc::new(Mutex::new((StatusCode::OK, false, String::new()))),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(take))
            .with_state(fake.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        (fake, url)
    }

    fn answers(&self, status: StatusCode, failed: bool, body: impl Into<String>) {
        *self.answer.lock().unwrap() = (status, failed, body.into());
    }
}

async fn take(State(fake): State<FakeWatch>, Path(name): Path<String>, body: String) -> Response {
    let event = serde_json::from_str(&body).unwrap();
    fake.events.lock().unwrap().push((name, event));
    let (status, failed, body) = fake.answer.lock().unwrap().clone();
    let error = failed.then_some([("x-amz-function-error", "unhandled")]);
    match error {
        Some(headers) => (status, headers, body).into_response(),
        None => (status, body).into_response(),
    }
}

#[tokio::test]
async fn functions_run_in_cargo_lambda_watch_if_it_listens() {
    let mut region = TestRegion::new().await;
    let (watch, url) = FakeWatch::start().await;
    region.lambda_url.clone_from(&url);
    let mut running = region.region().await;
    let says = format!("The functions run in `cargo lambda watch` at {url}");
    assert_eq!(running.events()[0].to_string(), says);
    let company = region.tenant(&running).await;
    let event = json!({"tenant_id": "acme"});

    watch.answers(StatusCode::OK, false, json!({"from": "watch"}).to_string());
    let reply = running.reply(EMPLOYEES, &event).await;
    assert_eq!(reply, json!({"from": "watch"}));
    let start = region.clock().now() + SignedDuration::from_secs(1);
    running.schedule("acme.employees", start, json!({})).await;
    running.pass(region.clock(), 1).await;
    let sent = watch.events.lock().unwrap().clone();
    assert_eq!(sent, vec![("employee-sync".to_owned(), event.clone()); 2]);
    let results = running.invocations().into_iter();
    let results = results.map(|invocation| invocation.result);
    assert!(results.eq([InvocationResult::Answered, InvocationResult::Answered]));
    // It did not run here as well.
    assert!(company.reteach.customers().is_empty());
}

#[tokio::test]
async fn errors_of_cargo_lambda_watch_become_function_errors() {
    let mut region = TestRegion::new().await;
    let (watch, url) = FakeWatch::start().await;
    region.lambda_url = url;
    let running = region.region().await;
    let error = json!({"errorType": "InvalidEvent", "errorMessage": "no"}).to_string();
    for (status, failed, body, kind) in [
        (200, true, error.as_str(), "InvalidEvent"),
        (500, false, &error, "InvalidEvent"),
        (404, false, "no such function", "NoReply"),
        (200, false, "<html>", "NoReply"),
    ] {
        watch.answers(StatusCode::from_u16(status).unwrap(), failed, body);
        let event = json!({"tenant_id": "acme"});
        let error = running.error("employee-sync", &event).await;
        assert_eq!(error["errorType"], kind, "{body}");
    }
}

#[tokio::test]
async fn functions_run_in_process_otherwise_and_a_move_is_an_event() {
    let mut region = TestRegion::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    region.lambda_url = format!("http://{}", listener.local_addr().unwrap());
    let mut running = region.region().await;
    drop(listener);
    let event = json!({"tenant_id": "nobody"});
    let report = running.reply("employee-sync", &event).await;
    assert_eq!(report["outcome"], "unknown-tenant");
    let events = running.events();
    for (event, says) in events
        .iter()
        .zip(["in `cargo lambda watch`", "in this process"])
    {
        assert!(event.to_string().contains(says), "{event}");
    }

    region.lambda_url = NO_WATCH.to_owned();
    drop(running);
    let mut running = region.region().await;
    let event = running.events()[0].to_string();
    let says = "in this process (no `cargo lambda watch` at http://127.0.0.1:1)";
    assert!(event.contains(says), "{event}");
}
