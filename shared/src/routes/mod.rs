//! From a tenant's configuration and secret to the clients of its route.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::document::{Category, Document, DocumentSink, PdfBody, UploadError, Verification};
use crate::domain::id::{DocumentId, SourceId};
use crate::fingerprint::{FingerprintKey, FingerprintKeyError};
use crate::http::{BaseUrl, Context, Deadline, RateLimiter};
use crate::kombo::{self, IntegrationId};
use crate::personio;
use crate::reteach;
use crate::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use crate::source::{EmployeeSource, Reading, SourceError, SourceRecord, Take};
use crate::tenant::{TenantConfig, Via};

/// The clients of one tenant, and its key. Copies share tokens and pace. `H` is the HR system as the job needs it.
#[derive(Clone, Debug)]
pub struct Connections<H> {
    /// The HR system: where people come from ([`Source`]), or where certificates go ([`Sink`]).
    pub hr: H,
    /// Where people go, and certificates come from.
    pub reteach: reteach::Client,
    /// The key of the tenant's fingerprints.
    pub key: FingerprintKey,
}

/// The HR system as one of the jobs needs it.
pub trait HrSystem: Clone + fmt::Debug + Send + Sync + Sized {
    /// The client of the tenant's route.
    ///
    /// # Errors
    /// [`ConnectError`] naming what the route needs and does not have.
    fn connect(
        config: &TenantConfig,
        secret: &TenantSecret,
        context: &Context,
    ) -> Result<Self, ConnectError>;

    /// The same, but nothing goes past `deadline`.
    #[must_use]
    fn until(self, deadline: Deadline) -> Self;

    /// The same at another pace: for simulators without limits.
    #[must_use]
    fn with_pace(self, pace: &RateLimiter) -> Self;
}

/// The HR system, by the tenant's route.
#[derive(Clone, Debug)]
pub enum Source {
    /// Personio's own API, called directly or through Kombo.
    Personio(personio::Client),
    /// Kombo's unified model.
    Kombo(kombo::Employees),
}

/// The HR system as a place for documents, by the tenant's route.
#[derive(Clone, Debug)]
pub enum Sink {
    /// Personio's own API, called directly or through Kombo.
    Personio(personio::Client),
    /// Kombo's unified model.
    Kombo(kombo::Documents),
}

/// What a tenant's route needs and does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// The secret lacks a part.
    #[error("the tenant's secret has no {0}; store it with `tenants add`")]
    MissingSecret(&'static str),
    /// The fingerprint key cannot be used.
    #[error("the tenant's secret: {0}; `tenants add` makes one")]
    FingerprintKey(#[from] FingerprintKeyError),
    /// The company has not clicked through Kombo Connect yet.
    #[error(
        "kombo.integration_id is not set: the company has not connected its HR system yet, use `tenants connect`"
    )]
    NotConnected,
    /// A simulator's address, where there are none.
    #[error(
        "{0} names this machine, where a function has no vendor: give the vendor's address, or leave it out"
    )]
    OnThisMachine(&'static str),
}

impl<H: HrSystem> Connections<H> {
    /// The clients for `config` with the credentials in `secret`.
    ///
    /// # Errors
    /// [`ConnectError`] naming the part that the tenant's route needs and does not have.
    pub fn new(
        config: &TenantConfig,
        secret: &TenantSecret,
        context: &Context,
    ) -> Result<Self, ConnectError> {
        reachable(config, context)?;
        let key = secret
            .fingerprint_key
            .as_ref()
            .ok_or(ConnectError::MissingSecret("fingerprint_key"))?;
        let hr = H::connect(config, secret, context)?;
        let academy = secret
            .reteach
            .as_ref()
            .ok_or(ConnectError::MissingSecret("reteach"))?;
        let reteach = reteach::Client::new(
            config.reteach.base_url.clone(),
            reteach_credentials(academy),
            context.clone(),
        );
        Ok(Self {
            hr,
            reteach,
            key: FingerprintKey::parse(key)?,
        })
    }

    /// The same clients, but nothing goes past `deadline`.
    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        Self {
            hr: self.hr.until(deadline),
            reteach: self.reteach.until(deadline),
            key: self.key,
        }
    }

    /// The same clients at another pace: for simulators without limits.
    #[must_use]
    pub fn with_pace(self, pace: &RateLimiter) -> Self {
        Self {
            hr: self.hr.with_pace(pace),
            reteach: self.reteach.with_pace(pace.clone()),
            key: self.key,
        }
    }
}

impl HrSystem for Source {
    fn connect(
        config: &TenantConfig,
        secret: &TenantSecret,
        context: &Context,
    ) -> Result<Self, ConnectError> {
        Ok(match config.personio.via {
            Via::Direct | Via::KomboPassthrough => {
                Self::Personio(personio(config, secret, context)?)
            }
            Via::Kombo => {
                let (client, integration, field) = through_kombo(config, secret, context)?;
                let employees = kombo::Employees::new(client, integration);
                Self::Kombo(match field {
                    Some(field) => employees.with_employment_type_field(field),
                    None => employees,
                })
            }
        })
    }

    fn until(self, deadline: Deadline) -> Self {
        match self {
            Self::Personio(client) => Self::Personio(client.until(deadline)),
            Self::Kombo(employees) => Self::Kombo(employees.until(deadline)),
        }
    }

    fn with_pace(self, pace: &RateLimiter) -> Self {
        match self {
            Self::Personio(client) => Self::Personio(client.with_pace(pace.clone())),
            Self::Kombo(employees) => Self::Kombo(employees.with_pace(pace.clone())),
        }
    }
}

