//! One run of the job, from event to report.

#[cfg(test)]
pub(crate) mod academy;
mod app;
mod attempt;
mod gather;
mod halt;
mod held;
mod settle;
mod tally;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::http::{Calls, Deadline};
use shared::id::RunId;
use shared::state::{Acquisition, Job, LastRun, Store, TenantRecord, TenantStatus};
use shared::tenant::TenantConfig;

pub use app::App;

use crate::apply::Stop;
use crate::event::{Event, Mode};
use crate::lease::{Guard, LEASE};
use crate::plan::Plan;
use crate::report::{Counts, Finding, FindingKind, HeldNote, MOST_FINDINGS, Outcome, Report};
use halt::{Halt, is_about_credentials};

/// Reports are kept for this long.
const KEEP_REPORTS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A run with nothing to do writes a report only this often.
const REPORT_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// One run: what is asked, by whom, and until when.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked.
    pub event: Event,
    /// Owns the lease and names the report. Must be another one for each run: Lambda's request id is.
    pub run_id: RunId,
    /// By then the run must have ended.
    pub deadline: Deadline,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This many people were read.
    Read(usize),
    /// This many changes are about to be applied.
    Planned(usize),
    /// One more change is through, or given up.
    Applied,
}

/// Told how far a run is.
pub type Watch<'a> = &'a (dyn Fn(Progress) + Sync);

/// A run's report, and for a dry run the plan itself, with its values: for the operator's eyes only.
#[derive(Debug)]
pub struct Ran {
    /// What may be kept and logged.
    pub report: Report,
    /// What was planned, where it came to that.
    pub plan: Option<Plan>,
}

/// What a run came to before it is put into a report.
#[derive(Debug, Default)]
struct Finished {
    counts: Counts,
    findings: Vec<Finding>,
    held: Option<HeldNote>,
    stop: Option<Stop>,
    plan: Option<Plan>,
    nothing_to_do: bool,
}

/// One run under way.
struct Run<'a> {
    app: &'a App,
    request: &'a Request,
    watch: Watch<'a>,
    store: Store,
    calls: Calls,
    before: shared::http::Counts,
    started_at: Timestamp,
}

/// A tenant whose run may begin.
struct Tenant {
    record: TenantRecord,
    config: TenantConfig,
}

