//! The HR system by the tenant's route.

use std::collections::BTreeSet;

use super::{KomboUnified, PersonioOverKombo};
use crate::document::{Category, Document, DocumentSink, FiledDocument, FilingError, PdfBody};
use crate::domain::id::{CategoryId, DocumentId, SourceId};
use crate::http::{Deadline, Elapsed, RateLimiter};
use crate::personio;
use crate::source::{EmployeeSource, Reading, SourceError, SourceRecord, Take};

/// The HR system: employees come from it, certificates go there. Copies share tokens and pace.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one value per warm tenant, never in a collection"
)]
pub enum Hr {
    Personio(personio::Client),
    /// Personio's own API through Kombo's passthrough.
    PersonioOverKombo(personio::Client<PersonioOverKombo>),
    Kombo(KomboUnified),
}

macro_rules! each {
    ($hr:expr, $route:ident => $call:expr) => {
        match $hr {
            Hr::Personio($route) => $call,
            Hr::PersonioOverKombo($route) => $call,
            Hr::Kombo($route) => $call,
        }
    };
}

macro_rules! map {
    ($hr:expr, $route:ident => $call:expr) => {
        match $hr {
            Hr::Personio($route) => Hr::Personio($call),
            Hr::PersonioOverKombo($route) => Hr::PersonioOverKombo($call),
            Hr::Kombo($route) => Hr::Kombo($call),
        }
    };
}

impl Hr {
    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        map!(self, route => route.until(deadline))
    }

    /// The same at another pace: for simulators without limits.
    #[must_use]
    pub fn with_pace(self, pace: RateLimiter) -> Self {
        map!(self, route => route.with_pace(pace))
    }

    /// Looks at the connection that a third party holds: Kombo may go on serving its copy of the people after the connection
    /// has lapsed. There is nothing to look at where the credential is ours, and each reading of Kombo's copy looks itself.
    pub async fn check_connection(&self) -> Result<(), SourceError> {
        match self {
            Self::Personio(_) | Self::Kombo(_) => Ok(()),
            Self::PersonioOverKombo(client) => client.transport().check_connection().await,
        }
    }

    /// The record of one person, read live; `None` if the HR system shows no such person. For the operator: runs read
    /// everybody.
    pub async fn one(&self, id: &SourceId) -> Result<Option<SourceRecord>, SourceError> {
        each!(self, route => route.one(id).await)
    }

    /// The attributes that the credential may read: see [`personio::Client::attributes`]. `None` on Kombo's unified model.
    pub async fn attributes(&self) -> Option<Result<BTreeSet<String>, SourceError>> {
        match self {
            Self::Personio(client) => Some(client.attributes().await),
            Self::PersonioOverKombo(client) => Some(client.attributes().await),
            Self::Kombo(_) => None,
        }
    }

    /// Personio's own API on this route: on Kombo's unified model through the passthrough, `None` without one.
    #[must_use]
    pub fn personio(&self) -> Option<Self> {
        match self {
            Self::Personio(_) | Self::PersonioOverKombo(_) => Some(self.clone()),
            Self::Kombo(client) => client.personio().cloned().map(Self::PersonioOverKombo),
        }
    }

    /// Moves a document into another folder: see [`personio::Client::move_document`]. `None` on Kombo's unified model.
    pub async fn move_document(
        &self,
        document: &DocumentId,
        category: &CategoryId,
    ) -> Option<Result<(), SourceError>> {
        match self {
            Self::Personio(client) => Some(client.move_document(document, category).await),
            Self::PersonioOverKombo(client) => Some(client.move_document(document, category).await),
            Self::Kombo(_) => None,
        }
    }

    /// Whether this route has lists of documents: Kombo's unified model has none, and not every plan has the passthrough.
    #[must_use]
    pub fn lists_documents(&self) -> bool {
        !matches!(self, Self::Kombo(_))
    }

    /// The documents of the employee `owner`: see [`personio::Client::documents`]. `None` on Kombo's unified model.
    pub async fn documents(
        &self,
        owner: &SourceId,
    ) -> Option<Result<Vec<FiledDocument>, SourceError>> {
        match self {
            Self::Personio(client) => Some(client.documents(owner, None, None).await),
            Self::PersonioOverKombo(client) => Some(client.documents(owner, None, None).await),
            Self::Kombo(_) => None,
        }
    }
}

impl EmployeeSource for Hr {
    fn tool(&self) -> &str {
        each!(self, route => route.tool())
    }

    async fn read(&self, expected: u64, take: &mut Take<'_>) -> Result<Reading, SourceError> {
        each!(self, route => route.read(expected, take).await)
    }
}

impl DocumentSink for Hr {
    async fn categories(&self) -> Result<Vec<Category>, SourceError> {
        each!(self, route => route.categories().await)
    }

    async fn turn(&self, until: Deadline) -> Result<(), Elapsed> {
        each!(self, route => route.turn(until).await)
    }

    async fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> Result<Option<DocumentId>, FilingError> {
        each!(self, route => route.upload(document, body).await)
    }

    async fn filed(&self, employee: &SourceId) -> Result<Option<Vec<FiledDocument>>, SourceError> {
        each!(self, route => route.filed(employee).await)
    }
}
