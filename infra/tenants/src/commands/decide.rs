//! `tenants approve`, `tenants dismiss`

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{SourceId, TenantId};
use shared::state::{Brake, Choice, Decision, HeldPlan};

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
    /// Kinds and people of the decision; empty for the whole plan.
    kinds: Vec<Brake>,
    people: Vec<SourceId>,
    decided: usize,
    /// Changes of the plan that nobody has decided about.
    undecided: u32,
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
    let Decide {
        tenant,
        hash,
        kinds,
        people,
        is_undecided_alone,
    } = args;
    context.tenant(tenant).await?;
    // First: while AWS is asked, somebody else may decide.
    let by = context.operator().await;
    if let Some(decided) = source_decision::decide(context, args, decision, by).await? {
        return Ok(decided);
    }
    let held = context.store.held(tenant).await?.ok_or_else(|| {
        Failure::attention(format!(
            "no plan of {tenant} is held: there is nothing to decide"
        ))
    })?;
    if held.hash != *hash {
        return Err(Failure::attention(format!(
            "no held plan of {tenant} has the hash {hash}: it is mistyped or incomplete, or the plan has changed since. Held is \
             now: {}. Look at it with `tenants plan {tenant}`, then decide about {}",
            format::held_plan(&held),
            held.hash
        )));
    }
    let choice = Choice {
        kinds: kinds.iter().copied().collect(),
        people: people.iter().cloned().collect(),
        is_undecided_alone: *is_undecided_alone,
    };
    held.decide(&choice, decision)
        .map_err(|error| Failure::attention(format!("{tenant}, plan {hash}: {error}")))?;
    let decided = context
        .store
        .decide(tenant, hash, &choice, decision, by)
        .await?;
    let changed = held.parts.iter().zip(decided.parts.iter());
    Output::of(&DecisionView {
        tenant_id: tenant,
        hash,
        decision,
        kinds: choice.kinds.into_iter().collect(),
        people: choice.people.into_iter().collect(),
        decided: changed.filter(|(before, after)| before != after).count(),
        undecided: decided.undecided().values().sum(),
        since: held.since,
        held: &held,
    })
}

impl View for DecisionView<'_> {
    fn text(&self) -> String {
        let (tenant, plan) = (self.tenant_id, format::held_plan(self.held));
        let decided = format::number(self.decided as u64, "change", "changes");
        let rest = match self.undecided {
            0 => String::new(),
            rest => format!(
                " {} of this plan still wait for a decision.",
                format::number(u64::from(rest), "change", "changes")
            ),
        };
        format::paragraph(&match self.decision {
            Decision::Approved { .. } => format!(
                "Approved: {decided} of {plan}. The next run applies them. The approval of a change lapses after 24 hours, or \
                 when the change is no longer planned; other changes do not touch it.{rest} `tenants sync {tenant}` applies \
                 them now."
            ),
            Decision::Dismissed { .. } => format!(
                "Dismissed: {decided} of {plan}. They stay unapplied for as long as they are planned. Everything else goes \
                 on.{rest} If they are wrong for good, correct Personio or the tenant's scope."
            ),
        })
    }
}