impl Run<'_> {
    async fn prepare(&self) -> Result<Tenant, Halt> {
        let tenant = &self.request.event.tenant_id;
        let record = self.store.tenant(tenant).await?.ok_or_else(|| Halt::UnknownTenant(tenant.clone()))?;
        if let TenantStatus::Paused { since } = record.status {
            return Err(Halt::Paused(since));
        }
        let config = TenantConfig::parse(&record.config)?;
        if config.tenant_id != *tenant {
            return Err(Halt::OtherTenant(config.tenant_id));
        }
        Ok(Tenant { record, config })
    }

    async fn leased(&self, tenant: &Tenant) -> Ran {
        let (store, now) = (&self.store, self.app.clock.now());
        let owner = &self.request.run_id;
        let lease = match store.acquire(&tenant.config.tenant_id, Job::Employees, owner, now, LEASE).await {
            Ok(Acquisition::Acquired(lease)) => lease,
            Ok(Acquisition::Held { until }) => return self.ran(Err(Halt::Busy(until))),
            Err(error) => return self.unleased(Err(error.into())).await,
        };
        let last_report = lease.last_report_at;
        let guard = Guard::new(store, &self.app.clock, lease, self.request.deadline);
        let finished = tokio::select! {
            finished = self.attempt_twice(tenant, Some(&guard)) => finished,
            lost = guard.keep() => Err(lost.into()),
        };
        let mut ran = self.ran(finished);
        let now = self.app.clock.now();
        let is_due = last_report.is_none_or(|at| at + REPORT_EVERY <= now);
        let reported = if is_due || ran.report.outcome != Outcome::Unchanged {
            self.keep(&ran.report).await
        } else {
            None
        };
        let good_run = ran.report.outcome.is_good().then_some(now);
        if let Err(error) = guard.release(LastRun { good_run, reported }).await {
            tracing::warn!(tenant = %self.request.event.tenant_id, run = %owner, %error, "the lease was not released");
        }
        // The reply knows what report and release have cost as well.
        ran.report.dynamodb = store.units();
        ran
    }

    /// A run that did not get as far as a lease.
    async fn unleased(&self, finished: Result<Finished, Halt>) -> Ran {
        let ran = self.ran(finished);
        let is_kept = !matches!(ran.report.outcome, Outcome::UnknownTenant | Outcome::Paused);
        if is_kept && self.request.event.mode != Mode::DryRun {
            self.keep(&ran.report).await;
        }
        ran
    }

    /// Writes the report; says when, if that succeeded.
    async fn keep(&self, report: &Report) -> Option<Timestamp> {
        let now = self.app.clock.now();
        let (tenant, run) = (&report.tenant_id, &report.run_id);
        let written =
            self.store.put_report(tenant, Job::Employees, now, run, now + KEEP_REPORTS, report).await;
        match written {
            Ok(()) => Some(now),
            Err(error) => {
                tracing::warn!(%tenant, %run, %error, "the report was not written");
                None
            }
        }
    }

    /// Credentials may have been rotated since they were read: they are read once more before they are given up.
    async fn attempt_twice(&self, tenant: &Tenant, guard: Option<&Guard<'_>>) -> Result<Finished, Halt> {
        let secrets = &self.app.secrets;
        let id = &tenant.config.tenant_id;
        let secret = secrets.get(id).await?;
        let first = self.attempt(tenant, Arc::clone(&secret), guard).await;
        if !is_about_credentials(&first) {
            return first;
        }
        let rotated = match (secrets.refresh(id).await, &first) {
            (Ok(rotated), _) => rotated,
            (Err(_), Ok(_)) => return first,
            (Err(error), Err(_)) => return Err(error.into()),
        };
        if Arc::ptr_eq(&secret, &rotated) {
            return first;
        }
        tracing::info!(tenant = %id, run = %self.request.run_id, "refused, and the secret has been rotated: once more");
        let again = self.attempt(tenant, rotated, guard).await?;
        let applied = first.map(|first| first.counts).unwrap_or_default();
        Ok(Finished { counts: again.counts.with_applied(applied), ..again })
    }

    fn ran(&self, finished: Result<Finished, Halt>) -> Ran {
        let mode = self.request.event.mode;
        let (finished, outcome, message) = match finished {
            Ok(finished) => {
                let (outcome, message) = finished.conclusion(mode);
                (finished, outcome, message)
            }
            Err(halt) => (Finished::default(), halt.outcome(), halt.to_string()),
        };
        let took = self.app.clock.now().duration_since(self.started_at);
        let Finished { counts, mut findings, held, plan, .. } = finished;
        let findings_total = findings.len() as u64;
        findings.truncate(MOST_FINDINGS);
        let report = Report {
            tenant_id: self.request.event.tenant_id.clone(),
            job: "employee-sync".to_owned(),
            run_id: self.request.run_id.clone(),
            mode,
            started_at: self.started_at,
            duration_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
            outcome,
            message,
            counts,
            held,
            findings,
            findings_total,
            calls: self.calls.counts() - self.before,
            dynamodb: self.store.units(),
        };
        Ran { report, plan }
    }
}

impl Finished {
    /// Whether the reading was not complete: nobody could be taken for gone.
    fn is_incomplete(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind == FindingKind::Incomplete)
    }

    fn conclusion(&self, mode: Mode) -> (Outcome, String) {
        use shared::reteach::Error as Reteach;
        let outcome = match &self.stop {
            _ if mode == Mode::DryRun => Outcome::Planned,
            None if self.nothing_to_do => Outcome::Unchanged,
            None if self.counts.left > 0 || self.is_incomplete() => Outcome::Partly,
            None => Outcome::Done,
            Some(Stop::OutOfTime) => Outcome::Partly,
            Some(Stop::State(_)) => Outcome::StateUnavailable,
            Some(Stop::Reteach(Reteach::Credential(_) | Reteach::Forbidden(_))) => Outcome::AccessDenied,
            Some(Stop::Reteach(_)) => Outcome::ReteachUnavailable,
        };
        (outcome, self.stop.as_ref().map(ToString::to_string).unwrap_or_default())
    }
}
