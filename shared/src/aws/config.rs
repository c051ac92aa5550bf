//! The SDK's configuration: region, credentials, timeouts.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use thiserror::Error;
use url::Url;

use super::ReqwestClient;
use crate::http;

/// Attempts for each call, the first included.
const ATTEMPTS: u32 = 3;
/// The first pause between attempts is up to this long. DynamoDB is near: the SDK's own second is for far services.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// For a connection. DynamoDB is in the same region: a second is long.
const CONNECT: Duration = Duration::from_secs(2);
/// For one attempt, from the first byte sent to the last received.
const ATTEMPT: Duration = Duration::from_secs(5);
/// For a call with all its attempts and the pauses between them.
const OPERATION: Duration = Duration::from_secs(15);

/// The services whose endpoint may be set apart: the SDK's service id, and the variable.
const ENDPOINTS: [(&str, &str); 5] = [
    ("CloudFormation", "AWS_ENDPOINT_URL_CLOUDFORMATION"),
    ("DynamoDB", "AWS_ENDPOINT_URL_DYNAMODB"),
    ("Lambda", "AWS_ENDPOINT_URL_LAMBDA"),
    ("Scheduler", "AWS_ENDPOINT_URL_SCHEDULER"),
    ("Secrets Manager", "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
];

/// The environment does not say where or as whom to call AWS.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A variable that Lambda sets is missing.
    #[error(
        "the environment variable {0} is not set; on Lambda it always is, elsewhere set it yourself"
    )]
    Missing(&'static str),
    /// A variable is not what it should be.
    #[error("the environment variable {0} cannot be used: it is not what the deployment sets")]
    Malformed(&'static str),
    #[error("the HTTP client could not be built")]
    HttpClient,
}

/// The environment's variables; an empty one counts as one that is not set.
pub(crate) struct Environment<'a>(pub(crate) &'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.trim().is_empty())
    }

    pub(super) fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    pub(super) fn credentials(&self) -> Result<Credentials, ConfigError> {
        Ok(Credentials::new(
            self.required("AWS_ACCESS_KEY_ID")?,
            self.required("AWS_SECRET_ACCESS_KEY")?,
            self.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        ))
    }
}

/// The configuration that `environment` describes, over `http`.
///
/// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, and where they are set
/// `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` of the services used here. An empty variable counts as one that
/// is not set. Credentials are read once: Lambda replaces its own together with the process.
pub fn sdk_config(
    environment: impl Fn(&str) -> Option<String>,
    http: reqwest::Client,
) -> Result<SdkConfig, ConfigError> {
    described(&Environment(&environment), http)
}

/// Not generic: the binary has one copy.
pub(super) fn described(
    read: &Environment<'_>,
    http: reqwest::Client,
) -> Result<SdkConfig, ConfigError> {
    let endpoints = ENDPOINTS
        .iter()
        .filter_map(|(service, name)| Some((*service, read.optional(name)?)))
        .collect();
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(read.required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(read.credentials()?))
        .http_client(ReqwestClient::new(http))
        .retry_config(retries())
        .timeout_config(timeouts())
        // Bodies are in memory on both sides: there is no stream that could stall, and an attempt has its timeout.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .service_config(Endpoints(endpoints));
    builder.set_endpoint_url(read.optional("AWS_ENDPOINT_URL"));
    Ok(builder.build())
}

/// [`sdk_config`] of this process's own environment.
pub fn from_env(http: reqwest::Client) -> Result<SdkConfig, ConfigError> {
    sdk_config(|name| std::env::var(name).ok(), http)
}

/// Whether an emulator on this machine stands in for AWS: the table itself is there, which it never is in production. An endpoint
/// elsewhere, such as one of a private network, says nothing of the kind.
pub fn is_on_this_machine(environment: impl Fn(&str) -> Option<String>) -> bool {
    let read = Environment(&environment);
    let endpoint = read
        .optional("AWS_ENDPOINT_URL_DYNAMODB")
        .or_else(|| read.optional("AWS_ENDPOINT_URL"));
    endpoint
        .and_then(|url| Url::parse(&url).ok())
        .is_some_and(|url| http::is_loopback(&url))
}

/// An HTTP client fit for AWS: rustls on ring with webpki roots, no proxy, no redirect.
pub fn http_client() -> Result<reqwest::Client, ConfigError> {
    crate::http::trusting()
        .use_rustls_tls()
        .no_proxy()
        .no_gzip()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .build()
        .map_err(|_| ConfigError::HttpClient)
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_PAUSE)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

/// Endpoints that were set for one service only.
#[derive(Debug)]
struct Endpoints(Vec<(&'static str, String)>);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let wanted = key.env() == "AWS_ENDPOINT_URL";
        let mut endpoints = self
            .0
            .iter()
            .filter(|(service, _)| wanted && *service == key.service_id());
        endpoints.next().map(|(_, url)| url.clone())
    }
}
