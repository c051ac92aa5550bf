//! `tenants runs`

use serde::Serialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Report;
use shared::state::StateError;

use crate::args::Runs;
use crate::context::{CommandContext, no_such_tenant};
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct RunsView<'a> {
    pub(crate) reports: Vec<Report<Value>>,
    /// What is wrong with those that cannot be read.
    #[serde(skip)]
    pub(crate) damaged: Vec<StateError>,
    #[serde(skip)]
    pub(crate) tenant: &'a TenantId,
    #[serde(skip)]
    pub(crate) findings: bool,
}

pub(super) async fn runs(context: &CommandContext<'_>, args: &Runs) -> Result<Output> {
    Output::of(&read(context, args).await?)
}

pub(crate) async fn read<'a>(context: &CommandContext<'_>, args: &'a Runs) -> Result<RunsView<'a>> {
    let Runs {
        tenant,
        number,
        findings,
    } = args;
    match context.store.tenant(tenant).await {
        Ok(None) => return Err(no_such_tenant(tenant)),
        // Its configuration need not be usable: a report says what is wrong with it.
        Ok(Some(_)) | Err(StateError::Damaged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let number = usize::from(*number);
    let (reports, damaged) = context.store.readable_reports(tenant, number).await?;
    Ok(RunsView {
        reports,
        damaged,
        tenant,
        findings: *findings,
    })
}

impl View for RunsView<'_> {
    fn text(&self) -> String {
        if self.reports.is_empty() && self.damaged.is_empty() {
            let tenant = self.tenant;
            return format!("{tenant} has not run yet: `tenants sync {tenant}` runs it now.\n");
        }
        let mut table = terminal::table(["began", "function", "outcome", "took", "result"]);
        for report in &self.reports {
            let took = report.duration_ms;
            let result = Some(report.message.clone()).filter(|message| !message.is_empty());
            table.add_row([
                format::moment(report.started_at),
                report.job.clone(),
                report.outcome.to_string(),
                format!("{}.{} s", took / 1000, took % 1000 / 100),
                result.unwrap_or_else(|| format::counted(report)),
            ]);
        }
        let mut text = format!("{}\n", table.trim_fmt());
        for error in &self.damaged {
            text.push_str(&format::point(&error.to_string()));
        }
        for report in self.reports.iter().filter(|_| self.findings) {
            let began = format::moment(report.started_at);
            for finding in terminal::findings(&report.findings, report.held.as_ref()) {
                text.push_str(&format::point(&format!("{began}: {finding}")));
            }
        }
        text + &format::paragraph(
            "A run with nothing to do leaves at most one report an hour. Reports are kept for 30 days.",
        )
    }

    fn needs_attention(&self) -> bool {
        let newest = self.reports.first();
        !self.damaged.is_empty() || newest.is_some_and(|report| report.outcome.is_failure())
    }
}
