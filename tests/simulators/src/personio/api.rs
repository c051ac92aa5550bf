//! The endpoints.

use std::sync::Mutex;

use http::StatusCode;
use jiff::Timestamp;

use super::problem::Problem;
use super::state::State;
use super::{Endpoint, auth, documents, employees, errors};
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

    const NAME: &'static str = "Personio";

    const ROUTES: &'static [Route<Endpoint>] = Endpoint::ROUTES;

    const LIST: ListShape = ListShape {
        rows: &["/data", "/_data"],
        totals: &["/metadata/total_elements", "/metadata/total_pages"],
        next: &["/_meta/links/next"],
    };

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let form = match endpoint {
            Endpoint::UploadDocument => documents::Form::of(request).await,
            _ => documents::Form::default(),
        };
        let state = &mut *lock(&self.state);
        let as_assumed = shows_quirks(endpoint).then(|| {
            state.as_assumed(|state| {
                let form = documents::Form::default();
                answered(state, endpoint, path, request, form, now)
            })
        });
        let reply = answered(state, endpoint, path, request, form, now);
        if let Some(as_assumed) = as_assumed.flatten() {
            state.watch.note(!reply.says_as(&as_assumed));
        }
        Outcome::Answered(reply)
    }

    fn error(&self, status: StatusCode, request: &Request) -> Reply {
        if request.path.starts_with("/v2/") {
            return Problem::of(status).reply((self.clock)());
        }
        errors::Refusal::of(status).reply()
    }
}

/// Whether a quirk may change what the endpoint shows.
fn shows_quirks(endpoint: Endpoint) -> bool {
    is_of_people(endpoint) || endpoint == Endpoint::Documents
}

fn is_of_people(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Employees | Endpoint::Employee | Endpoint::Attributes
    )
}

fn answered(
    state: &mut State,
    endpoint: Endpoint,
    path: &[String],
    request: &Request,
    form: documents::Form,
    now: Timestamp,
) -> Reply {
    let answer = match endpoint {
        Endpoint::Auth => auth::token(state, request, now),
        Endpoint::Employees => employees::list(state, request, now),
        Endpoint::Attributes => employees::readable_attributes(state, request, now),
        Endpoint::Employee => employees::one(state, request, path, now),
        Endpoint::DocumentCategories => documents::categories(state, request, now),
        Endpoint::UploadDocument => documents::upload(state, request, form, now),
        Endpoint::TokenV2 => {
            let answer = auth::token_v2(state, request, now);
            return answer.unwrap_or_else(|denial| denial.reply(now));
        }
        Endpoint::Documents => {
            let answer = documents::list(state, request, now);
            return answer.unwrap_or_else(|problem| problem.reply(now));
        }
        Endpoint::Document => {
            let answer = documents::change(state, request, path, now);
            return answer.unwrap_or_else(|problem| problem.reply(now));
        }
    };
    let reply = answer.unwrap_or_else(|refusal| refusal.reply());
    let quirks = state.quirks.iter().filter(|_| is_of_people(endpoint));
    quirks.fold(reply, |reply, quirk| {
        reply.rewritten(|body| quirk.written(body))
    })
}
