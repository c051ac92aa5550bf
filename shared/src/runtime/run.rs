//! One run of a job, from event to report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::lateness::late_after;
use super::retirements::Retirements;
use super::{
    App, Counts as _, Finding, FindingKind, Job, JobResult, LeaseGuard, MOST_FINDINGS, Mode,
    NoticesSent, Outcome, Progress, ProgressFn, Ran, Report, Request, RunError,
};
use crate::aws::Retries;
use crate::domain::clock::Clock;
use crate::domain::id::TenantId;
use crate::http::{self, Calls, Deadline};
use crate::routes::{ConnectError, Connections};
use crate::secrets::{Secrets, TenantSecret};
use crate::state::{Acquisition, JobKind, LastRun, Store, TenantRecord, TenantStatus, Units};
use crate::tenant::{Every, TenantConfig};

const KEEP_REPORTS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A run with nothing to do writes a report only this often.
const REPORT_EVERY: SignedDuration = SignedDuration::from_hours(1);

pub struct Run<'a, W: Job> {
    pub(super) app: &'a App<W>,
    pub(super) request: &'a Request,
    pub(super) watch: ProgressFn<'a>,
    pub(super) store: Store,
    pub(super) secrets: Secrets,
    pub(super) calls: Calls,
    pub(super) before: http::Counts,
    pub(super) retries: Retries,
    pub(super) started_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Tenant {
    pub record: TenantRecord,
    pub config: TenantConfig,
}

impl Tenant {
    fn interval(&self, job: JobKind) -> Option<Every> {
        let schedule = self.config.schedule;
        Some(match job {
            JobKind::Employees => schedule.employees,
            JobKind::Certificates => schedule.certificates,
        })
    }
}

