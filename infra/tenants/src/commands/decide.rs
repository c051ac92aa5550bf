//! `tenants approve`, `tenants dismiss`

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::{Brake, Decision, HeldPlan};

use super::source_decision;
use crate::args::Decide;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
struct DecisionView<'a> {
    tenant_id: &'a TenantId,
    hash: &'a str,
    decision: Decision,
    counts: &'a BTreeMap<Brake, u32>,
    since: Timestamp,
    #[serde(skip)]
    held: &'a HeldPlan,
}

pub(super) async fn approve(context: &CommandContext<'_>, args: &Decide) -> Result<Output> {
    let at = context.now();
    decide(context, args, Decision::Approved { at }).await
}

pub(super) async fn dismiss(context: &CommandContext<'_>, args: &Decide) -> Result<Output> {
    let at = context.now();
    decide(context, args, Decision::Dismissed { at }).await
}

async fn decide(context: &CommandContext<'_>, args: &Decide, decision: Decision) -> Result<Output> {
    let Decide { tenant, hash } = args;
    context.tenant(tenant).await?;
    if let Some(decided) = source_decision::decide(context, tenant, hash, decision).await? {
        return Ok(decided);
    }
    let held = context.store.held(tenant).await?.ok_or_else(|| {
        Failure::attention(format!(
            "no plan of {tenant} is held: there is nothing to decide"
        ))
    })?;
    if held.hash != *hash {
        return Err(Failure::attention(format!(
            "the plan {hash} of {tenant} is not held any more: the plan has changed. Held is now: {}. Look at it with `tenants \
             plan {tenant}`, then decide about {}",
            format::held_plan(&held),
            held.hash
        )));
    }
    context.store.decide(tenant, hash, decision).await?;
    Output::of(&DecisionView {
        tenant_id: tenant,
        hash,
        decision,
        counts: &held.counts,
        since: held.since,
        held: &held,
    })
}

impl View for DecisionView<'_> {
    fn text(&self) -> String {
        let (tenant, plan) = (self.tenant_id, format::held_plan(self.held));
        format::paragraph(&match self.decision {
            Decision::Approved { .. } => format!(
                "Approved: {plan}. The next run applies it. The approval lapses after 24 hours, or when the plan changes. \
                 `tenants sync {tenant}` applies it now."
            ),
            Decision::Dismissed { .. } => format!(
                "Dismissed: {plan}. It stays unapplied for as long as the plan stays the same. Everything else goes on. If the \
                 plan is wrong for good, correct Personio or the tenant's scope."
            ),
        })
    }
}
