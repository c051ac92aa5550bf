//! `POST /oauth/authorize`, and what the other endpoints ask of a token.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::quirks::Quirk;
use super::state::State;
use crate::engine::digest;
use crate::engine::exchange::{Reply, Request};

/// An access token's life.
const TOKEN_SECONDS: i64 = 3_600;

/// Credentials and what was issued for them.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Tokens {
    /// Client id to secret and code.
    credentials: HashMap<String, (String, String)>,
    access: HashMap<String, Timestamp>,
    /// Refresh token to client id.
    refresh: HashMap<String, String>,
    issued: u64,
}

impl Tokens {
    pub(super) fn add(&mut self, client_id: &str, secret: &str, code: &str) {
        self.credentials
            .insert(client_id.to_owned(), (secret.to_owned(), code.to_owned()));
    }

    pub(super) fn remove(&mut self, client_id: &str) {
        self.credentials.remove(client_id);
    }

    pub(super) fn revoke(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    /// Lets a request with a good token pass.
    pub(super) fn check(&self, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        let good = request
            .bearer()
            .and_then(|token| self.access.get(token))
            .is_some_and(|ends| now < *ends);
        if good {
            Ok(())
        } else {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized"))
        }
    }

    fn issue(&mut self, client_id: &str, now: Timestamp) -> Value {
        self.issued += 1;
        let ends = now
            .saturating_add(SignedDuration::from_secs(TOKEN_SECONDS))
            .unwrap_or(Timestamp::MAX);
        let serial = self.issued.to_string();
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = json!({"sub": client_id, "jti": serial, "iat": now.as_second(), "exp": ends.as_second()});
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        let signature = digest::token("", &["signature", client_id, &serial]);
        let access = format!("{header}.{claims}.{signature}");
        let refresh = digest::token("", &["refresh", client_id, &serial]);
        self.access.insert(access.clone(), ends);
        self.refresh.insert(refresh.clone(), client_id.to_owned());
        json!({"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})
    }
}

/// Trades a client code, or a refresh token, for an access token.
pub(super) fn authorize(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let code_is_good_once = state.quirks.has(&Quirk::CodeIsGoodOnce);
    let says_life = !state.quirks.has(&Quirk::NoExpiresIn);
    let tokens = &mut state.tokens;
    let body = request.json().unwrap_or_default();
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let client = tokens
        .credentials
        .get(field("client_id"))
        .filter(|(secret, _)| secret == field("client_secret"))
        .ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized"))?;
    let good = match field("grant_type") {
        "authorization_code" => {
            let used =
                code_is_good_once && tokens.refresh.values().any(|id| id == field("client_id"));
            !used && client.1 == field("code")
        }
        "refresh_token" => {
            tokens
                .refresh
                .get(field("refresh_token"))
                .map(String::as_str)
                == Some(field("client_id"))
        }
        _ => {
            let message = "grant_type must be one of authorization_code, refresh_token";
            return Err(Refusal::invalid(vec![message.to_owned()]));
        }
    };
    if !good {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized"));
    }
    let mut grant = tokens.issue(field("client_id"), now);
    if let Some(members) = grant.as_object_mut().filter(|_| !says_life) {
        members.remove("expires_in");
    }
    Ok(Reply::json(StatusCode::CREATED, &grant))
}
