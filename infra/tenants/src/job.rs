//! Runs a job in this process.

use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{App, Event, Job, Mode, ProgressFn, Ran, Request};
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
    let ran = watched(context, app, tenant, mode, &|progress| bar.show(progress)).await;
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
    watched(context, app, tenant, mode, &|_| {}).await
}

/// The same for somebody else who shows the progress.
pub(crate) async fn watched<J: Job>(
    context: &CommandContext<'_>,
    app: &App<J>,
    tenant: &TenantId,
    mode: Mode,
    progress: ProgressFn<'_>,
) -> Ran<J> {
    let request = Request {
        event: Event {
            tenant_id: tenant.clone(),
            mode,
        },
        run_id: RunId::new(format!("tenants-{}", context.now().as_microsecond())),
        deadline: Deadline::never(),
    };
    Box::pin(app.run(&request, progress)).await
}
