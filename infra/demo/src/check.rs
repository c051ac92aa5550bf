//! Compares a run with the step's expectation and with the oracle.

use local::{Company, TenantFixture};
use shared::runtime::Outcome;
use simulators::personio::{Document, Endpoint};
use simulators::reteach::Customer;

use crate::report::JobReport;
use crate::scenario::Expect;

/// DynamoDB units that an unchanged run may read, and write, at any size of the company. Each certificate that waits for its
/// PDF adds one read unit.
const MAX_UNCHANGED_UNITS: f64 = 4.0;

/// Further differences are only counted.
const MAX_DIFFERENCES: usize = 5;

#[derive(Clone, Debug, Default)]
pub(crate) struct Observed {
    pub(crate) reteach_calls: usize,
    pub(crate) hr_calls: usize,
    pub(crate) uploads: usize,
    pub(crate) customers: Vec<Customer>,
    pub(crate) documents: Vec<Document>,
}

impl Observed {
    /// Reads the simulators. Their logs must have been empty before the run.
    pub(crate) fn of(company: &Company) -> Self {
        let kombo_calls = company
            .kombo
            .as_ref()
            .map_or(0, |kombo| kombo.requests().len());
        Self {
            reteach_calls: company.reteach.requests().len(),
            hr_calls: company.personio.requests().len() + kombo_calls,
            uploads: company.personio.calls(Endpoint::UploadDocument),
            customers: company.reteach.customers(),
            documents: company.personio.documents(),
        }
    }
}

/// Every failed check of a run. `uploads` is how many documents it had to send.
pub(crate) fn problems(
    expect: Expect,
    report: &JobReport,
    observed: &Observed,
    uploads: usize,
    fixture: &TenantFixture,
) -> Vec<String> {
    let mut problems = report_problems(expect, report);
    problems.extend(resource_problems(expect, report, observed, fixture));
    if observed.uploads != uploads {
        problems.push(format!(
            "{} documents were sent to Personio instead of {uploads}",
            observed.uploads
        ));
    }
    for differences in [
        fixture.accounts.differences(&observed.customers),
        fixture.documents.differences(&observed.documents),
    ] {
        let shown = differences.iter().take(MAX_DIFFERENCES);
        problems.extend(shown.map(ToString::to_string));
        if differences.len() > MAX_DIFFERENCES {
            let more = differences.len() - MAX_DIFFERENCES;
            problems.push(format!("and {more} more differences"));
        }
    }
    problems
}

fn report_problems(expect: Expect, report: &JobReport) -> Vec<String> {
    let common = report.common();
    let is_expected_outcome = match expect {
        Expect::Waiting => common.outcome == Outcome::Waiting,
        Expect::AcademyRefuses => common.outcome == Outcome::AcademyRefuses,
        Expect::Unchanged => common.outcome == Outcome::Unchanged,
        Expect::InDoubt => common.outcome.is_good() || common.outcome == Outcome::SourceUnavailable,
        Expect::Done | Expect::Held | Expect::Verified => common.outcome.is_good(),
    };
    let mut problems = Vec::new();
    if !is_expected_outcome {
        let text = format!("the run ended as `{}`: {}", common.outcome, common.message);
        problems.push(text.trim_end_matches(": ").to_owned());
    }
    match (common.held.is_some(), expect == Expect::Held) {
        (false, true) => problems.push("no plan is held".to_owned()),
        (true, false) => problems.push("a plan is held".to_owned()),
        _ => {}
    }
    if let JobReport::Certificates(report) = report {
        for (count, is_expected, text) in [
            (
                report.counts.outcome_unknown,
                expect == Expect::InDoubt,
                "in doubt",
            ),
            (
                report.counts.verified,
                expect == Expect::Verified,
                "found filed",
            ),
        ] {
            let expected = u64::from(is_expected);
            if count != expected {
                problems.push(format!("{count} uploads are {text} instead of {expected}"));
            }
        }
    }
    problems
}

/// Calls and DynamoDB units of runs that have nothing to do.
fn resource_problems(
    expect: Expect,
    report: &JobReport,
    observed: &Observed,
    fixture: &TenantFixture,
) -> Vec<String> {
    let (calls, vendor) = match (expect, report) {
        (Expect::Waiting, _) => (observed.reteach_calls + observed.hr_calls, "the vendors"),
        (Expect::Unchanged, JobReport::Employees(_)) => (observed.reteach_calls, "reteach"),
        (Expect::Unchanged, JobReport::Certificates(_)) => (observed.hr_calls, "the HR system"),
        _ => return Vec::new(),
    };
    let mut problems = Vec::new();
    if calls > 0 {
        problems.push(format!(
            "there was nothing to do, but {vendor} received {calls} calls"
        ));
    }
    if expect == Expect::Waiting {
        return problems;
    }
    let mut max_read = MAX_UNCHANGED_UNITS;
    match report {
        JobReport::Employees(report) if report.calls.reteach > 0 => {
            let counted = report.calls.reteach;
            problems.push(format!("the report counts {counted} calls to reteach"));
        }
        JobReport::Employees(_) => {}
        JobReport::Certificates(_) => max_read += fixture.documents.waiting_for_pdf().len() as f64,
    }
    let units = report.common().dynamodb;
    for (used, max, kind) in [
        (units.read, max_read, "read"),
        (units.write, MAX_UNCHANGED_UNITS, "write"),
    ] {
        if used > max {
            problems.push(format!("{used} DynamoDB {kind} units, more than {max}"));
        }
    }
    problems
}
