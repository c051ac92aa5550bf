//! Personio as a place for documents.

use serde::Deserialize;

use super::client::Client;
use super::error;
use super::transport::{Get, Transport};
use super::upload::{self, Id};
use crate::document::{Category, Document, DocumentSink, FiledDocument, FilingError, PdfBody};
use crate::domain::id::{CategoryId, DocumentId, SourceId};
use crate::http::{Deadline, Elapsed};
use crate::source::SourceError;

#[derive(Deserialize)]
struct Categories {
    data: Vec<CategoryItem>,
}

#[derive(Deserialize)]
struct CategoryItem {
    id: Id,
    attributes: CategoryAttributes,
}

#[derive(Deserialize)]
struct CategoryAttributes {
    name: Option<String>,
}

impl<T: Transport> DocumentSink for Client<T> {
    async fn categories(&self) -> Result<Vec<Category>, SourceError> {
        let reply = self
            .transport
            .get(Get::v1("/v1/company/document-categories", &[]))
            .await?;
        error::check_right(&reply, "Documents: write")?;
        let named = |CategoryItem { id, attributes }| {
            Some(Category {
                id: CategoryId::new(id),
                name: attributes.name?,
            })
        };
        Ok(reply
            .json::<Categories>()?
            .data
            .into_iter()
            .filter_map(named)
            .collect())
    }

    async fn turn(&self, until: Deadline) -> Result<(), Elapsed> {
        self.transport.turn(until).await
    }

    async fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> Result<Option<DocumentId>, FilingError> {
        let reply = self.transport.upload(document, body).await?;
        upload::outcome(&reply)
    }

    async fn filed(&self, employee: &SourceId) -> Result<Option<Vec<FiledDocument>>, SourceError> {
        // In all categories: the tenant's choice may have changed since.
        self.documents(employee, None, None).await.map(Some)
    }
}
