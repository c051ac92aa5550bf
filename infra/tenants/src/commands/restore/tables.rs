//! The tables of a restore.

use std::collections::BTreeSet;

use shared::domain::id::TenantId;
use shared::state::{StateError, Store, TenantRecord, TenantStatus};

use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::schedule::JOBS;

/// A restored table, and the one that the functions use.
pub(super) struct Tables<'a> {
    pub(super) name: &'a str,
    pub(super) restored: Store,
    /// `None` where the functions use the restored one, or none at all.
    pub(super) live: Option<&'a Store>,
    pub(super) in_use: bool,
}

impl<'a> Tables<'a> {
    pub(super) async fn open(
        context: &'a CommandContext<'_>,
        table: Option<&'a str>,
    ) -> Result<Self> {
        let deployed = context.deployment.table.as_str();
        let name = table.unwrap_or(deployed);
        let in_use = name == deployed;
        let has_live = !in_use
            && match context.store.shape().await {
                Ok(_) => true,
                Err(StateError::NoTable { .. }) => false,
                Err(error) => return Err(error.into()),
            };
        Ok(Self {
            name,
            restored: context.store_in(name),
            live: has_live.then_some(&context.store),
            in_use,
        })
    }

    /// What has to be set up again. An unusable table is an error.
    pub(super) async fn check_shape(&self) -> Result<Vec<String>> {
        let shape = self.restored.shape().await?;
        let name = self.name;
        if !shape.has_our_keys {
            return Err(Failure::attention(format!(
                "the table {name} has other keys: it is not a table of this product"
            )));
        }
        if !shape.is_active {
            return Err(Failure::attention(format!(
                "the table {name} is not ready yet: repeat the command when it is ACTIVE"
            )));
        }
        let settings = [
            (
                shape.expires,
                format!(
                    "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification \
                     Enabled=true,AttributeName=expires_at"
                ),
            ),
            (
                shape.is_protected,
                format!(
                    "aws dynamodb update-table --table-name {name} --deletion-protection-enabled"
                ),
            ),
            (
                shape.is_recoverable != Some(false),
                format!(
                    "aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification \
                     PointInTimeRecoveryEnabled=true"
                ),
            ),
        ];
        let missing = settings.into_iter().filter(|(is_set, _)| !is_set);
        Ok(missing.map(|(_, command)| command).collect())
    }

    /// The record that says how a tenant is now: that of the table in use, as far as it can be read.
    pub(super) async fn current(&self, tenant: &TenantId) -> Result<Option<TenantRecord>> {
        if let Some(live) = self.live
            && let Some(record) = as_far_as_readable(live.latest_tenant(tenant).await)?
        {
            return Ok(Some(record));
        }
        self.stored(tenant).await
    }

    /// The tenant's record in the restored table, as far as it can be read.
    pub(super) async fn stored(&self, tenant: &TenantId) -> Result<Option<TenantRecord>> {
        as_far_as_readable(self.restored.latest_tenant(tenant).await)
    }

    /// Whether runs can read what the restored table has of the tenant: its record and its leases.
    pub(super) async fn is_readable(&self, tenant: &TenantId) -> Result<bool> {
        match self.restored.latest_tenant(tenant).await {
            Ok(_) => has_readable_leases(&self.restored, tenant).await,
            Err(StateError::Damaged { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Tenants of the table in use that the restored one, with `known`, does not have.
    pub(super) async fn added(&self, known: &[TenantId]) -> Result<Vec<TenantId>> {
        let Some(live) = self.live else {
            return Ok(Vec::new());
        };
        let mut others = live.list_tenants().await?;
        others.retain(|tenant| !known.contains(tenant));
        Ok(others)
    }

    /// Pauses a tenant in both tables. The pause of an operator keeps its moment and who made it.
    pub(super) async fn pause(&self, tenant: &TenantId, status: TenantStatus) -> Result<()> {
        let current = self.current(tenant).await?;
        let by = current.as_ref().and_then(TenantRecord::operator);
        let status = match current.as_ref().map(|record| record.status) {
            Some(paused @ TenantStatus::Paused { .. }) => paused,
            _ => status,
        };
        for store in [Some(&self.restored), self.live].into_iter().flatten() {
            let is_active = match store.latest_tenant(tenant).await {
                Ok(record) => record.is_some_and(|record| record.status == TenantStatus::Active),
                Err(StateError::Damaged { .. }) => true,
                Err(error) => return Err(error.into()),
            };
            if !is_active {
                continue;
            }
            match store.set_status(tenant, status, by).await {
                Ok(()) | Err(StateError::UnknownTenant { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// What was read; nothing where a newer version or somebody's hand has written it.
fn as_far_as_readable<T>(read: std::result::Result<Option<T>, StateError>) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(read),
        Err(StateError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the leases of both jobs can be read: no run begins with one that cannot.
pub(super) async fn has_readable_leases(store: &Store, tenant: &TenantId) -> Result<bool> {
    for job in JOBS {
        match store.waiting_since(tenant, job).await {
            Ok(_) => {}
            Err(StateError::Damaged { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Tenants that have schedules and are not among `tenants`.
pub(super) async fn scheduled(
    context: &CommandContext<'_>,
    tenants: &[TenantId],
) -> Result<BTreeSet<TenantId>> {
    let Some(schedules) = &context.schedules else {
        return Ok(BTreeSet::new());
    };
    let listed = schedules.list().await?;
    let names = listed
        .iter()
        .filter_map(|schedule| crate::schedule::parse_name(&schedule.name))
        .map(|(tenant, _)| tenant);
    Ok(names.filter(|tenant| !tenants.contains(tenant)).collect())
}
