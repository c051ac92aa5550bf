//! The endpoints.

use std::sync::Mutex;

use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use reqwest::Client;

use super::errors::{Code, Refusal};
use super::integrations::Integration;
use super::places::Places;
use super::state::{State, checked_key};
use super::{Endpoint, categories, connect, documents, employees, paging, passthrough};
use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::{ListShape, Vendor};
use crate::engine::route::Route;

/// The environment behind the pipeline.
pub(super) struct Environment {
    pub(super) state: Mutex<State>,
    pub(super) clock: Clock,
    pub(super) client: Client,
}

impl Vendor for Environment {
    type Endpoint = Endpoint;

    const NAME: &'static str = "Kombo";

    const ROUTES: &'static [Route<Endpoint>] = Endpoint::ROUTES;

    const LIST: ListShape = ListShape {
        rows: &["/data/results"],
        totals: &[],
        next: &["/data/next"],
    };

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let limits = lock(&self.state).take_place(now);
        let places = lock(&self.state)
            .places(request)
            .filter(|_| is_action(endpoint));
        let place = places.as_ref().map(Places::take);
        let concurrency = places.map(|places| places.headers());
        let reply = if limits.as_ref().is_some_and(|limits| !limits.admitted) {
            Ok(Refusal::new(Code::RateLimitExceeded).reply())
        } else if matches!(place, Some(None)) {
            Ok(Refusal::new(Code::ConcurrencyLimitExceeded).reply())
        } else if is_action(endpoint) {
            match self.act(endpoint, path, request).await {
                Ok(Outcome::Answered(reply)) => Ok(reply),
                Ok(cut) => return cut,
                Err(refusal) => Err(refusal),
            }
        } else {
            self.read(endpoint, path, request, now)
        };
        let mut reply = reply.unwrap_or_else(|refusal| refusal.reply());
        let limits = limits.map(|limits| limits.headers).unwrap_or_default();
        for (name, value) in limits.into_iter().chain(concurrency.unwrap_or_default()) {
            reply = reply.with(HeaderName::from_static(name), &value);
        }
        Outcome::Answered(reply)
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        Refusal::of(status).reply()
    }

    fn keeps_body(endpoint: Endpoint) -> bool {
        is_action(endpoint)
    }
}

/// Whether calls of this endpoint go on to Personio, and count against the limit of what may be under way.
fn is_action(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::Passthrough | Endpoint::AddDocument)
}

impl Environment {
    fn read(
        &self,
        endpoint: Endpoint,
        path: &[String],
        request: &Request,
        now: Timestamp,
    ) -> Result<Reply, Refusal> {
        let state = &mut *lock(&self.state);
        if let (Endpoint::ConnectPage, [token]) = (endpoint, path) {
            return connect::page(state, token, request, now);
        }
        state.check_key(request)?;
        match (endpoint, path) {
            (Endpoint::Integration, [id]) => {
                let integration = state
                    .integrations
                    .get_mut(id)
                    .ok_or_else(|| Refusal::new(Code::IntegrationNotFound))?;
                integration.sync_if_stale(now);
                let quirks = state.quirks.iter();
                let shown = quirks.fold(integration.view(), |view, quirk| quirk.shown(view));
                Ok(Reply::json(StatusCode::OK, &shown))
            }
            (Endpoint::CreateLink, _) => connect::link(state, request),
            (Endpoint::IntegrationByToken, [token]) => connect::by_token(state, token),
            (Endpoint::Employees, _) => {
                let quirks = state.quirks.clone();
                let is_watched = state.watch.is_open() && !quirks.is_empty();
                let integration = state.addressed(request)?;
                integration.sync_if_stale(now);
                integration.check_condition()?;
                let asked = paging::as_asked(request, &quirks);
                let cursor = asked.query("cursor");
                let reply = employees::list(integration, &asked, now)?;
                let reply = quirks.iter().fold(reply, |reply, quirk| {
                    reply.rewritten(|body| quirk.written(body, cursor))
                });
                if is_watched {
                    let as_assumed = employees::list(integration, request, now)?;
                    state.watch.note(!reply.says_as(&as_assumed));
                }
                Ok(reply)
            }
            (Endpoint::DocumentCategories, _) => {
                let integration = state.addressed(request)?;
                integration.sync_if_stale(now);
                integration.check_condition()?;
                categories::list(integration, request)
            }
            _ => Ok(Reply::json(StatusCode::OK, &checked_key())),
        }
    }

    /// The lock is not held while Personio answers.
    async fn act(
        &self,
        endpoint: Endpoint,
        path: &[String],
        request: &Request,
    ) -> Result<Outcome, Refusal> {
        if endpoint == Endpoint::Passthrough {
            let call = self.prepared(request, |integration| {
                passthrough::call(integration, path, request)
            })?;
            return passthrough::forward(call, &self.client).await;
        }
        let upload = self.prepared(request, |integration| {
            documents::upload(integration, path, request)
        })?;
        upload.carried_out(&self.client).await
    }

    fn prepared<T>(
        &self,
        request: &Request,
        prepare: impl FnOnce(&Integration) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let state = &mut *lock(&self.state);
        state.check_key(request)?;
        let integration = state.addressed(request)?;
        integration.check_condition()?;
        prepare(integration)
    }
}
