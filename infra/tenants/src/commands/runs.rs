//! `tenants runs`

use serde_json::Value;
use shared::runtime::Report;

use crate::answer::{Answer, Verdict};
use crate::args::Runs;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::words;

pub(super) async fn runs(operator: &Operator<'_>, args: &Runs) -> Result<Answer, Failure> {
    let tenant = &args.tenant;
    operator.known(tenant).await?;
    let reports: Vec<Report<Value>> = operator
        .store
        .reports(tenant, usize::from(args.number))
        .await?;
    let verdict = Verdict::look_if(
        reports
            .first()
            .is_some_and(|report| report.outcome.is_failure()),
    );
    if reports.is_empty() {
        let text = format!("{tenant} has not run yet: `tenants sync {tenant}` runs it now.\n");
        return Answer::done(text, reports);
    }
    let mut table = terminal::table(["began", "function", "outcome", "took", "what"]);
    for report in &reports {
        let took = report.duration_ms;
        table.add_row([
            words::moment(report.started_at),
            report.job.clone(),
            words::outcome(report),
            format!("{}.{} s", took / 1000, took % 1000 / 100),
            described(report),
        ]);
    }
    let mut text = format!("{}\n", table.trim_fmt());
    if args.findings {
        for report in &reports {
            for finding in terminal::findings(&report.findings, report.held.as_ref()) {
                text.push_str(&words::point(&format!(
                    "{}: {finding}",
                    words::moment(report.started_at)
                )));
            }
        }
    }
    text.push_str(&words::paragraph(
        "A run with nothing to do leaves a report once an hour only. Reports are kept for 30 days.",
    ));
    Answer::new(verdict, text, reports)
}

fn described(report: &Report<Value>) -> String {
    let counted = words::counted(report);
    if report.message.is_empty() {
        counted
    } else {
        report.message.clone()
    }
}
