//! Runs as plots and as reports.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::{Outcome, Report};
use shared::state::JobKind;

use super::{not_found, pager, person_path, query_value};
use crate::args::Runs;
use crate::commands::runs::{self, RunsView};
use crate::commands::status::last_day::changes;
use crate::format;
use crate::web::layout::{self, Place, Tab};
use crate::web::plots::{self, Bar};
use crate::web::visit::{Company, Visit};

/// All that are kept, nearly always: without changes one an hour of each job.
const NUMBER: u16 = 2000;

/// How long they are kept: days of the plots.
const DAYS: i32 = 30;

const ROWS: usize = 120;

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Part {
    #[serde(default)]
    page: usize,
    #[serde(default)]
    job: String,
    #[serde(default)]
    outcome: String,
}

impl Part {
    fn is_of_all(&self) -> bool {
        self.job.is_empty() && self.outcome.is_empty()
    }

    fn has(&self, report: &Report<Value>) -> bool {
        let is_asked = |asked: &str, found: &str| asked.is_empty() || asked == found;
        is_asked(&self.job, &report.job) && is_asked(&self.outcome, &report.outcome.to_string())
    }
}

/// The address of a function's reports with this outcome.
fn with_outcome(tenant: &TenantId, job: &str, outcome: &str) -> String {
    let (job, outcome) = (query_value(job), query_value(outcome));
    format!("/tenants/{tenant}/runs?job={job}&outcome={outcome}")
}

fn all(tenant: TenantId) -> Runs {
    Runs {
        tenant,
        number: NUMBER,
        findings: false,
    }
}

async fn read<'a>(visit: &Visit, args: &'a Runs) -> Result<(RunsView<'a>, TimeZone), Response> {
    let context = visit.context();
    let view = Box::pin(runs::read(context, args)).await;
    let view = view.map_err(|failure| visit.unread(&args.tenant, &failure))?;
    // Reports can be read also where the configuration is of no use.
    let stored = context.tenant(&args.tenant).await;
    let zone = stored.map_or(TimeZone::UTC, |stored| stored.config.time_zone);
    Ok((view, zone))
}

pub(in crate::web) async fn page(
    visit: Visit,
    Company(tenant): Company,
    Query(part): Query<Part>,
) -> Response {
    let args = all(tenant);
    let (view, zone) = match read(&visit, &args).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let (tenant, reports) = (view.tenant, view.reports);
    let listed: Vec<&Report<Value>> = reports.iter().filter(|report| part.has(report)).collect();
    let mut parts = listed.chunks(ROWS).skip(part.page);
    let shown = parts.next().unwrap_or_default();
    let has_more = parts.next().is_some();
    let path = |page: usize| match part.is_of_all() {
        true => format!("/tenants/{tenant}/runs?page={page}#reports"),
        false => {
            let path = with_outcome(tenant, &part.job, &part.outcome);
            format!("{path}&page={page}#reports")
        }
    };
    let body = html! {
        h1 { (sentence(&visit, &reports)) }
        @for error in &view.damaged { p.note lang="en" { (error) } }
        @for job in [JobKind::Employees, JobKind::Certificates] { (job_plots(&visit, tenant, job, &reports, &zone)) }
        @if !reports.is_empty() {
            h2 id="reports" { (visit.pick("Berichte", "Reports")) }
            @if !part.is_of_all() {
                p.small {
                    span lang="en" { (part.job) " " (part.outcome) } ": " (visit.language.number(listed.len() as u64)) ". "
                    a href=(format!("/tenants/{tenant}/runs#reports")) { (visit.pick("Alle Berichte", "All reports")) }
                }
            }
            (table(&visit, tenant, shown, &zone))
            (pager(&visit, part.page, has_more, path))
        }
        p.small { (visit.pick(
            "Ein Lauf ohne Änderung hinterlässt höchstens einen Bericht je Stunde. Berichte bleiben 30 Tage.",
            "A run with nothing to do leaves at most one report an hour. Reports are kept for 30 days."
        )) }
    };
    let title = visit.pick("Läufe", "Runs");
    layout::page(&visit, Place::Tenant(tenant, Tab::Runs), title, &body).into_response()
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

pub(super) fn class(outcome: Outcome) -> &'static str {
    match outcome {
        outcome if outcome.is_failure() => "bad",
        outcome if outcome.is_good() => "good",
        _ => "off",
    }
}

/// What a plot shows of a day's runs: a number, and how it is written.
type OfDay<'a> = &'a dyn Fn(&[&Report<Value>]) -> (f64, String);

