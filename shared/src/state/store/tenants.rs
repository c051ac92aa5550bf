//! Tenants: configuration, status, gate, and the registry that lists them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::inventory::CertificateLedger;
use super::version::{self, STATE_VERSION, VERSION};
use super::{StateError, Store};
use crate::domain::id::{OperatorId, TenantId};
use crate::state::DecidedBy;
use crate::state::key::{Key, REGISTRY};
use crate::state::table::{
    Condition, Freshness, Item, Outcome, Query, attribute, record, sort_key,
};

/// What is stored of a tenant as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRecord {
    /// The configuration, as the TOML that was given.
    pub config: String,
    pub status: TenantStatus,
    /// When the first complete employee run succeeded: from then on certificates are transferred.
    #[serde(default)]
    pub gate: Option<Timestamp>,
    /// The id of the academy that its credentials belonged to when they were checked: a tenant stays with its academy.
    #[serde(default)]
    pub academy: Option<String>,
    /// Tells the last write of the configuration from every other one.
    #[serde(default)]
    pub revision: Option<String>,
    /// Who paused it last, where AWS named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<DecidedBy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    Active,
    Paused { since: Timestamp },
}

impl TenantRecord {
    pub fn operator(&self) -> Option<&OperatorId> {
        match self.status {
            TenantStatus::Paused { since } => self.paused_by.as_ref()?.of(since),
            TenantStatus::Active => None,
        }
    }
}

impl Store {
    /// The tenant, if there is one. May be a moment behind, at half the price.
    pub async fn tenant(&self, tenant: &TenantId) -> Result<Option<TenantRecord>, StateError> {
        self.read_tenant(tenant, Freshness::Eventual).await
    }

    /// The tenant as every confirmed write left it, if there is one.
    pub async fn latest_tenant(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<TenantRecord>, StateError> {
        self.read_tenant(tenant, Freshness::Consistent).await
    }

    async fn read_tenant(
        &self,
        tenant: &TenantId,
        freshness: Freshness,
    ) -> Result<Option<TenantRecord>, StateError> {
        let key = Key::config(tenant);
        let item = self.table.get(&key, freshness).await?;
        version::check(item.as_ref())?;
        item.map(|item| record(item, &key.sk)).transpose()
    }

    /// Writes the tenant's configuration and its line in the registry, both or neither. A new tenant is active; one
    /// that is there already keeps its status and its gate. Whatever was there before is replaced:
    /// [`change_tenant`](Self::change_tenant) replaces only what was read.
    pub async fn put_tenant(&self, tenant: &TenantId, config: &str) -> Result<(), StateError> {
        self.mark_version().await?;
        let key = Key::config(tenant);
        let update = "SET #config = :config, #status = if_not_exists(#status, :status), \
                      #state_version = if_not_exists(#state_version, :version)";
        let condition = Condition::update(update)
            .names(["config", "status", VERSION])
            .text("config", config)
            .number("version", STATE_VERSION)
            .value("status", attribute(&TenantStatus::Active, &key.sk)?);
        self.table
            .update_and_put((&key, condition), &Key::registry(tenant))
            .await
            .map(drop)
    }

    /// All tenants, in alphabetical order.
    pub async fn list_tenants(&self) -> Result<Vec<TenantId>, StateError> {
        let items = self.table.query(Query::partition(REGISTRY)).all().await?;
        items.iter().map(registered).collect()
    }

    /// Pauses the tenant, and notes `by` whom, where that is known, or makes it run again.
    pub async fn set_status(
        &self,
        tenant: &TenantId,
        status: TenantStatus,
        by: Option<&OperatorId>,
    ) -> Result<(), StateError> {
        let key = Key::config(tenant);
        let operator = match status {
            TenantStatus::Paused { since } => DecidedBy::new(since, by),
            TenantStatus::Active => None,
        };
        let update = match operator {
            Some(_) => "SET #status = :status, #paused_by = :operator",
            None => "SET #status = :status REMOVE #paused_by",
        };
        let mut condition = Condition::update(update)
            .only_if("attribute_exists(#status)")
            .names(["status", "paused_by"])
            .value("status", attribute(&status, &key.sk)?);
        if let Some(operator) = operator {
            condition = condition.value("operator", attribute(&operator, &key.sk)?);
        }
        let written = self.table.update(&key, condition).await?;
        written.or(unknown(tenant))
    }

    /// Opens the gate for certificates. Once it is open it never closes.
    pub async fn open_gate(&self, tenant: &TenantId, at: Timestamp) -> Result<(), StateError> {
        let key = Key::config(tenant);
        let condition = Condition::update("SET #gate = :at")
            .only_if("attribute_exists(#status) AND attribute_not_exists(#gate)")
            .names(["gate", "status"])
            .value("at", attribute(&at, &key.sk)?);
        match self.table.update(&key, condition).await? {
            Outcome::Written(_) | Outcome::Refused(Some(_)) => Ok(()),
            Outcome::Refused(None) => Err(unknown(tenant)),
        }
    }

    pub async fn remove_tenant(&self, tenant: &TenantId) -> Result<(), StateError> {
        self.remove_tenant_and(tenant, CertificateLedger::Delete)
            .await
    }
}

fn registered(item: &Item) -> Result<TenantId, StateError> {
    let name = sort_key(item);
    TenantId::parse(name).map_err(|_| StateError::Damaged {
        item: format!("{REGISTRY} {name}"),
    })
}

fn unknown(tenant: &TenantId) -> StateError {
    StateError::UnknownTenant {
        tenant: tenant.to_string(),
    }
}
