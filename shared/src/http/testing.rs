//! A server on loopback that answers from a script and remembers what it was asked, and answers without any server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use jiff::Timestamp;
use serde_json::Value;

use super::{BaseUrl, Calls, Context, Deadline, Sleeper, client};
use crate::domain::clock::ManualClock;

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) raw: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn query(&self, key: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://x{}", self.uri)).unwrap();
        let mut pairs = url.query_pairs();
        pairs.find_map(|(name, value)| (name == key).then(|| value.into_owned()))
    }

    pub(crate) fn line(&self) -> (&str, &str) {
        (&self.method, &self.uri)
    }

    pub(crate) fn path(&self) -> &str {
        self.uri.split('?').next().unwrap()
    }
}

pub(crate) enum Canned {
    Json(u16, Value),
    Text(u16, &'static str),
    With(u16, &'static str, &'static str, Value),
    Hang,
    Half,
    Long(usize),
    Custom(Response),
}

pub(crate) struct Server {
    pub(crate) base: BaseUrl,
    pub(crate) clock: ManualClock,
    pub(crate) calls: Calls,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// `answer` gets the requests, numbered from 0.
    pub(crate) async fn start(
        answer: impl Fn(usize, &Seen) -> Canned + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        let handler = move |request: Request| {
            let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
            async move {
                let asked = match read(request).await {
                    Some(asked) => asked,
                    // Broken off by the client: as if it had never come.
                    None => std::future::pending().await,
                };
                let number = {
                    let mut log = log.lock().unwrap();
                    log.push(asked.clone());
                    log.len() - 1
                };
                respond(answer(number, &asked)).await
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let base = base.parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        let clock = ManualClock::new("2026-03-14T09:00:00Z".parse::<Timestamp>().unwrap());
        Self {
            base,
            clock,
            calls: Calls::default(),
            seen,
        }
    }

    pub(crate) fn context(&self) -> Context {
        let clock = Arc::new(self.clock.clone());
        Context::new(client().unwrap(), clock, self.calls.clone())
    }

    /// The context of a run that has this much time.
    pub(crate) fn context_for(&self, time: Duration) -> Context {
        self.context().until(Deadline::after(time))
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// After this many answers every other one is a 500: lists that have no end are another test's.
const ANSWERS: usize = 12;

/// Answers without a server, for tests that make millions of calls: each in turn, and from the first one again.
#[derive(Clone, Debug)]
pub(crate) struct Answers(Arc<Given>);

#[derive(Debug)]
struct Given {
    answers: Vec<http::Response<Bytes>>,
    number: AtomicUsize,
}

impl Answers {
    /// A context with these answers, in which waiting takes no time.
    pub(crate) fn context(answers: Vec<http::Response<Bytes>>) -> Context {
        static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| client().unwrap());
        let number = AtomicUsize::new(0);
        let given = Given { answers, number };
        let clock = ManualClock::new("2026-03-14T09:00:00Z".parse::<Timestamp>().unwrap());
        let waits = Sleeper::simulated(clock.clone(), 1);
        Context::new(CLIENT.clone(), Arc::new(clock), Calls::default())
            .with_waits(waits)
            .answered_by(Self(Arc::new(given)))
    }

    pub(super) fn give(&self) -> reqwest::Response {
        let Given { answers, number } = &*self.0;
        let number = number.fetch_add(1, Ordering::Relaxed);
        let answer = answers.get(number % answers.len().max(1));
        let answer = answer.filter(|_| number < ANSWERS).cloned();
        let broken = || {
            let answer = http::Response::builder().status(500);
            answer.body(Bytes::new()).unwrap()
        };
        answer.unwrap_or_else(broken).into()
    }
}

async fn read(request: Request) -> Option<Seen> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.ok()?;
    Some(Seen {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        raw: body,
    })
}

async fn respond(canned: Canned) -> Response {
    let answer = |status: u16| Response::builder().status(status);
    match canned {
        Canned::Json(status, body) => answer(status).body(Body::from(body.to_string())),
        Canned::Text(status, body) => answer(status).body(Body::from(body)),
        Canned::With(status, name, value, body) => answer(status)
            .header(name, value)
            .body(Body::from(body.to_string())),
        Canned::Custom(response) => Ok(response),
        Canned::Hang => std::future::pending().await,
        Canned::Half => {
            let pieces = [Ok("{\"data\": ["), Err(std::io::Error::other("broken off"))];
            answer(200).body(Body::from_stream(stream::iter(pieces)))
        }
        Canned::Long(bytes) => {
            let pieces =
                std::iter::repeat_n(Bytes::from(vec![b' '; 1 << 20]), bytes.div_ceil(1 << 20));
            answer(200).body(Body::from_stream(stream::iter(
                pieces.map(Ok::<_, std::io::Error>),
            )))
        }
    }
    .unwrap()
}
