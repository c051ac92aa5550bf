//! Runs as plots and as reports.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::{Outcome, Report};
use shared::state::JobKind;

use super::not_found;
use crate::args::Runs;
use crate::commands::runs::{self, RunsView};
use crate::format;
use crate::web::layout::{self, Place, Tab};
use crate::web::plots::{self, Bar};
use crate::web::visit::{Company, Visit};

/// All that are kept, nearly always.
const NUMBER: u16 = 1000;

/// Bars of one plot, and rows of the list.
const SHOWN: usize = 120;

async fn read(
    visit: &Visit,
    tenant: &TenantId,
) -> Result<(Vec<Report<Value>>, TimeZone), Response> {
    let args = Runs {
        tenant: tenant.clone(),
        number: NUMBER,
        findings: false,
    };
    let context = visit.context();
    let view = Box::pin(runs::read(context, &args)).await;
    let RunsView { reports, .. } = view.map_err(|failure| visit.unread(tenant, &failure))?;
    let stored = context.tenant(tenant).await;
    let stored = stored.map_err(|failure| visit.unread(tenant, &failure))?;
    Ok((reports, stored.config.time_zone))
}

pub(in crate::web) async fn page(visit: Visit, Company(tenant): Company) -> Response {
    let (reports, zone) = match read(&visit, &tenant).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let body = html! {
        h1 { (sentence(&visit, &reports)) }
        @for job in [JobKind::Employees, JobKind::Certificates] { (job_plots(&visit, job, &reports, &zone)) }
        @if !reports.is_empty() {
            h2 { (visit.pick("Berichte", "Reports")) }
            (table(&visit, &tenant, reports.get(..SHOWN).unwrap_or(&reports), &zone))
        }
        p.small { (visit.pick(
            "Ein Lauf ohne Änderung hinterlässt höchstens einen Bericht je Stunde. Berichte bleiben 30 Tage.",
            "A run with nothing to do leaves at most one report an hour. Reports are kept for 30 days."
        )) }
    };
    let title = visit.pick("Läufe", "Runs");
    layout::page(&visit, Place::Tenant(&tenant, Tab::Runs), title, &body).into_response()
}

fn sentence(visit: &Visit, reports: &[Report<Value>]) -> String {
    let failed = reports.iter().filter(|report| report.outcome.is_failure());
    let failed = failed.count() as u64;
    let all = visit.language.counted(
        reports.len() as u64,
        ("Bericht", "Berichte"),
        ("report", "reports"),
    );
    match (reports.len(), failed) {
        (0, _) => visit.pick("Noch kein Lauf", "No run yet").to_owned(),
        (_, 0) => visit.pick(
            format!("{all}, keiner misslang"),
            format!("{all}, none failed"),
        ),
        _ => {
            let failed =
                visit
                    .language
                    .counted(failed, ("misslang", "misslangen"), ("failed", "failed"));
            format!("{all}, {failed}")
        }
    }
}

/// What a run with these counts changed, whichever job it was.
pub(super) fn changes(counts: &Value) -> u64 {
    const CHANGES: [&str; 8] = [
        "created",
        "adopted",
        "handed_over",
        "updated",
        "locked",
        "unlocked",
        "uploaded",
        "verified",
    ];
    let changes = CHANGES.iter().filter_map(|name| counts.get(name)?.as_u64());
    changes.sum()
}

pub(super) fn class(outcome: Outcome) -> &'static str {
    match outcome {
        outcome if outcome.is_failure() => "bad",
        outcome if outcome.is_good() => "good",
        _ => "off",
    }
}

/// Durations, calls and changes of the newest runs of a job, oldest first, each bar in the colour of its outcome.
fn job_plots(visit: &Visit, job: JobKind, reports: &[Report<Value>], zone: &TimeZone) -> Markup {
    let of_job = reports.iter().filter(|report| report.job == job.function());
    let mut newest: Vec<&Report<Value>> = of_job.take(SHOWN).collect();
    newest.reverse();
    if newest.is_empty() {
        return Markup::default();
    }
    let plot = |title: &str, value: &dyn Fn(&Report<Value>) -> (f64, String)| {
        let bars: Vec<Bar> = newest
            .iter()
            .map(|report| {
                let (number, shown) = value(report);
                let at = zone.to_datetime(report.started_at);
                Bar {
                    label: at
                        .strftime(visit.pick("%d.%m. %H:%M", "%-d %b %H:%M"))
                        .to_string(),
                    value: number,
                    shown,
                    class: class(report.outcome),
                    outcome: report.outcome.to_string(),
                }
            })
            .collect();
        html! { figure { figcaption { (title) } (plots::bars(title, &bars)) } }
    };
    let calls =
        |report: &Report<Value>| report.calls.personio + report.calls.kombo + report.calls.reteach;
    html! {
        section {
            h2 { (match job {
                JobKind::Employees => visit.pick("Personen", "People"),
                JobKind::Certificates => visit.pick("Zertifikate", "Certificates"),
            }) }
            div.plots {
                (plot(visit.pick("Dauer", "Duration"), &|report| (report.duration_ms as f64, visit.language.seconds(report.duration_ms))))
                (plot(visit.pick("Aufrufe", "Calls"), &|report| (calls(report) as f64, visit.language.number(calls(report)))))
                (plot(visit.pick("Änderungen", "Changes"), &|report| (changes(&report.counts) as f64, visit.language.number(changes(&report.counts)))))
            }
            (outcomes(visit, &newest))
        }
    }
}

