//! The AWS SDK, set up for a short cold start: region and credentials from the environment, one TLS stack (rustls on
//! ring with webpki roots, through reqwest), no lookups of profiles, metadata services or identities.

mod config;
mod connector;
mod retries;
mod session;
mod signed_post;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use aws_types::SdkConfig;

pub(crate) use config::Environment;
pub use config::{ConfigError, from_env, http_client, is_on_this_machine, sdk_config};
pub use connector::ReqwestClient;
pub use retries::Retries;
pub use session::{SessionError, Sessions};
pub use signed_post::{ServiceName, SignedPost};

/// The part after `SECRET_PREFIX/` in the name of the secret with the stack's key of Kombo. No tenant's id has a `_`.
pub(crate) const KOMBO_OF_STACK: &str = "_kombo";

/// The AWS clients of one process. Each is built when it is first asked for; copies share them.
#[derive(Debug, Clone)]
pub struct Aws(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    secrets_manager: OnceLock<aws_sdk_secretsmanager::Client>,
}

impl Aws {
    #[must_use]
    pub fn new(config: SdkConfig) -> Self {
        Self(Arc::new(Inner {
            config,
            dynamodb: OnceLock::new(),
            secrets_manager: OnceLock::new(),
        }))
    }

    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.0
            .dynamodb
            .get_or_init(|| aws_sdk_dynamodb::Client::new(&self.0.config))
    }

    pub fn secrets_manager(&self) -> &aws_sdk_secretsmanager::Client {
        self.0
            .secrets_manager
            .get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.0.config))
    }
}
