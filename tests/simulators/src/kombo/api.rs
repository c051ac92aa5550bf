//! The endpoints.

use std::sync::Mutex;

use http::{HeaderName, Method, StatusCode};
use jiff::Timestamp;

use super::errors::{Code, Refusal};
use super::state::{State, checked_key};
use super::{Endpoint, employees, passthrough};
use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::{ListShape, Vendor};
use crate::engine::route::Route;

/// The environment behind the pipeline.
pub(super) struct Environment {
    pub(super) state: Mutex<State>,
    pub(super) clock: Clock,
}

impl Vendor for Environment {
    type Endpoint = Endpoint;

    const ROUTES: &'static [Route<Endpoint>] = &[
        Route::new(Endpoint::CheckApiKey, Method::GET, "/v1/check-api-key"),
        Route::new(Endpoint::Integration, Method::GET, "/v1/integrations/{integration_id}"),
        Route::new(Endpoint::Employees, Method::GET, "/v1/hris/employees"),
        Route::new(Endpoint::Passthrough, Method::POST, "/v1/passthrough/{tool}/{api}"),
    ];

    const LIST: ListShape = ListShape { rows: &["/data/results"], totals: &[], next: &["/data/next"] };

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let limits = lock(&self.state).take_place(now);
        let reply = if limits.as_ref().is_some_and(|limits| !limits.admitted) {
            Ok(Refusal::new(Code::RateLimitExceeded).reply())
        } else if endpoint == Endpoint::Passthrough {
            // The lock is not held while Personio answers.
            match self.passed_through(path, request).await {
                Ok(Outcome::Answered(reply)) => Ok(reply),
                Ok(cut) => return cut,
                Err(refusal) => Err(refusal),
            }
        } else {
            self.read(endpoint, path, request, now)
        };
        let mut reply = reply.unwrap_or_else(|refusal| refusal.reply());
        for (name, value) in limits.map(|limits| limits.headers).unwrap_or_default() {
            reply = reply.with(HeaderName::from_static(name), &value);
        }
        Outcome::Answered(reply)
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        Refusal::of(status).reply()
    }

    fn keeps_body(endpoint: Endpoint) -> bool {
        endpoint == Endpoint::Passthrough
    }
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
        state.check_key(request)?;
        match (endpoint, path) {
            (Endpoint::Integration, [id]) => {
                let integration =
                    state.integrations.get(id).ok_or_else(|| Refusal::new(Code::IntegrationNotFound))?;
                Ok(Reply::json(StatusCode::OK, &integration.view()))
            }
            (Endpoint::Employees, _) => {
                let integration = state.addressed(request)?;
                integration.sync_if_stale(now);
                integration.check_condition()?;
                employees::list(integration, request, now)
            }
            _ => Ok(Reply::json(StatusCode::OK, &checked_key())),
        }
    }

    async fn passed_through(&self, path: &[String], request: &Request) -> Result<Outcome, Refusal> {
        let call = {
            let state = &mut *lock(&self.state);
            state.check_key(request)?;
            let integration = state.addressed(request)?;
            integration.check_condition()?;
            passthrough::call(integration, path, request)?
        };
        passthrough::forward(call).await
    }
}
