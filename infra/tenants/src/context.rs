//! Clients and settings that all commands share.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_scheduler::config::retry::RetryConfig;
use aws_sdk_scheduler::config::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use jiff::Timestamp;
use shared::aws::{Aws, ReqwestClient, ServiceName, SignedPost};
use shared::domain::id::{OperatorId, TenantId};
use shared::http::{self, Calls, Context};
use shared::notices::Senders;
use shared::reteach;
use shared::routes::{self, Connections};
use shared::runtime::{App, Job};
use shared::secrets::{Secrets, TenantSecret};
use shared::state::{Store, TenantRecord};
use shared::tenant::TenantConfig;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::args::Global;
use crate::aws;
use crate::environment::Environment;
use crate::failure::{Failure, Result};
use crate::operator;
use crate::schedule::Schedules;
use crate::stack::{self, Deployment};

/// How many tenants commands read at the same time.
pub(crate) const MAX_CONCURRENT_TENANTS: usize = 16;

/// A function may run for 15 minutes, and its answer takes as long.
const INVOCATION: Duration = Duration::from_secs(16 * 60);

/// A connection that is silent for minutes is forgotten by the machines on the way.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

pub(crate) struct CommandContext<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) global: Global,
    pub(crate) deployment: Deployment,
    pub(crate) store: Store,
    pub(crate) secrets: Secrets,
    /// `None` where the deployment has no scheduler.
    pub(crate) schedules: Option<Schedules>,
    /// Why this machine's clock is not good enough to judge leases, once it was compared with AWS's.
    pub(crate) clock_finding: OnceCell<Option<String>>,
    /// Who decides, once AWS has said so.
    operator: OnceCell<OperatorId>,
    config: SdkConfig,
    http: Context,
}

pub(crate) struct StoredTenant {
    pub(crate) record: TenantRecord,
    pub(crate) config: TenantConfig,
}

