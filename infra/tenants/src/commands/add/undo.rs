//! Takes back the written steps of a failed `add`.

use shared::domain::id::TenantId;
use shared::state::{CertificateLedger, JobKind, TenantStatus};

use super::current_state::CurrentState;
use crate::context::CommandContext;
use crate::failure::Result;

/// A new secret is marked for deletion; a repeated `add` restores it.
const RECOVERABLE_DAYS: i64 = 7;

/// A step of `add` that may have been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Config,
    Secret,
    /// The schedule of this job, and whether there was one.
    Schedule(JobKind, bool),
}

/// The steps that may have been written, in order. A step is noted before it is taken: its reply may be lost.
#[derive(Debug, Default)]
pub(super) struct Undo(Vec<Step>);

impl Undo {
    pub(super) fn expect(&mut self, step: Step) {
        self.0.push(step);
    }

    /// Takes everything back, the last first.
    pub(super) async fn all(
        self,
        context: &CommandContext<'_>,
        current: &CurrentState,
        tenant: &TenantId,
    ) -> Result<()> {
        for step in self.0.into_iter().rev() {
            match step {
                Step::Schedule(job, was_there) => {
                    schedule(context, current, tenant, job, was_there).await?
                }
                Step::Secret => secret(context, current, tenant).await?,
                Step::Config => config(context, current, tenant).await?,
            }
        }
        Ok(())
    }
}

async fn schedule(
    context: &CommandContext<'_>,
    current: &CurrentState,
    tenant: &TenantId,
    job: JobKind,
    was_there: bool,
) -> Result<()> {
    let Some(schedules) = &context.schedules else {
        return Ok(());
    };
    if !was_there {
        schedules.delete(tenant, job).await?;
        return Ok(());
    }
    let Some(config) = &current.config else {
        return Ok(());
    };
    let status = current
        .record
        .as_ref()
        .map_or(TenantStatus::Active, |record| record.status);
    for (scheduled, desired) in schedules.desired(config, status, context.now()) {
        if scheduled == job {
            schedules.put(&desired).await?;
        }
    }
    Ok(())
}

async fn secret(
    context: &CommandContext<'_>,
    current: &CurrentState,
    tenant: &TenantId,
) -> Result<()> {
    match &current.secret {
        Some(secret) => context.secrets.put(tenant, secret).await?,
        None => {
            context.secrets.delete(tenant, RECOVERABLE_DAYS).await?;
        }
    }
    Ok(())
}

async fn config(
    context: &CommandContext<'_>,
    current: &CurrentState,
    tenant: &TenantId,
) -> Result<()> {
    match &current.record {
        Some(record) => context.store.put_tenant(tenant, &record.config).await?,
        None => {
            context
                .store
                .remove_tenant_and(tenant, CertificateLedger::Keep)
                .await?
        }
    }
    Ok(())
}
