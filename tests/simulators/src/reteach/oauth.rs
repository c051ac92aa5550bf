//! `POST /oauth/authorize`, and what the other endpoints ask of a token.

use std::collections::{HashMap, HashSet};

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
    /// The client ids that have logged in with their code.
    #[serde(default)]
    used: HashSet<String>,
}

impl Tokens {
    pub(super) fn add(&mut self, client_id: &str, secret: &str, code: &str) {
        self.used.remove(client_id);
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

    /// A new access token, with `refresh` or another refresh token.
    fn issue(&mut self, client_id: &str, refresh: Option<&str>, now: Timestamp) -> Value {
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
        let other = || digest::token("", &["refresh", client_id, &serial]);
        let refresh = refresh.map_or_else(other, str::to_owned);
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
    let has = |quirk: Quirk| state.quirks.has(&quirk);
    let code_is_good_once = has(Quirk::CodeIsGoodOnce);
    let refresh_is_good_once = has(Quirk::RefreshIsGoodOnce);
    let refuses_refresh = has(Quirk::RefusesRefresh);
    let leaves_out = [
        (Quirk::NoExpiresIn, "expires_in"),
        (Quirk::NoRefreshTokens, "refresh_token"),
    ];
    let leaves_out = leaves_out.map(|(quirk, member)| (has(quirk), member));
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
            let is_code = client.1 == field("code");
            let is_used = is_code && !tokens.used.insert(field("client_id").to_owned());
            if is_used && code_is_good_once {
                tokens.revoke();
            }
            is_code && !(is_used && code_is_good_once)
        }
        "refresh_token" if refuses_refresh => {
            return Err(Refusal::invalid(vec!["grant_type is unknown".to_owned()]));
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
    let refresh = Some(field("refresh_token")).filter(|token| !token.is_empty());
    if let Some(token) = refresh.filter(|_| refresh_is_good_once) {
        tokens.refresh.remove(token);
    }
    let refresh = refresh.filter(|_| !refresh_is_good_once);
    let mut grant = tokens.issue(field("client_id"), refresh, now);
    for (_, member) in leaves_out.into_iter().filter(|(leaves_out, _)| *leaves_out) {
        if let Some(members) = grant.as_object_mut() {
            members.remove(member);
        }
    }
    Ok(Reply::json(StatusCode::CREATED, &grant))
}
