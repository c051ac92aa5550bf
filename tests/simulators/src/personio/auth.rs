//! `POST /v1/auth`, and what the other endpoints ask of a token.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::credentials::TOKEN_SECONDS;
use super::errors::Refusal;
use super::state::State;
use crate::engine::exchange::{Reply, Request};

/// Credentials come in the body, as JSON or as a form. In the query they are refused with 403, as Personio announced for
/// December 2026.
pub(super) fn token(state: &mut State, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
    if !state.limits.admit_login(now) {
        return Err(Refusal::of(StatusCode::TOO_MANY_REQUESTS));
    }
    if request.query.iter().any(|(key, _)| key == "client_id" || key == "client_secret") {
        let text = "Credentials in the query string are not accepted";
        return Err(Refusal::new(StatusCode::FORBIDDEN, 403, text, text));
    }
    let (client_id, client_secret) = credentials(request).ok_or_else(|| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            400,
            "client_id und client_secret fehlen",
            "client_id and client_secret are required",
        )
    })?;
    let token = state
        .credentials
        .token(&client_id, &client_secret, now)
        .ok_or_else(|| Refusal::new(StatusCode::FORBIDDEN, 0, "Wrong credentials", "Wrong credentials"))?;
    // The lifetime is named in full even where the same token was handed out before: nothing promises the rest of it.
    let data = json!({"token": token, "expires_in": TOKEN_SECONDS, "scope": "employees:read"});
    Ok(Reply::json(StatusCode::OK, &json!({"success": true, "data": data})))
}

fn credentials(request: &Request) -> Option<(String, String)> {
    if request.is("application/x-www-form-urlencoded") {
        let find = |name: &str| {
            url::form_urlencoded::parse(&request.body)
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        return Some((find("client_id")?, find("client_secret")?));
    }
    let body = request.json()?;
    let find = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((find("client_id")?, find("client_secret")?))
}

/// Lets a request with a good token pass, and returns the token.
pub(super) fn authorise<'r>(state: &State, request: &'r Request, now: Timestamp) -> Result<&'r str, Refusal> {
    let token = request.bearer().ok_or_else(|| Refusal::of(StatusCode::UNAUTHORIZED))?;
    if !state.credentials.know_token(token, now) {
        let text = "Provided authorization is not valid";
        return Err(Refusal::new(state.token_refusal, state.token_refusal.as_u16(), text, text));
    }
    if !state.may_read {
        let text = "Client scope insufficient to access resource";
        return Err(Refusal::new(StatusCode::FORBIDDEN, 403, text, text));
    }
    Ok(token)
}
