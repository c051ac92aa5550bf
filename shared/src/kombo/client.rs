//! The calls that Kombo answers itself.

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::IntegrationId;
use super::error::{Error, Refusal, interpret};
use super::integration::Integration;
use super::limits::{READ_TIMEOUT, READS};
use crate::http::{
    self, BaseUrl, Context, Deadline, Idempotency, RateLimiter, Reply, Request, Target, Vendor,
};

#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Takes a key as Kombo's dashboard shows it.
    pub fn new(key: impl Into<String>) -> Self {
        Self(SecretString::from(key.into()))
    }
}

crate::debug_only!(ApiKey);

/// Kombo's API with one key; copies share the pace.
#[derive(Clone, Debug)]
pub struct Client {
    base: BaseUrl,
    key: ApiKey,
    pub(super) context: Context,
    pub(super) reads: RateLimiter,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyInfo {
    pub environment_id: String,
}

/// Kombo's envelope around every success.
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: T,
}

impl Client {
    /// A client for the API at `base`, path prefix included (`https://api.kombo.dev/v1`).
    #[must_use]
    pub fn new(base: BaseUrl, key: ApiKey, context: Context) -> Self {
        Self {
            base,
            key,
            context,
            reads: RateLimiter::new(READS),
        }
    }

    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.context = self.context.until(deadline);
        self
    }

    /// The same client with another pace for reads: for a simulator without limits.
    #[must_use]
    pub fn with_pace(self, reads: RateLimiter) -> Self {
        Self { reads, ..self }
    }

    /// Whether the key is valid: `GET /check-api-key`.
    pub async fn check_api_key(&self) -> Result<KeyInfo, Error> {
        let target = self.target(Method::GET, "/check-api-key", &[])?;
        self.read(target, None).await
    }

    /// How a connection is doing: `GET /integrations/{id}`.
    pub async fn integration(&self, id: &IntegrationId) -> Result<Integration, Error> {
        let target = self.target(Method::GET, "/integrations/{id}", &[id.as_str()])?;
        self.read(target, None).await
    }

    pub(super) fn target(
        &self,
        method: Method,
        path: &'static str,
        segments: &[&str],
    ) -> Result<Target, http::Error> {
        Target::new(Vendor::Kombo, &self.base, method, path, segments)
    }

    /// Reads `target` and takes Kombo's envelope off.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        target: Target,
        integration: Option<&IntegrationId>,
    ) -> Result<T, Error> {
        let reply = self.get(target, integration).await?;
        Ok(reply.json::<Envelope<T>>()?.data)
    }

    /// Reads `target`, Kombo's envelope still on.
    pub(super) async fn get(
        &self,
        target: Target,
        integration: Option<&IntegrationId>,
    ) -> Result<Reply, Error> {
        let request = Request::new(target, Idempotency::Read, READ_TIMEOUT).interpret(interpret);
        let request = self.authorize(request, integration)?;
        let reply = self.context.send(&request, &self.reads).await?;
        Refusal::of(&reply).map_or(Ok(reply), |refusal| Err(refusal.into()))
    }

    pub(super) fn authorize(
        &self,
        request: Request,
        integration: Option<&IntegrationId>,
    ) -> Result<Request, http::Error> {
        let request = request.bearer(&self.key.0)?;
        match integration {
            Some(id) => request.header("x-integration-id", id.as_str()),
            None => Ok(request),
        }
    }
}
