//! The functions as Lambda gets them, on a tick with nothing to do.

use std::path::Path;
use std::time::{Duration, Instant};

use harness::process::{Share, Usage};
use harness::{Harness, people};
use jiff::{SignedDuration, Timestamp};
use local::{Answer, Function};
use serde::Serialize;
use serde_json::{Value, json};
use shared::http;
use shared::state::{JobKind, Units};
use shared::tenant::Via;
use simulators::{Pacing, personio, reteach};

/// How long each vendor takes to answer, where waiting is measured. It is assumed: nobody publishes it.
pub(crate) const LATENCY: Duration = Duration::from_millis(200);

/// Runs shorter than this are repeated.
const SHORT: Duration = Duration::from_secs(3);

/// Megabytes of the functions.
const MEMORY: f64 = 128.0;

/// A run may take as long as Lambda lets any.
const TIMEOUT: SignedDuration = SignedDuration::from_mins(15);

/// Up to so many people, it is measured as well what packed answers cost.
const PACKED_UP_TO: u64 = 10_000;

/// An unchanged tick of one job.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Timing {
    pub(crate) job: JobKind,
    /// Whether the vendors' answers were packed.
    pub(crate) gzip: bool,
    /// In a new process, each answer after [`LATENCY`], with as little of a processor as 128 MB have.
    pub(crate) waiting: Duration,
    /// Whether `waiting` was at full speed, because control groups cannot be made here.
    pub(crate) at_full_speed: bool,
    /// In a new process, without latency,
    pub(crate) cold: Taken,
    /// and once more in the same process.
    pub(crate) warm: Taken,
}

/// What one run took of the machine.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Taken {
    pub(crate) wall: Duration,
    pub(crate) processor: Option<Duration>,
    /// The most memory that the process had until then, in bytes.
    pub(crate) peak: Option<u64>,
    /// Requests, by vendor.
    pub(crate) calls: http::Counts,
    /// Those of them that asked for a token.
    pub(crate) logins: u64,
    /// Of DynamoDB.
    pub(crate) units: Units,
}

impl Taken {
    /// All requests to vendors.
    pub(crate) fn all_calls(&self) -> u64 {
        self.calls.personio + self.calls.kombo + self.calls.reteach
    }
}

/// Both jobs of a company in step.
pub(crate) async fn measure(harness: &Harness, size: u64, bootstraps: &Path) -> Vec<Timing> {
    let is_packed = harness.company.via == Via::Direct && size <= PACKED_UP_TO;
    let mut timings = Vec::new();
    for (job, gzip) in [
        (JobKind::Employees, false),
        (JobKind::Employees, true),
        (JobKind::Certificates, false),
    ] {
        if is_packed || !gzip {
            harness.company.personio.set_gzip(gzip);
            timings.push(of(harness, job, gzip, bootstraps).await);
        }
    }
    harness.company.personio.set_gzip(false);
    timings
}

/// A company in step, by the machine's clock.
pub(crate) async fn company(via: Via, size: u64) -> Harness {
    let harness = Harness::at(&Timestamp::now().to_string(), via, "", people(size)).await;
    harness.company.personio.add_category("Bildungszertifikate");
    harness.settle().await;
    harness.certificates_now().await;
    harness
}

async fn of(harness: &Harness, job: JobKind, gzip: bool, bootstraps: &Path) -> Timing {
    set_latency(harness, Duration::ZERO);
    let bootstrap = bootstraps.join(job.function()).join("bootstrap");
    let mut function = start(harness, job, &bootstrap, None).await;
    // A call that the vendors' limits do not allow is answered 429, tried again, and so counted twice. Of a process that is new
    // the vendors do not know: its predecessor has had its share of their minute.
    set_pacing(harness, if gzip { Pacing::Off } else { Pacing::Machine });
    let cold = run(harness, &mut function, job, "unchanged").await;
    let warm = run(harness, &mut function, job, "unchanged").await;
    set_pacing(harness, Pacing::Off);
    set_latency(harness, LATENCY);
    let share = Share::of_megabytes(MEMORY);
    // The machine may be busy elsewhere: the shortest counts.
    let mut waiting = Duration::MAX;
    for _ in 0..if cold.wall < SHORT { 5 } else { 1 } {
        let mut function = start(harness, job, &bootstrap, share.as_ref()).await;
        waiting = waiting.min(run(harness, &mut function, job, "unchanged").await.wall);
        function.stop().await.unwrap();
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

/// Starts a job's function, within `share` if there is one, and waits until it asks for its first event.
pub(crate) async fn start(
    harness: &Harness,
    job: JobKind,
    bootstrap: &Path,
    share: Option<&Share>,
) -> Function {
    let mut function = Function::start(job.function(), bootstrap, &harness.world.stack)
        .await
        .unwrap();
    if let Some(share) = share {
        share.hold(function.id().unwrap());
    }
    function.ready().await.unwrap();
    function
}

/// One run, which ends with `outcome`.
pub(crate) async fn run(
    harness: &Harness,
    function: &mut Function,
    job: JobKind,
    outcome: &str,
) -> Taken {
    harness.forget_requests();
    let (before, began) = (Usage::of_process(function.id().unwrap()), Instant::now());
    let answer = function
        .invoke_within(json!({"tenant_id": "acme"}), TIMEOUT)
        .await
        .unwrap();
    let wall = began.elapsed();
    let after = Usage::of_process(function.id().unwrap());
    let Answer::Reply(report) = answer else {
        panic!("{answer:?}")
    };
    let ended = (&report["job"], &report["outcome"]);
    assert_eq!(
        ended,
        (&json!(job.function()), &json!(outcome)),
        "{report:#}"
    );
    let processor = after
        .processor
        .zip(before.processor)
        .map(|(after, before)| after - before);
    let (calls, units) = (part(&report, "calls"), part(&report, "dynamodb"));
    Taken {
        wall,
        processor,
        peak: after.peak,
        calls,
        logins: logins(harness),
        units,
    }
}

fn part<T: serde::de::DeserializeOwned>(report: &Value, name: &str) -> T {
    serde_json::from_value(report[name].clone()).unwrap()
}

/// Since the logs were emptied.
fn logins(harness: &Harness) -> u64 {
    let company = &harness.company;
    let personio = [personio::Endpoint::Auth, personio::Endpoint::TokenV2];
    let reteach = company.reteach.calls(reteach::Endpoint::Authorize);
    (personio
        .map(|endpoint| company.personio.calls(endpoint))
        .iter()
        .sum::<usize>()
        + reteach) as u64
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
    harness.company.personio.set_pacing(pacing);
    if let Some(kombo) = &harness.company.kombo {
        kombo.set_pacing(pacing);
    }
}
