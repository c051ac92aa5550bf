//! One tenant in full.

use std::collections::BTreeMap;

use certificate_sync::report::{Backlog, Counts, duration};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Report;
use shared::secrets::SecretError;
use shared::state::{Brake, HeldPlan, JobKind, TenantStatus};
use shared::tenant::{Backfill, Every, TenantConfig};

use super::drift::drift;
use super::health::{self, TenantHealth, readable, secret_problem, unread};
use crate::context::{CommandContext, no_such_tenant};
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::View;
use crate::schedule::Firing;

/// Reports that are searched for the last one of certificates: a day of employee runs with news between two of them.
const SEARCHED_REPORTS: usize = 50;

#[derive(Serialize)]
pub(crate) struct StatusView {
    pub(crate) health: TenantHealth,
    /// `None` where the stored configuration cannot be read.
    pub(crate) configuration: Option<Configuration>,
    pub(crate) accounts: Option<Accounts>,
    pub(crate) schedules: Vec<ScheduleView>,
    pub(crate) held: Option<HeldView>,
    /// Certificates that are to be filed or held; `None`: none, or no report says so.
    pub(crate) certificates_left: Option<Backlog>,
    /// Whether the caller may read the credentials.
    pub(crate) credentials_checked: bool,
    pub(crate) last_reports: Vec<Report<Value>>,
    /// A backfill is on hold, and nobody has started it.
    #[serde(skip)]
    pub(crate) holds_backfill: bool,
    #[serde(skip)]
    pub(crate) time_zone: TimeZone,
    #[serde(skip)]
    pub(crate) has_scheduler: bool,
    #[serde(skip)]
    pub(crate) now: Timestamp,
}

#[derive(Serialize)]
pub(crate) struct HeldView {
    pub(crate) hash: String,
    pub(crate) since: Timestamp,
    /// People with held changes, by kind.
    pub(crate) counts: BTreeMap<Brake, u32>,
    /// Changes that nobody has decided about, by kind.
    pub(crate) undecided: BTreeMap<Brake, u32>,
    pub(crate) dismissed: usize,
    pub(crate) patterns: Vec<String>,
    pub(crate) sample: Vec<String>,
}

