//! `tenants pause`, `tenants resume`

use serde_json::json;
use shared::domain::id::TenantId;
use shared::state::TenantStatus;

use super::super::schedule::Written;
use crate::answer::Answer;
use crate::failure::Failure;
use crate::operator::{Known, Operator};
use crate::words;

pub(super) async fn pause(operator: &Operator<'_>, tenant: &TenantId) -> Result<Answer, Failure> {
    let known = operator.known(tenant).await?;
    let (status, is_new) = match known.record.status {
        TenantStatus::Active => (
            TenantStatus::Paused {
                since: operator.now(),
            },
            true,
        ),
        status @ TenantStatus::Paused { .. } => (status, false),
    };
    // The status alone stops every run that begins from now on; the schedules only save the calls.
    if is_new {
        operator.store.set_status(tenant, status).await?;
    }
    let schedules = write_schedules(operator, &known, status).await?;
    let text = if is_new {
        format!("{tenant} is paused")
    } else {
        format!("{tenant} was paused already")
    };
    let text = words::paragraph(&format!(
        "{text}: a run that is under way goes on to its end, no other begins. `tenants resume {tenant}` lets them go on."
    ));
    Answer::done(
        text,
        json!({"tenant_id": tenant, "status": status, "schedules_changed": schedules}),
    )
}

pub(super) async fn resume(operator: &Operator<'_>, tenant: &TenantId) -> Result<Answer, Failure> {
    let known = operator.known(tenant).await?;
    let was_paused = known.record.status != TenantStatus::Active;
    if was_paused {
        operator
            .store
            .set_status(tenant, TenantStatus::Active)
            .await?;
    }
    let schedules = write_schedules(operator, &known, TenantStatus::Active).await?;
    let text = if was_paused {
        "runs again"
    } else {
        "was not paused"
    };
    let every = known.config.schedule.employees;
    let text = words::paragraph(&format!(
        "{tenant} {text}: the next employee run comes within {every}, or now with `tenants sync {tenant}`."
    ));
    Answer::done(
        text,
        json!({"tenant_id": tenant, "status": TenantStatus::Active, "schedules_changed": schedules}),
    )
}

/// Makes both schedules what they should be at this status. Returns how many were not.
async fn write_schedules(
    operator: &Operator<'_>,
    known: &Known,
    status: TenantStatus,
) -> Result<u64, Failure> {
    let Some(schedules) = &operator.schedules else {
        return Ok(0);
    };
    let mut changed = 0;
    for (_, wanted) in schedules.wanted(&known.config, status, operator.now()) {
        changed += u64::from(schedules.put(&wanted).await? != Written::Unchanged);
    }
    Ok(changed)
}
