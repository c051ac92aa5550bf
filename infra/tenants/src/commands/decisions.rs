//! `tenants decisions`: those that the state still has, newest first.

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{OperatorId, SourceId, TenantId};
use shared::state::{CertificateState, Decision, TenantStatus};

use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
pub(crate) struct DecisionsView {
    pub(crate) tenant_id: TenantId,
    pub(crate) decisions: Vec<Decided>,
}

#[derive(Serialize)]
pub(crate) struct Decided {
    pub(crate) at: Timestamp,
    /// `approved`, `dismissed`, `paused`
    pub(crate) decision: &'static str,
    /// A kind of change with its plan, a reading, a certificate, or the tenant.
    pub(crate) about: String,
    pub(crate) person: Option<SourceId>,
    /// Who decided; `None` where AWS did not say.
    pub(crate) by: Option<OperatorId>,
}

pub(super) async fn decisions(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Output> {
    Output::of(&read(context, tenant).await?)
}

/// Reads the held plan, the rejected reading, the ledger of certificates and the tenant's status.
pub(crate) async fn read(context: &CommandContext<'_>, tenant: &TenantId) -> Result<DecisionsView> {
    let store = &context.store;
    let stored = context.tenant(tenant).await?;
    let mut decisions = Vec::new();
    if let Some(held) = store.held(tenant).await? {
        for (key, part) in held.parts.iter() {
            decisions.extend(part.decision.map(|decision| {
                let about = format!("{} (plan {})", key.brake.describe(), held.hash);
                let by = held.operator_of(decision).cloned();
                Decided::of(decision, about, part.person.clone(), by)
            }));
        }
    }
    if let Some(source) = store.held_source(tenant).await? {
        let about = format!("the reading {}", source.hash);
        let by = source.operator().cloned();
        decisions.extend(
            source
                .decision
                .map(|decision| Decided::of(decision, about, None, by)),
        );
    }
    for (id, entry) in store.all_certificates(tenant).await? {
        if let CertificateState::Dismissed { at } = entry.state {
            let by = entry.operator().cloned();
            let person = Some(entry.employee).filter(|person| !person.as_str().is_empty());
            decisions.push(Decided {
                at,
                decision: "dismissed",
                about: format!("certificate {id}"),
                person,
                by,
            });
        }
    }
    if let TenantStatus::Paused { since } = stored.record.status {
        decisions.push(Decided {
            at: since,
            decision: "paused",
            about: "the tenant".to_owned(),
            person: None,
            by: stored.record.operator().cloned(),
        });
    }
    decisions.sort_by(|one, other| {
        let key = |decided: &Decided| (std::cmp::Reverse(decided.at), decided.about.clone());
        key(one).cmp(&key(other))
    });
    Ok(DecisionsView {
        tenant_id: tenant.clone(),
        decisions,
    })
}

impl Decided {
    fn of(
        decision: Decision,
        about: String,
        person: Option<SourceId>,
        by: Option<OperatorId>,
    ) -> Self {
        let (at, decision) = match decision {
            Decision::Approved { at } => (at, "approved"),
            Decision::Dismissed { at } => (at, "dismissed"),
        };
        Self {
            at,
            decision,
            about,
            person,
            by,
        }
    }
}

impl View for DecisionsView {
    fn text(&self) -> String {
        if self.decisions.is_empty() {
            return format!("No decision about {} is kept.\n", self.tenant_id);
        }
        let mut table = terminal::table(["at", "decision", "about", "person", "by"]);
        for decided in &self.decisions {
            table.add_row([
                format::moment(decided.at).as_str(),
                decided.decision,
                &decided.about,
                decided.person.as_ref().map_or("", SourceId::as_str),
                decided.by.as_ref().map_or("unknown", OperatorId::as_str),
            ]);
        }
        format!("{}\n", table.trim_fmt())
    }
}
