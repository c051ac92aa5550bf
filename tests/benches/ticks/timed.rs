//! The functions as Lambda gets them, on a tick with nothing to do.

use std::path::Path;
use std::time::Duration;

use harness::process::Share;
use harness::{Harness, people};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::http;
use shared::state::{JobKind, Units};
use shared::tenant::Via;
use simulators::{Pacing, personio, reteach};

use crate::process::{Cost, LAMBDA_MEMORY, LambdaProcess};

/// How long each vendor takes to answer, where waiting is measured. An assumption: nobody publishes it.
pub(super) const LATENCY: Duration = Duration::from_millis(200);

/// Runs shorter than this are repeated.
const SHORT: Duration = Duration::from_secs(3);

/// Up to this size, packed answers are measured too.
const PACKED_UP_TO: u64 = 10_000;

/// An unchanged tick of one job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) job: JobKind,
    /// Whether the vendors' answers were packed.
    pub(super) gzip: bool,
    /// In a new process, each answer after [`LATENCY`], with the share of a processor that 128 MB have.
    pub(super) waiting: Duration,
    /// Whether `waiting` was at full speed, because control groups cannot be made here.
    pub(super) at_full_speed: bool,
    /// In a new process, without latency,
    pub(super) cold: TimedRun,
    /// and once more in the same process.
    pub(super) warm: TimedRun,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct TimedRun {
    pub(super) cost: Cost,
    /// Requests, by vendor.
    pub(super) calls: http::Counts,
    /// Those of them that asked for a token.
    pub(super) logins: u64,
    pub(super) units: Units,
}

impl TimedRun {
    pub(super) fn all_calls(&self) -> u64 {
        self.calls.personio + self.calls.kombo + self.calls.reteach
    }
}

/// Both jobs of a company in step.
pub(super) async fn measure(harness: &Harness, size: u64, bootstraps: &Path) -> Vec<Timing> {
    let is_packed = harness.company.via == Via::Direct && size <= PACKED_UP_TO;
    let mut timings = Vec::new();
    for (job, gzip) in [
        (JobKind::Employees, false),
        (JobKind::Employees, true),
        (JobKind::Certificates, false),
    ] {
        if is_packed || !gzip {
            harness.personio.set_gzip(gzip);
            timings.push(of(harness, job, gzip, bootstraps).await);
        }
    }
    harness.personio.set_gzip(false);
    timings
}

/// A company in step, by the machine's clock.
pub(super) async fn company(via: Via, size: u64) -> Harness {
    let harness = Harness::at(&Timestamp::now().to_string(), via, "", people(size)).await;
    harness.personio.add_category("Bildungszertifikate");
    harness.settle().await;
    harness.certificates_now().await;
    harness
}

async fn of(harness: &Harness, job: JobKind, gzip: bool, bootstraps: &Path) -> Timing {
    let name = job.function();
    set_latency(harness, Duration::ZERO);
    let mut process = start(harness, name, bootstraps, None).await;
    // A call beyond the vendors' limits is answered 429, repeated, and so counted twice. The vendors do not know a new
    // process: its predecessor has used its share of their minute.
    set_pacing(harness, if gzip { Pacing::Off } else { Pacing::Machine });
    let cold = run(harness, &mut process, job, "unchanged").await;
    let warm = run(harness, &mut process, job, "unchanged").await;
    set_pacing(harness, Pacing::Off);
    set_latency(harness, LATENCY);
    let share = Share::of_megabytes(LAMBDA_MEMORY);
    // The machine may be busy elsewhere: the shortest counts.
    let mut waiting = Duration::MAX;
    for _ in 0..if cold.cost.wall < SHORT { 5 } else { 1 } {
        let mut process = start(harness, name, bootstraps, share.as_ref()).await;
        waiting = waiting.min(run(harness, &mut process, job, "unchanged").await.cost.wall);
        process.stop().await;
    }
    Timing {
        job,
        gzip,
        waiting,
        at_full_speed: share.is_none(),
        cold,
        warm,
    }
}

async fn start(
    harness: &Harness,
    name: &str,
    bootstraps: &Path,
    share: Option<&Share>,
) -> LambdaProcess {
    let mut process = LambdaProcess::start(harness, name, bootstraps, share).await;
    process.ready().await;
    process
}

/// One run, which ends with `outcome`.
pub(super) async fn run(
    harness: &Harness,
    process: &mut LambdaProcess,
    job: JobKind,
    outcome: &str,
) -> TimedRun {
    harness.forget_requests();
    let (report, cost) = process.invoke().await;
    let ended = (&report["job"], &report["outcome"]);
    assert_eq!(
        ended,
        (&json!(job.function()), &json!(outcome)),
        "{report:#}"
    );
    TimedRun {
        cost,
        calls: part(&report, "calls"),
        logins: logins(harness),
        units: part(&report, "dynamodb"),
    }
}

fn part<T: DeserializeOwned>(report: &Value, name: &str) -> T {
    serde_json::from_value(report[name].clone()).unwrap()
}

/// Since the logs were emptied.
fn logins(harness: &Harness) -> u64 {
    let company = &harness.company;
    let personio = [personio::Endpoint::Auth, personio::Endpoint::TokenV2];
    let personio = personio.map(|endpoint| company.personio.calls(endpoint));
    let reteach = company.reteach.calls(reteach::Endpoint::Authorize);
    (personio.iter().sum::<usize>() + reteach) as u64
}

fn set_latency(harness: &Harness, latency: Duration) {
    let company = &harness.company;
    match &company.kombo {
        Some(kombo) => kombo.set_latency(latency),
        None => company.personio.set_latency(latency),
    }
    company.reteach.set_latency(latency);
}

fn set_pacing(harness: &Harness, pacing: Pacing) {
    harness.personio.set_pacing(pacing);
    if let Some(kombo) = &harness.company.kombo {
        kombo.set_pacing(pacing);
    }
}
