//! `tenants pause`, `tenants resume`

use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::TenantStatus;
use shared::tenant::TenantConfig;

use crate::context::{CommandContext, StoredTenant, no_such_tenant};
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};
use crate::schedule::{ScheduleChange, is_connected, longest_wait};

#[derive(Serialize)]
struct PauseView<'a> {
    tenant_id: &'a TenantId,
    status: TenantStatus,
    schedules_changed: u64,
    #[serde(skip)]
    is_new: bool,
    #[serde(skip)]
    is_connected: bool,
    /// Minutes until the next employee run at most.
    #[serde(skip)]
    within: u64,
}

pub(super) async fn pause(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Output> {
    let record = context.store.latest_tenant(tenant).await?;
    let record = record.ok_or_else(|| no_such_tenant(tenant))?;
    let status = match record.status {
        TenantStatus::Active => TenantStatus::Paused {
            since: context.now(),
        },
        paused @ TenantStatus::Paused { .. } => paused,
    };
    // A configuration that cannot be used is a reason to pause.
    let config = TenantConfig::parse_stored(&record.config).ok();
    set_status(context, tenant, config.as_ref(), (record.status, status)).await
}

pub(super) async fn resume(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Output> {
    let StoredTenant { record, config } = context.latest_tenant(tenant).await?;
    let status = (record.status, TenantStatus::Active);
    set_status(context, tenant, Some(&config), status).await
}

/// Writes the status if it is new, and makes both schedules what they should be. A configuration that cannot be used has
/// no schedules to derive.
async fn set_status(
    context: &CommandContext<'_>,
    tenant_id: &TenantId,
    config: Option<&TenantConfig>,
    (before, status): (TenantStatus, TenantStatus),
) -> Result<Output> {
    let is_new = before != status;
    // The status alone stops all later runs. Switched-off schedules only save the calls.
    if is_new {
        let by = match status {
            TenantStatus::Paused { .. } => context.operator().await,
            TenantStatus::Active => None,
        };
        context.store.set_status(tenant_id, status, by).await?;
    }
    let mut schedules_changed = 0;
    if let (Some(schedules), Some(config)) = (&context.schedules, config) {
        for (_, desired) in schedules.desired(config, status, context.now()) {
            let change = schedules.put(&desired).await?;
            schedules_changed += u64::from(change != ScheduleChange::Unchanged);
        }
    }
    Output::of(&PauseView {
        tenant_id,
        status,
        schedules_changed,
        is_new,
        is_connected: config.is_some_and(is_connected),
        within: config.map_or(0, |config| longest_wait(config.schedule.employees)),
    })
}

impl View for PauseView<'_> {
    fn text(&self) -> String {
        let tenant = self.tenant_id;
        format::paragraph(&match self.status {
            TenantStatus::Paused { .. } => {
                let state = if self.is_new {
                    "is paused"
                } else {
                    "was paused already"
                };
                format!(
                    "{tenant} {state}. A running job finishes; no new one starts. `tenants resume {tenant}` ends the pause."
                )
            }
            TenantStatus::Active => {
                let state = if self.is_new {
                    "runs again"
                } else {
                    "was not paused"
                };
                let next = if self.is_connected {
                    let within = format::number(self.within, "minute", "minutes");
                    format!(
                        ": the next employee run comes within {within}, or now with `tenants sync {tenant}`."
                    )
                } else {
                    format!(
                        ", but nothing runs before the company has connected: `tenants connect {tenant} --email HR-ADMIN \
                         --company NAME`."
                    )
                };
                format!("{tenant} {state}{next}")
            }
        })
    }
}
