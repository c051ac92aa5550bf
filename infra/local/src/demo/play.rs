//! The demo as data: what was asked, what happened in each scene, and the verdict.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use shared::state::JobKind;
use shared::tenant::Via;
use shared::{http, runtime, state};

use super::acts::Act;

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// People in each company.
    pub people: usize,
    /// A company for each of these routes.
    pub routes: Vec<Via>,
    /// The moment at which the story ends.
    pub ends_at: Timestamp,
}

/// The whole demo.
#[derive(Clone, Debug, Serialize)]
pub struct Play {
    /// People in each company.
    pub people: usize,
    /// Certificates that are filed in the end, in all companies.
    pub certificates: usize,
    /// In order.
    pub scenes: Vec<Scene>,
    /// Everything that is not as it should be, with scene and tenant. Empty if all is well.
    pub problems: Vec<String>,
}

/// One tick of every company.
#[derive(Clone, Debug, Serialize)]
pub struct Scene {
    /// Its name.
    #[serde(flatten)]
    pub cue: Cue,
    /// The companies' time.
    pub at: Timestamp,
    /// One for each company.
    pub parts: Vec<Part>,
}

/// What a scene is about, and what has to come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cue {
    /// Which function runs.
    #[serde(serialize_with = "function")]
    pub job: JobKind,
    /// In a few words.
    pub title: String,
    /// In a sentence or two.
    pub about: String,
    /// What the run must come to.
    pub must: Must,
}

/// What a run must come to, beside the right accounts in reteach and the right documents in the personnel files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Must {
    /// Nothing to do: no call to the side that would be written to, at most 4 read and 4 write units.
    BeQuiet,
    /// The company is in step.
    BeDone,
    /// A brake holds a plan; the rest is done.
    BeHeld,
    /// Certificates wait for the first employee sync: no call to anybody.
    BeWaiting,
    /// One upload's outcome is not known; the rest is done.
    BeInDoubt,
    /// That upload is found filed; the rest is done.
    BeVerified,
}

/// One company in a scene.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Its route.
    pub route: &'static str,
    /// What happened in the company before the run.
    pub acts: Vec<Act>,
    /// Changes that were planned.
    pub planned: usize,
    /// How long the run took, in milliseconds of the machine's time.
    pub took_ms: u64,
    /// The function's own report. Its times are the companies'.
    pub report: Told,
    /// What is not as it should be.
    pub problems: Vec<String>,
}

/// A report of either function.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Told {
    /// Of `employee-sync`.
    Employees(employee_sync::report::Report),
    /// Of `certificate-sync`.
    Certificates(certificate_sync::report::Report),
}

/// What reports of both functions have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common<'a> {
    pub(super) message: &'a str,
    pub(super) findings: &'a [runtime::Finding],
    pub(super) held: Option<&'a runtime::HeldNote>,
    pub(super) calls: http::Counts,
    pub(super) dynamodb: state::Units,
}

impl Told {
    pub(super) fn common(&self) -> Common<'_> {
        match self {
            Self::Employees(report) => report.into(),
            Self::Certificates(report) => report.into(),
        }
    }
}

impl From<employee_sync::report::Report> for Told {
    fn from(report: employee_sync::report::Report) -> Self {
        Self::Employees(report)
    }
}

impl From<certificate_sync::report::Report> for Told {
    fn from(report: certificate_sync::report::Report) -> Self {
        Self::Certificates(report)
    }
}

impl<'a, C> From<&'a runtime::Report<C>> for Common<'a> {
    fn from(report: &'a runtime::Report<C>) -> Self {
        Self {
            message: &report.message,
            findings: &report.findings,
            held: report.held.as_ref(),
            calls: report.calls,
            dynamodb: report.dynamodb,
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn function<S: Serializer>(job: &JobKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(job.function())
}

impl Play {
    /// Whether all was as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}