impl HrSystem for Sink {
    fn connect(
        config: &TenantConfig,
        secret: &TenantSecret,
        context: &Context,
    ) -> Result<Self, ConnectError> {
        Ok(match config.personio.via {
            Via::Direct | Via::KomboPassthrough => {
                Self::Personio(personio(config, secret, context)?)
            }
            Via::Kombo => {
                let (client, integration, _) = through_kombo(config, secret, context)?;
                Self::Kombo(kombo::Documents::new(client, integration))
            }
        })
    }

    fn until(self, deadline: Deadline) -> Self {
        match self {
            Self::Personio(client) => Self::Personio(client.until(deadline)),
            Self::Kombo(documents) => Self::Kombo(documents.until(deadline)),
        }
    }

    fn with_pace(self, pace: &RateLimiter) -> Self {
        match self {
            Self::Personio(client) => Self::Personio(client.with_pace(pace.clone())),
            Self::Kombo(documents) => Self::Kombo(documents.with_pace(pace)),
        }
    }
}

impl Source {
    /// The record of one person, read live; `None` if the HR system shows no such person. For the operator: runs read
    /// everybody.
    ///
    /// # Errors
    /// As for a reading of all.
    pub async fn one(&self, id: &SourceId) -> Result<Option<SourceRecord>, SourceError> {
        match self {
            Self::Personio(client) => client.one(id).await,
            Self::Kombo(employees) => employees.one(id).await,
        }
    }
}

impl Sink {
    /// The HR system, as our external ids name it.
    #[must_use]
    pub fn tool(&self) -> &str {
        match self {
            Self::Personio(client) => client.tool(),
            Self::Kombo(documents) => documents.tool(),
        }
    }
}

impl EmployeeSource for Source {
    fn tool(&self) -> &str {
        match self {
            Self::Personio(client) => client.tool(),
            Self::Kombo(employees) => employees.tool(),
        }
    }

    async fn read(&self, expected: u64, take: &mut Take<'_>) -> Result<Reading, SourceError> {
        match self {
            Self::Personio(client) => client.read(expected, take).await,
            Self::Kombo(employees) => employees.read(expected, take).await,
        }
    }
}

impl DocumentSink for Sink {
    async fn categories(&self) -> Result<Vec<Category>, SourceError> {
        match self {
            Self::Personio(client) => client.categories().await,
            Self::Kombo(documents) => documents.categories().await,
        }
    }

    async fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> Result<Option<DocumentId>, UploadError> {
        match self {
            Self::Personio(client) => client.upload(document, body).await,
            Self::Kombo(documents) => documents.upload(document, body).await,
        }
    }

    async fn find(&self, document: &Document) -> Result<Verification, SourceError> {
        match self {
            Self::Personio(client) => client.find(document).await,
            Self::Kombo(documents) => documents.find(document).await,
        }
    }
}

/// The one place where addresses on this machine are refused to whom they are not simulators.
fn reachable(config: &TenantConfig, context: &Context) -> Result<(), ConnectError> {
    let kombo = config
        .kombo
        .as_ref()
        .map(|kombo| ("kombo.base_url", &kombo.base_url));
    let others = [
        ("personio.base_url", &config.personio.base_url),
        ("reteach.base_url", &config.reteach.base_url),
    ];
    let refused = |(_, base): &(&str, &BaseUrl)| !context.may_call(base);
    let found = others.into_iter().chain(kombo).find(refused);
    found.map_or(Ok(()), |(field, _)| Err(ConnectError::OnThisMachine(field)))
}

/// Personio's own API, on either of the two ways to it.
fn personio(
    config: &TenantConfig,
    secret: &TenantSecret,
    context: &Context,
) -> Result<personio::Client, ConnectError> {
    let transport = if config.personio.via == Via::Direct {
        let secret = secret
            .personio
            .as_ref()
            .ok_or(ConnectError::MissingSecret("personio"))?;
        let PersonioSecret {
            client_id,
            client_secret,
        } = secret;
        let credentials = personio::Credentials::new(text(client_id), text(client_secret));
        let base = config.personio.base_url.clone();
        personio::Transport::Direct(personio::Direct::new(base, credentials, context.clone()))
    } else {
        let (client, integration, _) = through_kombo(config, secret, context)?;
        personio::Transport::Kombo(personio::Forwarded::new(client, integration))
    };
    Ok(personio::Client::new(transport))
}

fn through_kombo(
    config: &TenantConfig,
    secret: &TenantSecret,
    context: &Context,
) -> Result<(kombo::Client, IntegrationId, Option<String>), ConnectError> {
    let config = config.kombo.as_ref().ok_or(ConnectError::NotConnected)?;
    let integration = config
        .integration_id
        .clone()
        .ok_or(ConnectError::NotConnected)?;
    let KomboSecret { api_key } = secret
        .kombo
        .as_ref()
        .ok_or(ConnectError::MissingSecret("kombo"))?;
    let client = kombo::Client::new(
        config.base_url.clone(),
        kombo::ApiKey::new(text(api_key)),
        context.clone(),
    );
    Ok((client, integration, config.employment_type_field.clone()))
}

fn reteach_credentials(secret: &ReteachSecret) -> reteach::Credentials {
    let ReteachSecret {
        client_id,
        client_secret,
        client_code,
    } = secret;
    reteach::Credentials::new(text(client_id), text(client_secret), text(client_code))
}

fn text(secret: &SecretString) -> &str {
    secret.expose_secret()
}
