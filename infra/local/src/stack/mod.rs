//! The stack: what `template.yaml` deploys, without AWS.

mod dynamodb;
mod secrets_manager;
pub(crate) mod server;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use shared::aws::{Aws, ConfigError, Sessions, http_client, sdk_config};
use shared::domain::clock::{Clock, SystemClock};
use shared::notices::Senders;
use shared::secrets::Secrets;
use shared::state::Store;
use simulators::aws::Sts;
use simulators::{FaultEngine, Proxy};
use thiserror::Error;

use crate::state_file::FileError;
use secrets_manager::SecretsManager;
use server::Server;

/// For calls of the local DynamoDB, which takes one after another: on a busy machine, a large company's ledger takes long.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Memory,
    File(PathBuf),
}

impl State {
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::File(path) => Some(path),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Options {
    pub state: State,
    /// Only the owner may read the file.
    pub secrets: State,
    pub table: String,
    pub secret_prefix: String,
    /// The time for the secrets' cache.
    pub clock: Arc<dyn Clock>,
    /// Faults of any call of the functions, of AWS too.
    pub faults: Option<FaultEngine>,
    /// Issues sessions that limit each run to its tenant.
    pub sts: Option<Sts>,
    /// Takes notices: SNS and SES. Without it, the stack has neither topic nor sender.
    pub notices: Option<simulators::Aws>,
    /// Replaces the AWS client's timeout of a call.
    pub patience: Option<Duration>,
    /// Whose threads DynamoDB works on.
    pub threads: Threads,
}

/// The topic of a local stack.
pub(crate) const NOTICE_TOPIC: &str = "arn:aws:sns:eu-central-1:000000000000:notices";
/// The sender of a local stack's mails.
pub(crate) const NOTICE_SENDER: &str = "notices@reteach.example";

/// Whose threads DynamoDB works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// Its own, so that no other task waits for it.
    #[default]
    Own,
    /// Those of the caller's runtime. On one thread, the order of all work is reproducible.
    Shared,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            state: State::Memory,
            secrets: State::Memory,
            table: "reteach-personio".to_owned(),
            secret_prefix: "reteach-personio".to_owned(),
            clock: Arc::new(SystemClock),
            faults: None,
            sts: None,
            notices: None,
            patience: None,
            threads: Threads::Own,
        }
    }
}

#[derive(Debug, Error)]
pub enum StartError {
    #[error("no server could be started on 127.0.0.1")]
    Listen(#[from] std::io::Error),
    #[error("the local DynamoDB could not be opened: {0}")]
    Database(String),
    #[error(transparent)]
    Secrets(#[from] FileError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the TLS configuration cannot be built")]
    Tls,
}

/// A running stack. Dropping it stops its servers.
pub struct Stack {
    options: Options,
    dynamodb: Server,
    secrets_manager: Server,
    aws: Aws,
    /// In front of DynamoDB and Secrets Manager if calls can fail or need a session.
    proxies: Option<[Proxy; 2]>,
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Stack {
    /// Starts a stack on free ports of 127.0.0.1 and creates the table. Takes a few milliseconds; any number can run at the
    /// same time.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let path = options.state.path();
        let broken = |error: dynoxide::DynoxideError| StartError::Database(error.to_string());
        let database = dynamodb::open(path).map_err(broken)?;
        dynamodb::create_table_if_missing(&database, &options.table).map_err(broken)?;
        let serve = |listener| dynoxide::server::serve_on(listener, database);
        let dynamodb = match options.threads {
            Threads::Own => Server::start_apart(serve)?,
            Threads::Shared => Server::start(serve).await?,
        };
        let service = SecretsManager::open(options.secrets.path()).await?;
        let secrets_manager = Server::start(|listener| service.serve(listener)).await?;
        let variables = variables(&options, &dynamodb.url(), &secrets_manager.url());
        let aws = aws(&variables, options.patience)?;
        let (sts, faults) = (options.sts.as_ref(), options.faults.as_ref());
        let proxies = match (sts, faults) {
            (None, None) => None,
            _ => Some([
                Proxy::start("DynamoDB", dynamodb.url(), faults, sts).await?,
                Proxy::start("Secrets Manager", secrets_manager.url(), faults, sts).await?,
            ]),
        };
        if let (Some(sts), Some(faults)) = (sts, faults) {
            sts.join(faults);
        }
        Ok(Self {
            options,
            dynamodb,
            secrets_manager,
            aws,
            proxies,
        })
    }

    /// The environment in which a function or a command line uses this stack.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = match &self.proxies {
            None => variables(
                &self.options,
                &self.dynamodb.url(),
                &self.secrets_manager.url(),
            ),
            Some([dynamodb, secrets]) => {
                variables(&self.options, &dynamodb.base_url(), &secrets.base_url())
            }
        };
        if let Some(sts) = &self.options.sts {
            let role = "arn:aws:iam::123456789012:role/tenant".to_owned();
            variables.push(("AWS_ENDPOINT_URL_STS".to_owned(), sts.base_url()));
            variables.push(("TENANT_ROLE_ARN".to_owned(), role));
        }
        if let Some(aws) = &self.options.notices {
            let url = aws.base_url();
            let more = [
                ("AWS_ENDPOINT_URL_SNS", url.as_str()),
                ("AWS_ENDPOINT_URL_SESV2", &url),
                ("NOTICE_TOPIC_ARN", NOTICE_TOPIC),
                ("NOTICE_SENDER", NOTICE_SENDER),
            ];
            let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
            variables.extend(more);
        }
        variables
    }

