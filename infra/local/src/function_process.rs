//! A function as Lambda runs it: a process that takes events over the runtime API, with its state in the local stack.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use simulators::aws::Answer;
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, watch};

use crate::stack::Stack;
use crate::stack::server::Server;

/// Longer than any run on a local stack takes.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);
const MEMORY_MB: &str = "128";
/// A process gets one event at a time.
const EVENTS: usize = 1;

/// A running function. Dropping it kills the process.
#[derive(Debug)]
pub struct Function {
    process: Child,
    _runtime_api: Server,
    events: mpsc::Sender<Event>,
    answers: mpsc::Receiver<Answer>,
    asked: watch::Receiver<bool>,
}

#[derive(Debug)]
struct Event {
    payload: Value,
    timeout: SignedDuration,
}

/// The function did not answer before its deadline, or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the function did not answer before its deadline, or has ended")]
pub struct NoAnswer;

/// The runtime API's ends of the channels.
struct Ends {
    function: String,
    events: Mutex<mpsc::Receiver<Event>>,
    answers: mpsc::Sender<Answer>,
    asked: watch::Sender<bool>,
}

impl Function {
    /// Starts `bootstrap` as the function called `name` (`employee-sync`), with `stack` for its AWS.
    pub async fn start(
        name: &str,
        bootstrap: impl AsRef<OsStr>,
        stack: &Stack,
    ) -> io::Result<Self> {
        Self::start_in(name, bootstrap, stack.environment()).await
    }

    /// The same in another environment than a stack's own.
    pub async fn start_in(
        name: &str,
        bootstrap: impl AsRef<OsStr>,
        environment: Vec<(String, String)>,
    ) -> io::Result<Self> {
        let (events, to_hand_out) = mpsc::channel(EVENTS);
        let (taken, answers) = mpsc::channel(EVENTS);
        let (tell_asked, asked) = watch::channel(false);
        let ends = Ends {
            function: name.to_owned(),
            events: Mutex::new(to_hand_out),
            answers: taken,
            asked: tell_asked,
        };
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(take))
            .with_state(Arc::new(ends));
        let runtime_api = Server::start(|listener| async {
            // The server stops with its handle.
            let _ = axum::serve(listener, app).await;
        })
        .await?;
        let process = Command::new(bootstrap)
            .env_clear()
            .envs(environment)
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                runtime_api.url().trim_start_matches("http://"),
            )
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            process,
            _runtime_api: runtime_api,
            events,
            answers,
            asked,
        })
    }

    /// The process's id, as long as it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Waits until the function asks for its first event.
    pub async fn ready(&mut self) -> Result<(), NoAnswer> {
        let patience = Duration::try_from(TIMEOUT).unwrap_or_default();
        let asked = tokio::time::timeout(patience, self.asked.wait_for(|asked| *asked)).await;
        asked.map_err(|_| NoAnswer)?.map(drop).map_err(|_| NoAnswer)
    }

    /// Sends `event` and returns the function's answer.
    pub async fn invoke(&mut self, event: Value) -> Result<Answer, NoAnswer> {
        self.invoke_within(event, TIMEOUT).await
    }

    /// The same with another timeout than a minute.
    pub async fn invoke_within(
        &mut self,
        event: Value,
        timeout: SignedDuration,
    ) -> Result<Answer, NoAnswer> {
        self.events
            .send(Event {
                payload: event,
                timeout,
            })
            .await
            .map_err(|_| NoAnswer)?;
        let patience = Duration::try_from(timeout).unwrap_or_default();
        tokio::time::timeout(patience, self.answers.recv())
            .await
            .ok()
            .flatten()
            .ok_or(NoAnswer)
    }

    /// Kills the process and returns its standard output.
    pub async fn stop(mut self) -> io::Result<String> {
        self.process.kill().await?;
        let output = self.process.wait_with_output().await?;
        String::from_utf8(output.stdout).map_err(io::Error::other)
    }
}

async fn next(State(ends): State<Arc<Ends>>) -> Response {
    ends.asked.send_replace(true);
    let event = ends.events.lock().await.recv().await;
    let Some(Event { payload, timeout }) = event else {
        return StatusCode::GONE.into_response();
    };
    let deadline = Timestamp::now() + timeout;
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millisecond().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:eu-central-1:1:function:{}", ends.function),
        ),
    ];
    (headers, Json(payload)).into_response()
}

/// Not all of Lambda's runtimes send a content type.
async fn take(
    State(ends): State<Arc<Ends>>,
    Path((_, kind)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let Ok(body) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let answer = if kind == "response" {
        Answer::Reply(body)
    } else {
        Answer::Error(body)
    };
    match ends.answers.send(answer).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
