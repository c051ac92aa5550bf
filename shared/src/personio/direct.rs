//! Personio with a credential of ours: login, bearer token, one new login on a 401.

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;

use super::credentials::Credentials;
use super::limits::{EMPLOYEES, LOGIN_TIMEOUT, LOGINS, READ_TIMEOUT, TOKEN_LIFE};
use super::transport::{APP_ID, Endpoint};
use super::{error, wire};
use crate::http::{
    self, BaseUrl, Context, Deadline, Grant, Pace, Repeat, Reply, Request, Target, Token, TokenCache, Vendor,
};
use crate::source::SourceError;

/// Personio's API with one credential; copies share the token and the pace.
#[derive(Clone, Debug)]
pub struct Direct {
    base: BaseUrl,
    credentials: Credentials,
    context: Context,
    tokens: Arc<TokenCache>,
    logins: Pace,
    employees: Pace,
}

#[derive(Deserialize)]
struct LoginAnswer {
    data: LoginData,
}

#[derive(Deserialize)]
struct LoginData {
    token: SecretString,
    #[serde(default)]
    expires_in: wire::Count,
}

impl Direct {
    /// A transport to the API at `base` (`https://api.personio.de`).
    #[must_use]
    pub fn new(base: BaseUrl, credentials: Credentials, context: Context) -> Self {
        let tokens = Arc::new(TokenCache::new(Arc::clone(context.clock())));
        let (logins, employees) = (Pace::new(LOGINS), Pace::new(EMPLOYEES));
        Self { base, credentials, context, tokens, logins, employees }
    }

    pub(super) fn until(mut self, deadline: Deadline) -> Self {
        self.context = self.context.until(deadline);
        self
    }

    pub(super) fn with_pace(self, employees: Pace) -> Self {
        Self { employees, ..self }
    }

    /// A call of the v1 API.
    fn target(&self, method: Method, path: &'static str) -> Result<Target, http::Error> {
        Target::new(Vendor::Personio, &self.base, method, path, &[])
    }

    pub(super) async fn get(&self, endpoint: Endpoint, query: &[(&str, &str)]) -> Result<Reply, SourceError> {
        let target = self.target(Method::GET, endpoint.path())?;
        let target = if query.is_empty() { target } else { target.query(query.iter().copied()) };
        let request = Request::new(target, Repeat::Read, READ_TIMEOUT).header(APP_ID.0, APP_ID.1)?;
        self.tokens.authorized(|| self.login(), |token| self.send(request.clone(), token)).await
    }

    async fn send(&self, request: Request, token: Arc<Token>) -> Result<Reply, SourceError> {
        let request = request.bearer(token.secret())?;
        Ok(self.context.send(&request, &self.employees).await?)
    }

    async fn login(&self) -> Result<Grant, SourceError> {
        let target = self.target(Method::POST, "/v1/auth")?;
        let request = Request::new(target, Repeat::Read, LOGIN_TIMEOUT)
            .header(APP_ID.0, APP_ID.1)?
            .json(&self.credentials.login())?;
        let reply = self.context.send(&request, &self.logins).await?;
        error::check_login(&reply)?;
        let LoginData { token, expires_in } = reply.json::<LoginAnswer>()?.data;
        let lives =
            expires_in.0.filter(|seconds| *seconds > 0).and_then(|seconds| i64::try_from(seconds).ok());
        Ok(Grant { token, lives: lives.map_or(TOKEN_LIFE, SignedDuration::from_secs) })
    }
}
