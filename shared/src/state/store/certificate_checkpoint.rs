//! What certificate runs begin with.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::fenced::FENCE;
use super::{FencingToken, StateError, Store};
use crate::domain::id::{CustomerId, SourceId, TenantId};
use crate::state::key::{EMPLOYEES, Key, SORT_KEY, partition};
use crate::state::table::{Condition, Freshness, Query, attribute, records};
use crate::state::{CertificateCheckpoint, CertificateStart, Restored};

/// As much of a person's entry as tells whose account it is.
#[derive(Deserialize)]
struct Owner {
    source_id: SourceId,
    customer_id: Option<CustomerId>,
}

impl Store {
    /// What a run begins with; empty before the first run.
    pub async fn certificate_start(
        &self,
        tenant: &TenantId,
    ) -> Result<CertificateStart, StateError> {
        let start = self
            .table
            .get_record(&Key::certificate_checkpoint(tenant), Freshness::Consistent)
            .await?;
        Ok(start.unwrap_or_default())
    }

    /// Writes what the next run begins with: the last write of a run, after everything it speaks of. What the operator
    /// has asked for stays.
    pub async fn put_certificate_checkpoint(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        checkpoint: &CertificateCheckpoint,
    ) -> Result<(), StateError> {
        let key = Key::certificate_checkpoint(tenant);
        let condition = token
            .condition()
            .set("SET #checkpoint = :checkpoint, #fence = :token")
            .names(["checkpoint", FENCE])
            .value("checkpoint", attribute(checkpoint, &key.sk)?);
        let written = self.table.update(&key, condition).await?;
        written.or(StateError::Fenced { item: key.sk })
    }

    /// Asks for a full scan: a run does one unless its last one began after `at`.
    pub async fn ask_full_scan(&self, tenant: &TenantId, at: Timestamp) -> Result<(), StateError> {
        self.ask(tenant, at, Condition::update("SET #scan_asked_at = :at"))
            .await
    }

    /// Starts a backfill that is on hold, and asks for a full scan. Safe to repeat.
    pub async fn start_backfill(&self, tenant: &TenantId, at: Timestamp) -> Result<(), StateError> {
        let started = "SET #scan_asked_at = :at, #started_at = if_not_exists(#started_at, :at)";
        let condition = Condition::update(started).names(["started_at"]);
        self.ask(tenant, at, condition).await
    }

    /// Says that the table was restored, and asks for a full scan: what the ledger does not know is looked up before it
    /// is filed. No run may be under way.
    pub async fn mark_restored(
        &self,
        tenant: &TenantId,
        restored: Restored,
    ) -> Result<(), StateError> {
        let condition = Condition::update("SET #scan_asked_at = :at, #restored = :restored")
            .names(["restored"])
            .value("restored", attribute(&restored, "CERTIFICATES")?);
        self.ask(tenant, restored.at, condition).await
    }

    async fn ask(
        &self,
        tenant: &TenantId,
        at: Timestamp,
        condition: Condition,
    ) -> Result<(), StateError> {
        let key = Key::certificate_checkpoint(tenant);
        let condition = condition
            .names(["scan_asked_at"])
            .value("at", attribute(&at, &key.sk)?);
        self.table.update(&key, condition).await.map(drop)
    }

    /// Whose the accounts in reteach are, as far as the ledger of people knows. May be a moment behind, at half the
    /// price.
    pub async fn owners(
        &self,
        tenant: &TenantId,
    ) -> Result<HashMap<CustomerId, SourceId>, StateError> {
        let query = Query::partition(partition(tenant))
            .prefix(EMPLOYEES)
            .eventual();
        let mut pages = self
            .table
            .query(query.only(&[SORT_KEY, "source_id", "customer_id"]));
        let mut owners = HashMap::new();
        while let Some(page) = pages.next().await? {
            for owner in records::<Owner>(page) {
                let Owner {
                    source_id,
                    customer_id,
                } = owner?;
                owners.extend(customer_id.map(|account| (account, source_id)));
            }
        }
        Ok(owners)
    }
}
