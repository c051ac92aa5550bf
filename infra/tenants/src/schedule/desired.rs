//! The desired schedule of a tenant. Pure.

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use shared::domain::id::TenantId;
use shared::state::{JobKind, TenantStatus};
use shared::tenant::{Every, TenantConfig, Via};

use crate::stack::Scheduler;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Firing {
    On,
    /// The schedule is kept but does not fire: the tenant is paused, or not connected yet.
    Off,
}

/// The desired schedule of one tenant and job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DesiredSchedule {
    pub(crate) name: String,
    /// `rate(5 minutes)`
    pub(crate) expression: String,
    pub(crate) firing: Firing,
    /// Minutes within which it fires, when EventBridge Scheduler has room; `None`: to the minute.
    pub(crate) window: Option<i32>,
    pub(crate) function: String,
    pub(crate) role: String,
    pub(crate) queue: String,
    pub(crate) input: String,
    /// The first moment at which it fires.
    ///
    /// A rate counts from its StartDate (schedule-types.html: "you use the StartDate property to set the first
    /// occurrence"), so this is what spreads tenants over time. It lies in the future: one more than five minutes ago is
    /// refused, on an update too.
    pub(crate) start: Timestamp,
}

/// The name of a tenant's schedule. A tenant id has no dot.
pub(crate) fn name(tenant: &TenantId, job: JobKind) -> String {
    format!("{tenant}.{job}")
}

/// The tenant and job of a schedule's name; `None` for foreign schedules.
pub(crate) fn parse_name(name: &str) -> Option<(TenantId, JobKind)> {
    let (tenant, job) = name.split_once('.')?;
    let job = [JobKind::Employees, JobKind::Certificates]
        .into_iter()
        .find(|kind| kind.as_str() == job)?;
    Some((TenantId::parse(tenant).ok()?, job))
}

impl DesiredSchedule {
    /// The schedule of `job` for the tenant of `config`, seen at `now`.
    pub(crate) fn new(
        config: &TenantConfig,
        status: TenantStatus,
        job: JobKind,
        parts: &Scheduler,
        now: Timestamp,
    ) -> Self {
        let tenant = &config.tenant_id;
        let every = match job {
            JobKind::Employees => config.schedule.employees,
            JobKind::Certificates => config.schedule.certificates,
        };
        let name = name(tenant, job);
        Self {
            expression: format!("rate({every})"),
            firing: firing(config, status, job),
            window: window(every),
            function: parts.function(job).to_owned(),
            role: parts.role.clone(),
            queue: parts.queue.clone(),
            input: serde_json::json!({"tenant_id": tenant}).to_string(),
            start: start(&name, i64::from(every.minutes()) * 60, now),
            name,
        }
    }
}

/// A shorter interval would leave two ticks next to each other.
fn window(every: Every) -> Option<i32> {
    (every.minutes() >= 5).then_some(1)
}

/// Minutes until the next tick at most.
pub(crate) fn longest_wait(every: Every) -> u64 {
    let window = window(every).map_or(0, i32::unsigned_abs);
    u64::from(every.minutes() + window)
}

/// Whether the schedule of `job` should fire.
pub(crate) fn firing(config: &TenantConfig, status: TenantStatus, job: JobKind) -> Firing {
    let is_active = status == TenantStatus::Active;
    let wants = job == JobKind::Employees || config.certificates.enabled;
    if is_active && wants && is_connected(config) {
        Firing::On
    } else {
        Firing::Off
    }
}

/// Whether there is anything to read from: on the routes through Kombo only after the company has connected.
pub(crate) fn is_connected(config: &TenantConfig) -> bool {
    let integration = config
        .kombo
        .as_ref()
        .and_then(|kombo| kombo.integration_id.as_ref());
    config.personio.via == Via::Direct || integration.is_some()
}

/// The next moment at the schedule's own offset in its period. The offset depends on the name alone.
fn start(name: &str, period: i64, now: Timestamp) -> Timestamp {
    let offset = offset(name, period);
    let since = (now.as_second() - offset).rem_euclid(period);
    // Far enough ahead for the call to arrive in time.
    let ahead = if period - since < SOONEST {
        2 * period - since
    } else {
        period - since
    };
    Timestamp::from_second(now.as_second() + ahead).unwrap_or(Timestamp::MAX)
}

/// Seconds; a schedule does not begin sooner than this.
const SOONEST: i64 = 10;