impl<W: Job> Run<'_, W> {
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.request.event.mode
    }

    /// The state; its units are counted for this run alone.
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn clock(&self) -> &dyn Clock {
        self.app.clock.as_ref()
    }

    pub fn emit(&self, progress: Progress) {
        (self.watch)(progress);
    }

    /// The deadline less `reserve`, which is kept back for writing down how things were left; of a short run a quarter.
    #[must_use]
    pub fn stop_at(&self, reserve: Duration) -> Deadline {
        match self.request.deadline.remaining() {
            Some(left) => Deadline::after(left - reserve.min(left / 4)),
            None => self.request.deadline,
        }
    }

    /// How many writes to a vendor may be in flight at once: `usual`, unless they go in turn.
    #[must_use]
    pub fn at_once(&self, usual: usize) -> usize {
        if self.app.in_turn { 1 } else { usual }
    }

    /// The tenant's clients: the warm ones, if configuration and secret are still the same.
    pub fn connect(
        &self,
        tenant: &Tenant,
        secret: &Arc<TenantSecret>,
    ) -> Result<Connections, ConnectError> {
        let connections = self.app.connect(tenant, secret)?;
        Ok(connections.keeping_login(&tenant.config, secret, &self.store))
    }

    pub(super) async fn prepare(&self) -> Result<Tenant, RunError> {
        let tenant = &self.request.event.tenant_id;
        let record = self
            .store
            .tenant(tenant)
            .await?
            .ok_or_else(|| RunError::unknown_tenant(tenant))?;
        // A dry run writes nothing: it is what somebody looks at before the first run.
        if let (TenantStatus::Paused { since }, false) =
            (record.status, self.mode() == Mode::DryRun)
        {
            return Err(RunError::paused(tenant, since));
        }
        let (config, unknown) = TenantConfig::parse_with_unknown(&record.config)?;
        if !unknown.is_empty() {
            let (run, keys) = (&self.request.run_id, unknown.join(", "));
            tracing::warn!(%tenant, %run, %keys, "the tenant's file has keys that this release does not know");
        }
        if config.tenant_id != *tenant {
            return Err(RunError::other_tenant(&config.tenant_id));
        }
        let tenant = Tenant { record, config };
        self.app.work.admits(&tenant)?;
        Ok(tenant)
    }

    pub(super) async fn leased(&self, tenant: &Tenant) -> Ran<W> {
        let (store, now) = (&self.store, self.app.clock.now());
        let owner = &self.request.run_id;
        let id = &tenant.config.tenant_id;
        let lease = match store.acquire(id, W::JOB, owner, now, W::LEASE.lasts).await {
            Ok(Acquisition::Acquired(lease)) => lease,
            Ok(Acquisition::Held {
                until,
                waiting_since,
            }) => {
                let mut ran = self.ran(Err(RunError::busy(until)));
                self.note_wait(&mut ran.report, waiting_since, tenant.interval(W::JOB));
                return ran;
            }
            Err(error) => return self.unleased(Err(error.into())).await,
        };
        let last_report = lease.last_report_at;
        let recovers = lease.last_report_is_of_a_failure();
        let (earlier, notices) = (lease.retirements.clone(), lease.notices.clone());
        let waiting_since = lease.waiting_since().unwrap_or(now);
        let guard = LeaseGuard::new(
            store,
            &self.app.clock,
            W::LEASE,
            lease,
            self.request.deadline,
        );
        let finished = tokio::select! {
            finished = self.attempt_twice(tenant, Some(&guard)) => finished,
            lost = guard.keep() => Err(lost.into()),
        };
        let mut ran = self.ran(finished);
        let now = self.app.clock.now();
        let outcome = ran.report.outcome;
        let is_good =
            outcome.is_good() || outcome == Outcome::Partly && ran.report.counts.is_progress();
        let waiting_since = if is_good { now } else { waiting_since };
        let interval = tenant.interval(W::JOB);
        self.note_wait(&mut ran.report, Some(waiting_since), interval);
        let retirements = self.retirements(&mut ran.report, &earlier, now);
        let until = self.request.deadline;
        let notices = match guard.is_held().await {
            true => self.notify(&mut ran, Some(tenant), notices, until).await,
            false => None,
        };
        let is_due = last_report.is_none_or(|at| at + REPORT_EVERY <= now);
        let has_news = !retirements.new.is_empty()
            || ran.report.notices.failed > 0
            || ran.report.outcome != Outcome::Unchanged;
        let reported = if is_due || has_news || recovers {
            self.keep(&ran.report).await
        } else {
            None
        };
        let last_run = LastRun {
            // Not before its own report: a later one is of a failed run.
            good_run: is_good.then_some(reported.unwrap_or(now)),
            reported,
            retirements: Some(retirements.known),
            notices,
        };
        if let Err(error) = guard.release(last_run).await {
            tracing::warn!(tenant = %id, run = %owner, %error, "the lease was not released");
        }
        // The reply knows what report and release have cost as well.
        ran.report.dynamodb = self.units();
        ran
    }

    /// Puts into the report what vendors announced in the headers of their answers.
    fn retirements(
        &self,
        report: &mut Report<W::Counts>,
        earlier: &BTreeMap<String, Date>,
        now: Timestamp,
    ) -> Retirements {
        let seen = self.calls.take_retirements();
        let today = TimeZone::UTC.to_datetime(now).date();
        let retirements = Retirements::of(seen.keys(), earlier, today);
        for text in &retirements.new {
            tracing::warn!(
                tenant = %report.tenant_id, run = %report.run_id, announcement = text, "a vendor retires an endpoint"
            );
            report.findings.push(Finding {
                person: None,
                certificate: None,
                kind: FindingKind::Retired,
                text: format!("{text}: see whether a newer release of this product avoids it"),
            });
        }
        report.findings_total += retirements.new.len() as u64;
        report.retired_answers = seen.values().sum();
        retirements
    }

    /// A run that did not get as far as a lease.
    pub(super) async fn unleased(&self, finished: Result<JobResult<W>, RunError>) -> Ran<W> {
        let mut ran = self.ran(finished);
        if ran.report.outcome.is_failure() && self.mode() != Mode::DryRun {
            let since = self.read_wait(ran.report.outcome).await;
            self.note_wait(&mut ran.report, since, None);
        }
        self.notify_without_config(&mut ran).await;
        let nobody_looks = matches!(
            ran.report.outcome,
            Outcome::UnknownTenant | Outcome::Paused | Outcome::Disabled | Outcome::NewerState
        );
        if !nobody_looks && self.mode() != Mode::DryRun {
            let reported = self.keep(&ran.report).await;
            if let Some(at) = reported.filter(|_| ran.report.outcome.is_failure()) {
                self.note_failure(&ran.report.tenant_id, at).await;
            }
        }
        ran
    }

    /// Lets the next good run know that a failure was reported, so that it reports too.
    async fn note_failure(&self, tenant: &TenantId, at: Timestamp) {
        if let Err(error) = self.store.note_report(tenant, W::JOB, at).await {
            let run = &self.request.run_id;
            tracing::warn!(%tenant, %run, %error, "the time of the report was not noted");
        }
    }

    /// Since when the tenant waits for a good run, as far as the state can say so.
    async fn read_wait(&self, outcome: Outcome) -> Option<Timestamp> {
        if matches!(outcome, Outcome::StateUnavailable | Outcome::NewerState) {
            return None;
        }
        let tenant = &self.request.event.tenant_id;
        let read = self.store.waiting_since(tenant, W::JOB).await;
        read.unwrap_or_else(|error| {
            tracing::warn!(%tenant, run = %self.request.run_id, %error, "the lease was not read");
            None
        })
    }

    /// Puts into the report for how long the tenant has waited for a good run. Without `since`, the process remembers.
    pub(super) fn note_wait(
        &self,
        report: &mut Report<W::Counts>,
        since: Option<Timestamp>,
        interval: Option<Every>,
    ) {
        let now = self.app.clock.now();
        let since = self.app.waiting_since(&report.tenant_id, since, now);
        let waits = now.duration_since(since);
        report.minutes_since_good_run = Some(waits.as_mins());
        report.is_late = waits >= late_after(W::JOB, interval);
    }

    /// Writes the report; says when, if that succeeded.
    async fn keep(&self, report: &Report<W::Counts>) -> Option<Timestamp> {
        let now = self.app.clock.now();
        let (tenant, run) = (&report.tenant_id, &report.run_id);
        let written = self
            .store
            .put_report(tenant, W::JOB, now, run, now + KEEP_REPORTS, report)
            .await;
        match written {
            Ok(()) => Some(now),
            Err(error) => {
                tracing::warn!(%tenant, %run, %error, "the report was not written");
                None
            }
        }
    }

    /// Credentials may have been rotated since they were read: they are read once more before they are given up.
    pub(super) async fn attempt_twice(
        &self,
        tenant: &Tenant,
        guard: Option<&LeaseGuard<'_>>,
    ) -> Result<JobResult<W>, RunError> {
        let (work, secrets) = (&self.app.work, &self.secrets);
        let id = &tenant.config.tenant_id;
        let secret = secrets.get(id).await?;
        let first = work.attempt(self, tenant, Arc::clone(&secret), guard).await;
        let refused = match &first {
            Ok(result) => result.credentials_refused,
            Err(error) => error.credentials_refused,
        };
        if !refused {
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
        let again = work.attempt(self, tenant, rotated, guard).await?;
        Ok(match first {
            Ok(first) => again.after(first),
            Err(_) => again,
        })
    }

    fn units(&self) -> Units {
        Units {
            retries: self.retries.count(),
            ..self.store.units()
        }
    }

    pub(super) fn ran(&self, finished: Result<JobResult<W>, RunError>) -> Ran<W> {
        let took = self.app.clock.now().duration_since(self.started_at);
        let finished = finished.unwrap_or_else(JobResult::from);
        let JobResult {
            outcome,
            message,
            credentials_refused: _,
            is_of_academy,
            damaged,
            counts,
            mut findings,
            held,
            reached,
            plan,
        } = finished;
        let findings_total = findings.len() as u64;
        findings.truncate(MOST_FINDINGS);
        let report = Report {
            tenant_id: self.request.event.tenant_id.clone(),
            job: W::JOB.function().to_owned(),
            run_id: self.request.run_id.clone(),
            mode: self.mode(),
            started_at: self.started_at,
            duration_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
            outcome,
            message,
            minutes_since_good_run: None,
            is_late: false,
            counts,
            held,
            findings,
            findings_total,
            calls: self.calls.counts() - self.before,
            retired_answers: 0,
            notices: NoticesSent::default(),
            dynamodb: self.units(),
        };
        Ran {
            report,
            reached,
            is_of_academy,
            damaged,
            plan,
        }
    }
}
