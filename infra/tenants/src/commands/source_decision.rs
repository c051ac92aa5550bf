//! What somebody decides about a reading that may be another company's.

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{OperatorId, TenantId};
use shared::state::{Decision, HeldSource};

use crate::args::Decide;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
struct SourceDecisionView<'a> {
    tenant_id: &'a TenantId,
    hash: &'a str,
    decision: Decision,
    known: u64,
    found: u64,
    new: u64,
    since: Timestamp,
    #[serde(skip)]
    source: &'a HeldSource,
}

/// Decides about the rejected reading with this hash, and notes `by` whom; `None` if there is no such reading.
pub(super) async fn decide(
    context: &CommandContext<'_>,
    args: &Decide,
    decision: Decision,
    by: Option<&OperatorId>,
) -> Result<Option<Output>> {
    let Decide {
        tenant,
        hash,
        kinds,
        people,
        ..
    } = args;
    let stored = context.store.held_source(tenant).await?;
    let Some(source) = stored.filter(|source| source.hash == *hash) else {
        return Ok(None);
    };
    if !kinds.is_empty() || !people.is_empty() {
        return Err(Failure::usage(format!(
            "{hash} is a rejected reading of {tenant}, which is accepted or dismissed as a whole: nothing was decided. Leave \
             out --kind and --only"
        )));
    }
    if args.is_undecided_alone && source.decision.is_some() {
        return Err(Failure::attention(format!(
            "somebody has decided about the reading {hash} of {tenant} meanwhile"
        )));
    }
    let store = &context.store;
    store.decide_source(tenant, hash, decision, by).await?;
    Output::of(&SourceDecisionView {
        tenant_id: tenant,
        hash,
        decision,
        known: source.known,
        found: source.found,
        new: source.new,
        since: source.since,
        source: &source,
    })
    .map(Some)
}

impl View for SourceDecisionView<'_> {
    fn text(&self) -> String {
        let (tenant, source) = (self.tenant_id, format::held_source(self.source));
        format::paragraph(&match self.decision {
            Decision::Approved { .. } => format!(
                "Approved: {source}. Runs accept this reading for 24 hours, and the brakes still apply. `tenants sync {tenant}` \
                 starts a run now."
            ),
            Decision::Dismissed { .. } => format!(
                "Dismissed: {source}. Runs change nobody until the known people are in a reading again: correct the credential, \
                 or the connection."
            ),
        })
    }
}
