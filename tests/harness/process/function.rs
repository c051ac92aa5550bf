//! The function's side: what `shared::runtime::serve` builds, without Lambda around it.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shared::aws::{self, Aws};
use shared::domain::clock::SystemClock;
use shared::domain::id::{RunId, TenantId};
use shared::http::{self, Calls, Context, Deadline, RateLimiter};
use shared::runtime::{App, Event, Job, Mode, Report, Request, emit};
use shared::secrets::Secrets;
use shared::state::Store;
use shared::telemetry;

use super::Usage;

/// What the function tells of a run, on standard output.
#[derive(Debug, Serialize, Deserialize)]
pub struct MeasuredRun<C> {
    /// Before the event.
    pub before: Usage,
    /// After the answer.
    pub after: Usage,
    /// From one to the other.
    pub wall: Duration,
    pub report: Report<C>,
}

/// Runs the job for `tenant` once in each of `modes`, and tells what it took. The log goes to standard error. At `pace`
/// where one is given, else at the vendors' own.
pub fn run<W: Job>(work: W, tenant: &TenantId, modes: &[Mode], pace: Option<RateLimiter>) {
    telemetry::init_to(io::stderr);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let measured = runtime.block_on(async {
        let app = app(work);
        let app = pace.into_iter().fold(app, App::with_pace);
        let mut measured = Vec::new();
        for (number, mode) in modes.iter().enumerate() {
            let event = Event {
                tenant_id: tenant.clone(),
                mode: *mode,
            };
            // As long as Lambda's.
            let run_id = RunId::new(format!("8476a536-e9f4-11e8-9739-{number:012}"));
            let request = Request {
                event,
                run_id,
                deadline: Deadline::never(),
            };
            let (before, began) = (Usage::now(), Instant::now());
            let report = app.run(&request, &|_| {}).await.report;
            emit(&report, "reteach-personio", &mut io::stderr().lock());
            measured.push(MeasuredRun {
                before,
                wall: began.elapsed(),
                after: Usage::now(),
                report,
            });
        }
        measured
    });
    serde_json::to_writer(io::stdout().lock(), &measured).unwrap();
    io::stdout().flush().unwrap();
}

fn app<W: Job>(work: W) -> App<W> {
    let client = http::client().unwrap();
    let aws = Aws::new(aws::from_env(client.clone()).unwrap());
    let clock = Arc::new(SystemClock);
    let variable = |name: &str| std::env::var(name).unwrap();
    let store = Store::new(&aws, &variable("TABLE_NAME"));
    let secrets = Secrets::new(&aws, &variable("SECRET_PREFIX"), clock.clone());
    App::new(
        work,
        store,
        secrets,
        Context::new(client, clock, Calls::default()).with_simulators(),
    )
}
