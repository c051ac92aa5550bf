//! The function as Lambda runs it: its own process, events over the runtime API, state in the local stack.
//!
//! `BOOTSTRAP` names another binary than the one built with the tests, such as the one `cargo lambda build` made.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

#![expect(clippy::unwrap_used, reason = "a test")]

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use local::World;
use serde_json::{Value, json};
use shared::tenant::Via;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

/// Lambda's side of the runtime API: hands out events one by one, takes the answers.
struct Runtime {
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<(String, Value)>,
    address: String,
}

struct Ends {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<(String, Value)>,
}

impl Runtime {
    async fn start() -> Self {
        let (events, to_hand_out) = mpsc::channel(8);
        let (taken, answers) = mpsc::channel(8);
        let ends = Arc::new(Ends { events: Mutex::new(to_hand_out), answers: taken });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(take))
            .with_state(ends);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { events, answers, address }
    }

    /// The function's answer to `event`: `response` with the reply, or `error` with Lambda's error document.
    async fn invoke(&mut self, event: Value) -> (String, Value) {
        self.events.send(event).await.unwrap();
        tokio::time::timeout(Duration::from_secs(60), self.answers.recv()).await.unwrap().unwrap()
    }
}

async fn next(State(ends): State<Arc<Ends>>) -> Response {
    let Some(event) = ends.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_secs(60);
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:1:function:employee-sync".to_owned(),
        ),
    ];
    (headers, Json(event)).into_response()
}

/// Lambda's runtimes do not all say that they send JSON.
async fn take(
    State(ends): State<Arc<Ends>>,
    Path((_, kind)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    ends.answers.send((kind, serde_json::from_slice(&body).unwrap())).await.unwrap();
    StatusCode::ACCEPTED
}

fn spawn(world: &World, runtime: &Runtime) -> Child {
    let built_here = env!("CARGO_BIN_EXE_employee-sync").to_owned();
    let bootstrap = std::env::var("BOOTSTRAP").unwrap_or(built_here);
    Command::new(bootstrap)
        .env_clear()
        .envs(world.stack.environment())
        .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "employee-sync")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_events_over_the_runtime_api_against_the_local_stack() {
    let world = World::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    company.personio.put_all([simulators::Person::new(7, "Jörg", "Weiß")]);
    let mut runtime = Runtime::start().await;
    let mut function = spawn(&world, &runtime);

    let (kind, report) = runtime.invoke(json!({"tenant_id": "acme"})).await;
    assert_eq!((kind.as_str(), &report["outcome"]), ("response", &json!("done")), "{report}");
    assert_eq!(report["counts"]["created"], 1);
    assert_eq!(company.reteach.customers()[0].external_id.as_deref(), Some("personio:7"));

    let (_, report) = runtime.invoke(json!({"tenant_id": "acme"})).await;
    assert_eq!(report["outcome"], "unchanged", "{report}");
    let (_, report) = runtime.invoke(json!({"tenant_id": "nobody"})).await;
    assert_eq!(report["outcome"], "unknown-tenant", "{report}");

    let (kind, error) = runtime.invoke(json!({"tenant": "acme"})).await;
    assert_eq!(kind, "error");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("tenant") && message.contains("dry-run"), "{message}");

    function.kill().await.unwrap();
    let output = function.wait_with_output().await.unwrap();
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    assert!(log.contains("\"CloudWatchMetrics\"") && log.contains("\"outcome\":\"Done\""), "{log}");
    for secret in ["papi-secret", "reteach-secret", "reteach-code", "Jörg", "Weiß", "muster.example"] {
        assert!(!log.contains(secret), "the log contains {secret}");
    }
}
