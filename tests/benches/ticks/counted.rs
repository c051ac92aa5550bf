//! One run, counted: by its own report, and from outside.

use std::future::Future;

use employee_sync::report::Report as EmployeeReport;
use harness::{Harness, people};
use serde::Serialize;
use shared::http;
use shared::runtime::{Counts, Outcome, Report};
use shared::state::Units;
use shared::tenant::Via;

use super::log::{self, Logged};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RunKind {
    First,
    /// Nothing has changed; the process has run for the tenant before.
    Unchanged,
    /// Nothing has changed; the process is new.
    UnchangedCold,
    /// Nothing has changed; the hourly report is due.
    UnchangedHourly,
    OneChanged,
    /// One person in a hundred has changed.
    OnePercentChanged,
    /// Everybody is compared with what reteach has.
    Reconcile,
    NoCertificates,
    /// No certificate is new; the process is new.
    NoCertificatesCold,
    /// No certificate is new; the hourly report is due.
    NoCertificatesHourly,
    OneCertificate,
    TenCertificates,
    /// Certificates are filed, as many as there are people.
    FirstCertificates,
    /// All of them are looked at again.
    FullScan,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct RunCount {
    pub(super) kind: RunKind,
    /// Requests, by vendor.
    pub(super) calls: http::Counts,
    /// Of DynamoDB.
    pub(super) units: Units,
    pub(super) secrets: u64,
    /// Bytes of the log, metrics included.
    pub(super) log_bytes: u64,
    pub(super) log_lines: u64,
}

impl RunCount {
    pub(super) fn calls(&self) -> u64 {
        self.calls.personio + self.calls.kombo + self.calls.reteach
    }

    /// This run and the one that continues it, as one.
    fn and(self, next: Self) -> Self {
        Self {
            kind: self.kind,
            calls: http::Counts {
                personio: self.calls.personio + next.calls.personio,
                kombo: self.calls.kombo + next.calls.kombo,
                reteach: self.calls.reteach + next.calls.reteach,
            },
            units: Units {
                read: self.units.read + next.units.read,
                write: self.units.write + next.units.write,
                calls: self.units.calls + next.units.calls,
                retries: self.units.retries + next.units.retries,
            },
            secrets: self.secrets + next.secrets,
            log_bytes: self.log_bytes + next.log_bytes,
            log_lines: self.log_lines + next.log_lines,
        }
    }
}

/// A company before its first run.
pub(super) async fn company(via: Via, size: u64) -> Harness {
    let harness = Harness::with_faults(via, "", people(size)).await;
    harness.personio.add_category("Bildungszertifikate");
    harness.know_academy().await;
    harness
}

pub(super) async fn count<C: Counts>(
    harness: &Harness,
    kind: RunKind,
    run: impl Future<Output = Report<C>>,
) -> RunCount {
    let (count, report) = counted(harness, kind, run).await;
    assert!(report.outcome.is_good(), "{kind:?}: {report:#?}");
    count
}

/// Counts `first` and the runs that continue it, as one: everybody of a large company takes several.
pub(super) async fn count_to_the_end(
    harness: &Harness,
    kind: RunKind,
    first: impl Future<Output = EmployeeReport>,
) -> RunCount {
    let (mut sum, mut report) = Box::pin(counted(harness, kind, first)).await;
    while report.outcome == Outcome::Partly && report.counts.left > 0 {
        let (next, continued) = Box::pin(counted(harness, kind, harness.now())).await;
        sum = sum.and(next);
        report = continued;
    }
    assert!(report.outcome.is_good(), "{kind:?}: {report:#?}");
    sum
}

async fn counted<C: Counts>(
    harness: &Harness,
    kind: RunKind,
    run: impl Future<Output = Report<C>>,
) -> (RunCount, Report<C>) {
    log::clear();
    let engine = harness.fault_engine();
    engine.begin(None);
    let report = run.await;
    let (calls, _) = engine.end();
    let secrets = calls
        .iter()
        .filter(|call| call.name.starts_with("Secrets Manager"))
        .count() as u64;
    let Logged {
        bytes: log_bytes,
        lines: log_lines,
    } = log::of(&report);
    let count = RunCount {
        kind,
        calls: report.calls,
        units: report.dynamodb,
        secrets,
        log_bytes,
        log_lines,
    };
    (count, report)
}
