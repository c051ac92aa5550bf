//! A restored table: what is known of the restore, and what must not come back to life. The functions use none of this.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use aws_sdk_dynamodb::types::AttributeValue;

use super::tenant_change::TenantChange;
use super::{StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::{CERTIFICATES, Key, LEASES, partition};
use crate::state::table::{
    Condition, Freshness, Item, Outcome, Query, TableShape, attribute, attributes, record, sort_key,
};
use crate::state::{CertificateEntry, Restored};

/// A restore that is under way. Stored as `RESTORE`, and removed when the tenants run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    #[serde(flatten)]
    pub restored: Restored,
    /// Tenants that were paused when it began: they stay paused.
    pub paused: BTreeSet<TenantId>,
    /// Tenants that were paused or resumed between the restored moment and its begin.
    #[serde(default)]
    pub status_changed: BTreeSet<TenantId>,
    /// Tenants whose files were changed between the restored moment and its begin.
    #[serde(default)]
    pub file_changed: BTreeSet<TenantId>,
}

impl Store {
    pub async fn shape(&self) -> Result<TableShape, StateError> {
        self.table.shape().await
    }

    /// The restore that is under way, if there is one.
    pub async fn restore_under_way(&self) -> Result<Option<Restore>, StateError> {
        self.table
            .get_record(&Key::restore(), Freshness::Consistent)
            .await
    }

    /// Notes that a restore begins. Returns whether none was under way: the first one alone knows who was paused before.
    pub async fn begin_restore(&self, restore: &Restore) -> Result<bool, StateError> {
        let key = Key::restore();
        let item = attributes(restore, &key.sk)?;
        let condition = Condition::when("attribute_not_exists(pk)");
        let written = self.table.put(&key, item, condition).await?;
        Ok(matches!(written, Outcome::Written(_)))
    }

    pub async fn put_restore(&self, restore: &Restore) -> Result<(), StateError> {
        self.replace(&Key::restore(), restore).await
    }

    pub async fn end_restore(&self) -> Result<(), StateError> {
        self.table
            .delete(&Key::restore(), Condition::default())
            .await
            .map(drop)
    }

    /// Takes over from `live` a tenant that this table does not have: its configuration and status, its ledger of
    /// certificates, and the leases whose fencing tokens the ledger carries. Whether it has people in reteach, its first run
    /// sees there. No run may be under way. Safe to repeat.
    ///
    /// Returns whether it is taken over: what cannot be read is left where it is.
    pub async fn take_tenant(&self, live: &Self, tenant: &TenantId) -> Result<bool, StateError> {
        let found = match live.latest_tenant(tenant).await {
            Ok(Some(found)) => found,
            Ok(None) | Err(StateError::Damaged { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        for prefix in [CERTIFICATES, LEASES] {
            let query = Query::partition(partition(tenant)).prefix(prefix);
            let mut pages = live.table.query(query);
            while let Some(page) = pages.next().await? {
                for item in page {
                    self.take(tenant, item).await?;
                }
            }
        }
        let change = TenantChange {
            config: &found.config,
            status: found.status,
            academy: found.academy.as_deref(),
            revision: found.revision.as_deref().unwrap_or("restored"),
            read: None,
        };
        match self.change_tenant(tenant, &change).await {
            Ok(()) | Err(StateError::Changed { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Puts a certificate's entry or a lease of another table into this one. A lease is nobody's then.
    async fn take(&self, tenant: &TenantId, mut item: Item) -> Result<(), StateError> {
        let key = Key::of(tenant, sort_key(&item));
        if key.sk.starts_with(LEASES) {
            item.insert("until".to_owned(), AttributeValue::N("0".to_owned()));
        } else if record::<CertificateEntry>(item.clone(), &key.sk).is_err() {
            // A run would stop at it. Without it, the certificate counts as one that may be filed.
            return Ok(());
        }
        self.table
            .put(&key, item, Condition::default())
            .await
            .map(drop)
    }

    /// Removes what was held and decided before a restore, so that no consent comes back to life, and lets the next
    /// employee run compare everyone with reteach. No run may be under way.
    pub async fn forget_decisions(&self, tenant: &TenantId) -> Result<(), StateError> {
        for key in [Key::held(tenant), Key::held_source(tenant)] {
            self.table.delete(&key, Condition::default()).await?;
        }
        let key = Key::root(tenant);
        let condition = Condition::update("SET #reconciled_at = :never")
            .only_if("attribute_exists(#reconciled_at)")
            .names(["reconciled_at"])
            .value("never", attribute(&Timestamp::UNIX_EPOCH, &key.sk)?);
        // Without a first run there is nothing to compare with.
        self.table.update(&key, condition).await.map(drop)
    }
}
