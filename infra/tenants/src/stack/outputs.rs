//! Reading what a deployment is made of.

use std::collections::BTreeMap;

use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use super::{Deployment, Functions, Notices, Scheduler};
use crate::aws;
use crate::environment::Environment;
use crate::failure::{Failure, Result};

/// The stack's outputs and the variables that stand for them where there is no stack.
const TABLE: (&str, &str) = ("TableName", "TABLE_NAME");
const PREFIX: (&str, &str) = ("SecretPrefix", "SECRET_PREFIX");
const EMPLOYEES: (&str, &str) = ("EmployeeFunctionArn", "EMPLOYEE_FUNCTION_ARN");
const CERTIFICATES: (&str, &str) = ("CertificateFunctionArn", "CERTIFICATE_FUNCTION_ARN");
const GROUP: (&str, &str) = ("ScheduleGroupName", "SCHEDULE_GROUP_NAME");
const ROLE: (&str, &str) = ("SchedulerRoleArn", "SCHEDULER_ROLE_ARN");
const QUEUE: (&str, &str) = ("DeliveryQueueArn", "DELIVERY_QUEUE_ARN");
/// Outputs of a stack whose parameters name them.
const TOPIC: (&str, &str) = ("NoticeTopicArn", "NOTICE_TOPIC_ARN");
const SENDER: (&str, &str) = ("NoticeSender", "NOTICE_SENDER");
/// Outputs that `doctor` alone asks for.
const ALARMS: (&str, &str) = ("AlarmTopicArn", "ALARM_TOPIC_ARN");
const RELEASE: (&str, &str) = ("Release", "STACK_RELEASE");

/// The deployment with these parts. Without a schedule group there is no scheduler.
fn deployment(
    table: String,
    secret_prefix: String,
    read: impl Fn((&str, &str)) -> Option<String>,
) -> Deployment {
    let functions = Functions {
        employees: read(EMPLOYEES),
        certificates: read(CERTIFICATES),
    };
    let scheduler = || {
        Some(Scheduler {
            group: read(GROUP)?,
            role: read(ROLE)?,
            queue: read(QUEUE)?,
            employees: functions.employees.clone()?,
            certificates: functions.certificates.clone()?,
        })
    };
    Deployment {
        table,
        secret_prefix,
        scheduler: scheduler(),
        functions,
        notices: Notices {
            topic: read(TOPIC),
            sender: read(SENDER),
        },
        alarms: read(ALARMS),
        release: read(RELEASE),
    }
}

/// The parts that the environment names, for a local stack.
pub(crate) fn of_environment(environment: &Environment) -> Result<Deployment> {
    let read = |(_, name): (&str, &str)| environment.variable(name);
    let (Some(table), Some(secret_prefix)) = (read(TABLE), read(PREFIX)) else {
        return Err(Failure::usage(
            "which deployment? Give --stack NAME (or set TENANTS_STACK), the name of the deployed CloudFormation stack; for a \
             local stack set TABLE_NAME and SECRET_PREFIX instead",
        ));
    };
    let deployment = deployment(table, secret_prefix, read);
    if read(GROUP).is_some() && deployment.scheduler.is_none() {
        let names = [ROLE, QUEUE, EMPLOYEES, CERTIFICATES].map(|(_, name)| name);
        let names = names.join(", ");
        return Err(Failure::usage(format!(
            "SCHEDULE_GROUP_NAME is set: then {names} are needed as well"
        )));
    }
    Ok(deployment)
}

/// The outputs of the stack `name`.
pub(crate) async fn of_stack(
    client: &aws_sdk_cloudformation::Client,
    name: &str,
    region: &str,
) -> Result<Deployment> {
    let reply = client.describe_stacks().stack_name(name).send().await;
    let reply = reply.map_err(|error| {
        // CloudFormation has no code of its own for this.
        let said = error.as_service_error().and_then(|error| error.message()).unwrap_or_default();
        if aws::code(&error) == Some("ValidationError") && said.contains("does not exist") {
            Failure::usage(format!(
                "there is no stack {name} in {region}: look at --stack and --region, and at the account that your AWS \
                 credentials belong to"
            ))
        } else {
            aws::failure("cloudformation:DescribeStacks", &error)
        }
    })?;
    let outputs = reply.stacks().iter().flat_map(|stack| stack.outputs());
    let outputs: BTreeMap<&str, &str> = outputs
        .filter_map(|output| Some((output.output_key()?, output.output_value()?)))
        .collect();
    let all = [TABLE, PREFIX, EMPLOYEES, CERTIFICATES, GROUP, ROLE, QUEUE];
    let missing: Vec<&str> = all
        .iter()
        .map(|(output, _)| *output)
        .filter(|output| !outputs.contains_key(output))
        .collect();
    if !missing.is_empty() {
        return Err(Failure::usage(format!(
            "the stack {name} has no output {}: it is another stack, or was deployed by an older template; deploy it again",
            missing.join(", ")
        )));
    }
    let read = |(output, _): (&str, &str)| outputs.get(output).map(|value| (*value).to_owned());
    let table = read(TABLE).unwrap_or_default();
    let secret_prefix = read(PREFIX).unwrap_or_default();
    Ok(deployment(table, secret_prefix, read))
}
