//! One run, counted: by its own report, and from outside.

use std::future::Future;

use harness::{Harness, people};
use serde::Serialize;
use shared::http;
use shared::runtime::{Counts, Report};
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
    log::clear();
    let engine = harness.fault_engine();
    engine.begin(None);
    let report = run.await;
    let (calls, _) = engine.end();
    assert!(report.outcome.is_good(), "{kind:?}: {report:#?}");
    let secrets = calls
        .iter()
        .filter(|call| call.name.starts_with("Secrets Manager"))
        .count() as u64;
    let Logged {
        bytes: log_bytes,
        lines: log_lines,
    } = log::of(&report);
    RunCount {
        kind,
        calls: report.calls,
        units: report.dynamodb,
        secrets,
        log_bytes,
        log_lines,
    }
}
