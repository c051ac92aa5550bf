//! The login of a tenant's academy, encrypted.

use serde::{Deserialize, Serialize};

use super::{StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::{Key, LOGINS, partition};
use crate::state::table::{Condition, Freshness, Query, sort_key};

#[derive(Deserialize, Serialize)]
struct StoredLogin {
    sealed: String,
}

impl Store {
    /// The login that was stored last for these credentials, as it was encrypted.
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
        self.replace(&key, &StoredLogin { sealed }).await
    }

    /// Puts the tenant's logins of `live` in place of those of this table: an older one may be used up.
    pub async fn take_logins(&self, live: &Self, tenant: &TenantId) -> Result<(), StateError> {
        let query = Query::partition(partition(tenant)).prefix(LOGINS);
        for item in live.table.query(query).all().await? {
            let key = Key::of(tenant, sort_key(&item));
            self.table.put(&key, item, Condition::default()).await?;
        }
        Ok(())
    }
}
