//! `tenants sync`

use aws_sdk_lambda::primitives::Blob;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::runtime::{Mode, Report};
use shared::state::JobKind;
use terminal::Bars;

use super::plan;
use crate::answer::{Answer, Verdict};
use crate::args::{Sync, SyncMode};
use crate::aws;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::surroundings::Somebody;
use crate::words;

/// What Lambda answers in place of a function that failed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error_message: String,
}

pub(super) async fn sync(operator: &Operator<'_>, args: &Sync) -> Result<Answer, Failure> {
    let job = JobKind::from(args.job);
    match (job, args.mode) {
        (JobKind::Employees, SyncMode::FullScan) => {
            return Err(Failure::usage(
                "--mode full-scan belongs to --job certificates",
            ));
        }
        (JobKind::Certificates, SyncMode::Reconcile) => {
            return Err(Failure::usage(
                "--mode reconcile belongs to --job employees",
            ));
        }
        _ => {}
    }
    operator.known(&args.tenant).await?;
    let report = if args.here {
        here(operator, args, job).await?
    } else {
        called(operator, args, job).await?
    };
    let verdict = Verdict::look_if(
        report.outcome.is_failure() || report.held.is_some() || report.findings_total > 0,
    );
    Answer::new(
        verdict,
        terminal::summary(&report, &words::counted(&report)),
        &report,
    )
}

/// In this process.
async fn here(
    operator: &Operator<'_>,
    args: &Sync,
    job: JobKind,
) -> Result<Report<Value>, Failure> {
    let (tenant, mode) = (&args.tenant, Mode::from(args.mode));
    let report = match job {
        JobKind::Employees => serde_json::to_value(
            plan::run(operator, &operator.employees(), tenant, mode)
                .await
                .report,
        ),
        JobKind::Certificates => serde_json::to_value(
            plan::run(operator, &operator.certificates()?, tenant, mode)
                .await
                .report,
        ),
    };
    report
        .and_then(serde_json::from_value)
        .map_err(|error| unreadable(job, &error))
}

/// By the deployed function.
async fn called(
    operator: &Operator<'_>,
    args: &Sync,
    job: JobKind,
) -> Result<Report<Value>, Failure> {
    let function = operator.deployment.functions.of(job).ok_or_else(|| {
        Failure::usage(format!(
            "there is no {} function to call: set {}, or give --here to run in this process",
            job.function(),
            match job {
                JobKind::Employees => "EMPLOYEE_FUNCTION_ARN",
                JobKind::Certificates => "CERTIFICATE_FUNCTION_ARN",
            }
        ))
    })?;
    let event = json!({"tenant_id": args.tenant, "mode": Mode::from(args.mode)});
    let bar = (operator.surroundings.somebody == Somebody::Watches)
        .then(|| Bars::default().waiting(args.tenant.as_str(), job));
    let call = operator.lambda()?;
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
            Failure::look(format!("there is no function {function}: deploy the stack again"))
        }
        None => Failure::look(format!(
            "{} was called, and no answer came: it may be running all the same. `tenants status {}` shows it",
            job.function(),
            args.tenant
        )),
        Some(_) => aws::failure("lambda:InvokeFunction", &error),
    })?;
    let payload = reply.payload().map(Blob::as_ref).unwrap_or_default();
    if reply.function_error().is_some() {
        let failed: Failed =
            serde_json::from_slice(payload).map_err(|error| unreadable(job, &error))?;
        return Err(Failure::look(format!(
            "{} failed: {} {}. Its log (CloudWatch) says more",
            job.function(),
            failed.error_type,
            failed.error_message
        )));
    }
    serde_json::from_slice(payload).map_err(|error| unreadable(job, &error))
}

fn unreadable(job: JobKind, error: &serde_json::Error) -> Failure {
    Failure::look(format!(
        "the answer of {} is not a report ({error}): is the deployed function of another version than this command?",
        job.function()
    ))
}
