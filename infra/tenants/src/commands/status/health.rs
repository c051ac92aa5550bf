//! How one tenant is doing, as far as the state tells.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Report;
use shared::secrets::SecretError;
use shared::state::{JobKind, LeaseState, TenantStatus};
use shared::tenant::TenantConfig;

use super::super::decide;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::words;

/// A good run is late when so many ticks have come without one.
const TICKS: i64 = 3;

/// How one tenant is doing.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Health {
    pub(super) tenant_id: TenantId,
    /// `active`, `paused`, `half removed`, `bad configuration`
    pub(super) status: &'static str,
    /// Since when certificates are filed: after the first complete employee run.
    pub(super) gate: Option<Timestamp>,
    pub(super) last_good_runs: BTreeMap<JobKind, Timestamp>,
    pub(super) running: Vec<JobKind>,
    pub(super) parked_certificates: u32,
    /// What somebody should look at, with what to do about it.
    pub(super) problems: Vec<String>,
}

/// Everything that the state alone tells.
pub(super) async fn health(operator: &Operator<'_>, tenant: &TenantId) -> Result<Health, Failure> {
    let store = &operator.store;
    let (record, leases) = (store.tenant(tenant).await?, store.leases(tenant).await?);
    let (held, start) = (
        store.held(tenant).await?,
        store.certificate_start(tenant).await?,
    );
    let newest: Vec<Report<Value>> = store.reports(tenant, 1).await?;
    let now = operator.now();
    let mut problems = Vec::new();
    let config = record
        .as_ref()
        .map(|record| TenantConfig::parse(&record.config));
    let status = match (&record, &config) {
        (None, _) => {
            problems.push(format!(
                "an `add` or a `remove` of it was interrupted: `tenants remove {tenant}` ends that, or `tenants add`"
            ));
            "half removed"
        }
        (_, Some(Err(error))) => {
            problems.push(format!(
                "{error}: `tenants add --update` writes the configuration anew"
            ));
            "bad configuration"
        }
        (Some(record), _) if record.status == TenantStatus::Active => "active",
        _ => "paused",
    };
    if let (Some(Ok(config)), true) = (&config, status == "active") {
        problems.extend(lateness(tenant, config, &leases, now));
    }
    if let Some(report) = newest.first().filter(|report| report.outcome.is_failure()) {
        problems.push(format!(
            "the last run of {} came to {}: {}",
            report.job,
            words::outcome(report),
            report.message
        ));
    }
    if let Some(held) = held.filter(|held| held.decision.is_none()) {
        let (what, hash) = (decide::what(&held), &held.hash);
        problems.push(format!(
            "held: {what}; `tenants approve {tenant} {hash}` applies it, `tenants dismiss {tenant} {hash}` leaves it"
        ));
    }
    let parked = start.root.map_or(0, |root| root.parked);
    if parked > 0 {
        let parked = words::number(u64::from(parked), "certificate waits", "certificates wait");
        problems.push(format!(
            "{parked} for somebody: `tenants certificates list {tenant}`"
        ));
    }
    Ok(Health {
        tenant_id: tenant.clone(),
        status,
        gate: record.and_then(|record| record.gate),
        last_good_runs: leases
            .iter()
            .filter_map(|(job, it)| Some((*job, it.last_good_run?)))
            .collect(),
        running: leases
            .iter()
            .filter(|(_, it)| it.until > now)
            .map(|(job, _)| *job)
            .collect(),
        parked_certificates: parked,
        problems,
    })
}

fn lateness(
    tenant: &TenantId,
    config: &TenantConfig,
    leases: &BTreeMap<JobKind, LeaseState>,
    now: Timestamp,
) -> Option<String> {
    let every = config.schedule.employees;
    let patience = SignedDuration::from_mins(i64::from(every.minutes()) * TICKS);
    match leases
        .get(&JobKind::Employees)
        .and_then(|lease| lease.last_good_run)
    {
        None => Some(format!(
            "no employee run has succeeded yet: `tenants check {tenant}`, `tenants sync {tenant}`"
        )),
        Some(at) if at + patience < now => Some(format!(
            "the last good employee run was {}, although one is due every {every}: `tenants runs {tenant}`",
            words::ago(at, now)
        )),
        Some(_) => None,
    }
}

/// What is wrong with the stored credentials, without trying them.
pub(super) async fn secret_problem(
    operator: &Operator<'_>,
    config: &TenantConfig,
) -> Result<Option<String>, Failure> {
    let again = "`tenants add --credentials` stores them anew";
    match operator.secrets.refresh(&config.tenant_id).await {
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
        Err(error) => Err(error.into()),
    }
}
