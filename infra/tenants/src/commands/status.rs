//! `tenants status`

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use shared::id::TenantId;
use shared::job::Report;
use shared::secrets::SecretError;
use shared::state::{Job, LeaseState, TenantStatus};
use shared::tenant::TenantConfig;

use super::decide;
use super::list::AT_ONCE;
use crate::answer::{Answer, Verdict};
use crate::failure::Failure;
use crate::operator::Operator;
use crate::schedule::{Firing, Listed, parse_name};
use crate::words;

/// A good run is late when so many ticks have come without one.
const TICKS: i64 = 3;

/// How one tenant is doing.
#[derive(Clone, Debug, Serialize)]
struct Health {
    tenant_id: TenantId,
    /// `active`, `paused`, `half removed`, `bad configuration`
    status: &'static str,
    /// Since when certificates are filed: after the first complete employee run.
    gate: Option<Timestamp>,
    last_good_runs: BTreeMap<Job, Timestamp>,
    running: Vec<Job>,
    parked_certificates: u32,
    /// What somebody should look at, with what to do about it.
    problems: Vec<String>,
}

pub(super) async fn status(operator: &Operator<'_>, tenant: Option<&TenantId>) -> Result<Answer, Failure> {
    match tenant {
        Some(tenant) => one(operator, tenant).await,
        None => all(operator).await,
    }
}

