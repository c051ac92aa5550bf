//! Writing a tenant in place of what was read, and taking a new one back. The functions use none of this.

use super::inventory::CertificateLedger;
use super::tenants::{TenantRecord, TenantStatus};
use super::version::{STATE_VERSION, VERSION};
use super::{StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::Key;
use crate::state::table::{Condition, attribute};

/// A tenant's configuration, to be written in place of the record that was read.
#[derive(Clone, Copy, Debug)]
pub struct TenantChange<'a> {
    pub config: &'a str,
    /// The status of a new tenant. One that is there keeps its own.
    pub status: TenantStatus,
    /// The id of the academy that its credentials belong to, where it is known.
    pub academy: Option<&'a str>,
    /// Tells this write from every other one.
    pub revision: &'a str,
    /// The record that was read; `None` where there was none.
    pub read: Option<&'a TenantRecord>,
}

impl TenantChange<'_> {
    /// The condition that the record is still the one that was read.
    fn as_read(&self, update: Condition) -> Condition {
        let Some(TenantRecord {
            config, revision, ..
        }) = self.read
        else {
            return update.only_if("attribute_not_exists(#config)");
        };
        let update = update.text("config_read", config);
        match revision {
            Some(revision) => update
                .only_if("#config = :config_read AND #revision = :revision_read")
                .text("revision_read", revision),
            None => update.only_if("#config = :config_read AND attribute_not_exists(#revision)"),
        }
    }
}

impl Store {
    /// Writes the tenant's configuration and its line in the registry, both or neither, if the record is still the one
    /// that was read. Status and gate of a tenant that is there stay.
    ///
    /// # Errors
    /// [`StateError::Changed`] if another command has added, changed or removed the tenant, or DynamoDB fails.
    pub async fn change_tenant(
        &self,
        tenant: &TenantId,
        change: &TenantChange<'_>,
    ) -> Result<(), StateError> {
        self.mark_version().await?;
        let key = Key::config(tenant);
        let academy = match change.academy {
            Some(_) => ", #academy = :academy",
            None => " REMOVE #academy",
        };
        let update = format!(
            "SET #config = :config, #status = if_not_exists(#status, :status), #revision = :revision, \
             #state_version = if_not_exists(#state_version, :version){academy}"
        );
        let mut update = Condition::update(update)
            .names(["config", "status", "revision", "academy", VERSION])
            .text("config", change.config)
            .text("revision", change.revision)
            .number("version", STATE_VERSION)
            .value("status", attribute(&change.status, &key.sk)?);
        if let Some(academy) = change.academy {
            update = update.text("academy", academy);
        }
        let update = change.as_read(update);
        let line = Key::registry(tenant);
        let written = self.table.update_and_put((&key, update), &line).await?;
        written.or(changed(tenant))
    }

    /// Removes a tenant that the change of this `revision` has made. Its ledger of certificates stays.
    ///
    /// # Errors
    /// [`StateError::Changed`] if another command has changed the tenant since, or DynamoDB fails.
    pub async fn withdraw_tenant(
        &self,
        tenant: &TenantId,
        revision: &str,
    ) -> Result<(), StateError> {
        let condition = Condition::when("attribute_not_exists(pk) OR #revision = :revision")
            .names(["revision"])
            .text("revision", revision);
        let deleted = self.table.delete(&Key::config(tenant), condition).await?;
        deleted.or(changed(tenant))?;
        self.remove_tenant_and(tenant, CertificateLedger::Keep)
            .await
    }
}

fn changed(tenant: &TenantId) -> StateError {
    StateError::Changed {
        tenant: tenant.to_string(),
    }
}
