//! The endpoints.

use std::sync::{Arc, Mutex};

use http::StatusCode;
use serde_json::json;

use super::errors::Refusal;
use super::state::State;
use super::{DownloadEndpoint, Endpoint, customers, downloads, oauth, participations, tags};
use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::{ListShape, Vendor};
use crate::engine::route::Route;

/// The academy behind the pipeline.
pub(super) struct Academy {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) clock: Clock,
}

impl Vendor for Academy {
    type Endpoint = Endpoint;

    const NAME: &'static str = "reteach";

    const ROUTES: &'static [Route<Endpoint>] = Endpoint::ROUTES;

    const LIST: ListShape = ListShape {
        rows: &["/results"],
        totals: &["/resultCount"],
        next: &[],
    };

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let state = &mut *lock(&self.state);
        if endpoint == Endpoint::DownloadCertificate {
            let answer = download(state, path, request, now);
            return answer.unwrap_or_else(|refusal| Outcome::Answered(refusal.reply()));
        }
        let as_assumed = state.as_assumed();
        let reply = answered(state, endpoint, path, request, now);
        if let Some(mut other) = as_assumed {
            let reply_as_assumed = answered(&mut other, endpoint, path, request, now);
            state.compare(&other, reply.says_as(&reply_as_assumed));
        }
        Outcome::Answered(reply)
    }

    fn error(&self, status: StatusCode, request: &Request) -> Reply {
        match status {
            StatusCode::NOT_FOUND => Refusal::new(
                status,
                format!("Cannot {} {}", request.method, request.path),
            ),
            StatusCode::FORBIDDEN => Refusal::new(status, "Forbidden resource"),
            StatusCode::TOO_MANY_REQUESTS => {
                Refusal::new(status, "ThrottlerException: Too Many Requests")
            }
            _ => Refusal::new(status, status.canonical_reason().unwrap_or("Error")),
        }
        .reply()
    }

    fn keeps_body(endpoint: Endpoint) -> bool {
        endpoint != Endpoint::Authorize
    }
}

fn answered(
    state: &mut State,
    endpoint: Endpoint,
    path: &[String],
    request: &Request,
    now: jiff::Timestamp,
) -> Reply {
    let smaller = state.quirks.with_small_pages(request);
    let request = smaller.as_ref().unwrap_or(request);
    route(state, endpoint, path, request, now).map_or_else(
        |refusal| refusal.reply(),
        |reply| state.quirks.spelled(endpoint, reply),
    )
}

fn download(
    state: &mut State,
    path: &[String],
    request: &Request,
    now: jiff::Timestamp,
) -> Result<Outcome, Refusal> {
    state.admit(now)?;
    state.tokens.check(request, now)?;
    Ok(downloads::deliver(
        state,
        DownloadEndpoint::Certificate,
        path,
        request,
        now,
    ))
}

fn route(
    state: &mut State,
    endpoint: Endpoint,
    path: &[String],
    request: &Request,
    now: jiff::Timestamp,
) -> Result<Reply, Refusal> {
    state.admit(now)?;
    if endpoint == Endpoint::Authorize {
        return oauth::authorize(state, request, now);
    }
    state.tokens.check(request, now)?;
    state.quirks.check_page(request)?;
    if let [id, ..] = path
        && request.path.starts_with("/customer/")
    {
        state.quirks.check_identifier(&state.customers, id)?;
    }
    match (endpoint, path) {
        (Endpoint::Me, _) => {
            let me = json!({"id": state.id, "name": state.name, "baseUrl": "https://academy.reteach.io"});
            Ok(Reply::json(StatusCode::OK, &me))
        }
        (Endpoint::ListCustomers, _) => customers::list(state, request, now),
        (Endpoint::FindOrCreateCustomer, _) => customers::find_or_create(state, request, now),
        (Endpoint::GetCustomer, [id]) => customers::get(state, id, now),
        (Endpoint::UpdateCustomer, [id]) => customers::update(state, id, request, now),
        (Endpoint::DeleteCustomer, [id]) => customers::delete(state, id, now),
        (Endpoint::SendInvitation, [id]) => customers::invite(state, id),
        (Endpoint::ListParticipations, _) => participations::list(state, request, now),
        (Endpoint::GetParticipation, [id]) => participations::get(state, id, now),
        (Endpoint::CreateTag, _) => tags::create(state, request),
        (Endpoint::AssignTags, [id]) => tags::assign_many(state, id, request),
        (Endpoint::RemoveTag, [id, tag]) => tags::remove(state, id, tag),
        _ => Err(Refusal::new(StatusCode::NOT_FOUND, "Not found")),
    }
}
