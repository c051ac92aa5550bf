//! What a credential may read.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::client::Client;
use super::transport::Endpoint;
use super::{error, wire};
use crate::source::SourceError;

#[derive(Deserialize)]
struct Answer {
    data: Vec<wire::ReadableAttribute>,
}

impl Client {
    /// The keys of the attributes that this credential may read, custom ones (`dynamic_…`) included:
    /// `GET /v1/company/employees/attributes`.
    ///
    /// # Errors
    /// [`SourceError::Forbidden`] where even that may not be asked; else as for a reading.
    pub async fn attributes(&self) -> Result<BTreeSet<String>, SourceError> {
        let reply = self.transport.get(Endpoint::Attributes, &[]).await?;
        error::check(&reply)?;
        let answer: Answer = reply.json()?;
        Ok(answer
            .data
            .into_iter()
            .map(|attribute| attribute.key)
            .collect())
    }
}
