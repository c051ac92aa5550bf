//! `tenants plan`

mod certificates;
mod differences;
mod saved;
#[cfg(test)]
mod tests;
mod versions;

use employee_sync::accounts::read_old_values;
use employee_sync::plan::{Change, Details, Kind, Plan as EmployeePlan};
use employee_sync::report::Report;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use shared::access::AccessWindow;
use shared::domain::id::{SourceId, TenantId};
use shared::routes::Connections;
use shared::runtime::{FindingKind, Mode, Outcome, Ran};
use shared::source::EmployeeSource as _;
use shared::state::TenantStatus;

use self::certificates::CertificatesPreview;
use crate::args::Plan;
use crate::context::{CommandContext, StoredTenant};
use crate::failure::{Failure, Result};
use crate::format;
use crate::job;
use crate::output::{Output, View};

/// What the next employee run would do. Without a plan only the report tells why there is none.
#[derive(Serialize)]
pub(crate) struct PlanView {
    pub(crate) totals: Option<Totals>,
    pub(crate) changes: Option<Vec<ChangeView>>,
    pub(crate) held: Option<Vec<ChangeView>>,
    pub(crate) skipped: Option<Vec<SkipView>>,
    pub(crate) certificates: Option<CertificatesPreview>,
    pub(crate) report: Report,
    #[serde(skip)]
    pub(crate) listing: Option<String>,
    #[serde(skip)]
    pub(crate) unread: Option<String>,
    #[serde(skip)]
    pub(crate) status: TenantStatus,
    #[serde(skip)]
    pub(crate) time_zone: TimeZone,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Totals {
    pub(crate) create: u64,
    /// Those of `create` whose account begins locked.
    pub(crate) create_locked: u64,
    pub(crate) adopt: u64,
    pub(crate) handover: u64,
    pub(crate) update: u64,
    pub(crate) lock: u64,
    pub(crate) unlock: u64,
    pub(crate) held: u64,
    pub(crate) conflict: u64,
    pub(crate) skipped: u64,
    pub(crate) unchanged: u64,
}

#[derive(Serialize)]
pub(crate) struct ChangeView {
    pub(crate) person: SourceId,
    pub(crate) kind: String,
    pub(crate) fields: Vec<String>,
    pub(crate) cause: Option<String>,
    /// The cause without the day of a contract.
    #[serde(skip)]
    pub(crate) dayless_cause: Option<String>,
    /// Bounds of access: with --details only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<WindowView>,
    /// Old and new values: with --details only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<Vec<String>>,
}

#[derive(Serialize)]
pub(crate) struct WindowView {
    pub(crate) before: AccessWindow,
    pub(crate) after: AccessWindow,
}

#[derive(Serialize)]
pub(crate) struct SkipView {
    pub(crate) person: SourceId,
    pub(crate) why: String,
}

pub(super) async fn plan(context: &CommandContext<'_>, args: &Plan) -> Result<Output> {
    let Plan {
        tenant,
        details,
        save,
        against,
    } = args;
    match (tenant, save, against) {
        (tenant, Some(file), _) => versions::save(context, tenant.as_ref(), file).await,
        (tenant, None, Some(file)) => versions::compare(context, tenant.as_ref(), file).await,
        (Some(tenant), None, None) => Output::of(&read(context, tenant, *details).await?),
        (None, None, None) => Err(Failure::usage("name a tenant, or give --save or --against")),
    }
}

/// Plans and reads; writes nothing.
pub(crate) async fn read(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    details: bool,
) -> Result<PlanView> {
    let stored = context.tenant(tenant).await?;
    let Ran {
        report, mut plan, ..
    } = job::run(context, &context.employees(), tenant, Mode::DryRun).await;
    let details = if details {
        Details::Values
    } else {
        Details::Names
    };
    let unread = match (&mut plan, details) {
        (Some(plan), Details::Values) => old_values(context, &stored, plan).await?,
        _ => None,
    };
    let certificates = match (&plan, report.outcome) {
        (None, outcome) if !matches!(outcome, Outcome::Planned | Outcome::Unchanged) => None,
        (plan, _) => certificates::preview(context, &stored, plan.as_ref(), details).await?,
    };
    let now = context.now();
    let plan = plan.as_ref();
    let views = |changes: &[Change]| -> Vec<ChangeView> {
        let views = changes.iter();
        views
            .map(|change| ChangeView::new(change, now, details))
            .collect()
    };
    Ok(PlanView {
        totals: plan.map(|plan| Totals::of(plan, now)),
        changes: plan.map(|plan| views(&plan.changes)),
        held: plan.map(|plan| views(&plan.held)),
        skipped: plan.map(SkipView::all),
        certificates,
        report,
        listing: plan.map(|plan| plan.shown(now, details).to_string()),
        unread,
        status: stored.record.status,
        time_zone: stored.config.time_zone,
    })
}

/// Reads the old values from reteach: the state has only digests of them. Returns why they cannot be read.
async fn old_values(
    context: &CommandContext<'_>,
    stored: &StoredTenant,
    plan: &mut EmployeePlan,
) -> Result<Option<String>> {
    let secret = context.secrets.refresh(&stored.config.tenant_id).await?;
    let connections: Connections = context.connect(&stored.config, &secret)?;
    let read = read_old_values(&connections.reteach, connections.hr.tool(), plan).await;
    Ok(read
        .err()
        .map(|error| format!("Old values cannot be read from reteach: {error}.")))
}

impl PlanView {
    fn planned(&self) -> u64 {
        self.changes
            .as_ref()
            .map_or(0, |changes| changes.len() as u64)
    }

