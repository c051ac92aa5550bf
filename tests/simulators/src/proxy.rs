//! A forwarding proxy before an AWS service that is served by others: its calls can fail, be changed, or need a session.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{Method, StatusCode};
use jiff::Timestamp;
use reqwest::Client;

use crate::FaultEngine;
use crate::aws::Sts;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::Vendor;
use crate::engine::route::Route;
use crate::engine::server::{self, Running, common_handle};

/// A call on its way through a proxy.
#[derive(Debug, Clone, Copy)]
pub struct ForwardedCall<'c> {
    /// Such as `PutItem`.
    pub operation: &'c str,
    /// Earlier calls of this operation.
    pub before: usize,
    pub body: &'c str,
}

/// What a proxy does with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forwarding {
    Pass,
    /// Forwards the call; the connection closes without the reply.
    LoseReply,
    /// Forwards this body in place of the call's.
    Instead(String),
    Reply(StatusCode, String),
    Hang,
}

type Hook = Box<dyn Fn(&ForwardedCall<'_>) -> Forwarding + Send + Sync>;

/// The endpoint, for [`Proxy::calls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation;

/// A running proxy. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Proxy {
    running: Running<Service>,
}

common_handle!(Proxy, Operation);

impl Proxy {
    /// Forwards to the service at `target` from a free port. Calls are named by `service` and operation: `DynamoDB PutItem`. With
    /// an `sts`, only its sessions get through, each as far as its policy goes.
    pub async fn start(
        service: &'static str,
        target: String,
        engine: Option<&FaultEngine>,
        sts: Option<&Sts>,
    ) -> io::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .tls_built_in_root_certs(false)
            .build();
        let client = client.map_err(io::Error::other)?;
        let service = Service {
            name: service,
            target,
            client,
            engine: engine.cloned().unwrap_or_default(),
            sts: sts.cloned(),
            calls: Mutex::default(),
            hook: OnceLock::new(),
        };
        let running = server::start(
            service,
            Arc::new(Timestamp::now),
            (Ipv4Addr::LOCALHOST, 0).into(),
        )
        .await?;
        let proxy = Self { running };
        if let Some(engine) = engine {
            proxy.join(engine);
        }
        Ok(proxy)
    }

    /// Lets `hook` decide about every call. Only the first hook counts.
    pub fn on_call(&self, hook: impl Fn(&ForwardedCall<'_>) -> Forwarding + Send + Sync + 'static) {
        let _ = self.running.pipeline.vendor.hook.set(Box::new(hook));
    }

    /// The number of calls of an operation that arrived.
    #[must_use]
    pub fn calls_of(&self, operation: &str) -> usize {
        let calls = lock(&self.running.pipeline.vendor.calls);
        calls.get(operation).copied().unwrap_or_default()
    }
}

/// The service behind the pipeline.
struct Service {
    name: &'static str,
    target: String,
    client: Client,
    engine: FaultEngine,
    sts: Option<Sts>,
    /// By operation.
    calls: Mutex<BTreeMap<String, usize>>,
    hook: OnceLock<Hook>,
}

impl Vendor for Service {
    type Endpoint = Operation;

    const NAME: &'static str = "AWS";

    const ROUTES: &'static [Route<Operation>] = &[Route::new(Operation, Method::POST, "/")];

    async fn answer(&self, _: Operation, _: &[String], request: &Request) -> Outcome {
        if self.sts.as_ref().is_some_and(|sts| !sts.allows(request)) {
            let error = "{\"__type\":\"AccessDeniedException\",\"message\":\"not authorized\"}";
            return Outcome::Answered(Reply::raw(
                StatusCode::BAD_REQUEST,
                "application/x-amz-json-1.0",
                error,
            ));
        }
        match self.decide(request) {
            Forwarding::Pass => self.forward(request, request.body.clone()).await,
            Forwarding::Instead(body) => self.forward(request, body.into()).await,
            Forwarding::LoseReply => {
                self.forward(request, request.body.clone()).await;
                Outcome::Cut
            }
            Forwarding::Reply(status, body) => {
                Outcome::Answered(Reply::raw(status, "application/x-amz-json-1.0", body))
            }
            Forwarding::Hang => std::future::pending().await,
        }
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        Reply::raw(status, "application/x-amz-json-1.0", "{}")
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn call_name(&self, _: Option<&'static str>, request: &Request) -> String {
        format!("{} {}", self.name, request.operation().unwrap_or("?"))
    }
}

impl Service {
    fn decide(&self, request: &Request) -> Forwarding {
        let operation = request.operation().unwrap_or_default();
        let before = {
            let mut calls = lock(&self.calls);
            let count = calls.entry(operation.to_owned()).or_default();
            *count += 1;
            *count - 1
        };
        let body = str::from_utf8(&request.body).unwrap_or_default();
        let call = ForwardedCall {
            operation,
            before,
            body,
        };
        let hook = self.hook.get();
        hook.map_or(Forwarding::Pass, |hook| hook(&call))
    }

    async fn forward(&self, request: &Request, body: Bytes) -> Outcome {
        let mut headers = request.headers.clone();
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        let call = self.client.post(&self.target).headers(headers).body(body);
        let under_way = self.engine.under_way();
        // A task of its own: what has reached the service takes effect although the caller is gone.
        let forwarded = tokio::spawn(async move {
            let _under_way = under_way;
            forwarded(call).await
        });
        match forwarded.await {
            Ok(Ok(reply)) => Outcome::Answered(reply),
            _ => Outcome::Cut,
        }
    }
}

async fn forwarded(call: reqwest::RequestBuilder) -> reqwest::Result<Reply> {
    let mut reply = call.send().await?;
    let (status, mut headers) = (reply.status(), std::mem::take(reply.headers_mut()));
    // The server says for itself how it sends the body.
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    Ok(Reply {
        status,
        headers,
        body: reply.bytes().await?,
    })
}
