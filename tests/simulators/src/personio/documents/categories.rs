//! `GET /v1/company/document-categories`

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::engine::exchange::{Reply, Request};
use crate::personio::auth::known_token;
use crate::personio::errors::Refusal;
use crate::personio::state::State;

/// All of them, without pages.
pub(in crate::personio) fn list(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    known_token(state, request, now)?;
    if !state.documents.may_read && !state.documents.may_write {
        return Err(Refusal::scope());
    }
    if !state.limits.admit_other(now) {
        return Err(Refusal::of(StatusCode::TOO_MANY_REQUESTS));
    }
    if let Some(unknown) = request.unknown_query(&[]) {
        let text = format!("The parameter {unknown} does not exist");
        return Err(Refusal::invalid(&text));
    }
    let data: Vec<Value> = state
        .documents
        .categories()
        .into_iter()
        .map(|category| json!({"id": category.id, "type": "DocumentCategory", "attributes": {"name": category.name}}))
        .collect();
    Ok(Reply::json(
        StatusCode::OK,
        &json!({"success": true, "data": data}),
    ))
}
