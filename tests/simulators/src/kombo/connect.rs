//! Kombo Connect, as far as it is an API.

use http::StatusCode;
use serde_json::{Value, json};

use super::errors::{Code, Refusal};
use super::state::State;
use crate::engine::exchange::{Reply, Request};

const LANGUAGES: [&str; 5] = ["en", "de", "fr", "it", "es"];
const TYPES: [&str; 2] = ["EMBEDDED", "MAGIC_LINK"];

/// `POST /connect/create-link`. Nothing is deduplicated.
pub(super) fn link(state: &mut State, request: &Request) -> Result<Reply, Refusal> {
    let Some(body @ Value::Object(_)) = request.json() else {
        return Err(Refusal::input("The body must be a JSON object."));
    };
    let text = |member: &str| body.get(member).and_then(Value::as_str);
    if !text("end_user_email").is_some_and(|mail| mail.contains('@')) {
        return Err(Refusal::input("end_user_email must be a mail address."));
    }
    if text("end_user_organization_name").is_none_or(str::is_empty) {
        return Err(Refusal::input("end_user_organization_name must not be empty."));
    }
    for (member, known) in [("language", &LANGUAGES[..]), ("link_type", &TYPES[..])] {
        if text(member).is_some_and(|value| !known.contains(&value)) {
            return Err(Refusal::input(format!("{member} has another value than documented.")));
        }
    }
    state.links.push(body);
    let link = format!("https://connect.kombo.dev/v1?token=link-{}", state.links.len());
    Ok(Reply::json(StatusCode::OK, &json!({"status": "success", "data": {"link": link}})))
}

/// `GET /connect/integration-by-token/{token}`
pub(super) fn by_token(state: &State, token: &str) -> Result<Reply, Refusal> {
    let id: String = token.chars().rev().collect();
    let integration = state.integrations.get(&id).ok_or_else(|| Refusal::new(Code::IntegrationNotFound))?;
    let data = json!({
        "tool": integration.tool(),
        "id": id,
        "end_user_origin_id": integration.origin,
        "end_user_organization_name": "Muster GmbH",
        "end_user_email": "hr@muster.example",
        "setup_status": "COMPLETED",
    });
    Ok(Reply::json(StatusCode::OK, &json!({"status": "success", "data": data})))
}
