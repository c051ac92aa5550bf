//! `tenants plan`

use employee_sync::plan::{Change, Details, Kind, Plan as EmployeePlan};
use employee_sync::report::Report;
use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::id::RunId;
use shared::http::Deadline;
use shared::runtime::{App, Event, FindingKind, Job, Mode, Outcome, Ran, Request};
use shared::state::TenantStatus;
use terminal::Bars;

use crate::answer::{Answer, Verdict};
use crate::args::Plan;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::surroundings::Somebody;
use crate::words;

/// How many of what a plan would do.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Totals {
    create: u64,
    adopt: u64,
    update: u64,
    lock: u64,
    unlock: u64,
    held: u64,
    conflict: u64,
    skipped: u64,
    unchanged: u64,
}

pub(super) async fn plan(operator: &Operator<'_>, args: &Plan) -> Result<Answer, Failure> {
    let known = operator.known(&args.tenant).await?;
    let ran = run(operator, &operator.employees(), &args.tenant, Mode::DryRun).await;
    let Ran { report, plan } = &ran;
    let now = operator.now();
    let details = if args.details {
        Details::Values
    } else {
        Details::Names
    };
    let totals = plan.as_ref().map(|plan| totals(plan, now));
    let mut text = String::new();
    if let (Some(plan), Some(totals)) = (plan, &totals) {
        text.push_str(&format!("{}\n\n", plan.shown(now, details)));
        text.push_str(&words::paragraph(&said(totals)));
    }
    let planned = plan.as_ref().map_or(0, |plan| plan.changes.len() as u64);
    text.push_str(&summary(report, plan.is_some(), planned));
    if report.outcome == Outcome::Planned && plan.is_some() {
        let tenant = &args.tenant;
        text.push_str(&words::paragraph(&match known.record.status {
            _ if planned == 0 => "Nothing was written.".to_owned(),
            TenantStatus::Active => {
                format!("Nothing was written. `tenants sync {tenant}` does it, or the next tick.")
            }
            TenantStatus::Paused { .. } => {
                format!("Nothing was written, and {tenant} is paused: `tenants resume {tenant}` lets the next tick do it.")
            }
        }));
    }
    let is_good = matches!(report.outcome, Outcome::Planned | Outcome::Unchanged);
    let in_conflict = totals.as_ref().is_some_and(|totals| totals.conflict > 0);
    let verdict = Verdict::look_if(!is_good || report.held.is_some() || in_conflict);
    let shown = |changes: &[Change]| shown(changes, now, details);
    let changes = plan.as_ref().map(|plan| shown(&plan.changes));
    let held = plan.as_ref().map(|plan| shown(&plan.held));
    let skipped = plan.as_ref().map(skipped);
    Answer::new(
        verdict,
        text,
        json!({"totals": totals, "changes": changes, "held": held, "skipped": skipped, "report": report}),
    )
}

/// Runs a job in this process, with a bar for whoever watches.
pub(super) async fn run<W: Job>(
    operator: &Operator<'_>,
    app: &App<W>,
    tenant: &shared::domain::id::TenantId,
    mode: Mode,
) -> Ran<W> {
    let run_id = RunId::new(format!("tenants-{}", operator.now().as_microsecond()));
    let event = Event {
        tenant_id: tenant.clone(),
        mode,
    };
    let request = Request {
        event,
        run_id,
        deadline: Deadline::never(),
    };
    if operator.surroundings.somebody == Somebody::Nobody {
        return Box::pin(app.run(&request, &|_| {})).await;
    }
    let bar = Bars::default().bar(tenant.as_str(), W::JOB);
    let ran = Box::pin(app.run(&request, &|progress| bar.show(progress))).await;
    bar.end();
    ran
}

/// The report without what the plan has shown already: its changes, which are findings of a dry run too, and who is left
/// alone.
fn summary(report: &Report, is_shown: bool, planned: u64) -> String {
    let mut report = report.clone();
    let before = report.findings.len();
    report.findings.retain(|it| {
        let left_alone = matches!(
            it.kind,
            FindingKind::Conflict | FindingKind::Rejected | FindingKind::ScopeUndecided
        );
        !(is_shown && left_alone)
    });
    let told = (before - report.findings.len()) as u64;
    let findings = report.findings_total.saturating_sub(planned + told);
    let counts = terminal::counts::employees(&report.counts, findings);
    let people = words::number(report.counts.people, "person", "people");
    let counts = if counts.is_empty() {
        people
    } else {
        format!("{people}; {counts}")
    };
    terminal::summary(&report, &counts)
}

fn totals(plan: &EmployeePlan, now: jiff::Timestamp) -> Totals {
    let mut totals = Totals::default();
    for change in &plan.changes {
        *match change.kind(now) {
            Kind::Create => &mut totals.create,
            Kind::Adopt => &mut totals.adopt,
            Kind::Update => &mut totals.update,
            Kind::Lock => &mut totals.lock,
            Kind::Unlock => &mut totals.unlock,
        } += 1;
    }
    totals.held = plan.held.len() as u64;
    for (_, skip) in &plan.skipped {
        *if skip.is_conflict() {
            &mut totals.conflict
        } else {
            &mut totals.skipped
        } += 1;
    }
    totals.unchanged = (plan.unchanged.len() + plan.bookkeeping.len()) as u64;
    totals
}

fn said(totals: &Totals) -> String {
    let Totals {
        create,
        adopt,
        update,
        lock,
        unlock,
        held,
        conflict,
        skipped,
        unchanged,
    } = *totals;
    let parts = [
        (create, "to create"),
        (adopt, "to adopt (found by mail address)"),
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

#[derive(Serialize)]
struct ShownChange {
    person: String,
    kind: String,
    fields: Vec<String>,
    cause: Option<String>,
    window: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
}

fn shown(changes: &[Change], now: jiff::Timestamp, details: Details) -> Vec<ShownChange> {
    let shown = changes.iter().map(|change| ShownChange {
        person: change.source_id.to_string(),
        kind: change.kind(now).to_string(),
        fields: change
            .values
            .iter()
            .map(|value| value.attribute.to_string())
            .collect(),
        cause: change.window.map(|window| window.cause.to_string()),
        window: change
            .window
            .map(|window| json!({"before": window.before, "after": window.after})),
        values: (details == Details::Values)
            .then(|| change.values.iter().map(ToString::to_string).collect()),
    });
    shown.collect()
}

/// Who is left alone, and why.
fn skipped(plan: &EmployeePlan) -> Vec<Value> {
    plan.skipped
        .iter()
        .map(|(id, skip)| json!({"person": id, "why": skip.to_string()}))
        .collect()
}
