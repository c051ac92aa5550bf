//! A function in a process of its own, on a tick with nothing to do.

use std::time::Duration;

use harness::process::{self, Apart};
use harness::{Harness, people};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::job::{Counts, Outcome};
use shared::state::Job;
use shared::tenant::Via;

/// How long each vendor takes to answer, where waiting is measured. It is assumed: nobody publishes it.
pub(crate) const LATENCY: Duration = Duration::from_millis(200);

/// An unchanged tick of one job.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Timing {
    pub(crate) job: Job,
    /// In a new process, at the vendors' own pace, each answer after [`LATENCY`].
    pub(crate) waiting: Duration,
    /// Without latency and pace,
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
    /// The same before the event.
    pub(crate) start: Option<u64>,
}

/// Both jobs of a company in step.
pub(crate) async fn measure(via: Via, size: u64) -> Vec<Timing> {
    let harness = Harness::at(&Timestamp::now().to_string(), via, "", people(size)).await;
    harness.company.personio.add_category("Bildungszertifikate");
    harness.first_run().await;
    harness.certificates_now().await;
    vec![
        of::<employee_sync::report::Counts>(&harness, Job::Employees).await,
        of::<certificate_sync::report::Counts>(&harness, Job::Certificates).await,
    ]
}

async fn of<C: Counts + DeserializeOwned>(harness: &Harness, job: Job) -> Timing {
    let (stack, tenant) = (&harness.world.stack, &harness.company.tenant);
    let job_argument = (job == Job::Certificates).then_some("--certificates");
    set_latency(harness, Duration::ZERO);
    let arguments: Vec<_> = job_argument.into_iter().collect();
    let [cold, warm] = taken(&process::apart::<C>(stack, tenant, &arguments).await)[..] else {
        panic!("two runs were asked for")
    };
    set_latency(harness, LATENCY);
    let arguments: Vec<_> = arguments.into_iter().chain(["--paced"]).collect();
    let waiting = taken(&process::apart::<C>(stack, tenant, &arguments).await)[0].wall;
    Timing { job, waiting, cold, warm }
}

fn taken<C: Counts>(apart: &Apart<C>) -> Vec<Taken> {
    let each = apart.runs.iter().map(|told| {
        assert_eq!(told.report.outcome, Outcome::Unchanged, "{:#?}", told.report);
        let processor = told.after.processor.zip(told.before.processor);
        Taken {
            wall: told.wall,
            processor: processor.map(|(after, before)| after - before),
            peak: told.after.peak,
            start: told.before.peak,
        }
    });
    each.collect()
}

fn set_latency(harness: &Harness, latency: Duration) {
    let company = &harness.company;
    match &company.kombo {
        Some(kombo) => kombo.set_latency(latency),
        None => company.personio.set_latency(latency),
    }
    company.reteach.set_latency(latency);
}
