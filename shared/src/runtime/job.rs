//! What a job is, and what goes into a run of it and comes out.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::Serialize;

use super::{
    Event, Finding, HeldNote, LeaseGuard, LeaseTerms, Outcome, Report, Run, RunError, Tenant,
};
use crate::domain::id::RunId;
use crate::http::Deadline;
use crate::secrets::TenantSecret;
use crate::state::JobKind;

/// What a job does; everything around it is the same for both.
pub trait Job: Send + Sync + Sized + 'static {
    /// Which of the two it is.
    const JOB: JobKind;
    const LEASE: LeaseTerms;
    /// How many of what it did.
    type Counts: Counts;
    /// What a dry run would do, with all values: for the operator's eyes only.
    type Plan: fmt::Debug + Send;

    /// Whether the tenant wants this job, and may have it.
    fn admits(&self, _tenant: &Tenant) -> Result<(), RunError> {
        Ok(())
    }

    /// One attempt with the credentials in `secret`. Without a guard (a dry run) nothing is written.
    fn attempt(
        &self,
        run: &Run<'_, Self>,
        tenant: &Tenant,
        secret: Arc<TenantSecret>,
        guard: Option<&LeaseGuard<'_>>,
    ) -> impl Future<Output = Result<JobResult<Self>, RunError>> + Send;
}

pub trait Counts: Clone + Copy + fmt::Debug + Default + Serialize + Send + Sync {
    /// The same together with what an earlier attempt of the same run had done.
    #[must_use]
    fn with_earlier(self, earlier: Self) -> Self;

    /// Whether a run that left something for the next one has done as much as it could: a long backfill is progress.
    #[must_use]
    fn is_progress(&self) -> bool {
        false
    }

    #[must_use]
    fn parked(&self) -> u64 {
        0
    }

    /// People who are refused, where they are so many that they are no single cases.
    #[must_use]
    fn refused_people(&self) -> u64 {
        0
    }

    /// The counts as metrics, by their names there. Zeros are not written: alarms take missing data for none.
    fn metrics(&self) -> Vec<(&'static str, u64)>;
}

/// One run: what is asked, by whom, and until when.
#[derive(Clone, Debug)]
pub struct Request {
    pub event: Event,
    /// Owns the lease and names the report. Must be another one for each run: Lambda's request id is.
    pub run_id: RunId,
    pub deadline: Deadline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This many people, or certificates, were read.
    Read(usize),
    /// This many changes, or uploads, are about to be made.
    Planned(usize),
    /// One more of them is through, or given up.
    Applied,
}

pub type ProgressFn<'a> = &'a (dyn Fn(Progress) + Sync);

/// What a run has seen working. A run ends a notice's cause only if it reached what had failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The people were read, or `filing`.
    pub source: bool,
    /// reteach listed its accounts or participations, took a write, or has nobody waiting for another try.
    pub academy: bool,
    /// All accounts were compared with fewer than five refused people, or `filing`.
    pub everybody: bool,
    pub plan: bool,
    /// A document was filed or found filed, or no certificate is due.
    pub filing: bool,
}

/// A run's report, and for a dry run the plan itself.
pub struct Ran<W: Job> {
    pub report: Report<W::Counts>,
    pub reached: Reached,
    /// Whether reteach ended the run, not the HR system.
    pub is_of_academy: bool,
    /// The kind of the item of the state that could not be read, without an id.
    pub damaged: Option<&'static str>,
    /// What was planned, where it came to that.
    pub plan: Option<W::Plan>,
}

impl<W: Job> fmt::Debug for Ran<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ran")
            .field("report", &self.report)
            .field("plan", &self.plan)
            .finish()
    }
}

/// What an attempt came to before it is put into a report.
pub struct JobResult<W: Job> {
    pub outcome: Outcome,
    /// What it ended with, in words. Empty where all is well.
    pub message: String,
    /// Whether credentials were refused: others may help.
    pub credentials_refused: bool,
    /// Whether reteach ended the run, not the HR system.
    pub is_of_academy: bool,
    /// The kind of the item of the state that could not be read, without an id.
    pub damaged: Option<&'static str>,
    pub counts: W::Counts,
    pub findings: Vec<Finding>,
    pub held: Option<HeldNote>,
    pub reached: Reached,
    pub plan: Option<W::Plan>,
}

impl<W: Job> From<RunError> for JobResult<W> {
    fn from(halt: RunError) -> Self {
        let RunError {
            outcome,
            message,
            credentials_refused,
            is_of_academy,
            damaged,
        } = halt;
        Self {
            outcome,
            message,
            credentials_refused,
            is_of_academy,
            damaged,
            counts: W::Counts::default(),
            findings: Vec::new(),
            held: None,
            reached: Reached::default(),
            plan: None,
        }
    }
}

impl<W: Job> JobResult<W> {
    /// The result together with that of an earlier attempt in the same run. Its findings about certificates are kept,
    /// because this attempt does not repeat them.
    pub(super) fn after(mut self, earlier: Self) -> Self {
        let news = |it: &Finding| it.certificate.is_some() && !self.findings.contains(it);
        let news: Vec<_> = earlier.findings.into_iter().filter(news).collect();
        self.findings.extend(news);
        Self {
            counts: self.counts.with_earlier(earlier.counts),
            ..self
        }
    }
}
