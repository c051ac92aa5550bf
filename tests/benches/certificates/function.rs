//! The function: what `shared::job::serve` builds, for one event, without Lambda around it.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use certificate_sync::CertificateSync;
use certificate_sync::report::Report;
use serde::{Deserialize, Serialize};
use shared::aws::{self, Aws};
use shared::clock::SystemClock;
use shared::http::{self, Calls, Context, Deadline, Pace};
use shared::id::{RunId, TenantId};
use shared::job::{App, Event, Mode, Request};
use shared::secrets::Secrets;
use shared::state::Store;
use shared::telemetry;

use crate::measure::Usage;

/// What the function leaves on standard output.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Before the event: as after a cold start.
    pub(crate) before: Usage,
    pub(crate) after: Usage,
    pub(crate) wall: Duration,
    pub(crate) report: Report,
}

/// Runs the job once for `tenant` and tells what it took.
pub(crate) fn run(tenant: &TenantId, mode: Mode) {
    telemetry::init_to(io::stderr);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = runtime.block_on(async {
        let app = app();
        let event = Event { tenant_id: tenant.clone(), mode };
        let request =
            Request { event, run_id: RunId::new(format!("benchmark-{mode:?}")), deadline: Deadline::never() };
        let (before, began) = (Usage::now(), Instant::now());
        let report = app.run(&request, &|_| {}).await.report;
        Told { before, wall: began.elapsed(), after: Usage::now(), report }
    });
    serde_json::to_writer(io::stdout().lock(), &told).unwrap();
    io::stdout().flush().unwrap();
}

/// The app as on Lambda, but for the pace: Personio's 60 uploads a minute would be most of what is measured.
fn app() -> App<CertificateSync> {
    let client = http::client().unwrap();
    let aws = Aws::new(aws::from_env(client.clone()).unwrap());
    let clock = Arc::new(SystemClock);
    let variable = |name: &str| std::env::var(name).unwrap();
    let store = Store::new(&aws, &variable("TABLE_NAME"));
    let secrets = Secrets::new(&aws, &variable("SECRET_PREFIX"), clock.clone());
    let context = Context::new(client, clock, Calls::default());
    App::new(CertificateSync::new().unwrap(), store, secrets, context).with_pace(Pace::new(&[]))
}
