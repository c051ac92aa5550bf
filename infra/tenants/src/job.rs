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
    let request = Request {
        event: Event {
            tenant_id: tenant.clone(),
            mode,
        },
        run_id: RunId::new(format!("tenants-{}", context.now().as_microsecond())),
        deadline: Deadline::never(),
    };
    if context.environment.interactivity == Interactivity::NonInteractive {
        return Box::pin(app.run(&request, &|_| {})).await;
    }
    let bar = Bars::default().bar(tenant.as_str(), J::JOB);
    let ran = Box::pin(app.run(&request, &|progress| bar.show(progress))).await;
    bar.end();
    ran
}
