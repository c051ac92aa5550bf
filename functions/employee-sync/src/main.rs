//! The Lambda function `employee-sync`: an event in, a report out.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use employee_sync::event::{Event, EventError};
use employee_sync::report::Report;
use employee_sync::run::{App, Request};
use employee_sync::telemetry;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use shared::aws::{self, Aws};
use shared::clock::SystemClock;
use shared::http::{self, Calls, Context, Deadline};
use shared::id::RunId;
use shared::secrets::Secrets;
use shared::state::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    shared::telemetry::init();
    let app = &app()?;
    lambda_runtime::run(service_fn(|event| handle(app, event))).await
}

/// Clients are built once per process; each connects when it is first used.
fn app() -> Result<App, Error> {
    let client = http::client()?;
    let aws = Aws::new(aws::from_env(client.clone())?);
    let clock = Arc::new(SystemClock);
    let store = Store::new(&aws, &variable("TABLE_NAME")?);
    let secrets = Secrets::new(&aws, &variable("SECRET_PREFIX")?, clock.clone());
    Ok(App::new(store, secrets, Context::new(client, clock, Calls::default())))
}

fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set").into())
}

async fn handle(app: &App, event: LambdaEvent<serde_json::Value>) -> Result<Report, Diagnostic> {
    let event_context = event.context;
    let request = Request {
        event: Event::parse(event.payload).map_err(|error| refusal(&error))?,
        run_id: RunId::new(event_context.request_id.as_str()),
        deadline: Deadline::after(remaining(event_context.deadline)),
    };
    let ran = app.run(&request, &|_| {}).await;
    telemetry::tell(&ran.report, &mut io::stdout().lock());
    Ok(ran.report)
}

/// What Lambda answers to an event that cannot be taken.
fn refusal(error: &EventError) -> Diagnostic {
    Diagnostic { error_type: "InvalidEvent".to_owned(), error_message: error.to_string() }
}

/// The time until `deadline` (Unix milliseconds), which the runtime hands over with each event. `cargo lambda watch`
/// hands over a duration in its place.
fn remaining(deadline: u64) -> Duration {
    const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let deadline = Duration::from_millis(deadline);
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if deadline < A_YEAR { deadline } else { deadline.saturating_sub(since_epoch) }
}
