//! One log line and one line of metrics for each run (LOGGING.md).

use std::io;

use super::{Counts, Outcome, Report};
use crate::telemetry::{Metric, Metrics, Unit};

/// Writes a run's log line to the log, and its metrics to `metrics`.
pub fn tell<C: Counts>(report: &Report<C>, metrics: &mut impl io::Write) {
    log(report);
    if let Err(error) = write_metrics(report, metrics) {
        tracing::warn!(%error, "the metrics were not written");
    }
}

fn log<C: Counts>(report: &Report<C>) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                tenant = %report.tenant_id,
                run = %report.run_id,
                job = report.job,
                mode = ?report.mode,
                outcome = ?report.outcome,
                message = report.message,
                duration_ms = report.duration_ms,
                counts = ?report.counts,
                held = report.held.as_ref().map(|held| held.hash.as_str()),
                findings = report.findings_total,
                calls = ?report.calls,
                read_units = report.dynamodb.read,
                write_units = report.dynamodb.write,
                "run"
            )
        };
    }
    for finding in &report.findings {
        let certificate = finding.certificate.as_ref().map(|id| id.as_str());
        let person = finding.person.as_deref();
        tracing::info!(
            tenant = %report.tenant_id, run = %report.run_id, person, certificate, kind = ?finding.kind, "finding"
        );
    }
    match report.outcome {
        Outcome::Unchanged
        | Outcome::Done
        | Outcome::Planned
        | Outcome::Paused
        | Outcome::Disabled
        | Outcome::Waiting
        | Outcome::Busy => {
            line!(info)
        }
        Outcome::Partly
        | Outcome::NotConnected
        | Outcome::SourceUnavailable
        | Outcome::ReteachUnavailable => {
            line!(warn);
        }
        Outcome::UnknownTenant
        | Outcome::BadConfiguration
        | Outcome::BadSecret
        | Outcome::AccessDenied
        | Outcome::NoCategory
        | Outcome::StateUnavailable
        | Outcome::PlanRefused => line!(error),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of people and calls are far below 2^52")]
fn write_metrics<C: Counts>(report: &Report<C>, writer: &mut impl io::Write) -> io::Result<()> {
    let count = |name, value: u64| Metric { name, unit: Unit::Count, value: value as f64 };
    let duration = Metric { name: "Duration", unit: Unit::Milliseconds, value: report.duration_ms as f64 };
    let ended = [
        duration,
        count("GoodRuns", u64::from(report.outcome.is_good())),
        count("FailedRuns", u64::from(report.outcome.is_failure())),
    ];
    let used = [
        count("PersonioCalls", report.calls.personio),
        count("KomboCalls", report.calls.kombo),
        count("ReteachCalls", report.calls.reteach),
        Metric { name: "ReadUnits", unit: Unit::Count, value: report.dynamodb.read },
        Metric { name: "WriteUnits", unit: Unit::Count, value: report.dynamodb.write },
    ];
    let done = report.counts.metrics().into_iter().map(|(name, value)| count(name, value));
    let values: Vec<Metric> = ended.into_iter().chain(done).chain(used).collect();
    let at = report.started_at + jiff::SignedDuration::from_millis(report.duration_ms);
    Metrics { job: &report.job, tenant: &report.tenant_id, run: &report.run_id, at, values: &values }
        .write(writer)
}
