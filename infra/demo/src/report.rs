//! The result of the demo as data.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use shared::state::JobKind;
use shared::{http, runtime, state};

use crate::changes::Change;
use crate::scenario::Expect;

#[derive(Clone, Debug, Serialize)]
pub struct DemoReport {
    pub(crate) people: usize,
    /// Certificates filed in the end, in all companies.
    pub(crate) certificates: usize,
    pub(crate) steps: Vec<StepReport>,
    pub problems: Vec<String>,
    pub(crate) ok: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct StepReport {
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    #[serde(serialize_with = "function")]
    pub(crate) job: JobKind,
    pub(crate) expect: Expect,
    /// The companies' time.
    pub(crate) at: Timestamp,
    pub(crate) tenants: Vec<TenantReport>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct TenantReport {
    pub(crate) route: &'static str,
    /// What happened in the company before the run.
    pub(crate) changes: Vec<Change>,
    pub(crate) planned: usize,
    /// The run's duration in milliseconds of the machine's time.
    pub(crate) took_ms: u64,
    /// The function's own report. Its times are the companies'.
    pub(crate) report: JobReport,
    pub(crate) problems: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum JobReport {
    Employees(employee_sync::report::Report),
    Certificates(certificate_sync::report::Report),
}

/// The fields that both functions' reports have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommonFields<'a> {
    pub(crate) outcome: runtime::Outcome,
    pub(crate) message: &'a str,
    pub(crate) findings: &'a [runtime::Finding],
    pub(crate) held: Option<&'a runtime::HeldNote>,
    pub(crate) calls: http::Counts,
    pub(crate) dynamodb: state::Units,
}

impl JobReport {
    pub(crate) fn common(&self) -> CommonFields<'_> {
        match self {
            Self::Employees(report) => report.into(),
            Self::Certificates(report) => report.into(),
        }
    }
}

impl<'a, C> From<&'a runtime::Report<C>> for CommonFields<'a> {
    fn from(report: &'a runtime::Report<C>) -> Self {
        Self {
            outcome: report.outcome,
            message: &report.message,
            findings: &report.findings,
            held: report.held.as_ref(),
            calls: report.calls,
            dynamodb: report.dynamodb,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn function<S: Serializer>(job: &JobKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(job.function())
}