/// Seconds from the beginning of a period: evenly spread over it, as a hash of the name is.
fn offset(name: &str, period: i64) -> i64 {
    let digest = digest(&SHA256, name.as_bytes());
    let (first, _) = digest
        .as_ref()
        .split_first_chunk::<8>()
        .unwrap_or((&[0; 8], &[]));
    i64::try_from(u64::from_be_bytes(*first) % period.unsigned_abs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn config(more: &str) -> TenantConfig {
        let text = format!(
            "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n{more}"
        );
        TenantConfig::parse(&text).unwrap()
    }

    fn parts() -> Scheduler {
        let text = |text: &str| text.to_owned();
        Scheduler {
            group: text("g"),
            role: text("r"),
            queue: text("q"),
            employees: text("fe"),
            certificates: text("fc"),
        }
    }

    fn now() -> Timestamp {
        "2026-05-10T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn people_every_5_minutes_and_certificates_every_30_unless_the_tenant_says_otherwise() {
        let expression = |more: &str, job| {
            DesiredSchedule::new(&config(more), TenantStatus::Active, job, &parts(), now())
                .expression
        };
        assert_eq!(expression("", JobKind::Employees), "rate(5 minutes)");
        assert_eq!(expression("", JobKind::Certificates), "rate(30 minutes)");
        assert_eq!(
            expression("[schedule]\nemployees = \"1 minute\"", JobKind::Employees),
            "rate(1 minute)"
        );
        assert_eq!(
            expression(
                "[schedule]\ncertificates = \"2 hours\"",
                JobKind::Certificates
            ),
            "rate(120 minutes)"
        );
    }

    #[test]
    fn fires_only_where_there_is_something_to_do() {
        let paused = TenantStatus::Paused { since: now() };
        let kombo = "[kombo]\n";
        for (more, status, employees, certificates) in [
            ("", TenantStatus::Active, Firing::On, Firing::On),
            ("", paused, Firing::Off, Firing::Off),
            (
                "[certificates]\nenabled = false",
                TenantStatus::Active,
                Firing::On,
                Firing::Off,
            ),
        ] {
            let firing =
                |job| DesiredSchedule::new(&config(more), status, job, &parts(), now()).firing;
            let both = (firing(JobKind::Employees), firing(JobKind::Certificates));
            assert_eq!(both, (employees, certificates), "{more}");
        }
        let text = format!(
            "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"kombo\"\n{kombo}"
        );
        let unconnected = TenantConfig::parse(&text).unwrap();
        let desired = DesiredSchedule::new(
            &unconnected,
            TenantStatus::Active,
            JobKind::Employees,
            &parts(),
            now(),
        );
        assert_eq!(desired.firing, Firing::Off);
    }

    #[test]
    fn a_thousand_tenants_that_are_added_at_once_do_not_fire_in_the_same_second() {
        let start = |number: u32, job| {
            let mut config = config("");
            config.tenant_id = TenantId::parse(&format!("tenant-{number}")).unwrap();
            DesiredSchedule::new(&config, TenantStatus::Active, job, &parts(), now())
                .start
                .as_second()
        };
        for (job, period, most) in [
            (JobKind::Employees, 300, 14),
            (JobKind::Certificates, 1_800, 6),
        ] {
            let mut seconds: BTreeMap<i64, u32> = BTreeMap::new();
            for number in 0..1_000 {
                *seconds
                    .entry(start(number, job).rem_euclid(period))
                    .or_default() += 1;
            }
            assert!(
                seconds.values().all(|tenants| *tenants <= most),
                "{job}: {seconds:?}"
            );
            let quarters: BTreeMap<i64, u32> =
                seconds
                    .iter()
                    .fold(BTreeMap::new(), |mut quarters, (at, tenants)| {
                        *quarters.entry(at * 4 / period).or_default() += tenants;
                        quarters
                    });
            assert!(
                quarters
                    .values()
                    .all(|tenants| (200..=300).contains(tenants)),
                "{job}: {quarters:?}"
            );
        }
    }

    #[test]
    fn the_phase_stays_whenever_the_schedule_is_written_and_the_start_lies_ahead() {
        let first = start("acme.employees", 300, now());
        for seconds in 0..900 {
            let later = now() + jiff::SignedDuration::from_secs(seconds);
            let start = start("acme.employees", 300, later);
            assert_eq!((start.as_second() - first.as_second()).rem_euclid(300), 0);
            assert!(
                (SOONEST..=300 + SOONEST).contains(&(start.as_second() - later.as_second())),
                "{seconds}"
            );
        }
    }

    #[test]
    fn names_lead_back_to_tenant_and_job() {
        for tenant in ["acme", "acme-employees", "a1"] {
            let tenant = TenantId::parse(tenant).unwrap();
            for job in [JobKind::Employees, JobKind::Certificates] {
                assert_eq!(parse_name(&name(&tenant, job)), Some((tenant.clone(), job)));
            }
        }
        for stranger in [
            "nightly-report",
            "acme.backup",
            "ACME.employees",
            ".employees",
            "acme.employees.x",
        ] {
            assert_eq!(parse_name(stranger), None, "{stranger}");
        }
    }
}
