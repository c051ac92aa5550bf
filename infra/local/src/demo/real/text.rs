//! What somebody reads of a real tenant's run.

use std::path::Path;
use terminal::counts;

use certificate_sync::plan::Plan;
use shared::runtime::{Outcome, Report};

/// Of the employee job.
pub(super) fn employees(report: &employee_sync::report::Report, plan: Option<&str>) -> String {
    let plan = plan.map(|plan| format!("{plan}\n\n")).unwrap_or_default();
    let done = counts::employees(&report.counts, report.findings_total);
    let read = format!("{} people", report.counts.people);
    format!("{plan}{}", summary(report, &[read, done]))
}

/// Of the certificate job.
pub(super) fn certificates(
    report: &certificate_sync::report::Report,
    plan: Option<&str>,
) -> String {
    let plan = plan.map(|plan| format!("{plan}\n\n")).unwrap_or_default();
    let mut counts = report.counts;
    let planned = if report.outcome == Outcome::Planned {
        format!("{} to file", std::mem::take(&mut counts.remaining))
    } else {
        String::new()
    };
    let done = counts::certificates(&counts, told(report));
    let read = format!("{} certificates listed", counts.seen);
    format!("\n{plan}{}", summary(report, &[read, planned, done]))
}

/// Findings apart from what is planned.
fn told<C>(report: &Report<C>) -> u64 {
    if report.outcome == Outcome::Planned {
        0
    } else {
        report.findings_total
    }
}

/// The certificates of a plan, by their ids.
pub(super) fn plan(plan: &Plan) -> String {
    let line = |(id, employee): (&_, &_)| format!("file    {id}  for {employee}\n");
    let checks = plan
        .todo
        .checks
        .iter()
        .map(|it| format!("look for {}  of {}\n", it.id, it.employee));
    let uploads = plan
        .todo
        .uploads
        .iter()
        .map(|upload| line((&upload.id, &upload.employee)));
    checks
        .chain(uploads)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn summary<C>(report: &Report<C>, counts: &[String]) -> String {
    let counts: Vec<&str> = counts
        .iter()
        .map(String::as_str)
        .filter(|it| !it.is_empty())
        .collect();
    let calls = terminal::calls(report.calls).replace('\n', ", ");
    let calls = if calls.is_empty() {
        "none".to_owned()
    } else {
        calls
    };
    let took = report.duration_ms;
    let line = format!(
        "{}, {}: {:?}. {}. Calls: {calls}. {}.{:03} s",
        report.tenant_id,
        report.job,
        report.outcome,
        counts.join("; "),
        took / 1000,
        took % 1000
    );
    let mut text = format!("{}\n", terminal::wrapped(&line, "", "  "));
    let message = Some(report.message.clone()).filter(|it| !it.is_empty());
    for finding in message
        .into_iter()
        .chain(terminal::findings(&report.findings, report.held.as_ref()))
    {
        text.push_str(&terminal::wrapped(&finding, "  ", "    "));
        text.push('\n');
    }
    text
}

/// What somebody should know before it is done.
pub(super) fn warning(uploads: u64) -> String {
    let certificates = match uploads {
        0 => String::new(),
        1 => " and files 1 certificate in Personio, which no API can take back".to_owned(),
        many => format!(" and files {many} certificates in Personio, which no API can take back"),
    };
    terminal::wrapped(
        &format!("This writes to the academy{certificates}."),
        "",
        "",
    )
}

/// Where the state stays.
pub(super) fn kept(state: &Path) -> String {
    let note = format!(
        "What was done is recorded in {}. Keep the file: with it the next run here files no certificate twice. A deployed \
         stack has a record of its own; it finds the accounts by their external id, but would file these certificates again.",
        state.display()
    );
    format!("\n{}\n", terminal::wrapped(&note, "", ""))
}
