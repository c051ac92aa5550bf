//! Which tenants have which academy.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::TenantId;
use shared::tenant::TenantConfig;

use crate::context::CommandContext;
use crate::failure::Result;

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
