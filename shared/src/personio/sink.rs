//! Personio as a place for documents.

use serde::Deserialize;

use super::client::Client;
use super::transport::{Get, Transport};
use super::upload::{self, Id};
use super::{error, listing::FiledDocument};
use crate::document::{
    Category, Document, DocumentSink, Filed, FilingError, PdfBody, Verification, is_filed_as,
};
use crate::domain::id::{CategoryId, DocumentId};
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

    async fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> Result<Option<DocumentId>, FilingError> {
        let reply = self.transport.upload(document, body).await?;
        upload::outcome(&reply)
    }

    async fn find(&self, document: &Document) -> Result<Verification, SourceError> {
        // In all categories: the tenant's choice may have changed since.
        let filed = self.documents(&document.employee, None, None).await?;
        let ours = filed
            .into_iter()
            .find(|filed| is_filed_as(document, &told(filed)));
        Ok(ours.map_or(Verification::NotFound, |filed| {
            Verification::Found(filed.id)
        }))
    }
}

fn told(document: &FiledDocument) -> Filed<'_> {
    let FiledDocument {
        id: _,
        name,
        date,
        comment,
        size,
        category: _,
        created_at: _,
    } = document;
    Filed {
        name: name.as_deref(),
        date: *date,
        comment: comment.as_deref(),
        size: *size,
    }
}
