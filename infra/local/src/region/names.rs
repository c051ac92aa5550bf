//! The names that `template.yaml` gives with the stack name of `samconfig.toml`.

use shared::state::JobKind;

use crate::stack::{NOTICE_SENDER, NOTICE_TOPIC};

/// The name of the stack, the table, the schedule group, and the prefix of the secrets.
pub const STACK: &str = "reteach-personio";
pub(super) const REGION: &str = "eu-central-1";
const ACCOUNT: &str = "123456789012";
const JOBS: [JobKind; 2] = [JobKind::Employees, JobKind::Certificates];

/// The ARN of the alias of the job's function.
pub(super) fn function(job: JobKind) -> String {
    format!(
        "arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-{}:live",
        job.function()
    )
}

/// The job of a function, by its ARN or its name, each with its alias or without, or the job's own name.
pub(super) fn job(function: &str) -> Option<JobKind> {
    let unaliased = function.strip_suffix(":live").unwrap_or(function);
    let name = unaliased.rsplit(':').next().unwrap_or(unaliased);
    let name = name
        .strip_prefix(STACK)
        .map_or(name, |rest| rest.trim_start_matches('-'));
    JOBS.into_iter().find(|job| job.function() == name)
}

/// The functions by the ARN of their alias, by their own, and by the names that `cargo lambda invoke` uses.
pub(super) fn functions() -> impl Iterator<Item = String> {
    JOBS.into_iter().flat_map(|job| {
        let alias = function(job);
        let unaliased = alias.trim_end_matches(":live").to_owned();
        [alias, unaliased, job.function().to_owned()]
    })
}

/// The stack's outputs, also those of queues, topics and dashboards that do not exist here.
pub(super) fn outputs() -> [(&'static str, String); 17] {
    let queue = |name: &str| format!("{STACK}-{name}");
    let arn = |service: &str, name: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}");
    let url = |name: &str| {
        format!(
            "https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}",
            queue(name)
        )
    };
    [
        ("Release", env!("CARGO_PKG_VERSION").to_owned()),
        ("Region", REGION.to_owned()),
        ("TableName", STACK.to_owned()),
        ("SecretPrefix", STACK.to_owned()),
        ("EmployeeFunctionArn", function(JobKind::Employees)),
        ("CertificateFunctionArn", function(JobKind::Certificates)),
        ("ScheduleGroupName", STACK.to_owned()),
        (
            "SchedulerRoleArn",
            format!("arn:aws:iam::{ACCOUNT}:role/{STACK}-scheduler"),
        ),
        (
            "OperatorPolicyArn",
            format!("arn:aws:iam::{ACCOUNT}:policy/{STACK}-operator"),
        ),
        (
            "ReadOnlyPolicyArn",
            format!("arn:aws:iam::{ACCOUNT}:policy/{STACK}-read-only"),
        ),
        (
            "DeliveryQueueArn",
            arn("sqs", &queue("delivery-dead-letters")),
        ),
        ("DeliveryQueueUrl", url("delivery-dead-letters")),
        ("ExecutionQueueUrl", url("execution-dead-letters")),
        ("AlarmTopicArn", arn("sns", &queue("alarms"))),
        ("DashboardName", STACK.to_owned()),
        ("NoticeTopicArn", NOTICE_TOPIC.to_owned()),
        ("NoticeSender", NOTICE_SENDER.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outputs_are_those_of_the_template() {
        let template = include_str!("../../../../template.yaml");
        let (_, outputs) = template.split_once("\nOutputs:\n").unwrap();
        let is_name =
            |line: &&str| line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        let there: Vec<&str> = outputs
            .lines()
            .filter(is_name)
            .map(|line| line.trim().trim_end_matches(':'))
            .collect();
        assert_eq!(super::outputs().map(|(name, _)| name).to_vec(), there);
        let (_, release) = &super::outputs()[0];
        let names_it = outputs.contains(&format!("Value: {release}\n"));
        assert!(
            names_it,
            "the template's output Release is not this version"
        );
    }

    #[test]
    fn a_function_is_known_by_its_arn_and_its_names() {
        for job in JOBS {
            let long = format!("{STACK}-{}", job.function());
            for name in [function(job), long, job.function().to_owned()] {
                assert_eq!(super::job(&name), Some(job), "{name}");
            }
        }
        for stranger in [
            "",
            STACK,
            "reteach-personio-",
            "arn:aws:lambda:eu-central-1:1:function:other",
        ] {
            assert_eq!(job(stranger), None, "{stranger}");
        }
    }
}
