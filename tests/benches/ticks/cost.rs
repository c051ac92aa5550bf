//! What a tenant costs in a month.

use std::time::Duration;

use certificate_sync::report as certificates;
use employee_sync::report as employees;
use serde::Serialize;
use shared::runtime::Counts as _;
use shared::state::JobKind;

use super::counted::{RunCount, RunKind};
use super::month::{
    CERTIFICATE_TICKS, CERTIFICATES, CHANGED, DAYS, EMPLOYEE_TICKS, HANDSHAKE, MEMORY_GB,
    PROCESSOR_SHARE, REPORT_HOURS, REPORTS, SENT_BYTES, TENANTS,
};
use super::timed::Timing;
use super::{CompanyTicks, prices};

/// Pages that are under way at once, each on a connection of its own.
const CONNECTIONS: u64 = 10;
/// How a run ended (7), and its calls, units and notices (8).
const METRICS_OF_ANY_JOB: usize = 15;
/// The template: its alarms are counted.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// One line of the bill.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Line {
    pub(super) name: &'static str,
    /// USD a month.
    pub(super) usd: f64,
    /// Whether it belongs to the secret, which is counted apart.
    pub(super) is_secret: bool,
}

/// The bill, if every tick finds a process that knows nothing of the tenant, so that it reads the secret and logs in. That
/// is so with more than some dozen tenants, and the most expensive case.
pub(super) fn of(company: &CompanyTicks) -> Vec<Line> {
    let month = Month { company };
    let line = |name, usd| Line {
        name,
        usd,
        is_secret: false,
    };
    let ticks = EMPLOYEE_TICKS + CERTIFICATE_TICKS;
    vec![
        line("Lambda, requests", ticks * prices::REQUEST),
        line("Lambda, time", month.gb_seconds() * prices::GB_SECOND),
        line(
            "DynamoDB, writes",
            month.sum(|count| count.units.write) * prices::WRITE_UNIT,
        ),
        line(
            "DynamoDB, reads",
            month.sum(|count| count.units.read) * prices::READ_UNIT,
        ),
        line(
            "DynamoDB, storage",
            month.stored() / 1e9 * prices::STORED_GB,
        ),
        line("Scheduler", ticks * prices::INVOCATION),
        line("Logs", month.sum(log_bytes) / 1e9 * prices::LOG_GB),
        line(
            "Data out",
            month.sum(|count| count.calls() as f64) * SENT_BYTES / 1e9 * prices::OUT_GB,
        ),
        line(
            "Metrics, alarms, dashboard: a thousandth",
            month.fleet() / TENANTS,
        ),
        Line {
            is_secret: true,
            ..line(
                "Calls to Secrets Manager",
                month.secret_calls() * prices::SECRET_CALL,
            )
        },
        Line {
            is_secret: true,
            ..line("The secret", prices::SECRET)
        },
    ]
}

fn log_bytes(count: &RunCount) -> f64 {
    count.log_bytes as f64 + count.log_lines as f64 * prices::LOG_LINE_BYTES
}

/// What a month of a tenant is made of.
struct Month<'a> {
    company: &'a CompanyTicks,
}

