//! All tenants, one line each.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::state::JobKind;

use super::drift::{orphaned, unlisted};
use super::health::{self, TenantHealth};
use crate::context::{CommandContext, MAX_CONCURRENT_TENANTS};
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::View;

#[derive(Serialize)]
pub(super) struct FleetView {
    tenants: Vec<TenantHealth>,
    orphaned_schedules: Vec<String>,
    #[serde(skip)]
    now: Timestamp,
}

pub(super) async fn read(context: &CommandContext<'_>) -> Result<FleetView> {
    let ids = context.store.list_tenants().await?;
    let listed = match &context.schedules {
        Some(schedules) => Some(schedules.list().await?),
        None => None,
    };
    let tenants = stream::iter(&ids)
        .map(|tenant| async {
            let mut health = health::read(context, tenant).await?;
            if let Some(listed) = &listed {
                let missing = unlisted(listed, &health);
                health.problems.extend(missing);
            }
            Ok::<_, Failure>(health)
        })
        .buffered(MAX_CONCURRENT_TENANTS)
        .try_collect()
        .await?;
    Ok(FleetView {
        tenants,
        orphaned_schedules: orphaned(&ids, listed.as_deref().unwrap_or_default()),
        now: context.now(),
    })
}

impl View for FleetView {
    fn text(&self) -> String {
        if self.tenants.is_empty() && self.orphaned_schedules.is_empty() {
            return format::NO_TENANTS.to_owned();
        }
        let mut table =
            terminal::table(["tenant", "status", "people", "certificates", "to look at"]);
        for tenant in &self.tenants {
            let problems = match tenant.problems.len() {
                0 => "nothing".to_owned(),
                problems => problems.to_string(),
            };
            table.add_row([
                tenant.tenant_id.as_str(),
                tenant.status,
                &tenant.last_good_run(JobKind::Employees, self.now),
                &tenant.last_good_run(JobKind::Certificates, self.now),
                &problems,
            ]);
        }
        let mut text = format!("{}\n", table.trim_fmt());
        for tenant in &self.tenants {
            for problem in &tenant.problems {
                text.push_str(&format::point(&format!("{}: {problem}", tenant.tenant_id)));
            }
        }
        for schedule in &self.orphaned_schedules {
            text.push_str(&format::point(&format!("orphaned: {schedule}")));
        }
        text
    }

    fn needs_attention(&self) -> bool {
        let mut tenants = self.tenants.iter();
        !self.orphaned_schedules.is_empty() || tenants.any(|tenant| !tenant.problems.is_empty())
    }
}
