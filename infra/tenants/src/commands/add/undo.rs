//! Taking back what an `add` that failed has written.

use shared::domain::id::TenantId;
use shared::state::{CertificateLedger, JobKind, TenantStatus};

use super::before::{Before, StoredSecret};
use crate::failure::Failure;
use crate::operator::Operator;

/// A secret that was not there before is marked for deletion; a repeated `add` brings it back.
const RECOVERABLE_DAYS: i64 = 7;

/// Something that may have been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Config,
    Secret,
    /// The schedule of this job, and whether there was one.
    Schedule(JobKind, bool),
}

/// What may have been written, in order. A step is noted before it is taken: its reply may be lost.
#[derive(Debug, Default)]
pub(super) struct Undo(Vec<Step>);

impl Undo {
    pub(super) fn expect(&mut self, step: Step) {
        self.0.push(step);
    }

    /// Takes everything back, the last first.
    pub(super) async fn all(
        self,
        operator: &Operator<'_>,
        before: &Before,
        tenant: &TenantId,
    ) -> Result<(), Failure> {
        for step in self.0.into_iter().rev() {
            match step {
                Step::Schedule(job, was_there) => {
                    schedule(operator, before, tenant, job, was_there).await?
                }
                Step::Secret => secret(operator, before, tenant).await?,
                Step::Config => config(operator, before, tenant).await?,
            }
        }
        Ok(())
    }
}

async fn schedule(
    operator: &Operator<'_>,
    before: &Before,
    tenant: &TenantId,
    job: JobKind,
    was_there: bool,
) -> Result<(), Failure> {
    let Some(schedules) = &operator.schedules else {
        return Ok(());
    };
    if !was_there {
        schedules.delete(tenant, job).await?;
        return Ok(());
    }
    let Some(config) = &before.config else {
        return Ok(());
    };
    let status = before
        .record
        .as_ref()
        .map_or(TenantStatus::Active, |record| record.status);
    for (known, wanted) in schedules.wanted(config, status, operator.now()) {
        if known == job {
            schedules.put(&wanted).await?;
        }
    }
    Ok(())
}

async fn secret(
    operator: &Operator<'_>,
    before: &Before,
    tenant: &TenantId,
) -> Result<(), Failure> {
    match (&before.secret, before.stored) {
        (Some(secret), _) => operator.secrets.put(tenant, secret).await?,
        (None, StoredSecret::Nowhere | StoredSecret::Marked | StoredSecret::There) => {
            operator.secrets.delete(tenant, RECOVERABLE_DAYS).await?;
        }
    }
    Ok(())
}

async fn config(
    operator: &Operator<'_>,
    before: &Before,
    tenant: &TenantId,
) -> Result<(), Failure> {
    match &before.record {
        Some(record) => operator.store.put_tenant(tenant, &record.config).await?,
        None => {
            operator
                .store
                .remove_tenant_and(tenant, CertificateLedger::Keep)
                .await?
        }
    }
    Ok(())
}
