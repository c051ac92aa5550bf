//! The login of a tenant's academy, encrypted.

use serde::{Deserialize, Serialize};

use super::{StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, attributes};

#[derive(Deserialize, Serialize)]
struct StoredLogin {
    sealed: String,
}

impl Store {
    /// The login that was stored last for these credentials, as it was encrypted.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if it cannot be read, or DynamoDB fails.
    pub async fn login(
        &self,
        tenant: &TenantId,
        credentials: &str,
    ) -> Result<Option<String>, StateError> {
        let key = Key::login(tenant, credentials);
        let stored = self
            .table
            .get_record::<StoredLogin>(&key, Freshness::Consistent);
        Ok(stored.await?.map(|login| login.sealed))
    }

    /// Stores an encrypted login in place of the one before.
    pub async fn put_login(
        &self,
        tenant: &TenantId,
        credentials: &str,
        sealed: String,
    ) -> Result<(), StateError> {
        let key = Key::login(tenant, credentials);
        let item = attributes(&StoredLogin { sealed }, &key.sk)?;
        self.table
            .put(&key, item, Condition::default())
            .await
            .map(drop)
    }
}
