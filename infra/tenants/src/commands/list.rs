//! `tenants list`

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::{StateError, TenantRecord, TenantStatus};
use shared::tenant::TenantConfig;

use super::status::health::TenantState;
use crate::context::{CommandContext, MAX_CONCURRENT_TENANTS};
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
#[serde(transparent)]
struct ListView(Vec<TenantRow>);

#[derive(Serialize)]
struct TenantRow {
    tenant_id: TenantId,
    status: &'static str,
    route: Option<&'static str>,
    certificates: Option<bool>,
    academy: Option<String>,
}

pub(super) async fn list(context: &CommandContext<'_>) -> Result<Output> {
    let rows = stream::iter(context.store.list_tenants().await?)
        .map(|tenant| async move {
            match stored(context, &tenant).await {
                Ok((record, is_rejected)) => {
                    Ok(TenantRow::new(tenant, record.as_ref(), is_rejected))
                }
                // One tenant must not hide all others.
                Err(StateError::Damaged { .. } | StateError::Newer { .. }) => {
                    Ok(TenantRow::unreadable(tenant))
                }
                Err(error) => Err(Failure::from(error)),
            }
        })
        .buffered(MAX_CONCURRENT_TENANTS)
        .try_collect()
        .await?;
    Output::of(&ListView(rows))
}

/// The tenant's record, and whether a reading of it is rejected.
async fn stored(
    context: &CommandContext<'_>,
    tenant: &TenantId,
) -> std::result::Result<(Option<TenantRecord>, bool), StateError> {
    let record = context.store.tenant(tenant).await?;
    let source = context.store.held_source(tenant).await?;
    Ok((record, source.is_some()))
}

impl TenantRow {
    /// A tenant whose state is damaged, or of a newer version.
    fn unreadable(tenant_id: TenantId) -> Self {
        Self {
            tenant_id,
            status: TenantState::Unreadable.as_str(),
            route: None,
            certificates: None,
            academy: None,
        }
    }

    fn new(tenant_id: TenantId, record: Option<&TenantRecord>, is_rejected: bool) -> Self {
        let config = record.and_then(|record| TenantConfig::parse_stored(&record.config).ok());
        let status = match record.map(|record| record.status) {
            // An interrupted `add` or `remove` leaves the tenant in the registry.
            None => "half removed",
            Some(_) if config.is_none() => "bad configuration",
            Some(TenantStatus::Active) if is_rejected => "source changed",
            Some(TenantStatus::Active) => "active",
            Some(TenantStatus::Paused { .. }) => "paused",
        };
        Self {
            tenant_id,
            status,
            route: config
                .as_ref()
                .map(|config| format::route(config.personio.via)),
            certificates: config.as_ref().map(|config| config.certificates.enabled),
            academy: config.and_then(|config| config.reteach.academy),
        }
    }
}

impl View for ListView {
    fn text(&self) -> String {
        if self.0.is_empty() {
            return format::NO_TENANTS.to_owned();
        }
        let mut table = terminal::table(["tenant", "status", "route", "certificates", "academy"]);
        for row in &self.0 {
            let certificates = row.certificates.map(|on| if on { "on" } else { "off" });
            table.add_row([
                row.tenant_id.as_str(),
                row.status,
                row.route.unwrap_or("?"),
                certificates.unwrap_or("?"),
                row.academy.as_deref().unwrap_or_default(),
            ]);
        }
        format!("{}\n", table.trim_fmt())
    }
}
