//! `PATCH /v2/document-management/documents/{document_id}`

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use crate::engine::exchange::{Reply, Request};
use crate::personio::auth::known_token_v2;
use crate::personio::problem::Problem;
use crate::personio::state::State;

/// Moves a document into another category.
pub(in crate::personio) fn change(
    state: &mut State,
    request: &Request,
    path: &[String],
    now: Timestamp,
) -> Result<Reply, Problem> {
    known_token_v2(state, request, now)?;
    if !state.documents.may_write {
        return Err(Problem::scope(StatusCode::FORBIDDEN));
    }
    let not_found = || Problem::of(StatusCode::NOT_FOUND);
    let document = path.first().and_then(|id| id.parse().ok());
    let document = document.ok_or_else(not_found)?;
    let Some(Value::Object(body)) = request.json() else {
        return Err(Problem::of(StatusCode::BAD_REQUEST));
    };
    if let Some(other) = body.keys().find(|key| *key != "category") {
        return Err(Problem::invalid(other));
    }
    // An id is a string here, as in the list.
    let category = body.get("category").and_then(|it| it.get("id"));
    let category = category
        .and_then(Value::as_str)
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Problem::invalid("category"))?;
    let is_known = state.documents.category(category).is_some();
    if !is_known || !state.documents.move_to(document, category, now) {
        return Err(not_found());
    }
    Ok(Reply::raw(StatusCode::NO_CONTENT, "application/json", ""))
}