impl From<HeldPlan> for HeldView {
    fn from(held: HeldPlan) -> Self {
        Self {
            undecided: held.undecided(),
            dismissed: held.dismissed(),
            hash: held.hash,
            since: held.since,
            counts: held.counts,
            patterns: held.patterns.iter().map(ToString::to_string).collect(),
            sample: held.sample,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Configuration {
    pub(crate) route: &'static str,
    pub(crate) people_every: Every,
    /// `None` where certificates are off.
    pub(crate) certificates_every: Option<Every>,
}

#[derive(Serialize)]
pub(crate) struct Accounts {
    pub(crate) open: u32,
    pub(crate) waiting: u32,
}

#[derive(Serialize)]
pub(crate) struct ScheduleView {
    pub(crate) job: JobKind,
    pub(crate) name: String,
    pub(crate) expression: String,
    pub(crate) fires: bool,
    pub(crate) found: bool,
    pub(crate) differences: Vec<String>,
}

pub(crate) async fn read(context: &CommandContext<'_>, tenant: &TenantId) -> Result<StatusView> {
    let store = &context.store;
    let mut damaged = Vec::new();
    let record = readable(store.tenant(tenant).await, &mut damaged)?;
    if record.is_none() && damaged.is_empty() && !store.list_tenants().await?.contains(tenant) {
        return Err(no_such_tenant(tenant));
    }
    let mut health = health::read(context, tenant).await?;
    let config = record.and_then(|record| {
        let config = TenantConfig::parse_stored(&record.config).ok()?;
        Some((config, record.status))
    });
    let (mut schedules, mut credentials_checked) = (Vec::new(), true);
    if let Some((config, status)) = &config {
        match compare_schedules(context, config, *status).await {
            Ok(compared) => schedules = compared,
            // The rest can be seen all the same.
            Err(failure) => health
                .problems
                .push(format!("the schedules were not compared: {}", failure.text)),
        }
        for schedule in &schedules {
            let differences = schedule.found.then_some(schedule.differences.as_slice());
            let drift = drift(tenant, schedule.job, differences);
            health.problems.extend(drift);
        }
        match secret_problem(context, config).await {
            Ok(problem) => health.problems.extend(problem),
            // The policy for looking alone leaves the credentials out.
            Err(SecretError::Denied { .. }) => credentials_checked = false,
            Err(error) => {
                let failure = Failure::from(error);
                let text = format!("the credentials were not looked at: {}", failure.text);
                health.problems.push(text);
            }
        }
    }
    let state = readable(store.sync_state(tenant).await, &mut damaged)?;
    let accounts = state.map(|state| Accounts {
        open: state.open_accounts,
        waiting: state.waiting,
    });
    let (reports, others) = health::reports(store, tenant, SEARCHED_REPORTS).await?;
    damaged.extend(others);
    let every = config
        .as_ref()
        .map(|(config, _)| config.schedule.certificates);
    let is_on_hold = config
        .as_ref()
        .is_some_and(|(config, _)| config.certificates.backfill() == Backfill::Hold);
    let start = if is_on_hold {
        let start = store.certificate_start(tenant).await.map(Some);
        readable(start, &mut damaged)?
    } else {
        None
    };
    let holds_backfill = start.is_some_and(|start| start.started_at.is_none());
    let held = readable(store.held(tenant).await, &mut damaged)?;
    for problem in damaged.into_iter().map(unread) {
        if !health.problems.contains(&problem) {
            health.problems.push(problem);
        }
    }
    Ok(StatusView {
        time_zone: config
            .as_ref()
            .map_or(TimeZone::UTC, |(config, _)| config.time_zone.clone()),
        certificates_left: every.and_then(|every| backlog(&reports, every)),
        health,
        credentials_checked,
        configuration: config.map(|(config, _)| Configuration::new(&config)),
        accounts,
        schedules,
        held: held.map(HeldView::from),
        last_reports: reports.into_iter().take(2).collect(),
        holds_backfill,
        has_scheduler: context.schedules.is_some(),
        now: context.now(),
    })
}

/// What the newest report of a certificate run leaves.
fn backlog(reports: &[Report<Value>], every: Every) -> Option<Backlog> {
    let name = JobKind::Certificates.function();
    let newest = reports.iter().find(|report| report.job == name)?;
    let counts: Counts = serde_json::from_value(newest.counts.clone()).ok()?;
    Backlog::of(&counts, every)
}

async fn compare_schedules(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    status: TenantStatus,
) -> Result<Vec<ScheduleView>> {
    let mut views = Vec::new();
    let Some(schedules) = &context.schedules else {
        return Ok(views);
    };
    for (job, desired) in schedules.desired(config, status, context.now()) {
        let differences = schedules.differences(&desired).await?;
        views.push(ScheduleView {
            job,
            name: desired.name,
            expression: desired.expression,
            fires: desired.firing == Firing::On,
            found: differences.is_some(),
            differences: differences.unwrap_or_default(),
        });
    }
    Ok(views)
}

impl Configuration {
    fn new(config: &TenantConfig) -> Self {
        let certificates = config.schedule.certificates;
        Self {
            route: format::route(config.personio.via),
            people_every: config.schedule.employees,
            certificates_every: config.certificates.enabled.then_some(certificates),
        }
    }
}

impl StatusView {
    /// Whether certificates are filed, where they are on at all.
    fn gate(&self) -> Option<String> {
        self.configuration.as_ref()?.certificates_every?;
        let tenant = &self.health.tenant_id;
        Some(match self.health.gate {
            None => "certificates wait for the first complete employee run".to_owned(),
            Some(_) if self.holds_backfill => {
                format!("earlier certificates are held until `tenants certificates start {tenant}`")
            }
            Some(at) => format!("certificates are filed since {}", format::moment(at)),
        })
    }

    fn lines(&self) -> Vec<String> {
        let Self {
            health,
            configuration,
            accounts,
            certificates_left,
            last_reports,
            credentials_checked,
            has_scheduler,
            now,
            ..
        } = self;
        let mut lines = vec![format!("{}: {}", health.tenant_id, health.state.as_str())];
        lines.extend(configuration.as_ref().map(|configuration| {
            let certificates = match &configuration.certificates_every {
                Some(interval) => format!("every {interval}"),
                None => "off".to_owned(),
            };
            format!(
                "route {}, people every {}, certificates {certificates}",
                configuration.route, configuration.people_every
            )
        }));
        lines.extend(accounts.as_ref().map(|accounts| {
            let Accounts { open, waiting } = accounts;
            let open = format::number(u64::from(*open), "account", "accounts");
            let people = format::number(u64::from(*waiting), "person waits", "people wait");
            let named = match waiting {
                0 => String::new(),
                _ => format!(": `tenants people list {}` names them", health.tenant_id),
            };
            format!("{open} open, {people} for a retry{named}")
        }));
        for (job, name) in [
            (JobKind::Employees, "people"),
            (JobKind::Certificates, "certificates"),
        ] {
            let last = health.last_good_run(job, *now);
            lines.push(format!("{name}: last good run {last}"));
        }
        lines.extend(self.gate());
        lines.extend(certificates_left.as_ref().map(left));
        let announced = health.announcements.iter();
        lines.extend(announced.map(|text| format!("a vendor announces: {text}")));
        if !has_scheduler {
            lines.push("no schedules: this deployment has no scheduler".to_owned());
        }
        if !credentials_checked {
            lines.push("credentials are not checked: AWS lets you not read them".to_owned());
        }
        lines.extend(last_reports.iter().map(|report| {
            let (at, outcome) = (format::moment(report.started_at), report.outcome);
            let (job, counts) = (&report.job, format::counted(report));
            format!("{at} {job}: {outcome}. {counts}")
        }));
        lines
    }
}

/// `1200 certificates to file, 40 held, 300 people to look at, 15 found by the last run, about 2 days left`
fn left(backlog: &Backlog) -> String {
    let Backlog {
        to_file,
        people_to_look_at,
        held,
        found,
        minutes_left,
    } = backlog;
    let certificates = format::number(*to_file, "certificate", "certificates");
    let mut parts = match to_file {
        0 => vec![],
        _ => vec![format!("{certificates} to file")],
    };
    let counts = [
        (*held, "certificates held"),
        (*people_to_look_at, "people to look at"),
        (*found, "found by the last run"),
    ];
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    parts.extend(counts.map(|(number, what)| format!("{number} {what}")));
    parts.extend(minutes_left.map(|minutes| format!("about {} left", duration(minutes))));
    parts.join(", ")
}

impl View for StatusView {
    fn text(&self) -> String {
        let problems = &self.health.problems;
        let problems: String = problems
            .iter()
            .map(|problem| format::point(problem))
            .collect();
        let mut lines = self.lines().into_iter();
        let title = lines.next().unwrap_or_default();
        let lines = lines.map(|line| format!("{}\n", terminal::wrapped(&line, "  ", "    ")));
        format!("{title}\n{}{problems}", lines.collect::<String>())
    }

    fn needs_attention(&self) -> bool {
        !self.health.problems.is_empty()
    }
}
