use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::SignedDuration;
use local::region::{InvocationResult, Queue, RegionEvent, Trigger};
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
        assert_eq!(
            (&report["job"], &report["outcome"]),
            (&json!("employee-sync"), &json!("planned")),
            "{report}"
        );
    }
    let reply = running
        .invoke(
            "certificate-sync",
            "RequestResponse",
            &json!({"tenant_id": "acme"}),
        )
        .await;
    assert_eq!(reply.json::<Value>().await.unwrap()["outcome"], "waiting");
    assert_eq!(running.invocations().len(), 4);
    assert_eq!(
        running
            .invoke("employee-sync", "DryRun", &event)
            .await
            .status(),
        204
    );
    assert_eq!(
        running
            .invoke("payroll-sync", "RequestResponse", &event)
            .await
            .status(),
        404
    );
    assert_eq!(
        running
            .invoke("employee-sync", "Later", &event)
            .await
            .status(),
        400
    );
    assert_eq!(running.invocations(), []);
}

#[tokio::test]
async fn errors_go_to_the_waiting_caller_or_to_the_dead_letters() {
    let region = TestRegion::new().await;
    let mut running = region.region().await;
    let event = json!({"tenant": "acme"});
    let reply = running
        .invoke("employee-sync", "RequestResponse", &event)
        .await;
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["x-amz-function-error"], "Unhandled");
    assert_eq!(
        reply.json::<Value>().await.unwrap()["errorType"],
        "InvalidEvent"
    );
    assert_eq!(running.region.dead_letters(), []);

    assert_eq!(
        running
            .invoke("employee-sync", "Event", &event)
            .await
            .status(),
        202
    );
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
    assert_eq!(
        invocations
            .iter()
            .map(|invocation| invocation.trigger)
            .collect::<Vec<_>>(),
        [Trigger::Call, Trigger::Event]
    );
    assert!(
        invocations[1].to_string().contains("FAILED: InvalidEvent"),
        "{}",
        invocations[1]
    );
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
    fake.events
        .lock()
        .unwrap()
        .push((name, serde_json::from_str(&body).unwrap()));
    let (status, failed, body) = fake.answer.lock().unwrap().clone();
    let mut reply = (status, body).into_response();
    if failed {
        reply
            .headers_mut()
            .insert("x-amz-function-error", "unhandled".parse().unwrap());
    }
    reply
}

#[tokio::test]
async fn functions_run_in_cargo_lambda_watch_if_it_listens() {
    let mut region = TestRegion::new().await;
    let (watch, url) = FakeWatch::start().await;
    region.lambda_url.clone_from(&url);
    let mut running = region.region().await;
    assert_eq!(
        running.events()[0].to_string(),
        format!("The functions run in `cargo lambda watch` at {url}")
    );
    let company = region.tenant(&running).await;
    let event = json!({"tenant_id": "acme"});

    watch.answers(StatusCode::OK, false, json!({"from": "watch"}).to_string());
    let reply = running.invoke(EMPLOYEES, "RequestResponse", &event).await;
    assert_eq!(
        reply.json::<Value>().await.unwrap(),
        json!({"from": "watch"})
    );
    let start = region.clock().now() + SignedDuration::from_secs(1);
    running.schedule("acme.employees", start, json!({})).await;
    running.pass(region.clock(), 1).await;
    let sent = watch.events.lock().unwrap().clone();
    assert_eq!(sent, vec![("employee-sync".to_owned(), event.clone()); 2]);
    assert_eq!(
        running
            .invocations()
            .into_iter()
            .map(|invocation| invocation.result)
            .collect::<Vec<_>>(),
        vec![InvocationResult::Answered; 2]
    );
    assert!(
        company.reteach.customers().is_empty(),
        "it did not run here as well"
    );
}

#[tokio::test]
async fn errors_of_cargo_lambda_watch_become_function_errors() {
    let mut region = TestRegion::new().await;
    let (watch, url) = FakeWatch::start().await;
    region.lambda_url = url;
    let running = region.region().await;
    let error = json!({"errorType": "InvalidEvent", "errorMessage": "no"}).to_string();
    for (status, failed, body, kind) in [
        (StatusCode::OK, true, error.as_str(), "InvalidEvent"),
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            false,
            &error,
            "InvalidEvent",
        ),
        (StatusCode::NOT_FOUND, false, "no such function", "NoReply"),
        (StatusCode::OK, false, "<html>", "NoReply"),
    ] {
        watch.answers(status, failed, body);
        let reply = running
            .invoke(
                "employee-sync",
                "RequestResponse",
                &json!({"tenant_id": "acme"}),
            )
            .await;
        assert_eq!(reply.headers()["x-amz-function-error"], "Unhandled");
        assert_eq!(
            reply.json::<Value>().await.unwrap()["errorType"],
            kind,
            "{body}"
        );
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
    let reply = running
        .invoke("employee-sync", "RequestResponse", &event)
        .await;
    assert_eq!(
        reply.json::<Value>().await.unwrap()["outcome"],
        "unknown-tenant"
    );
    let events: Vec<String> = running
        .events()
        .iter()
        .map(RegionEvent::to_string)
        .collect();
    assert!(
        events[0].contains("in `cargo lambda watch`") && events[1].contains("in this process"),
        "{events:?}"
    );

    region.lambda_url = NO_WATCH.to_owned();
    drop(running);
    let mut running = region.region().await;
    assert!(
        running.events()[0]
            .to_string()
            .contains("in this process (no `cargo lambda watch` at http://127.0.0.1:1)")
    );
}