async fn all(operator: &Operator<'_>) -> Result<Answer, Failure> {
    let tenants = operator.store.list_tenants().await?;
    let listed = match &operator.schedules {
        Some(schedules) => Some(schedules.list().await?),
        None => None,
    };
    let health: Vec<Health> = stream::iter(&tenants)
        .map(|tenant| async {
            let mut health = health(operator, tenant).await?;
            let drifted = listed.as_ref().map(|listed| unlisted(listed, &health)).unwrap_or_default();
            health.problems.extend(drifted);
            Ok::<_, Failure>(health)
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let left_over = left_over(&tenants, listed.as_deref().unwrap_or_default());
    let verdict =
        Verdict::look_if(!left_over.is_empty() || health.iter().any(|health| !health.problems.is_empty()));
    if health.is_empty() && left_over.is_empty() {
        return Answer::done(
            "There are no tenants yet: `tenants add` makes one.\n",
            json!({"tenants": health}),
        );
    }
    let now = operator.now();
    let mut table = terminal::table(["tenant", "status", "people", "certificates", "to look at"]);
    for line in &health {
        table.add_row([
            line.tenant_id.to_string(),
            line.status.to_owned(),
            last(line, Job::Employees, now),
            last(line, Job::Certificates, now),
            if line.problems.is_empty() { "nothing".to_owned() } else { line.problems.len().to_string() },
        ]);
    }
    let mut text = format!("{}\n", table.trim_fmt());
    for line in &health {
        for problem in &line.problems {
            text.push_str(&words::point(&format!("{}: {problem}", line.tenant_id)));
        }
    }
    for schedule in &left_over {
        text.push_str(&words::point(&format!("left over: {schedule}")));
    }
    Answer::new(verdict, text, json!({"tenants": health, "left_over_schedules": left_over}))
}

async fn one(operator: &Operator<'_>, tenant: &TenantId) -> Result<Answer, Failure> {
    let is_registered = operator.store.list_tenants().await?.contains(tenant);
    if operator.store.tenant(tenant).await?.is_none() && !is_registered {
        return Err(crate::operator::unknown(tenant));
    }
    let mut health = health(operator, tenant).await?;
    let mut schedules_json = Vec::new();
    let config = config(operator, tenant).await?;
    if let (Some(schedules), Some((config, status))) = (&operator.schedules, &config) {
        for (job, wanted) in schedules.wanted(config, *status, operator.now()) {
            let differences = schedules.differences(&wanted).await?;
            health.problems.extend(drift(tenant, job, differences.as_deref()));
            schedules_json.push(json!({
                "job": job,
                "name": wanted.name,
                "expression": wanted.expression,
                "fires": wanted.firing == Firing::On,
                "found": differences.is_some(),
                "differences": differences.unwrap_or_default(),
            }));
        }
    }
    if let Some((config, _)) = &config {
        health.problems.extend(secret_problem(operator, config).await?);
    }
    let held = operator.store.held(tenant).await?;
    let reports: Vec<Report<Value>> = operator.store.reports(tenant, 2).await?;
    let root = operator.store.root(tenant).await?;
    let now = operator.now();
    let mut lines = vec![format!("{tenant}: {}", health.status)];
    if let Some((config, _)) = &config {
        lines.push(format!(
            "route {}, people every {}, certificates {}",
            words::route(config.personio.via),
            config.schedule.employees,
            certificates(config)
        ));
    }
    if let Some(root) = &root {
        lines.push(format!(
            "{} accounts open, {} people waiting for a retry",
            root.open_accounts, root.waiting
        ));
    }
    for (job, name) in [(Job::Employees, "people"), (Job::Certificates, "certificates")] {
        lines.push(format!("{name}: last good run {}", last(&health, job, now)));
    }
    lines.push(match health.gate {
        Some(at) => format!("certificates are filed since {}", words::moment(at)),
        None => "certificates wait for the first complete employee run".to_owned(),
    });
    if operator.schedules.is_none() {
        lines.push("no schedules: this deployment has no scheduler".to_owned());
    }
    for report in &reports {
        let (at, job, outcome) = (words::moment(report.started_at), &report.job, words::outcome(report));
        lines.push(format!("{at} {job}: {outcome}. {}", words::counted(report)));
    }
    let mut text = format!("{}\n", lines.join("\n  "));
    for problem in &health.problems {
        text.push_str(&words::point(problem));
    }
    let verdict = Verdict::look_if(!health.problems.is_empty());
    let json = json!({"health": health, "schedules": schedules_json, "held": held, "last_reports": reports});
    Answer::new(verdict, text, json)
}

async fn config(
    operator: &Operator<'_>,
    tenant: &TenantId,
) -> Result<Option<(TenantConfig, TenantStatus)>, Failure> {
    let record = operator.store.tenant(tenant).await?;
    Ok(record.and_then(|record| Some((TenantConfig::parse(&record.config).ok()?, record.status))))
}

fn certificates(config: &TenantConfig) -> String {
    if config.certificates.enabled {
        format!("every {}", config.schedule.certificates)
    } else {
        "off".to_owned()
    }
}

/// Everything that the state alone tells.
async fn health(operator: &Operator<'_>, tenant: &TenantId) -> Result<Health, Failure> {
    let store = &operator.store;
    let (record, leases) = (store.tenant(tenant).await?, store.leases(tenant).await?);
    let (held, start) = (store.held(tenant).await?, store.certificate_start(tenant).await?);
    let newest: Vec<Report<Value>> = store.reports(tenant, 1).await?;
    let now = operator.now();
    let mut problems = Vec::new();
    let config = record.as_ref().map(|record| TenantConfig::parse(&record.config));
    let status = match (&record, &config) {
        (None, _) => {
            problems.push(format!(
                "an `add` or a `remove` of it was interrupted: `tenants remove {tenant}` ends that, or `tenants add`"
            ));
            "half removed"
        }
        (_, Some(Err(error))) => {
            problems.push(format!("{error}: `tenants add --update` writes the configuration anew"));
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
        problems.push(format!("{parked} for somebody: `tenants certificates list {tenant}`"));
    }
    Ok(Health {
        tenant_id: tenant.clone(),
        status,
        gate: record.and_then(|record| record.gate),
        last_good_runs: leases.iter().filter_map(|(job, it)| Some((*job, it.last_good_run?))).collect(),
        running: leases.iter().filter(|(_, it)| it.until > now).map(|(job, _)| *job).collect(),
        parked_certificates: parked,
        problems,
    })
}

fn lateness(
    tenant: &TenantId,
    config: &TenantConfig,
    leases: &BTreeMap<Job, LeaseState>,
    now: Timestamp,
) -> Option<String> {
    let every = config.schedule.employees;
    let patience = SignedDuration::from_mins(i64::from(every.minutes()) * TICKS);
    match leases.get(&Job::Employees).and_then(|lease| lease.last_good_run) {
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

fn last(health: &Health, job: Job, now: Timestamp) -> String {
    if health.running.contains(&job) {
        return "running now".to_owned();
    }
    health.last_good_runs.get(&job).map_or_else(|| "never".to_owned(), |at| words::ago(*at, now))
}

/// Schedules of this tenant that the group's list lacks, or that are on or off when they should not be.
fn unlisted(listed: &[Listed], health: &Health) -> Vec<String> {
    let tenant = &health.tenant_id;
    let find = |job| listed.iter().find(|it| parse_name(&it.name) == Some((tenant.clone(), job)));
    if !matches!(health.status, "active" | "paused") {
        return Vec::new();
    }
    [Job::Employees, Job::Certificates]
        .into_iter()
        .filter_map(|job| match (find(job), health.status) {
            (None, _) => drift(tenant, job, None),
            (Some(Listed { firing: Firing::On, .. }), "paused") => {
                drift(tenant, job, Some(&["fires although the tenant is paused".to_owned()]))
            }
            _ => None,
        })
        .collect()
}

fn drift(tenant: &TenantId, job: Job, differences: Option<&[String]>) -> Option<String> {
    let repair = format!("`tenants add --file {tenant}.toml` puts it right");
    match differences {
        None => Some(format!("the schedule for {job} is missing: {repair}")),
        Some([]) => None,
        Some(differences) => Some(format!("the schedule for {job} {}: {repair}", differences.join(", "))),
    }
}

/// Our schedules of tenants that are not there.
fn left_over(tenants: &[TenantId], listed: &[Listed]) -> Vec<String> {
    let known: BTreeSet<&TenantId> = tenants.iter().collect();
    let strays = listed.iter().filter_map(|it| {
        let (tenant, _) = parse_name(&it.name)?;
        (!known.contains(&tenant)).then(|| {
            format!("the schedule {}: there is no such tenant; `tenants remove {tenant}` deletes it", it.name)
        })
    });
    strays.collect()
}

async fn secret_problem(operator: &Operator<'_>, config: &TenantConfig) -> Result<Option<String>, Failure> {
    let again = "`tenants add --credentials` stores them anew";
    match operator.secrets.refresh(&config.tenant_id).await {
        Ok(secret) => {
            let missing = crate::files::missing(config, &secret);
            Ok((!missing.is_empty())
                .then(|| format!("the stored credentials lack {}: {again}", missing.join(", "))))
        }
        Err(error @ (SecretError::NotFound { .. } | SecretError::Malformed { .. })) => {
            Ok(Some(error.to_string()))
        }
        Err(error) if error.is_marked_for_deletion() => {
            Ok(Some(format!("the stored credentials are marked for deletion: {again}")))
        }
        Err(error) => Err(error.into()),
    }
}