/// How often each outcome was, in words: the same as the colours.
fn outcomes(visit: &Visit, reports: &[&Report<Value>]) -> Markup {
    let mut outcomes: std::collections::BTreeMap<String, (u64, &str)> =
        std::collections::BTreeMap::new();
    for report in reports {
        let outcome = outcomes.entry(report.outcome.to_string()).or_default();
        *outcome = (outcome.0 + 1, class(report.outcome));
    }
    html! {
        ul.legend lang="en" {
            @for (name, (number, class)) in &outcomes {
                li { span class=(format!("dot {class}")) aria-hidden="true" {} (visit.language.number(*number)) " × " (name) }
            }
        }
    }
}

pub(super) fn table(
    visit: &Visit,
    tenant: &TenantId,
    reports: &[Report<Value>],
    zone: &TimeZone,
) -> Markup {
    html! {
        table.rows {
            thead { tr {
                th scope="col" { (visit.pick("Begann", "Began")) }
                th scope="col" { (visit.pick("Was", "Job")) }
                th scope="col" { (visit.pick("Ausgang", "Outcome")) }
                th.number scope="col" { (visit.pick("Dauer", "Took")) }
                th scope="col" { (visit.pick("Ergebnis", "Result")) }
            } }
            tbody {
                @for report in reports {
                    tr {
                        th scope="row" { a href=(format!("/tenants/{tenant}/runs/{}", report.run_id)) { (visit.language.moment(report.started_at, zone)) } }
                        td data-label=(visit.pick("Was", "Job")) { (job_word(visit, report)) }
                        td data-label=(visit.pick("Ausgang", "Outcome")) lang="en" { span { span class=(format!("dot {}", class(report.outcome))) aria-hidden="true" {} (report.outcome) } }
                        td.number data-label=(visit.pick("Dauer", "Took")) { (visit.language.seconds(report.duration_ms)) }
                        td data-label=(visit.pick("Ergebnis", "Result")) lang="en" { (format::counted(report)) }
                    }
                }
            }
        }
    }
}

fn job_word(visit: &Visit, report: &Report<Value>) -> &'static str {
    if report.job == JobKind::Employees.function() {
        visit.pick("Personen", "people")
    } else {
        visit.pick("Zertifikate", "certificates")
    }
}

pub(in crate::web) async fn report(
    visit: Visit,
    Company(tenant): Company,
    Path((_, run)): Path<(String, String)>,
) -> Response {
    let (reports, zone) = match read(&visit, &tenant).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let Some(report) = reports.iter().find(|report| report.run_id.as_str() == run) else {
        return not_found(visit).await;
    };
    let body = shown(&visit, &tenant, report, &zone);
    let title = visit.pick("Bericht", "Report");
    layout::page(&visit, Place::Tenant(&tenant, Tab::Runs), title, &body).into_response()
}

/// One report in full.
pub(in crate::web) fn shown(
    visit: &Visit,
    tenant: &TenantId,
    report: &Report<Value>,
    zone: &TimeZone,
) -> Markup {
    let calls = terminal::calls(report.calls).replace('\n', ", ");
    html! {
        p.eyebrow { (job_word(visit, report)) }
        h1 lang="en" { span class=(format!("dot {}", class(report.outcome))) aria-hidden="true" {} (format::capitalized(&report.outcome.to_string().replace('-', " "))) }
        p.lead lang="en" { (format::counted(report)) "." }
        @if !report.message.is_empty() { p lang="en" { (layout::code_at(visit.language, &report.message, zone)) } }
        @if let Some(held) = &report.held { article.card.waits { p lang="en" { (layout::code_at(visit.language, &held.text, zone)) } } }
        @if !report.findings.is_empty() {
            h2 { (visit.pick("Zu klären", "Findings")) " " span.count { (visit.language.number(report.findings_total)) } }
            ul.diff lang="en" {
                @for finding in &report.findings {
                    li {
                        @if let Some(person) = &finding.person { a href=(person_path(tenant, person.as_str())) { (person) } " " }
                        @if let Some(certificate) = &finding.certificate { code { (certificate) } " " }
                        (layout::code_at(visit.language, &finding.text, zone))
                    }
                }
            }
        }
        dl {
            dt { (visit.pick("Begann", "Began")) } dd { (visit.language.moment(report.started_at, zone)) }
            dt { (visit.pick("Dauer", "Took")) } dd { (visit.language.seconds(report.duration_ms)) }
            dt { (visit.pick("Aufrufe", "Calls")) } dd { @if calls.is_empty() { "0" } @else { (calls) } }
            dt { (visit.pick("Lauf", "Run")) } dd { code { (report.run_id) } }
        }
    }
}
