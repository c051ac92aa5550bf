//! A restored table: what is known of the restore, and what must not come back to life. The functions use none of this.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{StateError, Store};
use crate::domain::id::TenantId;
use crate::state::Restored;
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Outcome, TableShape, attribute, attributes};

/// A restore that is under way. Stored as `RESTORE`, and removed when the tenants run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    #[serde(flatten)]
    pub restored: Restored,
    /// Tenants that were paused before: they stay paused.
    pub paused: BTreeSet<TenantId>,
}

impl Store {
    /// What the table is like.
    ///
    /// # Errors
    /// [`StateError::NoTable`] where there is none, or DynamoDB fails.
    pub async fn shape(&self) -> Result<TableShape, StateError> {
        self.table.shape().await
    }

    /// The restore that is under way, if there is one.
    pub async fn restore_under_way(&self) -> Result<Option<Restore>, StateError> {
        self.table
            .get_record(&Key::restore(), Freshness::Consistent)
            .await
    }

    /// Notes that a restore is under way.
    pub async fn put_restore(&self, restore: &Restore) -> Result<(), StateError> {
        let key = Key::restore();
        let item = attributes(restore, &key.sk)?;
        match self.table.put(&key, item, Condition::default()).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Refused(_) => Err(StateError::Unwritable { item: key.sk }),
        }
    }

    /// Notes that the restore is over.
    pub async fn end_restore(&self) -> Result<(), StateError> {
        self.table
            .delete(&Key::restore(), Condition::default())
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