impl Month<'_> {
    fn count(&self, kind: RunKind) -> &RunCount {
        self.company
            .counts
            .iter()
            .find(|count| count.kind == kind)
            .unwrap()
    }

    fn changed_ticks(&self) -> f64 {
        self.company.people as f64 * CHANGED
    }

    fn certificates(&self) -> f64 {
        self.company.people as f64 * CERTIFICATES
    }

    /// `of` every run of a month, added up. What a run with changes takes beyond an unchanged one comes on top.
    fn sum(&self, of: impl Fn(&RunCount) -> f64) -> f64 {
        let value = |kind| of(self.count(kind));
        let beyond = |kind, usual| value(kind) - value(usual);
        let certificate_ticks = self.certificates().min(CERTIFICATE_TICKS);
        // A certificate that shares its tick takes what one of ten takes beyond the first.
        let each = (value(RunKind::TenCertificates) - value(RunKind::OneCertificate)) / 9.0;
        EMPLOYEE_TICKS * value(RunKind::UnchangedCold)
            + REPORTS * at_least_nothing(beyond(RunKind::UnchangedHourly, RunKind::Unchanged))
            + self.changed_ticks()
                * at_least_nothing(beyond(RunKind::OneChanged, RunKind::Unchanged))
            + DAYS * at_least_nothing(beyond(RunKind::Reconcile, RunKind::Unchanged))
            + CERTIFICATE_TICKS * value(RunKind::NoCertificatesCold)
            + REPORTS
                * at_least_nothing(beyond(
                    RunKind::NoCertificatesHourly,
                    RunKind::NoCertificates,
                ))
            + certificate_ticks
                * at_least_nothing(beyond(RunKind::OneCertificate, RunKind::NoCertificates))
            + (self.certificates() - certificate_ticks) * each
            + DAYS * at_least_nothing(beyond(RunKind::FullScan, RunKind::NoCertificates))
    }

    /// The secret is read once a tick, whatever else there is to do.
    fn secret_calls(&self) -> f64 {
        let reads = |kind| self.count(kind).secrets as f64;
        EMPLOYEE_TICKS * reads(RunKind::UnchangedCold)
            + CERTIFICATE_TICKS * reads(RunKind::NoCertificatesCold)
    }

    /// Of Lambda, for ticks with nothing to do; the others are too few to show.
    fn gb_seconds(&self) -> f64 {
        let seconds = |job, ticks| {
            let timing = self.company.timings.iter().find(|timing| timing.job == job);
            timing.map_or(0.0, |timing| ticks * billed(timing).as_secs_f64())
        };
        MEMORY_GB
            * (seconds(JobKind::Employees, EMPLOYEE_TICKS)
                + seconds(JobKind::Certificates, CERTIFICATE_TICKS))
    }

    /// Bytes in the table, with a month of reports.
    fn stored(&self) -> f64 {
        let all = &self.company.stored;
        let lasting: u64 = all
            .iter()
            .filter(|kind| kind.kind != "RUN")
            .map(|kind| kind.bytes)
            .sum();
        let report = all.iter().find(|kind| kind.kind == "RUN").unwrap();
        let reports =
            2.0 * REPORT_HOURS + self.changed_ticks() + self.certificates().min(CERTIFICATE_TICKS);
        lasting as f64 + reports * report.bytes as f64 / report.items as f64
    }

    /// Of all tenants together.
    fn fleet(&self) -> f64 {
        // Some tenant has one of each in every hour.
        let counts = employees::Counts::default().metrics().len()
            + certificates::Counts::default().metrics().len();
        let metrics = counts + 2 * METRICS_OF_ANY_JOB;
        let alarms = TEMPLATE.matches("Type: AWS::CloudWatch::Alarm").count();
        metrics as f64 * prices::METRIC + alarms as f64 * prices::ALARM + prices::DASHBOARD
    }
}

/// What Lambda bills for an unchanged tick: as it was measured, and the handshakes that loopback does without.
pub(super) fn billed(timing: &Timing) -> Duration {
    // DynamoDB, Secrets Manager, and one for each call that is under way to a vendor.
    let handshakes = (2 + timing.cold.all_calls().min(CONNECTIONS)) as f64 * HANDSHAKE;
    let processor = timing.cold.cost.processor.unwrap_or_default().as_secs_f64();
    let stretched = if timing.at_full_speed {
        processor * (1.0 / PROCESSOR_SHARE - 1.0)
    } else {
        0.0
    };
    timing.waiting + Duration::from_secs_f64(stretched + handshakes / PROCESSOR_SHARE)
}

/// At least zero: a run that is compared with another may have found a secret in the cache.
fn at_least_nothing(more: f64) -> f64 {
    more.max(0.0)
}
