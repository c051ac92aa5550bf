//! Personio with a credential of ours: login, bearer token, one new login on a 401, for small calls also on a 403.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::credentials::Credentials;
use super::limits::{LOGIN_TIMEOUT, LOGINS, READ_TIMEOUT, TOKEN_LIFE, UPLOAD_TIMEOUT};
use super::transport::{APP_ID, Api, Get, Limits, Patch, Transport};
use super::upload::{self, UPLOAD};
use super::{error, error_v2, wire};
use crate::document::{Document, FilingError, PdfBody};
use crate::http::{
    self, BaseUrl, Context, Deadline, Elapsed, Grant, Idempotency, On403, Payload, RateLimiter,
    Reply, Request, Target, Token, TokenCache, Vendor,
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
    limits: Limits,
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
        Self {
            base,
            credentials,
            context,
            tokens,
            tokens_v2,
            logins: RateLimiter::new(LOGINS),
            limits: Limits::new(),
        }
    }

    fn request(
        &self,
        target: Target,
        idempotency: Idempotency,
        timeout: Duration,
    ) -> Result<Request, http::Error> {
        Request::new(target, idempotency, timeout).header(APP_ID.0, APP_ID.1)
    }

    fn post(&self, path: &'static str) -> Result<Target, http::Error> {
        Target::new(Vendor::Personio, &self.base, Method::POST, path, &[])
    }

    async fn login(&self) -> Result<Grant, SourceError> {
        let target = self.post("/v1/auth")?;
        let request = self
            .request(target, Idempotency::Read, LOGIN_TIMEOUT)?
            .json(&self.credentials.login())?;
        let reply = self.context.send(&request, &self.logins).await?;
        error::check_login(&reply)?;
        let LoginData { token, expires_in } = reply.json::<LoginAnswer>()?.data;
        Ok(grant(token, expires_in))
    }

    async fn login_v2(&self) -> Result<Grant, SourceError> {
        let target = self.post("/v2/auth/token")?;
        let request = self
            .request(target, Idempotency::Read, LOGIN_TIMEOUT)?
            .form(&self.credentials.token_form());
        let reply = self.context.send(&request, &self.logins).await?;
        error_v2::check_token(&reply, self.tokens.is_filled().await)?;
        let TokenAnswer {
            access_token,
            expires_in,
        } = reply.json()?;
        Ok(grant(access_token, expires_in))
    }

    /// Sends `request` with a token for `api`.
    async fn authorized(&self, api: Api, request: Request) -> Result<Reply, SourceError> {
        let call = async |token: Arc<Token>| {
            let request = request.clone().bearer(token.secret())?;
            Ok(self.context.send(&request, self.limits.reads(api)).await?)
        };
        match api {
            Api::V1 => {
                self.tokens
                    .authorized(|| self.login(), call, On403::Renew)
                    .await
            }
            Api::V2 => {
                self.tokens_v2
                    .authorized(|| self.login_v2(), call, On403::Renew)
                    .await
            }
        }
    }

    async fn send_document(
        &self,
        document: &Document,
        body: PdfBody,
        token: Arc<Token>,
    ) -> Result<Reply, FilingError> {
        let target = self.post(UPLOAD)?;
        let request = self
            .request(target, Idempotency::OnlyIfNotSent, UPLOAD_TIMEOUT)?
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
            .send_once(&request, payload, &self.limits.documents)
            .await;
        sent.map_err(|error| {
            watch
                .failure()
                .map_or_else(|| error.into(), FilingError::from)
        })
    }
}

impl Transport for Direct {
    async fn get(&self, get: Get<'_>) -> Result<Reply, SourceError> {
        let Get {
            api,
            path,
            segments,
            query,
        } = get;
        let target = Target::new(Vendor::Personio, &self.base, Method::GET, path, segments)?;
        let target = if query.is_empty() {
            target
        } else {
            target.query(query.iter().copied())
        };
        let request = self.request(target, Idempotency::Read, READ_TIMEOUT)?;
        self.authorized(api, request).await
    }

    async fn patch(&self, patch: Patch<'_>) -> Result<Reply, SourceError> {
        let Patch {
            path,
            segments,
            body,
        } = patch;
        let target = Target::new(Vendor::Personio, &self.base, Method::PATCH, path, segments)?;
        let request = self
            .request(target, Idempotency::Idempotent, READ_TIMEOUT)?
            .json(body)?;
        self.authorized(Api::V2, request).await
    }

    async fn turn(&self, until: Deadline) -> Result<(), Elapsed> {
        self.limits.documents.ready(until).await.map(drop)
    }

    /// Sent again, from the file's beginning, only where the token was refused.
    async fn upload(&self, document: &Document, body: PdfBody) -> Result<Reply, FilingError> {
        let reopen = body.reopener();
        let first = Mutex::new(Some(body));
        let call = async |token: Arc<Token>| {
            let unread = first.lock().await.take();
            let body = match (unread, &reopen) {
                (Some(body), _) => body,
                (None, Some(reopen)) => reopen().await?,
                (None, None) => return Err(FilingError::vendor(Vendor::Personio, TOKEN_REFUSED)),
            };
            self.send_document(document, body, token).await
        };
        self.tokens
            .authorized(async || Ok(self.login().await?), call, On403::Return)
            .await
    }

    fn until(mut self, deadline: Deadline) -> Self {
        self.context = self.context.until(deadline);
        self
    }

    fn with_pace(self, pace: RateLimiter) -> Self {
        Self {
            limits: Limits::all(&pace),
            logins: pace,
            ..self
        }
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
