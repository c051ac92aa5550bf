//! A signed POST to AWS. The SDK clients would make the binary too large.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;

use super::config::{ConfigError, Environment};
use crate::domain::clock::Clock;

/// A service by its host, the name it is signed for, and the variable that overrides its endpoint.
#[derive(Clone, Copy, Debug)]
pub struct ServiceName {
    pub host: &'static str,
    pub signed_as: &'static str,
    pub variable: &'static str,
}

/// A service in one region, called with the process's own credentials.
#[derive(Clone)]
pub struct SignedPost {
    http: reqwest::Client,
    url: String,
    region: String,
    signed_as: &'static str,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
}

crate::debug_only!(SignedPost, url);

impl SignedPost {
    /// Calls `service` as the environment says: `AWS_REGION`, credentials, the service's endpoint or `AWS_ENDPOINT_URL`.
    pub(crate) fn described(
        read: &Environment<'_>,
        service: ServiceName,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let region = read.required("AWS_REGION")?;
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let endpoint = read
            .optional(service.variable)
            .or_else(|| read.optional("AWS_ENDPOINT_URL"));
        let url = endpoint
            .unwrap_or_else(|| format!("https://{}.{region}.amazonaws.com{suffix}", service.host));
        Ok(Self {
            http,
            url: url.trim_end_matches('/').to_owned(),
            signed_as: service.signed_as,
            credentials: read.credentials()?,
            region,
            clock,
        })
    }

    /// The same from a look-up of variables.
    pub fn from_environment(
        environment: impl Fn(&str) -> Option<String>,
        service: ServiceName,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        Self::described(&Environment(&environment), service, http, clock)
    }

    /// The signed request. `None` if the URL or the credentials are invalid.
    #[must_use]
    pub fn request(
        &self,
        path: &str,
        content_type: &'static str,
        body: String,
    ) -> Option<reqwest::RequestBuilder> {
        let url = format!("{}{path}", self.url);
        let since_epoch =
            Duration::try_from(self.clock.now().duration_since(Timestamp::UNIX_EPOCH)).ok()?;
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.signed_as)
            .time(SystemTime::UNIX_EPOCH + since_epoch)
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let headers = [(CONTENT_TYPE.as_str(), content_type)].into_iter();
        let signable =
            SignableRequest::new("POST", &url, headers, SignableBody::Bytes(body.as_bytes()))
                .ok()?;
        let (instructions, _) = sign(signable, &params).ok()?.into_parts();
        let request = self
            .http
            .post(&url)
            .header(CONTENT_TYPE, content_type)
            .body(body);
        Some(
            instructions
                .headers()
                .fold(request, |request, (name, value)| {
                    request.header(name, value)
                }),
        )
    }
}
