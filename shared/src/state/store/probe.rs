//! The answers of the last write probe of a tenant's academy.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::Key;
use crate::state::table::Freshness;

impl Store {
    pub async fn probe<T: DeserializeOwned>(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<T>, StateError> {
        self.table
            .get_record(&Key::probe(tenant), Freshness::Eventual)
            .await
    }

    /// Stores a probe in place of the one before.
    pub async fn put_probe(
        &self,
        tenant: &TenantId,
        probe: &impl Serialize,
    ) -> Result<(), StateError> {
        self.replace(&Key::probe(tenant), probe).await
    }
}
