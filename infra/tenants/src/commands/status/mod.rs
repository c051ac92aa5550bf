//! `tenants status`

mod drift;
mod health;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::domain::id::TenantId;
use shared::runtime::Report;
use shared::state::{JobKind, TenantStatus};
use shared::tenant::TenantConfig;

use self::drift::{drift, left_over, unlisted};
use self::health::{Health, health, secret_problem};
use super::list::AT_ONCE;
use crate::answer::{Answer, Verdict};
use crate::failure::Failure;
use crate::operator::Operator;
use crate::schedule::Firing;
use crate::words;

pub(super) async fn status(
    operator: &Operator<'_>,
    tenant: Option<&TenantId>,
) -> Result<Answer, Failure> {
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
            let drifted = listed
                .as_ref()
                .map(|listed| unlisted(listed, &health))
                .unwrap_or_default();
            health.problems.extend(drifted);
            Ok::<_, Failure>(health)
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let left_over = left_over(&tenants, listed.as_deref().unwrap_or_default());
    let verdict = Verdict::look_if(
        !left_over.is_empty() || health.iter().any(|health| !health.problems.is_empty()),
    );
    if health.is_empty() && left_over.is_empty() {
        return Answer::done(
            "There are no tenants yet: `tenants add` makes one.\n",
            json!({"tenants": health, "left_over_schedules": left_over}),
        );
    }
    let now = operator.now();
    let mut table = terminal::table(["tenant", "status", "people", "certificates", "to look at"]);
    for line in &health {
        table.add_row([
            line.tenant_id.to_string(),
            line.status.to_owned(),
            last(line, JobKind::Employees, now),
            last(line, JobKind::Certificates, now),
            if line.problems.is_empty() {
                "nothing".to_owned()
            } else {
                line.problems.len().to_string()
            },
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
    Answer::new(
        verdict,
        text,
        json!({"tenants": health, "left_over_schedules": left_over}),
    )
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
            health
                .problems
                .extend(drift(tenant, job, differences.as_deref()));
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
        health
            .problems
            .extend(secret_problem(operator, config).await?);
    }
    let held = operator.store.held(tenant).await?;
    let reports: Vec<Report<Value>> = operator.store.reports(tenant, 2).await?;
    let root = operator.store.sync_state(tenant).await?;
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
            "{} open, {} for a retry",
            words::number(u64::from(root.open_accounts), "account", "accounts"),
            words::number(u64::from(root.waiting), "person waits", "people wait")
        ));
    }
    for (job, name) in [
        (JobKind::Employees, "people"),
        (JobKind::Certificates, "certificates"),
    ] {
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
        let (at, job, outcome) = (
            words::moment(report.started_at),
            &report.job,
            words::outcome(report),
        );
        lines.push(format!("{at} {job}: {outcome}. {}", words::counted(report)));
    }
    let mut text = format!("{}\n", lines.join("\n  "));
    for problem in &health.problems {
        text.push_str(&words::point(problem));
    }
    let verdict = Verdict::look_if(!health.problems.is_empty());
    let accounts = root.map(|root| json!({"open": root.open_accounts, "waiting": root.waiting}));
    let config = config.map(|(config, _)| {
        json!({
            "route": words::route(config.personio.via),
            "people_every": config.schedule.employees.to_string(),
            "certificates_every": config.certificates.enabled.then(|| config.schedule.certificates.to_string()),
        })
    });
    let json = json!({
        "health": health,
        "configuration": config,
        "accounts": accounts,
        "schedules": schedules_json,
        "held": held,
        "last_reports": reports,
    });
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

fn last(health: &Health, job: JobKind, now: Timestamp) -> String {
    if health.running.contains(&job) {
        return "running now".to_owned();
    }
    health
        .last_good_runs
        .get(&job)
        .map_or_else(|| "never".to_owned(), |at| words::ago(*at, now))
}
