//! A job as a Lambda function: an event in, a report out.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};

use super::{App, Event, EventError, Job, Report, Request, emit};
use crate::aws::{self, Aws, Sessions};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::id::RunId;
use crate::http::{self, Calls, Context, Deadline};
use crate::notices::Senders;
use crate::secrets::Secrets;
use crate::state::Store;

/// Serves `work` until Lambda ends the process. The table comes from `TABLE_NAME`. `SECRET_PREFIX` is the stack's name, which is
/// the namespace of the metrics as well.
///
/// # Errors
/// Where the environment or the TLS configuration cannot be used; the text names the variable.
pub async fn serve<W: Job>(work: W) -> Result<(), Error> {
    crate::telemetry::init();
    let stack = &variable("SECRET_PREFIX")?;
    let app = &app(work, stack)?;
    // On the heap: the runtime's nested future is deeper than the compiler follows by default.
    Box::pin(lambda_runtime::run(service_fn(|event| {
        handle(app, stack, event)
    })))
    .await
}

/// Clients are built once per process; each connects when it is first used.
fn app<W: Job>(work: W, stack: &str) -> Result<App<W>, Error> {
    // AWS has a client of its own: its endpoints may be private ones.
    let client = aws::http_client()?;
    let clock = Arc::new(SystemClock);
    let sessions = Sessions::from_environment(
        |name| std::env::var(name).ok(),
        client.clone(),
        clock.clone(),
    )?;
    let notices = Senders::from_environment(
        |name| std::env::var(name).ok(),
        &client,
        &(clock.clone() as Arc<dyn Clock>),
    )?;
    let aws = Aws::new(aws::from_env(client)?);
    let store = Store::new(&aws, &variable("TABLE_NAME")?);
    let secrets = Secrets::new(&aws, stack, clock.clone());
    let context = Context::new(http::client()?, clock, Calls::default());
    let emulated = aws::is_on_this_machine(|name| std::env::var(name).ok());
    let context = if emulated {
        context.with_simulators()
    } else {
        context
    };
    let app = App::new(work, store, secrets, context);
    Ok(app.with_sessions(sessions).with_notices(notices))
}

fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set").into())
}

async fn handle<W: Job>(
    app: &App<W>,
    stack: &str,
    event: LambdaEvent<serde_json::Value>,
) -> Result<Report<W::Counts>, Diagnostic> {
    let event_context = event.context;
    let request = Request {
        event: Event::parse(event.payload, W::JOB).map_err(|error| refusal(&error))?,
        run_id: RunId::new(event_context.request_id.as_str()),
        deadline: Deadline::after(remaining(event_context.deadline)),
    };
    let ran = app.run(&request, &|_| {}).await;
    emit(&ran.report, stack, &mut io::stdout().lock());
    Ok(ran.report)
}

/// What Lambda answers to an event that cannot be taken.
fn refusal(error: &EventError) -> Diagnostic {
    Diagnostic {
        error_type: "InvalidEvent".to_owned(),
        error_message: error.to_string(),
    }
}

/// The time until `deadline` (Unix milliseconds), which the runtime hands over with each event. `cargo lambda watch`
/// hands over a duration in its place.
fn remaining(deadline: u64) -> Duration {
    const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let deadline = Duration::from_millis(deadline);
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    if deadline < A_YEAR {
        deadline
    } else {
        deadline.saturating_sub(since_epoch)
    }
}
