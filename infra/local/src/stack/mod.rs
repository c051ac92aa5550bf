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

/// Where the table, or the secrets, are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// In memory: it ends with the stack.
    #[default]
    Memory,
    /// In a file, which is made if it is not there.
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

/// How a stack is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the table is kept.
    pub state: State,
    /// Where the secrets are kept. Only its owner may read the file.
    pub secrets: State,
    /// The table's name.
    pub table: String,
    /// What the secrets' names begin with.
    pub secret_prefix: String,
    /// What the secrets' cache goes by.
    pub clock: Arc<dyn Clock>,
    /// Faults of any call of the functions, of AWS too.
    pub faults: Option<FaultEngine>,
    /// Give each run of the functions the rights of its tenant alone, as sessions of this service.
    pub sts: Option<Sts>,
    /// How long a call may take; `None`: as long as at AWS.
    pub patience: Option<Duration>,
    /// Whose threads DynamoDB works on.
    pub threads: Threads,
}

/// Whose threads DynamoDB works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// Its own: nobody else waits while it works.
    #[default]
    Own,
    /// Those of the runtime that starts the stack: where that has one thread, everything happens in one order.
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
            patience: None,
            threads: Threads::Own,
        }
    }
}

/// Why a stack did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// No port of 127.0.0.1 could be had.
    #[error("no server could be started on 127.0.0.1")]
    Listen(#[from] std::io::Error),
    /// The table could not be opened or made.
    #[error("the local DynamoDB could not be opened: {0}")]
    Database(String),
    /// The secrets' file could not be used.
    #[error(transparent)]
    Secrets(#[from] FileError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the TLS configuration cannot be built")]
    Tls,
}

/// A running stack. It ends when this is dropped.
pub struct Stack {
    options: Options,
    dynamodb: Server,
    secrets_manager: Server,
    aws: Aws,
    /// What functions meet in front of DynamoDB and Secrets Manager, where calls can fail or need a session.
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
    /// Starts a stack of its own, on free ports of 127.0.0.1, with the table in place. Takes a few milliseconds; any
    /// number can run side by side.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let path = options.state.path();
        let broken = |error: dynoxide::DynoxideError| StartError::Database(error.to_string());
        let database = dynamodb::open(path).map_err(broken)?;
        dynamodb::make_table(&database, &options.table).map_err(broken)?;
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
    #[must_use]
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
        variables
    }

    /// The tenants' sessions as a function has them that starts now.
    ///
    /// # Errors
    /// [`ConfigError`] if the AWS client cannot be set up.
    pub fn sessions(&self) -> Result<Option<Sessions>, ConfigError> {
        let variables: HashMap<String, String> = self.environment().into_iter().collect();
        let read = |name: &str| variables.get(name).cloned();
        Sessions::from_environment(read, http_client()?, Arc::clone(&self.options.clock))
    }

    /// Store and secrets as a function has them that starts now, in [`environment`](Self::environment): connections and
    /// cache are its own.
    ///
    /// # Errors
    /// [`ConfigError`] if the AWS client cannot be set up.
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

    /// The engine for faults of any call, if there is one.
    #[must_use]
    pub fn faults(&self) -> Option<&FaultEngine> {
        self.options.faults.as_ref()
    }

    /// The token service, where each run has a session.
    #[must_use]
    pub fn sts(&self) -> Option<&Sts> {
        self.options.sts.as_ref()
    }

    /// What stands before DynamoDB and Secrets Manager where calls can fail or need a session.
    #[must_use]
    pub fn proxies(&self) -> Option<&[Proxy; 2]> {
        self.proxies.as_ref()
    }

    /// Where DynamoDB and Secrets Manager listen, past any proxy.
    pub(crate) fn endpoints(&self) -> (String, String) {
        (self.dynamodb.url(), self.secrets_manager.url())
    }

    /// The AWS clients, past any proxy.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The store in the stack's table, with a count of units of its own.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::new(&self.aws, &self.options.table)
    }

    /// The tenants' secrets, with a cache of its own.
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
