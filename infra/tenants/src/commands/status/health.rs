//! The health of one tenant, from its state alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::{Report, late_after};
use shared::secrets::SecretError;
use shared::state::{
    HeldSource, JobKind, LeaseState, StateError, Store, TenantSnapshot, TenantStatus,
};
use shared::tenant::TenantConfig;

use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::schedule::{Firing, JOBS, firing, is_connected};

/// People who wait, from which on it is a problem of the tenant.
const MANY_WAITING: u32 = 5;

/// Whether a tenant can be synced at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub(crate) enum TenantState {
    Active,
    Paused,
    /// `tenants add` or `tenants remove` was interrupted.
    HalfRemoved,
    BadConfiguration,
    /// Its state cannot be read.
    Unreadable,
}

impl TenantState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::HalfRemoved => "half removed",
            Self::BadConfiguration => "bad configuration",
            Self::Unreadable => "unreadable",
        }
    }
}

impl From<TenantState> for &'static str {
    fn from(state: TenantState) -> Self {
        state.as_str()
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct TenantHealth {
    pub(crate) tenant_id: TenantId,
    #[serde(rename = "status")]
    pub(crate) state: TenantState,
    /// Since when certificates are filed: after the first complete employee run.
    pub(crate) gate: Option<Timestamp>,
    pub(crate) last_good_runs: BTreeMap<JobKind, Timestamp>,
    pub(crate) running: Vec<JobKind>,
    /// People in the HR system, as of the last employee run that noted them.
    pub(crate) people: u32,
    /// Open accounts, as of the last employee run.
    pub(crate) open_accounts: u32,
    /// People who wait for a retry.
    pub(crate) waiting: u32,
    /// Held changes that nobody has decided about.
    pub(crate) held_changes: u32,
    pub(crate) parked_certificates: u32,
    /// The reading that waits for a decision.
    #[serde(skip)]
    pub(crate) rejected: Option<HeldSource>,
    /// What vendors announce about the endpoints that runs call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) announcements: Vec<String>,
    /// What the operator should look at, and what to do about it.
    pub(crate) problems: Vec<String>,
    /// Whether its schedules should fire, where the configuration can be read.
    #[serde(skip)]
    pub(crate) desired: Option<[(JobKind, Firing); 2]>,
}

/// The health of one tenant, [`unreadable`] if an item of it is damaged.
pub(crate) async fn read(context: &CommandContext<'_>, tenant: &TenantId) -> Result<TenantHealth> {
    let store = &context.store;
    let snapshots = store.snapshots(std::slice::from_ref(tenant)).await?;
    let snapshot = snapshots.into_iter().next().map(|(_, snapshot)| snapshot);
    match snapshot.transpose() {
        Err(error @ StateError::Damaged { .. }) => Ok(unreadable(tenant.clone(), &error.into())),
        snapshot => {
            let snapshot = snapshot?.unwrap_or_default();
            judge(store, tenant, snapshot, context.now()).await
        }
    }
}

/// Of a tenant whose state cannot be read, which must not hide all others.
pub(super) fn unreadable(tenant_id: TenantId, failure: &Failure) -> TenantHealth {
    TenantHealth {
        tenant_id,
        state: TenantState::Unreadable,
        gate: None,
        last_good_runs: BTreeMap::new(),
        running: Vec::new(),
        people: 0,
        open_accounts: 0,
        waiting: 0,
        held_changes: 0,
        parked_certificates: 0,
        rejected: None,
        announcements: Vec::new(),
        problems: vec![failure.text.clone()],
        desired: None,
    }
}

/// The health that `snapshot` shows at `now`. Only a tenant that may have failed, or whose reading was rejected, takes more calls.
pub(crate) async fn judge(
    store: &Store,
    tenant: &TenantId,
    snapshot: TenantSnapshot,
    now: Timestamp,
) -> Result<TenantHealth> {
    let TenantSnapshot {
        record,
        leases,
        people,
        certificates,
        held,
    } = snapshot;
    let may_have_failed = leases.is_empty() || leases.values().any(LeaseState::may_have_failed);
    let (newest, mut damaged): (Vec<Report<Value>>, Vec<StateError>) = if may_have_failed {
        reports(store, tenant, 1).await?
    } else {
        Default::default()
    };
    let mut problems = Vec::new();
    let stored = record
        .as_ref()
        .map(|record| TenantConfig::parse_with_unknown(&record.config));
    if let Some(Ok((_, unknown))) = &stored
        && !unknown.is_empty()
    {
        problems.push(format!(
            "a newer release has stored the tenant's file, and this one passes over {}: use the newer one again",
            unknown.join(", ")
        ));
    }
    let config = stored.map(|stored| stored.map(|(config, _)| config));
    let tenant_state = match (&record, &config) {
        (None, _) => {
            problems.push(
                "`tenants add` or `tenants remove` was interrupted: repeat the one that you want"
                    .to_owned(),
            );
            TenantState::HalfRemoved
        }
        (_, Some(Err(error))) => {
            problems.push(format!(
                "{error}: `tenants add --file {tenant}.toml --update` replaces the configuration"
            ));
            TenantState::BadConfiguration
        }
        (Some(record), _) if record.status == TenantStatus::Active => TenantState::Active,
        _ => TenantState::Paused,
    };
    if let (Some(Ok(config)), true) = (&config, tenant_state == TenantState::Active) {
        if !is_connected(config) {
            problems.push(format!(
                "the company has not connected yet: `tenants connect {tenant} --email HR-ADMIN --company NAME` makes the link"
            ));
        } else if last_good_run(&leases, JobKind::Employees).is_none() {
            problems.push(format!(
                "no employee run has succeeded yet: `tenants check {tenant}`, `tenants sync {tenant}`"
            ));
        } else {
            problems.extend(lateness(
                tenant,
                config,
                JobKind::Employees,
                None,
                &leases,
                now,
            ));
        }
        // Before the first complete employee run certificates wait.
        let gate = record.as_ref().and_then(|record| record.gate);
        if gate.is_some() && config.certificates.enabled {
            problems.extend(lateness(
                tenant,
                config,
                JobKind::Certificates,
                gate,
                &leases,
                now,
            ));
        }
    }
    if let Some(report) = newest.first().filter(|report| report.outcome.is_failure()) {
        let look = format::next_look(report.outcome, tenant);
        problems.push(format!(
            "the last {} run ended with {}: {}{}",
            report.job,
            report.outcome,
            report.message.trim_end_matches('.'),
            look.map(|look| format!("; {look}")).unwrap_or_default()
        ));
    }
    let held_changes = held
        .as_ref()
        .map_or(0, |held| held.undecided().values().sum());
    if let Some(held) = held.filter(|held| !held.undecided().is_empty()) {
        let (what, hash) = (format::held_plan(&held), &held.hash);
        problems.push(format!(
            "held: {what}; `tenants approve {tenant} {hash}` applies it, `tenants dismiss {tenant} {hash}` leaves it"
        ));
    }
    let source = if people.source_held {
        readable(store.held_source(tenant).await, &mut damaged)?
    } else {
        None
    };
    problems.extend(damaged.into_iter().map(unread));
    let rejected = source.filter(|source| source.is_undecided(now));
    if let Some(source) = &rejected {
        let (what, hash) = (format::held_source(source), &source.hash);
        problems.push(format!(
            "rejected: {what}; `tenants check {tenant}` looks at the credential, `tenants approve {tenant} {hash}` accepts the \
             reading"
        ));
    }
    let waiting = people.waiting;
    // A few are a matter for the HR admin, not for the operator.
    if waiting >= MANY_WAITING {
        let people = format::number(u64::from(waiting), "person is", "people are");
        problems.push(format!(
            "{people} refused, in conflict or without an answer from reteach: `tenants runs {tenant}` names them"
        ));
    }
    if certificates.reissued > 0 {
        let number = u64::from(certificates.reissued);
        let reissued = format::number(number, "certificate was", "certificates were");
        problems.push(format!(
            "{reissued} issued again after filing: `tenants certificates list {tenant}`"
        ));
    }
    let parked = certificates.parked;
    if parked > 0 {
        let parked = format::number(u64::from(parked), "certificate waits", "certificates wait");
        problems.push(format!(
            "{parked} for a decision: `tenants certificates list {tenant}`"
        ));
    }
    let status_of = record.as_ref().map(|record| record.status);
    Ok(TenantHealth {
        tenant_id: tenant.clone(),
        state: tenant_state,
        gate: record.and_then(|record| record.gate),
        last_good_runs: leases
            .iter()
            .filter_map(|(job, lease)| Some((*job, lease.last_good_run?)))
            .collect(),
        running: leases
            .iter()
            .filter(|(_, lease)| lease.until > now)
            .map(|(job, _)| *job)
            .collect(),
        people: people.people,
        open_accounts: people.open_accounts,
        waiting,
        held_changes,
        parked_certificates: parked,
        rejected,
        announcements: announcements(&leases),
        problems,
        desired: config.and_then(|config| {
            let (config, status) = (config.ok()?, status_of?);
            Some(JOBS.map(|job| (job, firing(&config, status, job))))
        }),
    })
}

/// What was read. A damaged item is noted and left out: it must not hide the rest.
pub(in crate::commands) fn readable<T>(
    read: std::result::Result<Option<T>, StateError>,
    damaged: &mut Vec<StateError>,
) -> Result<Option<T>> {
    match read {
        Err(error @ StateError::Damaged { .. }) => {
            damaged.push(error);
            Ok(None)
        }
        read => Ok(read?),
    }
}

/// The last reports that can be read, and why others cannot: a caller without the right sees the rest all the same.
pub(super) async fn reports(
    store: &Store,
    tenant: &TenantId,
    limit: usize,
) -> Result<(Vec<Report<Value>>, Vec<StateError>)> {
    match store.readable_reports(tenant, limit).await {
        Err(error @ StateError::Denied { .. }) => Ok((Vec::new(), vec![error])),
        read => Ok(read?),
    }
}

/// The problem that something is left out.
pub(super) fn unread(error: StateError) -> String {
    Failure::from(error).text
}

/// What both jobs heard, each announcement once.
fn announcements(leases: &BTreeMap<JobKind, LeaseState>) -> Vec<String> {
    let all = leases.values().flat_map(|lease| lease.retirements.keys());
    all.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

impl TenantHealth {
    /// When the job last succeeded, as text.
    pub(crate) fn last_good_run(&self, job: JobKind, now: Timestamp) -> String {
        if self.running.contains(&job) {
            return "running now".to_owned();
        }
        let last = self.last_good_runs.get(&job);
        last.map_or_else(|| "never".to_owned(), |at| format::ago(*at, now))
    }
}

fn last_good_run(leases: &BTreeMap<JobKind, LeaseState>, job: JobKind) -> Option<Timestamp> {
    leases.get(&job).and_then(|lease| lease.last_good_run)
}

/// What to say of a job that has had no good run for too long, nor since `gate`.
fn lateness(
    tenant: &TenantId,
    config: &TenantConfig,
    job: JobKind,
    gate: Option<Timestamp>,
    leases: &BTreeMap<JobKind, LeaseState>,
    now: Timestamp,
) -> Option<String> {
    let (word, every) = match job {
        JobKind::Employees => ("employee", config.schedule.employees),
        JobKind::Certificates => ("certificate", config.schedule.certificates),
    };
    let last = last_good_run(leases, job);
    let is_late = last.max(gate)? + late_after(job, Some(every)) <= now;
    let last = last.map_or_else(|| "never".to_owned(), |at| format::ago(at, now));
    is_late.then(|| {
        format!(
            "the last good {word} run was {last}, although one is due every {every}: `tenants runs {tenant}`"
        )
    })
}

/// A problem of the stored credentials. No vendor is called.
pub(crate) async fn secret_problem(
    context: &CommandContext<'_>,
    config: &TenantConfig,
) -> std::result::Result<Option<String>, SecretError> {
    let again = format!(
        "{} stores them again",
        format::store_credentials(&config.tenant_id)
    );
    match context.secrets.refresh(&config.tenant_id).await {
        Ok(secret) => {
            let missing = crate::files::missing(config, &secret);
            Ok((!missing.is_empty()).then(|| {
                format!(
                    "the stored credentials lack {}: {again}",
                    missing.join(", ")
                )
            }))
        }
        Err(error @ (SecretError::NotFound { .. } | SecretError::Malformed { .. })) => {
            Ok(Some(error.to_string()))
        }
        Err(error) if error.is_marked_for_deletion() => Ok(Some(format!(
            "the stored credentials are marked for deletion: {again}"
        ))),
        Err(error) => Err(error),
    }
}
