//! A webhook that a company gave for notices: takes any JSON and keeps it.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Mutex;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::Vendor;
use crate::engine::route::Route;
use crate::engine::server::{self, Running, common_handle};

/// The endpoint, for [`Webhook::calls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Post;

/// A running webhook. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Webhook {
    running: Running<Service>,
}

common_handle!(Webhook, Post);

impl Webhook {
    /// Starts on a free port.
    pub async fn start(clock: Clock) -> io::Result<Self> {
        let service = Service::default();
        Ok(Self {
            running: server::start(service, clock, (Ipv4Addr::LOCALHOST, 0).into()).await?,
        })
    }

    /// The address of the hook with this name: it is a secret.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/hooks/{name}", self.running.address)
    }

    /// What was taken, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Value> {
        lock(&self.running.pipeline.vendor.taken).clone()
    }
}

#[derive(Default)]
struct Service {
    taken: Mutex<Vec<Value>>,
}

impl Vendor for Service {
    type Endpoint = Post;

    const NAME: &'static str = "Webhook";

    const ROUTES: &'static [Route<Post>] = &[Route::new(Post, Method::POST, "/hooks/{name}")];

    async fn answer(&self, _: Post, _: &[String], request: &Request) -> Outcome {
        let Ok(body) = serde_json::from_slice(&request.body) else {
            return Outcome::Answered(Reply::json(StatusCode::BAD_REQUEST, &json!("invalid")));
        };
        lock(&self.taken).push(body);
        Outcome::Answered(Reply::json(StatusCode::OK, &json!("ok")))
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        Reply::json(status, &json!("A fault."))
    }
}
