//! What a credential may read.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::client::Client;
use super::transport::{Get, Transport};
use super::{error, wire};
use crate::source::SourceError;

#[derive(Deserialize)]
struct Attributes {
    data: Vec<wire::ReadableAttribute>,
}

impl<T: Transport> Client<T> {
    /// The keys of the attributes that this credential may read, custom ones (`dynamic_…`) included:
    /// `GET /v1/company/employees/attributes`.
    ///
    /// # Errors
    /// [`SourceError::Forbidden`] where even that may not be asked; else as for a reading.
    pub async fn attributes(&self) -> Result<BTreeSet<String>, SourceError> {
        let reply = self
            .transport
            .get(Get::v1("/v1/company/employees/attributes", &[]))
            .await?;
        error::check(&reply)?;
        let answer: Attributes = reply.json()?;
        Ok(answer
            .data
            .into_iter()
            .map(|attribute| attribute.key)
            .collect())
    }
}
