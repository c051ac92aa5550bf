//! Personio with a credential of ours: login, bearer token, one new login on a 401.

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::credentials::Credentials;
use super::limits::{
    DOCUMENTS, EMPLOYEES, LISTS, LOGIN_TIMEOUT, LOGINS, READ_TIMEOUT, TOKEN_LIFE, UPLOAD_TIMEOUT,
};
use super::transport::{APP_ID, EMPLOYEE, Endpoint};
use super::upload::{self, UPLOAD};
use super::{error, error_v2, wire};
use crate::document::{Document, PdfBody, UploadError};
use crate::http::{
    self, BaseUrl, Context, Deadline, Grant, Idempotency, Payload, RateLimiter, Reply, Request,
    Target, Token, TokenCache, Vendor,
};
use crate::source::SourceError;

/// Personio's API with one credential; copies share the token and the pace.
#[derive(Clone, Debug)]
pub struct Direct {
    base: BaseUrl,
    credentials: Credentials,
    context: Context,
    tokens: Arc<TokenCache>,
    tokens_v2: Arc<TokenCache>,
    logins: RateLimiter,
    employees: RateLimiter,
    documents: RateLimiter,
    lists: RateLimiter,
}

/// The answer of `POST /v2/auth/token`.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    #[serde(default)]
    expires_in: wire::Count,
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
        let tokens_v2 = Arc::new(TokenCache::new(Arc::clone(context.clock())));
        let (logins, employees) = (RateLimiter::new(LOGINS), RateLimiter::new(EMPLOYEES));
        let (documents, lists) = (RateLimiter::new(DOCUMENTS), RateLimiter::new(LISTS));
        Self {
            base,
            credentials,
            context,
            tokens,
            tokens_v2,
            logins,
            employees,
            documents,
            lists,
        }
    }

    pub(super) fn until(mut self, deadline: Deadline) -> Self {
        self.context = self.context.until(deadline);
        self
    }

    pub(super) fn with_pace(self, pace: RateLimiter) -> Self {
        let (logins, employees, documents) = (pace.clone(), pace.clone(), pace.clone());
        Self {
            logins,
            employees,
            documents,
            lists: pace,
            ..self
        }
    }

    /// A call of the v1 API.
    fn target(&self, method: Method, path: &'static str) -> Result<Target, http::Error> {
        Target::new(Vendor::Personio, &self.base, method, path, &[])
    }

    pub(super) async fn get(
        &self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
    ) -> Result<Reply, SourceError> {
        let target = self.target(Method::GET, endpoint.path())?;
        let target = if query.is_empty() {
            target
        } else {
            target.query(query.iter().copied())
        };
        let request =
            Request::new(target, Idempotency::Read, READ_TIMEOUT).header(APP_ID.0, APP_ID.1)?;
        self.tokens
            .authorized(|| self.login(), |token| self.send(request.clone(), token))
            .await
    }

    /// The record of one person; `id` is a number.
    pub(super) async fn get_one(&self, id: &str) -> Result<Reply, SourceError> {
        let target = Target::new(Vendor::Personio, &self.base, Method::GET, EMPLOYEE, &[id])?;
        let request =
            Request::new(target, Idempotency::Read, READ_TIMEOUT).header(APP_ID.0, APP_ID.1)?;
        self.tokens
            .authorized(|| self.login(), |token| self.send(request.clone(), token))
            .await
    }

    async fn send(&self, request: Request, token: Arc<Token>) -> Result<Reply, SourceError> {
        let request = request.bearer(token.secret())?;
        Ok(self.context.send(&request, &self.employees).await?)
    }

    async fn login(&self) -> Result<Grant, SourceError> {
        let target = self.target(Method::POST, "/v1/auth")?;
        let request = Request::new(target, Idempotency::Read, LOGIN_TIMEOUT)
            .header(APP_ID.0, APP_ID.1)?
            .json(&self.credentials.login())?;
        let reply = self.context.send(&request, &self.logins).await?;
        error::check_login(&reply)?;
        let LoginData { token, expires_in } = reply.json::<LoginAnswer>()?.data;
        Ok(grant(token, expires_in))
    }

    /// Reads an address of the v2 API, which has tokens of its own.
    pub(super) async fn get_v2(
        &self,
        path: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Reply, SourceError> {
        let target = self.target(Method::GET, path)?.query(query.iter().copied());
        let request =
            Request::new(target, Idempotency::Read, READ_TIMEOUT).header(APP_ID.0, APP_ID.1)?;
        let call = async |token: Arc<Token>| {
            let request = request.clone().bearer(token.secret())?;
            Ok(self.context.send(&request, &self.lists).await?)
        };
        self.tokens_v2.authorized(|| self.login_v2(), call).await
    }

    async fn login_v2(&self) -> Result<Grant, SourceError> {
        let target = self.target(Method::POST, "/v2/auth/token")?;
        let request = Request::new(target, Idempotency::Read, LOGIN_TIMEOUT)
            .header(APP_ID.0, APP_ID.1)?
            .form(&self.credentials.token_form());
        let reply = self.context.send(&request, &self.logins).await?;
        error_v2::check_token(&reply)?;
        let TokenAnswer {
            access_token,
            expires_in,
        } = reply.json()?;
        Ok(grant(access_token, expires_in))
    }

    /// Sends `document` with `body` as its file and returns Personio's answer. Sent again, from the file's beginning,
    /// only where the token was refused.
    pub(super) async fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> Result<Reply, UploadError> {
        let reopen = body.reopener();
        let first = Mutex::new(Some(body));
        let call = async |token: Arc<Token>| {
            let unread = first.lock().await.take();
            let body = match (unread, &reopen) {
                (Some(body), _) => body,
                (None, Some(reopen)) => reopen().await?,
                (None, None) => return Err(UploadError::NotSent(TOKEN_REFUSED.to_owned())),
            };
            self.send_document(document, body, token).await
        };
        self.tokens
            .authorized(async || Ok(self.login().await?), call)
            .await
    }

    async fn send_document(
        &self,
        document: &Document,
        body: PdfBody,
        token: Arc<Token>,
    ) -> Result<Reply, UploadError> {
        let target = self.target(Method::POST, UPLOAD)?;
        let request = Request::new(target, Idempotency::OnlyIfNotSent, UPLOAD_TIMEOUT)
            .header(APP_ID.0, APP_ID.1)?
            .bearer(token.secret())?;
        let (content, watch) = body.into_content();
        let payload = Payload::pdf_form(
            upload::fields(document),
            "file",
            &document.file_name,
            content,
        );
        let sent = self
            .context
            .send_once(&request, payload, &self.documents)
            .await;
        sent.map_err(|error| {
            watch
                .failure()
                .map_or_else(|| error.into(), UploadError::from)
        })
    }
}

/// A token's life: what the login says, else what Personio's documents say.
fn grant(token: SecretString, expires_in: wire::Count) -> Grant {
    let lives = expires_in
        .0
        .filter(|seconds| *seconds > 0)
        .and_then(|seconds| i64::try_from(seconds).ok());
    Grant {
        token,
        lives: lives.map_or(TOKEN_LIFE, SignedDuration::from_secs),
    }
}

const TOKEN_REFUSED: &str = "Personio refused the token, and the file cannot be read a second time";
