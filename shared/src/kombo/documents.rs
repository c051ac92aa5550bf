//! Kombo's unified model as a place for documents.

use super::IntegrationId;
use super::client::Client;
use crate::document::{Category, Document, DocumentSink, PdfBody, UploadError, Verification};
use crate::http::{Deadline, Pace};
use crate::id::DocumentId;
use crate::source::SourceError;

/// The documents of one integration's people.
#[derive(Clone, Debug)]
pub struct Documents {
    client: Client,
    integration: IntegrationId,
}

impl Documents {
    /// The documents of the people of `integration`.
    #[must_use]
    pub fn new(client: Client, integration: IntegrationId) -> Self {
        Self { client, integration }
    }

    /// The same, but nothing goes past `deadline`.
    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.client = self.client.until(deadline);
        self
    }

    /// The same with another pace: for a simulator without limits.
    #[must_use]
    pub fn with_pace(self, pace: &Pace) -> Self {
        Self { client: self.client.with_pace(pace.clone()), ..self }
    }
}

impl DocumentSink for Documents {
    async fn categories(&self) -> Result<Vec<Category>, SourceError> {
        Err(SourceError::Unavailable(self.integration.to_string()))
    }

    async fn upload(&self, _: &Document, _: PdfBody) -> Result<Option<DocumentId>, UploadError> {
        Err(UploadError::NotSent(self.integration.to_string()))
    }

    async fn find(&self, _: &Document) -> Result<Verification, SourceError> {
        Ok(Verification::Unknowable)
    }
}
