//! What a table is like.

use aws_sdk_dynamodb::types::{KeyType, PointInTimeRecoveryStatus, TableStatus, TimeToLiveStatus};

use super::{StateError, Table};
use crate::state::key::{PARTITION_KEY, SORT_KEY, TIME_TO_LIVE};

/// A table, as far as the state depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// It can be read and written: a restore takes a while.
    pub is_active: bool,
    pub has_our_keys: bool,
    /// Reports expire, or will within the hour that AWS takes to switch it on. A restored table forgets this.
    pub expires: bool,
    /// A restored table forgets this, too.
    pub is_protected: bool,
    /// Whether point-in-time recovery is on; `None` where that cannot be seen. A restored table forgets it, too.
    pub is_recoverable: Option<bool>,
}

impl Table {
    pub(in crate::state) async fn shape(&self) -> Result<TableShape, StateError> {
        let request = self.client.describe_table().table_name(&*self.name);
        let described = request
            .send()
            .await
            .map_err(|error| self.doing("DescribeTable", "").failure(&error))?;
        let Some(table) = described.table else {
            return Err(StateError::NoTable {
                table: self.name.to_string(),
            });
        };
        let request = self.client.describe_time_to_live();
        let expiry = request
            .table_name(&*self.name)
            .send()
            .await
            .map_err(|error| self.doing("DescribeTimeToLive", "").failure(&error))?;
        let expiry = expiry.time_to_live_description;
        let keys = table.key_schema();
        let is_key = |name: &str, kind: &KeyType| {
            keys.iter()
                .any(|key| key.attribute_name() == name && key.key_type() == kind)
        };
        Ok(TableShape {
            is_active: table.table_status() == Some(&TableStatus::Active),
            has_our_keys: keys.len() == 2
                && is_key(PARTITION_KEY, &KeyType::Hash)
                && is_key(SORT_KEY, &KeyType::Range),
            expires: expiry.is_some_and(|expiry| {
                expiry.attribute_name() == Some(TIME_TO_LIVE)
                    && matches!(
                        expiry.time_to_live_status(),
                        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
                    )
            }),
            is_protected: table.deletion_protection_enabled() == Some(true),
            is_recoverable: self.is_recoverable().await,
        })
    }

    /// A caller without the right, and an emulator that knows no backups, see nothing.
    async fn is_recoverable(&self) -> Option<bool> {
        let request = self.client.describe_continuous_backups();
        let described = request.table_name(&*self.name).send().await.ok()?;
        let backups = described.continuous_backups_description?;
        let recovery = backups.point_in_time_recovery_description?;
        let status = recovery.point_in_time_recovery_status?;
        Some(status == PointInTimeRecoveryStatus::Enabled)
    }
}
