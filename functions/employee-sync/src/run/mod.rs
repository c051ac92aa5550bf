//! One run of the job, from event to report.

#[cfg(test)]
pub(crate) mod academy;
mod attempt;
mod gather;
mod held;
mod settle;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shared::clock::Clock;
use shared::connect::{ConnectError, Connections};
use shared::http::{Calls, Context, Deadline, Pace};
use shared::id::{RunId, TenantId};
use shared::secrets::{SecretError, Secrets, TenantSecret};
use shared::source::SourceError;
use shared::state::{Acquisition, Job, LastRun, StateError, Store, TenantRecord, TenantStatus};
use shared::tenant::{ConfigError, TenantConfig};

use crate::accounts::AccountsError;
use crate::apply::Stop;
use crate::event::{Event, Mode};
use crate::lease::{Guard, LEASE};
use crate::lint::Violation;
use crate::plan::Plan;
use crate::report::{Counts, Finding, FindingKind, HeldNote, MOST_FINDINGS, Outcome, Report};

/// Reports are kept for this long.
const KEEP_REPORTS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A run with nothing to do writes a report only this often.
const REPORT_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Tenants of which a warm function keeps something.
const MOST_WARM: usize = 64;

/// The job with everything it needs, built once per process.
pub struct App {
    store: Store,
    secrets: Secrets,
    http: Context,
    clock: Arc<dyn Clock>,
    pace: Option<Pace>,
    warm: Mutex<HashMap<TenantId, Warm>>,
}

/// What a warm function keeps of a tenant.
#[derive(Default)]
struct Warm {
    calls: Calls,
    clients: Option<Clients>,
}

/// Clients, and what they were made of.
struct Clients {
    configuration: String,
    secret: Arc<TenantSecret>,
    connections: Connections,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

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

/// What ends a run early.
#[derive(Debug, thiserror::Error)]
enum Halt {
    #[error("there is no tenant {0}; `tenants add` makes one")]
    UnknownTenant(TenantId),
    #[error("the stored configuration is that of {0}; `tenants add` writes it anew")]
    OtherTenant(TenantId),
    #[error("the tenant is paused since {0}; `tenants resume` ends that")]
    Paused(Timestamp),
    #[error("another run has the lease until {0}")]
    Busy(Timestamp),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("a defect of this program: the plan breaks its own rules, nothing was written: {}", listed(.0))]
    Refused(Vec<Violation>),
}

fn listed(violations: &[Violation]) -> String {
    violations.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Halt {
    fn outcome(&self) -> Outcome {
        use shared::reteach::Error as Reteach;
        match self {
            Self::UnknownTenant(_) => Outcome::UnknownTenant,
            Self::Paused(_) => Outcome::Paused,
            Self::Busy(_) => Outcome::Busy,
            Self::Config(_) | Self::OtherTenant(_) => Outcome::BadConfiguration,
            Self::Secret(SecretError::Unavailable { .. }) | Self::State(_) => Outcome::StateUnavailable,
            Self::Secret(_)
            | Self::Connect(ConnectError::MissingSecret(_) | ConnectError::FingerprintKey(_)) => {
                Outcome::BadSecret
            }
            Self::Connect(ConnectError::NotConnected)
            | Self::Source(SourceError::NotReady(_) | SourceError::Lapsed(_)) => Outcome::NotConnected,
            Self::Source(SourceError::Credential(_) | SourceError::Forbidden(_))
            | Self::Accounts(AccountsError::Reteach(Reteach::Credential(_) | Reteach::Forbidden(_))) => {
                Outcome::AccessDenied
            }
            Self::Source(SourceError::Unavailable(_) | SourceError::Unreadable(_)) => {
                Outcome::SourceUnavailable
            }
            Self::Accounts(_) => Outcome::ReteachUnavailable,
            Self::Refused(_) => Outcome::PlanRefused,
        }
    }
}

/// Whether new credentials may help: the secret is then read once more, and all is tried again. reteach may be asked for
/// the first time when changes are applied.
fn is_about_credentials(attempt: &Result<Finished, Halt>) -> bool {
    use shared::reteach::Error as Reteach;
    match attempt {
        Ok(finished) => matches!(finished.stop, Some(Stop::Reteach(Reteach::Credential(_)))),
        Err(halt) => matches!(
            halt,
            Halt::Source(SourceError::Credential(_))
                | Halt::Accounts(AccountsError::Reteach(Reteach::Credential(_)))
        ),
    }
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

impl App {
    /// The job over these parts.
    #[must_use]
    pub fn new(store: Store, secrets: Secrets, http: Context) -> Self {
        let clock = Arc::clone(http.clock());
        Self { store, secrets, http, clock, pace: None, warm: Mutex::default() }
    }

    /// The same at another pace for every vendor: for simulators, which have no limits.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace: Some(pace), ..self }
    }

    /// Runs once. Whatever happens comes back as a report.
    pub async fn run(&self, request: &Request, watch: Watch<'_>) -> Ran {
        let calls = self.calls(&request.event.tenant_id);
        let before = calls.counts();
        // Counted for this run alone: a process may run for several tenants at once.
        let store = self.store.with_fresh_units();
        let run = Run { app: self, request, watch, store, calls, before, started_at: self.clock.now() };
        match run.prepare().await {
            Err(halt) => run.unleased(Err(halt)).await,
            Ok(tenant) if request.event.mode == Mode::DryRun => {
                let finished = run.attempt_twice(&tenant, None).await;
                run.ran(finished)
            }
            Ok(tenant) => run.leased(&tenant).await,
        }
    }

    fn calls(&self, tenant: &TenantId) -> Calls {
        let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
        if warm.len() >= MOST_WARM && !warm.contains_key(tenant) {
            warm.clear();
        }
        warm.entry(tenant.clone()).or_default().calls.clone()
    }

    /// The tenant's clients: the warm ones, with their tokens, if configuration and secret are still the same.
    fn connect(&self, tenant: &Tenant, secret: &Arc<TenantSecret>) -> Result<Connections, ConnectError> {
        let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = warm.entry(tenant.config.tenant_id.clone()).or_default();
        if let Some(known) = &entry.clients
            && known.configuration == tenant.record.config
            && Arc::ptr_eq(&known.secret, secret)
        {
            return Ok(known.connections.clone());
        }
        let context = self.http.clone().counted_in(entry.calls.clone());
        let mut connections = Connections::new(&tenant.config, secret, &context)?;
        if let Some(pace) = &self.pace {
            connections = connections.with_pace(pace);
        }
        let (configuration, secret) = (tenant.record.config.clone(), Arc::clone(secret));
        entry.clients = Some(Clients { configuration, secret, connections: connections.clone() });
        Ok(connections)
    }
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
