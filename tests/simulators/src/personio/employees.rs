//! Reading employees.

use http::StatusCode;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::attributes::{DEFINITIONS, Definition};
use super::auth::authorise;
use super::errors::Refusal;
use super::quirks::Quirk;
use super::state::State;
use crate::engine::exchange::{Reply, Request};

const LARGEST_PAGE: usize = 100;
const USUAL_PAGE: usize = 50;

/// `GET /v1/company/employees`. `updated_since` is not simulated: no reader of ours can rely on it.
pub(super) fn list(state: &mut State, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
    let token = authorise(state, request, now)?;
    if !state.limits.admit_employees(now) {
        return Err(Refusal::of(StatusCode::TOO_MANY_REQUESTS));
    }
    if let Some(unknown) = request.unknown_query(&["limit", "offset", "attributes[]"]) {
        let text = format!("The parameter {unknown} is not simulated or does not exist");
        return Err(Refusal::invalid(&text));
    }
    let limit = number(request, "limit")?.unwrap_or(USUAL_PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Refusal::invalid("Limit muss zwischen 1 und 100 liegen."));
    }
    let limit = limit.min(state.largest_page());
    let offset = number(request, "offset")?.unwrap_or(0);
    if let Some(unknown) = unknown_attribute(state, request) {
        let text = format!("The attribute {unknown} does not exist");
        return Err(Refusal::invalid(&text));
    }
    let shown = shown(state, request);
    let ids = state.order();
    let rows: Vec<_> = ids
        .iter()
        .skip(offset.saturating_sub(request.rows_back))
        .take(limit)
        .filter_map(|id| state.rendered(*id, &shown))
        .collect();
    let (total, page, pages) = (ids.len(), offset / limit, ids.len().div_ceil(limit));
    let metadata = json!({"total_elements": total, "current_page": page, "total_pages": pages});
    let rows = rows.join(",");
    let body = format!(
        r#"{{"success":true,"metadata":{metadata},"offset":{offset},"limit":{limit},"data":[{rows}]}}"#
    );
    Ok(with_token(
        Reply::raw(StatusCode::OK, "application/json", body),
        token,
    ))
}

/// `GET /v1/company/employees/{id}`
pub(super) fn one(
    state: &mut State,
    request: &Request,
    path: &[String],
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let token = authorise(state, request, now)?;
    if !state.limits.admit_other(now) {
        return Err(Refusal::of(StatusCode::TOO_MANY_REQUESTS));
    }
    let shown = shown(state, request);
    let id: Option<u64> = path.first().and_then(|id| id.parse().ok());
    let row = id
        .and_then(|id| state.rendered(id, &shown))
        .ok_or_else(|| Refusal::of(StatusCode::NOT_FOUND))?;
    let body = format!(r#"{{"success":true,"data":{row}}}"#);
    Ok(with_token(
        Reply::raw(StatusCode::OK, "application/json", body),
        token,
    ))
}

/// `GET /v1/company/employees/attributes`: what this credential may read.
pub(super) fn readable_attributes(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let token = authorise(state, request, now)?;
    if !state.limits.admit_other(now) {
        return Err(Refusal::of(StatusCode::TOO_MANY_REQUESTS));
    }
    let data: Vec<Value> = readable(state)
        .iter()
        .map(|definition| definition.description())
        .collect();
    Ok(with_token(
        Reply::json(StatusCode::OK, &json!({"success": true, "data": data})),
        token,
    ))
}

/// The id, and whatever else is readable.
fn readable(state: &State) -> Vec<&'static Definition> {
    let grants = &state.grants;
    DEFINITIONS
        .iter()
        .filter(|definition| definition.key == "id" || grants.contains(definition.key))
        .collect()
}

/// What is readable, cut down to `attributes[]` where given. Unknown keys are ignored, as unreadable ones are.
fn shown(state: &State, request: &Request) -> Vec<&'static Definition> {
    let asked: Vec<&str> = request
        .query
        .iter()
        .filter(|(key, _)| key == "attributes[]")
        .map(|(_, value)| value.as_str())
        .collect();
    let wanted = |definition: &&Definition| {
        let name = state.shown_name(definition.key);
        asked.is_empty() || definition.key == "id" || asked.contains(&name)
    };
    readable(state).into_iter().filter(wanted).collect()
}

/// An attribute that is asked for and does not exist, in an account that refuses it.
fn unknown_attribute<'r>(state: &State, request: &'r Request) -> Option<&'r str> {
    if !state.quirks.contains(&Quirk::RefusesUnknownAttributes) {
        return None;
    }
    let mut asked = request
        .query
        .iter()
        .filter(|(key, _)| key == "attributes[]");
    let is_unknown = |name: &str| {
        let mut names = DEFINITIONS.iter().map(|it| state.shown_name(it.key));
        !names.any(|known| known == name)
    };
    asked.find_map(|(_, name)| is_unknown(name).then_some(name.as_str()))
}

fn number(request: &Request, name: &str) -> Result<Option<usize>, Refusal> {
    let refusal = || Refusal::invalid(&format!("{name} muss eine Zahl sein."));
    request
        .query(name)
        .map(|text| text.parse().map_err(|_| refusal()))
        .transpose()
}

/// Personnel data still comes with the token in a header, since the days when each token was good for one call.
fn with_token(reply: Reply, token: &str) -> Reply {
    reply.with(AUTHORIZATION, &format!("Bearer {token}"))
}
