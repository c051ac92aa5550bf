//! From a tenant's configuration and secret to the clients of its route.

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::document::{Category, Document, DocumentSink, PdfBody, UploadError, Verification};
use crate::fingerprint::{FingerprintKey, FingerprintKeyError};
use crate::http::{Context, Deadline, Pace};
use crate::id::DocumentId;
use crate::kombo::{self, IntegrationId};
use crate::personio;
use crate::reteach;
use crate::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use crate::source::{EmployeeSource, Reading, SourceError};
use crate::tenant::{KomboConfig, TenantConfig, Via};

/// The clients of one tenant, and its key. Copies share tokens and pace.
#[derive(Clone, Debug)]
pub struct Connections {
    /// Where people come from.
    pub source: Source,
    /// Where certificates go.
    pub sink: Sink,
    /// Where people go, and certificates come from.
    pub reteach: reteach::Client,
    /// The key of the tenant's fingerprints.
    pub key: FingerprintKey,
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
}

impl Connections {
    /// The clients for `config` with the credentials in `secret`.
    ///
    /// # Errors
    /// [`ConnectError`] naming the part that the tenant's route needs and does not have.
    pub fn new(
        config: &TenantConfig,
        secret: &TenantSecret,
        context: &Context,
    ) -> Result<Self, ConnectError> {
        let key = secret.fingerprint_key.as_ref().ok_or(ConnectError::MissingSecret("fingerprint_key"))?;
        let (source, sink) = match (config.personio.via, &config.kombo) {
            (Via::Direct, _) => {
                let credentials = secret.personio.as_ref().ok_or(ConnectError::MissingSecret("personio"))?;
                both(direct(config, credentials, context))
            }
            (Via::KomboPassthrough, kombo) => {
                let (client, integration, _) = through_kombo(kombo.as_ref(), secret.kombo.as_ref(), context)?;
                let transport = personio::Transport::Kombo(personio::Forwarded::new(client, integration));
                both(personio::Client::new(transport))
            }
            (Via::Kombo, kombo) => {
                let (client, integration, field) =
                    through_kombo(kombo.as_ref(), secret.kombo.as_ref(), context)?;
                let documents = kombo::Documents::new(client.clone(), integration.clone());
                let employees = kombo::Employees::new(client, integration);
                let employees = match field {
                    Some(field) => employees.with_employment_type_field(field),
                    None => employees,
                };
                (Source::Kombo(employees), Sink::Kombo(documents))
            }
        };
        let academy = secret.reteach.as_ref().ok_or(ConnectError::MissingSecret("reteach"))?;
        let reteach = reteach::Client::new(
            config.reteach.base_url.clone(),
            reteach_credentials(academy),
            context.clone(),
        );
        Ok(Self { source, sink, reteach, key: FingerprintKey::parse(key)? })
    }

    /// The same clients, but nothing goes past `deadline`.
    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        let source = match self.source {
            Source::Personio(client) => Source::Personio(client.until(deadline)),
            Source::Kombo(employees) => Source::Kombo(employees.until(deadline)),
        };
        let sink = match self.sink {
            Sink::Personio(client) => Sink::Personio(client.until(deadline)),
            Sink::Kombo(documents) => Sink::Kombo(documents.until(deadline)),
        };
        Self { source, sink, reteach: self.reteach.until(deadline), key: self.key }
    }

    /// The same clients at another pace: for simulators without limits.
    #[must_use]
    pub fn with_pace(self, pace: &Pace) -> Self {
        let source = match self.source {
            Source::Personio(client) => Source::Personio(client.with_pace(pace.clone())),
            Source::Kombo(employees) => Source::Kombo(employees.with_pace(pace.clone())),
        };
        let sink = match self.sink {
            Sink::Personio(client) => Sink::Personio(client.with_pace(pace.clone())),
            Sink::Kombo(documents) => Sink::Kombo(documents.with_pace(pace)),
        };
        Self { source, sink, reteach: self.reteach.with_pace(pace.clone()), key: self.key }
    }
}

impl EmployeeSource for Source {
    fn tool(&self) -> &str {
        match self {
            Self::Personio(client) => client.tool(),
            Self::Kombo(employees) => employees.tool(),
        }
    }

    async fn read(&self) -> Result<Reading, SourceError> {
        match self {
            Self::Personio(client) => client.read().await,
            Self::Kombo(employees) => employees.read().await,
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

    async fn upload(&self, document: &Document, body: PdfBody) -> Result<Option<DocumentId>, UploadError> {
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

/// Personio's client reads people and files documents: both share token and pace.
fn both(client: personio::Client) -> (Source, Sink) {
    (Source::Personio(client.clone()), Sink::Personio(client))
}

fn direct(config: &TenantConfig, secret: &PersonioSecret, context: &Context) -> personio::Client {
    let PersonioSecret { client_id, client_secret } = secret;
    let credentials = personio::Credentials::new(text(client_id), text(client_secret));
    let direct = personio::Direct::new(config.personio.base_url.clone(), credentials, context.clone());
    personio::Client::new(personio::Transport::Direct(direct))
}

fn through_kombo(
    config: Option<&KomboConfig>,
    secret: Option<&KomboSecret>,
    context: &Context,
) -> Result<(kombo::Client, IntegrationId, Option<String>), ConnectError> {
    let config = config.ok_or(ConnectError::NotConnected)?;
    let integration = config.integration_id.clone().ok_or(ConnectError::NotConnected)?;
    let KomboSecret { api_key } = secret.ok_or(ConnectError::MissingSecret("kombo"))?;
    let client =
        kombo::Client::new(config.base_url.clone(), kombo::ApiKey::new(text(api_key)), context.clone());
    Ok((client, integration, config.employment_type_field.clone()))
}

fn reteach_credentials(secret: &ReteachSecret) -> reteach::Credentials {
    let ReteachSecret { client_id, client_secret, client_code } = secret;
    reteach::Credentials::new(text(client_id), text(client_secret), text(client_code))
}

fn text(secret: &SecretString) -> &str {
    secret.expose_secret()
}