    /// The last line: how to apply the plan.
    pub(crate) fn next_step(&self) -> Option<String> {
        let tenant = &self.report.tenant_id;
        if self.report.outcome != Outcome::Planned || self.listing.is_none() {
            return None;
        }
        Some(match self.status {
            _ if self.planned() == 0 => "Nothing was written.".to_owned(),
            TenantStatus::Active => {
                format!(
                    "Nothing was written. `tenants sync {tenant}` applies it, or the next tick."
                )
            }
            TenantStatus::Paused { .. } => format!(
                "Nothing was written, and {tenant} is paused: `tenants resume {tenant}` lets the next tick apply it."
            ),
        })
    }
}

impl View for PlanView {
    fn text(&self) -> String {
        let mut text = String::new();
        if let (Some(listing), Some(totals)) = (&self.listing, &self.totals) {
            text.push_str(&format!("{}\n\n", terminal::wrapped_rows(listing, 8)));
            if let Some(problem) = &self.unread {
                text.push_str(&format::paragraph(problem));
            }
            text.push_str(&format::paragraph(&totals.text()));
        }
        text.push_str(&summary(
            &self.report,
            self.listing.is_some(),
            self.planned(),
        ));
        if let Some(certificates) = &self.certificates {
            text.push_str(&certificates.text());
        }
        if let Some(step) = self.next_step() {
            text.push_str(&format::paragraph(&step));
        }
        text
    }

    fn needs_attention(&self) -> bool {
        let Self { report, totals, .. } = self;
        let is_planned = matches!(report.outcome, Outcome::Planned | Outcome::Unchanged);
        let has_conflict = totals.is_some_and(|totals| totals.conflict > 0);
        let certificates = self.certificates.as_ref();
        !is_planned
            || report.held.is_some()
            || has_conflict
            || certificates.is_some_and(CertificatesPreview::needs_attention)
    }
}

/// The report without the findings that the plan has shown already: changes and skipped people.
fn summary(report: &Report, is_shown: bool, planned: u64) -> String {
    let mut report = report.clone();
    let before = report.findings.len();
    report.findings.retain(|finding| {
        let left_alone = matches!(
            finding.kind,
            FindingKind::Conflict | FindingKind::Rejected | FindingKind::ScopeUndecided
        );
        !(is_shown && left_alone)
    });
    let shown = (before - report.findings.len()) as u64;
    let findings = report.findings_total.saturating_sub(planned + shown);
    let counts = terminal::counts::employees(&report.counts, findings);
    let people = format::number(report.counts.people, "person", "people");
    let counts = if counts.is_empty() {
        people
    } else {
        format!("{people}; {counts}")
    };
    terminal::summary(&report, &counts)
}

impl Totals {
    fn of(plan: &EmployeePlan, now: Timestamp) -> Self {
        let mut totals = Self::default();
        for change in &plan.changes {
            totals.create_locked += u64::from(change.is_created_locked(now));
            *match change.kind(now) {
                Kind::Create => &mut totals.create,
                Kind::Adopt => &mut totals.adopt,
                Kind::Handover => &mut totals.handover,
                Kind::Update => &mut totals.update,
                Kind::Lock => &mut totals.lock,
                Kind::Unlock => &mut totals.unlock,
            } += 1;
        }
        totals.held = plan.held.len() as u64;
        for (_, skip) in plan.skipped.iter().chain(&plan.left_out) {
            *if skip.is_of_a_conflict() {
                &mut totals.conflict
            } else {
                &mut totals.skipped
            } += 1;
        }
        totals.unchanged = (plan.unchanged.len() + plan.bookkeeping.len()) as u64;
        totals
    }

    fn text(&self) -> String {
        let Self {
            create,
            create_locked,
            adopt,
            handover,
            update,
            lock,
            unlock,
            held,
            conflict,
            skipped,
            unchanged,
        } = *self;
        let created = match create_locked {
            0 => "to create".to_owned(),
            locked => format!("to create ({locked} of them locked)"),
        };
        let parts = [
            (create, created.as_str()),
            (adopt, "to adopt (found by mail address)"),
            (handover, "to hand over to a new profile"),
            (update, "to update"),
            (lock, "to lock"),
            (unlock, "to unlock"),
            (held, "held by a brake"),
            (conflict, "in conflict"),
            (skipped, "left alone"),
            (unchanged, "as they should be"),
        ];
        let parts = parts
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}"));
        let parts = parts.collect::<Vec<_>>().join(", ");
        if parts.is_empty() {
            "Nothing to do.".to_owned()
        } else {
            format!("In all: {parts}.")
        }
    }
}

impl ChangeView {
    fn new(change: &Change, now: Timestamp, details: Details) -> Self {
        let values = change.values.iter();
        let has_values = details == Details::Values;
        let bounds = change.window.filter(|_| has_values);
        Self {
            person: change.source_id.clone(),
            kind: change.kind(now).to_string(),
            fields: values
                .clone()
                .map(|value| value.attribute.to_string())
                .collect(),
            cause: change.window.map(|window| match details {
                Details::Values => window.cause.to_string(),
                Details::Names => window.cause.dayless(),
            }),
            dayless_cause: change.window.map(|window| window.cause.dayless()),
            window: bounds.map(|window| WindowView {
                before: window.before,
                after: window.after,
            }),
            values: has_values.then(|| values.map(ToString::to_string).collect()),
        }
    }
}

impl SkipView {
    fn all(plan: &EmployeePlan) -> Vec<Self> {
        let skipped = plan
            .skipped
            .iter()
            .chain(&plan.left_out)
            .map(|(person, skip)| Self {
                person: person.clone(),
                why: skip.to_string(),
            });
        skipped.collect()
    }
}
