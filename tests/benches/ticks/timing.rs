//! The functions as Lambda gets them, on a tick with nothing to do.

use std::path::Path;
use std::time::{Duration, Instant};

use harness::process::{Share, Usage};
use harness::{Harness, people};
use jiff::{SignedDuration, Timestamp};
use local::{Answer, Function};
use serde::Serialize;
use serde_json::json;
use shared::http;
use shared::state::{Job, Units};
use shared::tenant::Via;

/// How long each vendor takes to answer, where waiting is measured. It is assumed: nobody publishes it.
pub(crate) const LATENCY: Duration = Duration::from_millis(200);

/// Runs shorter than this are repeated.
const SHORT: Duration = Duration::from_secs(3);

/// Megabytes of the functions.
const MEMORY: f64 = 128.0;

/// A run may take as long as Lambda lets any.
const TIMEOUT: SignedDuration = SignedDuration::from_mins(15);

/// An unchanged tick of one job.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Timing {
    pub(crate) job: Job,
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
    /// Requests to vendors.
    pub(crate) calls: u64,
    /// Of DynamoDB.
    pub(crate) units: Units,
}

/// Both jobs of a company in step.
pub(crate) async fn measure(via: Via, size: u64, bootstraps: &Path) -> Vec<Timing> {
    let harness = Harness::at(&Timestamp::now().to_string(), via, "", people(size)).await;
    harness.company.personio.add_category("Bildungszertifikate");
    harness.settle().await;
    harness.certificates_now().await;
    let mut timings = Vec::new();
    for job in [Job::Employees, Job::Certificates] {
        timings.push(of(&harness, job, bootstraps).await);
    }
    timings
}

async fn of(harness: &Harness, job: Job, bootstraps: &Path) -> Timing {
    set_latency(harness, Duration::ZERO);
    let bootstrap = bootstraps.join(job.function()).join("bootstrap");
    let mut function = start(harness, job, &bootstrap).await;
    let cold = run(&mut function, job).await;
    let warm = run(&mut function, job).await;
    set_latency(harness, LATENCY);
    let share = Share::of_megabytes(MEMORY);
    let bootstrap = share.as_ref().map_or(bootstrap.clone(), |share| share.wrap(&bootstrap));
    // The machine may be busy elsewhere: the shortest counts.
    let mut waiting = Duration::MAX;
    for _ in 0..if cold.wall < SHORT { 5 } else { 1 } {
        let mut function = start(harness, job, &bootstrap).await;
        waiting = waiting.min(run(&mut function, job).await.wall);
        function.stop().await.unwrap();
    }
    Timing { job, waiting, at_full_speed: share.is_none(), cold, warm }
}

async fn start(harness: &Harness, job: Job, bootstrap: &Path) -> Function {
    let mut function = Function::start(job.function(), bootstrap, &harness.world.stack).await.unwrap();
    function.ready().await.unwrap();
    function
}

async fn run(function: &mut Function, job: Job) -> Taken {
    let usage = || Usage::of_process(function.id().unwrap());
    let (before, began) = (usage(), Instant::now());
    let answer = function.invoke_within(json!({"tenant_id": "acme"}), TIMEOUT).await.unwrap();
    let wall = began.elapsed();
    let after = Usage::of_process(function.id().unwrap());
    let Answer::Reply(report) = answer else { panic!("{answer:?}") };
    assert_eq!(
        (&report["job"], &report["outcome"]),
        (&json!(job.function()), &json!("unchanged")),
        "{report:#}"
    );
    let calls = serde_json::from_value::<http::Counts>(report["calls"].clone()).unwrap();
    let calls = calls.personio + calls.kombo + calls.reteach;
    let units = serde_json::from_value(report["dynamodb"].clone()).unwrap();
    let processor = after.processor.zip(before.processor).map(|(after, before)| after - before);
    Taken { wall, processor, peak: after.peak, calls, units }
}

fn set_latency(harness: &Harness, latency: Duration) {
    let company = &harness.company;
    match &company.kombo {
        Some(kombo) => kombo.set_latency(latency),
        None => company.personio.set_latency(latency),
    }
    company.reteach.set_latency(latency);
}
