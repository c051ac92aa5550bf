//! Runs a job in this process.

use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{App, Event, Job, Mode, Ran, Request};
use terminal::Bars;

use crate::context::CommandContext;
use crate::environment::Interactivity;

/// Runs a job once, with a progress bar at a terminal.
pub(crate) async fn run<J: Job>(
    context: &CommandContext<'_>,
    app: &App<J>,
    tenant: &TenantId,
    mode: Mode,
) -> Ran<J> {
    if context.environment.interactivity == Interactivity::NonInteractive {
        return run_quietly(context, app, tenant, mode).await;
    }
    let bar = Bars::default().bar(tenant.as_str(), J::JOB);
    let request = request(context, tenant, mode);
    let ran = Box::pin(app.run(&request, &|progress| bar.show(progress))).await;
    bar.end();
    ran
}

/// Runs a job once, without a progress bar: others run at the same time.
pub(crate) async fn run_quietly<J: Job>(
    context: &CommandContext<'_>,
    app: &App<J>,
    tenant: &TenantId,
    mode: Mode,
) -> Ran<J> {
    Box::pin(app.run(&request(context, tenant, mode), &|_| {})).await
}

fn request(context: &CommandContext<'_>, tenant: &TenantId, mode: Mode) -> Request {
    Request {
        event: Event {
            tenant_id: tenant.clone(),
            mode,
        },
        run_id: RunId::new(format!("tenants-{}", context.now().as_microsecond())),
        deadline: Deadline::never(),
    }
}
