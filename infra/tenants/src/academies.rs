//! Which tenants have which academy, and whether credentials are still those of a tenant's own.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::TenantId;
use shared::reteach::Client;
use shared::tenant::TenantConfig;

use crate::context::{CommandContext, StoredTenant};
use crate::failure::{Failure, Result};

/// An academy's id, at its API.
pub(crate) type AcademyKey = (String, String);

pub(crate) fn key(id: &str, config: &TenantConfig) -> AcademyKey {
    (config.reteach.base_url.to_string(), id.to_owned())
}

/// The tenants of each academy, where it is known. One call for a hundred tenants.
pub(crate) async fn of(
    context: &CommandContext<'_>,
    tenants: &[TenantId],
) -> Result<BTreeMap<AcademyKey, BTreeSet<TenantId>>> {
    let mut academies: BTreeMap<AcademyKey, BTreeSet<TenantId>> = BTreeMap::new();
    for record in context.store.tenant_records(tenants).await? {
        let config = TenantConfig::parse_stored(&record.config).ok();
        if let Some((config, id)) = config.zip(record.academy) {
            let tenants = academies.entry(key(&id, &config)).or_default();
            tenants.insert(config.tenant_id);
        }
    }
    Ok(academies)
}

/// Fails if the credentials are another academy's than the tenant was added with: the accounts there say nothing of this
/// company's. An academy that does not name itself now is believed. `otherwise`: what has not been done.
pub(crate) async fn check(stored: &StoredTenant, client: &Client, otherwise: &str) -> Result<()> {
    let Some(academy) = &stored.record.academy else {
        return Ok(());
    };
    if matches!(client.is_of(academy).await, Ok(false)) {
        return Err(Failure::attention(format!(
            "the reteach credentials seem to be another academy's; store the right ones with `tenants add`: {otherwise}"
        )));
    }
    Ok(())
}
