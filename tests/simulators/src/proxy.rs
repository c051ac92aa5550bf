//! A proxy before an AWS service that is served by others, so that its calls can be cut, fail, or need a session.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{Method, StatusCode};
use jiff::Timestamp;
use reqwest::Client;

use crate::Scissors;
use crate::aws::Sts;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::pipeline::{ListShape, Vendor};
use crate::engine::route::Route;
use crate::engine::server::{self, Running, common_handle};

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
    /// Stands before the service at `target` on a free port. Where there are `scissors`, its calls are steps by `service` and
    /// operation: `DynamoDB PutItem`. Where there is an `sts`, only its sessions get through, each as far as its policy goes.
    ///
    /// # Errors
    /// When no socket can be opened.
    pub async fn start(
        service: &'static str,
        target: String,
        scissors: Option<&Scissors>,
        sts: Option<&Sts>,
    ) -> io::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .tls_built_in_root_certs(false)
            .build();
        let client = client.map_err(io::Error::other)?;
        let (under_way, sts) = (scissors.cloned().unwrap_or_default(), sts.cloned());
        let service = Service {
            name: service,
            target,
            client,
            scissors: under_way,
            sts,
        };
        let running = server::start(
            service,
            Arc::new(Timestamp::now),
            (Ipv4Addr::LOCALHOST, 0).into(),
        )
        .await?;
        let proxy = Self { running };
        if let Some(scissors) = scissors {
            proxy.cut_by(scissors);
        }
        Ok(proxy)
    }

    /// What stands for the service's endpoint.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.running.address)
    }
}

/// The service behind the pipeline.
struct Service {
    name: &'static str,
    target: String,
    client: Client,
    scissors: Scissors,
    sts: Option<Sts>,
}

impl Vendor for Service {
    type Endpoint = Operation;

    const NAME: &'static str = "AWS";

    const ROUTES: &'static [Route<Operation>] = &[Route::new(Operation, Method::POST, "/")];

    const LIST: ListShape = ListShape {
        rows: &[],
        totals: &[],
        next: &[],
    };

    async fn answer(&self, _: Operation, _: &[String], request: &Request) -> Outcome {
        if self.sts.as_ref().is_some_and(|sts| !sts.allows(request)) {
            let error = "{\"__type\":\"AccessDeniedException\",\"message\":\"not authorized\"}";
            return Outcome::Answered(Reply::raw(
                StatusCode::BAD_REQUEST,
                "application/x-amz-json-1.0",
                error,
            ));
        }
        let mut headers = request.headers.clone();
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        let call = self
            .client
            .post(&self.target)
            .headers(headers)
            .body(request.body.clone());
        let under_way = self.scissors.under_way();
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

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        Reply::raw(status, "application/x-amz-json-1.0", "{}")
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn step_name(&self, _: Option<&'static str>, request: &Request) -> String {
        format!("{} {}", self.name, request.operation().unwrap_or("?"))
    }

    fn keeps_body(_: Operation) -> bool {
        false
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
