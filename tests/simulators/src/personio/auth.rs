//! `POST /v1/auth`, and what the other endpoints ask of a token.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::credentials::{TOKEN_SECONDS, Version};
use super::errors::Refusal;
use super::problem::{Denied, Problem};
use super::state::State;
use crate::engine::exchange::{Reply, Request};

/// Credentials come in the body, as JSON. In the query they are refused with 403, as Personio announced for
/// December 2026.
pub(super) fn token(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    if !state.limits.admit_login(now) {
        return Err(Refusal::of(StatusCode::TOO_MANY_REQUESTS));
    }
    if request
        .query
        .iter()
        .any(|(key, _)| key == "client_id" || key == "client_secret")
    {
        let text = "Credentials in the query string are not accepted";
        return Err(Refusal::new(StatusCode::FORBIDDEN, 403, text));
    }
    let (client_id, client_secret) = credentials(request).ok_or_else(|| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            400,
            "client_id und client_secret fehlen",
        )
    })?;
    let token = state
        .credentials
        .token(&client_id, &client_secret, now)
        .ok_or_else(|| {
            let text = "Wrong credentials";
            Refusal::new(StatusCode::FORBIDDEN, 0, text)
        })?;
    // The lifetime is named in full even where the same token was handed out before: nothing promises the rest of it.
    let v1 = |scope: &String| !scope.starts_with("personio:");
    let scope = scopes(state)
        .into_iter()
        .filter(v1)
        .collect::<Vec<_>>()
        .join(" ");
    let data = json!({"token": token, "expires_in": TOKEN_SECONDS, "scope": scope});
    Ok(Reply::json(
        StatusCode::OK,
        &json!({"success": true, "data": data}),
    ))
}

fn credentials(request: &Request) -> Option<(String, String)> {
    let body = request.json()?;
    let find = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((find("client_id")?, find("client_secret")?))
}

/// `POST /v2/auth/token`: a form and nothing else. Every refusal is a 400.
pub(super) fn token_v2(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Denial> {
    if !state.limits.admit_login_v2(now) {
        return Err(Denial::TooMany);
    }
    let form = if request.is("application/x-www-form-urlencoded") {
        request.form()
    } else {
        BTreeMap::new()
    };
    let field = |name: &str| form.get(name).ok_or(Denial::Denied(Denied::InvalidRequest));
    if field("grant_type")? != "client_credentials" {
        return Err(Denial::Denied(Denied::UnsupportedGrantType));
    }
    let (client_id, secret) = (field("client_id")?, field("client_secret")?);
    let granted = scopes(state);
    let wanted = form.get("scope").map_or_else(
        || granted.clone(),
        |wanted| wanted.split(' ').map(str::to_owned).collect(),
    );
    let (token, lives) = state
        .credentials
        .token_v2(client_id, secret, now)
        .ok_or(Denial::Denied(Denied::InvalidClient))?;
    if wanted.iter().any(|scope| !granted.contains(scope)) {
        return Err(Denial::Denied(Denied::InvalidScope));
    }
    let scope = wanted.join(" ");
    Ok(Reply::json(
        StatusCode::OK,
        &json!({"access_token": token, "expires_in": lives, "token_type": "Bearer", "scope": scope}),
    ))
}

/// Why there is no v2 token.
pub(super) enum Denial {
    Denied(Denied),
    TooMany,
}

impl Denial {
    pub(super) fn reply(&self, now: Timestamp) -> Reply {
        match self {
            Self::Denied(denied) => denied.reply(now),
            Self::TooMany => Problem::of(StatusCode::TOO_MANY_REQUESTS).reply(now),
        }
    }
}

fn scopes(state: &State) -> Vec<String> {
    let documents = &state.documents;
    [
        (state.may_read, "employees:read"),
        (state.may_read, "personio:persons:read"),
        (documents.may_read, "documents:read"),
        (documents.may_write, "documents:write"),
    ]
    .into_iter()
    .filter(|(granted, _)| *granted)
    .map(|(_, scope)| scope.to_owned())
    .collect()
}

/// Lets a request with a good token pass.
pub(super) fn known_token<'r>(
    state: &State,
    request: &'r Request,
    now: Timestamp,
) -> Result<&'r str, Refusal> {
    let token = request
        .bearer()
        .ok_or_else(|| Refusal::of(StatusCode::UNAUTHORIZED))?;
    if !state.credentials.know_token(token, Version::V1, now) {
        let text = "Provided authorization is not valid";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, 401, text));
    }
    Ok(token)
}

/// The same for v2.
pub(super) fn known_token_v2(
    state: &State,
    request: &Request,
    now: Timestamp,
) -> Result<(), Problem> {
    let good = request
        .bearer()
        .is_some_and(|token| state.credentials.know_token(token, Version::V2, now));
    if good {
        Ok(())
    } else {
        Err(Problem::of(StatusCode::UNAUTHORIZED))
    }
}

/// Lets a request with a good token and the right to read employees pass, and returns the token.
pub(super) fn authorise<'r>(
    state: &State,
    request: &'r Request,
    now: Timestamp,
) -> Result<&'r str, Refusal> {
    let token = known_token(state, request, now)?;
    if state.may_read {
        Ok(token)
    } else {
        Err(Refusal::scope())
    }
}
