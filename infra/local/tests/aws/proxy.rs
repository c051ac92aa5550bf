//! A proxy before the local stack that loses replies or makes up its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use local::Stack;
use shared::aws::{Aws, http_client, sdk_config};
use shared::state::Store;

/// What becomes of one call.
pub(crate) enum Fate {
    /// Passed on, reply and all.
    Pass,
    /// Passed on; the reply breaks off.
    LoseReply,
    /// Not passed on: this is the reply.
    Reply(StatusCode, String),
    /// Passed on with another body.
    Instead(String),
    /// Not passed on, and no reply ever.
    Hang,
}

type Rule = dyn Fn(&Call<'_>) -> Fate + Send + Sync;

/// One call: DynamoDB's operation, how often it was called before, the JSON.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a str,
    pub(crate) before: usize,
    pub(crate) body: &'a str,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    url: String,
    calls: Arc<Mutex<HashMap<String, usize>>>,
}

struct Forwarder {
    target: String,
    client: reqwest::Client,
    calls: Arc<Mutex<HashMap<String, usize>>>,
    rule: Box<Rule>,
}

impl Proxy {
    /// Stands before the stack's DynamoDB, and in the place of its Secrets Manager.
    pub(crate) async fn start(
        stack: &Stack,
        rule: impl Fn(&Call<'_>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::default();
        let forwarder = Forwarder {
            target: variable(stack, "AWS_ENDPOINT_URL_DYNAMODB"),
            client: http_client().unwrap(),
            calls: Arc::clone(&calls),
            rule: Box::new(rule),
        };
        let router = Router::new()
            .fallback(forward)
            .with_state(Arc::new(forwarder));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, calls }
    }

    /// A store that goes through the proxy.
    pub(crate) fn store(&self, stack: &Stack) -> Store {
        Store::new(&self.aws(stack), &variable(stack, "TABLE_NAME"))
    }

    pub(crate) fn aws(&self, stack: &Stack) -> Aws {
        let environment: HashMap<_, _> = stack
            .environment()
            .into_iter()
            .chain(
                [
                    "AWS_ENDPOINT_URL_DYNAMODB",
                    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                ]
                .map(|name| (name.to_owned(), self.url.clone())),
            )
            .collect();
        let config = sdk_config(
            |name| environment.get(name).cloned(),
            http_client().unwrap(),
        );
        Aws::new(config.unwrap())
    }

    /// How often an operation was called.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.calls
            .lock()
            .unwrap()
            .get(operation)
            .copied()
            .unwrap_or_default()
    }
}

fn variable(stack: &Stack, name: &str) -> String {
    stack
        .environment()
        .into_iter()
        .find(|(known, _)| known == name)
        .unwrap()
        .1
}

async fn forward(
    State(forwarder): State<Arc<Forwarder>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap();
    let before = forwarder.count(operation);
    match (forwarder.rule)(&Call {
        operation,
        before,
        body: &body,
    }) {
        Fate::Pass => forwarder.pass(&headers, body.clone()).await.into_response(),
        Fate::LoseReply => {
            forwarder.pass(&headers, body.clone()).await;
            let lost = Err::<Bytes, _>(std::io::Error::other("lost"));
            Body::from_stream(futures::stream::iter([lost])).into_response()
        }
        Fate::Reply(status, text) => (status, text).into_response(),
        Fate::Instead(other) => forwarder.pass(&headers, other).await.into_response(),
        Fate::Hang => std::future::pending().await,
    }
}

impl Forwarder {
    fn count(&self, operation: &str) -> usize {
        let mut calls = self.calls.lock().unwrap();
        let count = calls.entry(operation.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    async fn pass(&self, headers: &HeaderMap, body: String) -> (StatusCode, Bytes) {
        let mut headers = headers.clone();
        headers.remove(http::header::CONTENT_LENGTH);
        let reply = self
            .client
            .post(&self.target)
            .headers(headers)
            .body(body)
            .send()
            .await
            .unwrap();
        (reply.status(), reply.bytes().await.unwrap())
    }
}
