//! `tenants decisions`: those that the state still has, newest first.

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{OperatorId, SourceId, TenantId};
use shared::state::{CertificateState, Decision, TenantStatus};

use super::status::health::readable;
use crate::context::{CommandContext, no_such_tenant};
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
pub(crate) struct DecisionsView {
    pub(crate) tenant_id: TenantId,
    pub(crate) decisions: Vec<Decided>,
    /// What is wrong with items that cannot be read: their decisions are not listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unreadable: Vec<String>,
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
    let mut damaged = Vec::new();
    let record = store.tenant(tenant).await;
    if record == Ok(None) {
        return Err(no_such_tenant(tenant));
    }
    let record = readable(record, &mut damaged)?;
    let mut decisions = Vec::new();
    if let Some(held) = readable(store.held(tenant).await, &mut damaged)? {
        for (key, part) in held.parts.iter() {
            decisions.extend(part.decision.map(|decision| {
                let about = format!("{} (plan {})", key.brake.describe(), held.hash);
                let by = held.operator_of(decision).cloned();
                Decided::of(decision, about, part.person.clone(), by)
            }));
        }
    }
    if let Some(source) = readable(store.held_source(tenant).await, &mut damaged)? {
        let about = format!("the reading {}", source.hash);
        let by = source.operator().cloned();
        decisions.extend(
            source
                .decision
                .map(|decision| Decided::of(decision, about, None, by)),
        );
    }
    let (entries, unread) = store.readable_certificates(tenant).await?;
    damaged.extend(unread);
    for entry in entries {
        if let CertificateState::Dismissed { at } = entry.state {
            let by = entry.operator().cloned();
            let person = Some(entry.employee).filter(|person| !person.as_str().is_empty());
            decisions.push(Decided {
                at,
                decision: "dismissed",
                about: format!("certificate {}", entry.certificate_id),
                person,
                by,
            });
        }
    }
    if let Some(record) = record
        && let TenantStatus::Paused { since } = record.status
    {
        decisions.push(Decided {
            at: since,
            decision: "paused",
            about: "the tenant".to_owned(),
            person: None,
            by: record.operator().cloned(),
        });
    }
    decisions.sort_by(|one, other| {
        let key = |decided: &Decided| (std::cmp::Reverse(decided.at), decided.about.clone());
        key(one).cmp(&key(other))
    });
    Ok(DecisionsView {
        tenant_id: tenant.clone(),
        decisions,
        unreadable: damaged.iter().map(ToString::to_string).collect(),
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
        let unreadable = self.unreadable.iter().map(|text| format::point(text));
        let unreadable: String = unreadable.collect();
        if self.decisions.is_empty() {
            return format!(
                "No decision about {} is kept.\n{unreadable}",
                self.tenant_id
            );
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
        format!("{}\n{unreadable}", table.trim_fmt())
    }

    fn needs_attention(&self) -> bool {
        !self.unreadable.is_empty()
    }
}
