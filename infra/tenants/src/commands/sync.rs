//! `tenants sync`

use aws_sdk_lambda::primitives::Blob;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::runtime::{Mode, Outcome, ProgressFn, Report};
use shared::state::JobKind;
use terminal::Bars;

use crate::args::{Sync, SyncMode};
use crate::aws;
use crate::context::CommandContext;
use crate::environment::Interactivity;
use crate::failure::{Failure, Result};
use crate::format;
use crate::job;
use crate::output::{Output, View};

/// Lambda's reply for a function that failed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionError {
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error_message: String,
}

pub(super) async fn sync(context: &CommandContext<'_>, args: &Sync) -> Result<Output> {
    let job = JobKind::from(args.job);
    match (job, args.mode) {
        (JobKind::Employees, SyncMode::FullScan) => {
            return Err(Failure::usage(
                "--mode full-scan belongs to --job certificates",
            ));
        }
        (JobKind::Employees, SyncMode::Verify) => {
            return Err(Failure::usage(
                "--mode verify belongs to --job certificates",
            ));
        }
        (JobKind::Certificates, SyncMode::Reconcile) => {
            return Err(Failure::usage(
                "--mode reconcile belongs to --job employees",
            ));
        }
        _ => {}
    }
    context.tenant(&args.tenant).await?;
    Output::of(&ReportView(run(context, args).await?))
}

/// Runs the job once, here or as the deployed function.
pub(crate) async fn run(context: &CommandContext<'_>, args: &Sync) -> Result<Report<Value>> {
    if !args.here || context.environment.interactivity == Interactivity::NonInteractive {
        return watched(context, args, &|_| {}).await;
    }
    let bar = Bars::default().bar(args.tenant.as_str(), args.job.into());
    let report = watched(context, args, &|progress| bar.show(progress)).await;
    bar.end();
    report
}

/// The same for somebody else who shows the progress of a run in this process.
pub(crate) async fn watched(
    context: &CommandContext<'_>,
    args: &Sync,
    progress: ProgressFn<'_>,
) -> Result<Report<Value>> {
    let Sync { tenant, job, .. } = args;
    let (job, mode) = (JobKind::from(*job), Mode::from(args.mode));
    if !args.here {
        return called(context, args, job).await;
    }
    let report = match job {
        JobKind::Employees => {
            let app = context.employees();
            let ran = job::watched(context, &app, tenant, mode, progress).await;
            serde_json::to_value(ran.report)
        }
        JobKind::Certificates => {
            let app = context.certificates()?;
            let ran = job::watched(context, &app, tenant, mode, progress).await;
            serde_json::to_value(ran.report)
        }
    };
    report
        .and_then(serde_json::from_value)
        .map_err(|error| unreadable(job, &error))
}

#[derive(Serialize)]
#[serde(transparent)]
struct ReportView(Report<Value>);

impl View for ReportView {
    fn text(&self) -> String {
        let Self(report) = self;
        let summary = terminal::summary(report, &format::counted(report));
        let look = format::next_look(report.outcome, &report.tenant_id);
        let look = look.map(|look| format::paragraph(&format!("{look}.")));
        summary + &look.unwrap_or_default()
    }

    fn needs_attention(&self) -> bool {
        let Self(report) = self;
        let is_idle = matches!(
            report.outcome,
            Outcome::Busy | Outcome::Paused | Outcome::Disabled | Outcome::Waiting
        );
        report.outcome.is_failure() || is_idle || report.held.is_some() || report.findings_total > 0
    }
}

async fn called(context: &CommandContext<'_>, args: &Sync, job: JobKind) -> Result<Report<Value>> {
    let function = context.deployment.functions.of(job).ok_or_else(|| {
        Failure::usage(format!(
            "there is no {} function to call: set {}, or run in this process with --here",
            job.function(),
            match job {
                JobKind::Employees => "EMPLOYEE_FUNCTION_ARN",
                JobKind::Certificates => "CERTIFICATE_FUNCTION_ARN",
            }
        ))
    })?;
    let event = json!({"tenant_id": args.tenant, "mode": Mode::from(args.mode)});
    let bar = (context.environment.interactivity == Interactivity::Interactive)
        .then(|| Bars::default().waiting(args.tenant.as_str(), job));
    let call = context.lambda()?;
    let reply = call
        .invoke()
        .function_name(function)
        .payload(Blob::new(event.to_string()))
        .send()
        .await;
    if let Some(bar) = bar {
        bar.end();
    }
    let reply = reply.map_err(|error| match aws::code(&error) {
        Some("ResourceNotFoundException") => {
            Failure::attention(format!("there is no function {function}: deploy the stack again"))
        }
        None => Failure::attention(format!(
            "{} was called and did not answer: it may still be running. `tenants status {}` shows it",
            job.function(),
            args.tenant
        )),
        Some(_) => aws::failure("lambda:InvokeFunction", &error),
    })?;
    let payload = reply.payload().map(Blob::as_ref).unwrap_or_default();
    if reply.function_error().is_some() {
        let failed: FunctionError =
            serde_json::from_slice(payload).map_err(|error| unreadable(job, &error))?;
        return Err(Failure::attention(format!(
            "{} failed: {} {}. Its log (CloudWatch) says more",
            job.function(),
            failed.error_type,
            failed.error_message
        )));
    }
    serde_json::from_slice(payload).map_err(|error| unreadable(job, &error))
}

fn unreadable(job: JobKind, error: &serde_json::Error) -> Failure {
    Failure::attention(format!(
        "the answer of {} is not a report ({error}): is the deployed function of another version than this command?",
        job.function()
    ))
}
