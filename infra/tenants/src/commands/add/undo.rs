//! Takes back the written steps of a failed `add`.

use shared::domain::id::TenantId;
use shared::state::{JobKind, StateError, TenantChange, TenantRecord, TenantStatus};

use super::Desired;
use super::current_state::{CurrentState, StoredSecret};
use crate::context::CommandContext;
use crate::failure::Result;

/// A new secret is marked for deletion; a repeated `add` restores it.
pub(super) const RECOVERABLE_DAYS: i64 = 7;

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

    /// Takes everything back, the last first, unless another command has changed the tenant since.
    pub(super) async fn all(
        self,
        context: &CommandContext<'_>,
        current: &CurrentState,
        desired: &Desired,
    ) -> Result<Undone> {
        let tenant = &desired.config.tenant_id;
        let standing = context.store.latest_tenant(tenant).await?;
        let is_ours = match (&standing, &current.record) {
            (Some(standing), _) => standing.revision.as_ref() == Some(&desired.revision),
            (None, read) => read.is_none(),
        };
        if !is_ours {
            // The first step comes to nothing if another command was faster.
            let is_nothing = self.0.iter().all(|step| *step == Step::Config);
            return Ok(match is_nothing {
                true => Undone::All,
                false => Undone::Overtaken,
            });
        }
        let mut undone = Undone::All;
        for step in self.0.into_iter().rev() {
            match step {
                Step::Schedule(job, was_there) => {
                    let status = standing.as_ref().map(|record| record.status);
                    let status = status.unwrap_or(TenantStatus::Active);
                    schedule(context, current, tenant, (job, was_there), status).await?
                }
                Step::Secret if current.stored == StoredSecret::Unreadable => {
                    undone = Undone::ButCredentials;
                }
                Step::Secret => secret(context, current, tenant).await?,
                Step::Config => {
                    let taken_back = config(context, current, desired, standing.as_ref()).await;
                    match taken_back {
                        Err(StateError::Changed { .. }) => return Ok(Undone::Overtaken),
                        taken_back => taken_back?,
                    }
                }
            }
        }
        Ok(undone)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undone {
    All,
    /// The credentials that were stored before cannot be read: the new ones stay.
    ButCredentials,
    /// Another command has changed or removed the tenant: what it may need stays.
    Overtaken,
}

impl Undone {
    pub(super) fn text(self, tenant: &TenantId) -> String {
        match self {
            Self::All => "The steps before it were taken back: all is as it was".to_owned(),
            Self::ButCredentials => "The steps before it were taken back, but the new credentials stay: those before could not \
                                     be read"
                .to_owned(),
            Self::Overtaken => format!(
                "Another command has changed {tenant} meanwhile, so nothing was taken back: look at `tenants status {tenant}`, then \
                 repeat `tenants add`, or end it with `tenants remove {tenant}`"
            ),
        }
    }
}

async fn schedule(
    context: &CommandContext<'_>,
    current: &CurrentState,
    tenant: &TenantId,
    (job, was_there): (JobKind, bool),
    status: TenantStatus,
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
    desired: &Desired,
    standing: Option<&TenantRecord>,
) -> std::result::Result<(), StateError> {
    let Desired {
        config, revision, ..
    } = desired;
    let (store, tenant) = (&context.store, &config.tenant_id);
    let Some(before) = &current.record else {
        return store.withdraw_tenant(tenant, revision).await;
    };
    let change = TenantChange {
        config: &before.config,
        status: before.status,
        academy: before.academy.as_deref(),
        revision: &format!("{revision}-undone"),
        read: standing,
    };
    store.change_tenant(tenant, &change).await
}
