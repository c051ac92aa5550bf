//! The endpoints.

use std::sync::Mutex;

use http::{Method, StatusCode};

use super::state::State;
use super::{Endpoint, auth, employees, errors};
use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::{ListShape, Vendor};
use crate::engine::route::Route;

/// The account behind the pipeline.
pub(super) struct Account {
    pub(super) state: Mutex<State>,
    pub(super) clock: Clock,
}

impl Vendor for Account {
    type Endpoint = Endpoint;

    const ROUTES: &'static [Route<Endpoint>] = &[
        Route::new(Endpoint::Auth, Method::POST, "/v1/auth"),
        Route::new(Endpoint::Employees, Method::GET, "/v1/company/employees"),
        Route::new(Endpoint::Attributes, Method::GET, "/v1/company/employees/attributes"),
        Route::new(Endpoint::Attributes, Method::GET, "/v1/company/employees/custom-attributes"),
        Route::new(Endpoint::Employee, Method::GET, "/v1/company/employees/{id}"),
    ];

    const LIST: ListShape = ListShape {
        rows: &["/data", "/_data"],
        totals: &["/metadata/total_elements", "/metadata/total_pages"],
        next: &["/_meta/links/next"],
    };

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let state = &mut *lock(&self.state);
        let answer = match endpoint {
            Endpoint::Auth => auth::token(state, request, now),
            Endpoint::Employees => employees::list(state, request, now),
            Endpoint::Attributes => employees::readable_attributes(state, request, now),
            Endpoint::Employee => employees::one(state, request, path, now),
        };
        Outcome::Answered(answer.unwrap_or_else(|refusal| refusal.reply(state.language)))
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        errors::Refusal::of(status).reply(lock(&self.state).language)
    }

    fn keeps_body(_: Endpoint) -> bool {
        false
    }
}