    /// The senders of notices for a new function process.
    pub fn senders(&self) -> Result<Senders, ConfigError> {
        let variables: HashMap<String, String> = self.environment().into_iter().collect();
        let read = |name: &str| variables.get(name).cloned();
        Senders::from_environment(read, &http_client()?, &self.options.clock)
    }

    /// The tenants' sessions for a new function process.
    pub fn sessions(&self) -> Result<Option<Sessions>, ConfigError> {
        let variables: HashMap<String, String> = self.environment().into_iter().collect();
        let read = |name: &str| variables.get(name).cloned();
        Sessions::from_environment(read, http_client()?, Arc::clone(&self.options.clock))
    }

    /// Store and secrets for a new function process in [`environment`](Self::environment), with connections and a cache of
    /// its own.
    pub fn for_function(&self) -> Result<(Store, Secrets), ConfigError> {
        let aws = aws(&self.environment(), self.options.patience)?;
        let Options {
            table,
            secret_prefix,
            clock,
            ..
        } = &self.options;
        Ok((
            Store::new(&aws, table),
            Secrets::new(&aws, secret_prefix, Arc::clone(clock)),
        ))
    }

    pub fn faults(&self) -> Option<&FaultEngine> {
        self.options.faults.as_ref()
    }

    pub fn sts(&self) -> Option<&Sts> {
        self.options.sts.as_ref()
    }

    /// The proxies in front of DynamoDB and Secrets Manager, if calls can fail or need a session.
    pub fn proxies(&self) -> Option<&[Proxy; 2]> {
        self.proxies.as_ref()
    }

    /// DynamoDB and Secrets Manager without proxies.
    #[must_use]
    pub fn endpoints(&self) -> (String, String) {
        (self.dynamodb.url(), self.secrets_manager.url())
    }

    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// A store with its own count of units.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::new(&self.aws, &self.options.table)
    }

    /// The tenants' secrets with a cache of their own.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        Secrets::new(
            &self.aws,
            &self.options.secret_prefix,
            self.options.clock.clone(),
        )
    }
}

fn aws(variables: &[(String, String)], patience: Option<Duration>) -> Result<Aws, ConfigError> {
    let read = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let mut config = sdk_config(read, http_client()?)?.into_builder();
    if let Some(patience) = patience {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(patience)
            .build();
        config.set_timeout_config(Some(timeouts));
    }
    Ok(Aws::new(config.build()))
}

fn variables(options: &Options, dynamodb: &str, secrets_manager: &str) -> Vec<(String, String)> {
    [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets_manager),
        ("TABLE_NAME", &options.table),
        ("SECRET_PREFIX", &options.secret_prefix),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}