/// Durations, calls and changes of a job's runs, day by day, each bar in the colour of the day's worst outcome.
fn job_plots(
    visit: &Visit,
    tenant: &TenantId,
    job: JobKind,
    reports: &[Report<Value>],
    zone: &TimeZone,
) -> Markup {
    let of_job = reports.iter().filter(|report| report.job == job.function());
    let of_job: Vec<&Report<Value>> = of_job.collect();
    if of_job.is_empty() {
        return Markup::default();
    }
    let today = zone.to_datetime(visit.now()).date();
    let mut days: BTreeMap<Date, Vec<&Report<Value>>> = (0..DAYS)
        .filter_map(|back| Some((today.checked_sub(back.days()).ok()?, Vec::new())))
        .collect();
    for report in &of_job {
        if let Some(runs) = days.get_mut(&zone.to_datetime(report.started_at).date()) {
            runs.push(*report);
        }
    }
    let plot = |title: &str, value: OfDay<'_>| {
        let bars: Vec<Bar> = days
            .iter()
            .map(|(day, runs)| {
                let (number, shown) = value(runs);
                Bar {
                    label: day.strftime(visit.pick("%d.%m.", "%-d %b")).to_string(),
                    value: number,
                    shown,
                    class: worst(runs),
                    outcome: named(runs),
                }
            })
            .collect();
        html! { figure { figcaption { (title) } (plots::bars(title, &bars)) } }
    };
    let longest = |runs: &[&Report<Value>]| {
        let longest = runs.iter().map(|report| report.duration_ms).max();
        let longest = longest.unwrap_or_default();
        (longest as f64, visit.language.seconds(longest))
    };
    let called = |runs: &[&Report<Value>]| {
        let calls = runs.iter().map(|report| report.calls);
        let calls = calls.map(|calls| calls.personio + calls.kombo + calls.reteach);
        let calls: u64 = calls.sum();
        (calls as f64, visit.language.number(calls))
    };
    let changed = |runs: &[&Report<Value>]| {
        let changed: u64 = runs.iter().map(|report| changes(&report.counts)).sum();
        (changed as f64, visit.language.number(changed))
    };
    html! {
        section {
            h2 { (match job {
                JobKind::Employees => visit.pick("Personen, 30 Tage", "People, 30 days"),
                JobKind::Certificates => visit.pick("Zertifikate, 30 Tage", "Certificates, 30 days"),
            }) }
            div.plots {
                (plot(visit.pick("Dauer des längsten Laufs", "Duration of the longest run"), &longest))
                (plot(visit.pick("Aufrufe", "Calls"), &called))
                (plot(visit.pick("Änderungen", "Changes"), &changed))
            }
            (outcomes(visit, tenant, job, &of_job))
        }
    }
}

fn worst(runs: &[&Report<Value>]) -> &'static str {
    let classes = runs.iter().map(|report| class(report.outcome));
    let classes: BTreeSet<&str> = classes.collect();
    match (classes.contains("bad"), classes.contains("good")) {
        (true, _) => "bad",
        (false, true) => "good",
        (false, false) => "off",
    }
}

/// The outcomes of a day's runs, each once.
fn named(runs: &[&Report<Value>]) -> String {
    let names = runs.iter().map(|report| report.outcome.to_string());
    let names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().collect();
    names.join(", ")
}

/// How often each outcome was, in words: the same as the colours.
fn outcomes(visit: &Visit, tenant: &TenantId, job: JobKind, reports: &[&Report<Value>]) -> Markup {
    let mut outcomes: BTreeMap<String, (u64, &str)> = BTreeMap::new();
    for report in reports {
        let outcome = outcomes.entry(report.outcome.to_string()).or_default();
        *outcome = (outcome.0 + 1, class(report.outcome));
    }
    html! {
        ul.legend lang="en" {
            @for (name, (number, class)) in &outcomes {
                li { span class=(format!("dot {class}")) aria-hidden="true" {}
                    a href=(format!("{}#reports", with_outcome(tenant, job.function(), name))) { (visit.language.number(*number)) " × " (name) }
                }
            }
        }
    }
}

pub(super) fn table(
    visit: &Visit,
    tenant: &TenantId,
    reports: &[&Report<Value>],
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
    let args = all(tenant);
    let (view, zone) = match read(&visit, &args).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let (tenant, mut reports) = (view.tenant, view.reports.iter());
    let Some(report) = reports.find(|report| report.run_id.as_str() == run) else {
        return not_found(visit).await;
    };
    let body = shown(&visit, tenant, report, &zone);
    let title = visit.pick("Bericht", "Report");
    layout::page(&visit, Place::Tenant(tenant, Tab::Runs), title, &body).into_response()
}

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