impl<'a> CommandContext<'a> {
    pub(crate) async fn new(global: Global, environment: &'a Environment) -> Result<Self> {
        let region = global
            .region
            .clone()
            .or_else(|| environment.variable("AWS_REGION"))
            .or_else(|| environment.variable("AWS_DEFAULT_REGION"));
        let read = |name: &str| match name {
            "AWS_REGION" => region.clone(),
            _ => environment.variable(name),
        };
        // Not a default of the option: clap would take a command line without a command for one with options.
        let stack = global
            .stack
            .clone()
            .or_else(|| environment.variable("TENANTS_STACK"));
        let deployment = match &stack {
            None => Some(stack::of_environment(environment)?),
            Some(_) => None,
        };
        let client = shared::aws::http_client().map_err(|error| aws::not_configured(&error))?;
        let config =
            shared::aws::sdk_config(read, client).map_err(|error| aws::not_configured(&error))?;
        let deployment = match (deployment, &stack) {
            (Some(deployment), _) => deployment,
            (None, name) => {
                let client = aws_sdk_cloudformation::Client::new(&config);
                let name = name.as_deref().unwrap_or_default();
                stack::of_stack(&client, name, region.as_deref().unwrap_or_default()).await?
            }
        };
        let clients = Aws::new(config.clone());
        let clock = Arc::clone(&environment.clock);
        let http = http::client()
            .map_err(|_| Failure::attention("the TLS configuration cannot be built"))?;
        Ok(Self {
            store: Store::new(&clients, &deployment.table),
            secrets: Secrets::new(&clients, &deployment.secret_prefix, Arc::clone(&clock)),
            schedules: deployment
                .scheduler
                .clone()
                .map(|parts| Schedules::new(aws_sdk_scheduler::Client::new(&config), parts)),
            http: Context::new(http, clock, Calls::default()).with_simulators(),
            clock_finding: OnceCell::new(),
            operator: OnceCell::new(),
            environment,
            global,
            deployment,
            config,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    /// Who decides, for the record. AWS is asked with each decision until it answers: a console is open for days.
    pub(crate) async fn operator(&self) -> Option<&OperatorId> {
        let named = || async { Box::pin(operator::of_caller(self)).await.ok_or(()) };
        self.operator.get_or_try_init(named).await.ok()
    }

    pub(crate) fn http(&self) -> &Context {
        &self.http
    }

    /// A client for Lambda that waits as long as a function may take, and never calls twice: a run whose answer was lost
    /// has taken place.
    pub(crate) fn lambda(&self) -> Result<aws_sdk_lambda::Client> {
        let http = reqwest::Client::builder()
            .use_rustls_tls()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .tcp_keepalive(KEEP_ALIVE)
            .build()
            .map_err(|_| Failure::attention("the TLS configuration cannot be built"))?;
        Ok(aws_sdk_lambda::Client::from_conf(lambda_config(
            &self.config,
            http,
        )))
    }

    /// The store in another table than the deployment's.
    pub(crate) fn store_in(&self, table: &str) -> Store {
        Store::new(&Aws::new(self.config.clone()), table)
    }

    pub(crate) async fn tenant(&self, tenant: &TenantId) -> Result<StoredTenant> {
        parsed(tenant, self.store.tenant(tenant).await?)
    }

    /// The tenant as every confirmed write left it: for a command that has waited since it read the tenant.
    pub(crate) async fn latest_tenant(&self, tenant: &TenantId) -> Result<StoredTenant> {
        parsed(tenant, self.store.latest_tenant(tenant).await?)
    }

    pub(crate) fn connect(
        &self,
        config: &TenantConfig,
        secret: &TenantSecret,
    ) -> Result<Connections> {
        let connections = Connections::new(config, secret, &self.http)
            .map_err(|error| Failure::attention(error.to_string()))?
            .keeping_login(config, secret, &self.store);
        Ok(match &self.environment.pace {
            Some(pace) => connections.with_pace(pace),
            None => connections,
        })
    }

    /// The academy's client alone: the HR system may not be connected yet.
    pub(crate) fn academy(
        &self,
        config: &TenantConfig,
        secret: &TenantSecret,
    ) -> Result<reteach::Client> {
        let client = routes::academy(config, secret, &self.http)
            .map_err(|error| Failure::attention(error.to_string()))?;
        let client = routes::keeping_login(client, config, secret, &self.store);
        Ok(match &self.environment.pace {
            Some(pace) => client.with_pace(pace.clone()),
            None => client,
        })
    }

    /// The senders of notices, with the operator's own rights.
    pub(crate) fn senders(&self) -> Result<Senders> {
        let notices = &self.deployment.notices;
        let region = self.config.region().map(ToString::to_string);
        let read = |name: &str| match name {
            "AWS_REGION" => region.clone(),
            "NOTICE_TOPIC_ARN" => notices.topic.clone(),
            "NOTICE_SENDER" => notices.sender.clone(),
            _ => self.environment.variable(name),
        };
        let client = shared::aws::http_client().map_err(|error| aws::not_configured(&error))?;
        Senders::from_environment(read, &client, &self.environment.clock)
            .map_err(|error| aws::not_configured(&error))
    }

    /// A caller of `service`, with the operator's own rights.
    pub(crate) fn signed_post(&self, service: ServiceName) -> Result<SignedPost> {
        let region = self.config.region().map(ToString::to_string);
        let read = |name: &str| match name {
            "AWS_REGION" => region.clone(),
            _ => self.environment.variable(name),
        };
        let client = shared::aws::http_client().map_err(|error| aws::not_configured(&error))?;
        let clock = Arc::clone(&self.environment.clock);
        SignedPost::from_environment(read, service, client, clock)
            .map_err(|error| aws::not_configured(&error))
    }

    pub(crate) fn employees(&self) -> App<EmployeeSync> {
        self.app(EmployeeSync)
    }

    pub(crate) fn certificates(&self) -> Result<App<CertificateSync>> {
        let work = CertificateSync::new()
            .map_err(|_| Failure::attention("the TLS configuration cannot be built"))?;
        Ok(self.app(work))
    }

    fn app<W: Job>(&self, work: W) -> App<W> {
        let app = App::new(
            work,
            self.store.clone(),
            self.secrets.clone(),
            self.http.clone(),
        );
        match &self.environment.pace {
            Some(pace) => app.with_pace(pace.clone()),
            None => app,
        }
    }
}

/// `work` in a task of its own: thousands of answers take all cores to decode. It ends when nobody waits for it any more.
pub(crate) async fn in_task<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let mut task = JoinSet::new();
    task.spawn(work);
    match task.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(_)) | None => Err(Failure::attention("the reading was cut off: try again")),
    }
}

fn parsed(tenant: &TenantId, record: Option<TenantRecord>) -> Result<StoredTenant> {
    let record = record.ok_or_else(|| no_such_tenant(tenant))?;
    let config = TenantConfig::parse_stored(&record.config).map_err(|error| {
        Failure::attention(format!(
            "the stored configuration of {tenant} cannot be used; `tenants add --file {tenant}.toml --update` replaces it: {error}"
        ))
    })?;
    Ok(StoredTenant { record, config })
}

/// Overrides the shared timeouts: there an attempt has seconds.
fn lambda_config(config: &SdkConfig, http: reqwest::Client) -> aws_sdk_lambda::Config {
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(INVOCATION)
        .operation_attempt_timeout(INVOCATION)
        .build();
    aws_sdk_lambda::config::Builder::from(config)
        .http_client(ReqwestClient::new(http))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .build()
}

pub(crate) fn no_such_tenant(tenant: &TenantId) -> Failure {
    Failure::attention(format!(
        "there is no tenant {tenant}: `tenants list` shows those there are, `tenants add` makes one"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_is_waited_for_as_long_as_a_function_may_take() {
        let read = |name: &str| Some(name.to_owned()).filter(|name| !name.contains("ENDPOINT"));
        let http = shared::aws::http_client().unwrap();
        let config = shared::aws::sdk_config(read, http.clone()).unwrap();
        let timeouts = lambda_config(&config, http)
            .timeout_config()
            .cloned()
            .unwrap();
        assert_eq!(timeouts.operation_timeout(), Some(INVOCATION));
        assert_eq!(timeouts.operation_attempt_timeout(), Some(INVOCATION));
        assert_eq!(timeouts.read_timeout(), None);
    }
}
