//! The questions to Lambda and SNS.

use aws_sdk_lambda::Client;
use shared::aws::{ServiceName, SignedPost};
use shared::state::JobKind;

use super::judge;
use crate::aws;
use crate::clock;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};

/// <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>
const SNS: ServiceName = ServiceName {
    host: "sns",
    signed_as: "sns",
    variable: "AWS_ENDPOINT_URL_SNS",
};

pub(super) struct Lambda {
    client: Client,
}

impl Lambda {
    pub(super) fn new(context: &CommandContext<'_>) -> Result<Self> {
        Ok(Self {
            client: context.lambda()?,
        })
    }

    /// Whether both functions are for the same architecture.
    pub(super) async fn functions(&self, context: &CommandContext<'_>) -> Result<Vec<String>> {
        let mut architectures = Vec::new();
        for job in [JobKind::Employees, JobKind::Certificates] {
            let function = function(context, job)?;
            let get = self
                .client
                .get_function_configuration()
                .function_name(function);
            let found = get
                .send()
                .await
                .map_err(|error| aws::failure("lambda:GetFunctionConfiguration", &error))?;
            let names = found
                .architectures()
                .iter()
                .map(|name| name.as_str().to_owned());
            architectures.push(names.collect::<Vec<_>>().join(", "));
        }
        Ok(match architectures.as_slice() {
            [employees, certificates] => judge::architectures(employees, certificates),
            _ => Vec::new(),
        })
    }

    /// Whether employee-sync may run often enough at once.
    pub(super) async fn concurrency(
        &self,
        context: &CommandContext<'_>,
        tenants: usize,
    ) -> Result<Vec<String>> {
        let function = function(context, JobKind::Employees)?;
        let account = self.client.get_account_settings().send().await;
        let account = account.map_err(|error| aws::failure("lambda:GetAccountSettings", &error))?;
        let reserved = self
            .client
            .get_function_concurrency()
            .function_name(unqualified(function))
            .send()
            .await
            .map_err(|error| aws::failure("lambda:GetFunctionConcurrency", &error))?;
        let limit = account.account_limit();
        let unreserved = limit.and_then(|limit| limit.unreserved_concurrent_executions());
        let available = reserved.reserved_concurrent_executions().or(unreserved);
        Ok(judge::concurrency(tenants, available.unwrap_or_default()))
    }

    /// Whether this machine's clock is AWS's.
    pub(super) async fn clock(&self, context: &CommandContext<'_>) -> Result<Vec<String>> {
        let there = clock::of_aws(&self.client).await?;
        let finding = clock::apart(context.now(), there, judge::SKEW);
        Ok(finding.into_iter().collect())
    }
}

fn function<'a>(context: &'a CommandContext<'_>, job: JobKind) -> Result<&'a str> {
    let function = context.deployment.functions.of(job);
    function.ok_or_else(|| Failure::attention("this deployment has no functions"))
}

/// The function's ARN without alias or version: reserved runs are the function's.
fn unqualified(arn: &str) -> String {
    arn.split(':').take(7).collect::<Vec<_>>().join(":")
}

pub(super) async fn alarms(context: &CommandContext<'_>) -> Result<Vec<String>> {
    let Some(topic) = &context.deployment.alarms else {
        return Err(Failure::attention(
            "this deployment has no topic for alarms",
        ));
    };
    let found = subscribed(context, topic).await?;
    Ok(judge::alarms(&found))
}

/// Whether anybody hears of notices that have a topic of their own.
pub(super) async fn notices(context: &CommandContext<'_>, topic: &str) -> Result<Vec<String>> {
    let found = subscribed(context, topic).await?;
    Ok(judge::notices(topic, &found))
}

async fn subscribed(context: &CommandContext<'_>, topic: &str) -> Result<Vec<String>> {
    let post = context.signed_post(SNS)?;
    let form = url_encoded(&[
        ("Action", "ListSubscriptionsByTopic"),
        ("Version", "2010-03-31"),
        ("TopicArn", topic),
    ]);
    subscriptions(&post, form).await
}

async fn subscriptions(post: &SignedPost, form: String) -> Result<Vec<String>> {
    const ACTION: &str = "sns:ListSubscriptionsByTopic";
    let unanswered = || Failure::attention(format!("AWS did not answer {ACTION}; try again"));
    let request = post
        .request("/", "application/x-www-form-urlencoded", form)
        .ok_or_else(unanswered)?;
    let reply = request.send().await.map_err(|_| unanswered())?;
    let status = reply.status();
    let text = reply.text().await.map_err(|_| unanswered())?;
    if status.is_success() {
        return Ok(members(&text, "SubscriptionArn"));
    }
    let code = members(&text, "Code").into_iter().next();
    Err(Failure::attention(match code.as_deref() {
        Some("AuthorizationError" | "AccessDenied") => format!(
            "your AWS credentials do not allow {ACTION}: have it added to your role's policy"
        ),
        code => format!("AWS refuses {ACTION} ({})", code.unwrap_or(status.as_str())),
    }))
}

/// The texts of all elements of this name. SNS escapes nothing in ARNs and codes.
fn members(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.split(&open).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(&close)?.0.to_owned()))
        .collect()
}

/// Topics' ARNs have colons alone to be escaped.
fn url_encoded(fields: &[(&str, &str)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(':', "%3A")));
    fields.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_runs_are_asked_of_the_function_without_its_alias() {
        let arn = "arn:aws:lambda:eu-central-1:1:function:x";
        assert_eq!(unqualified(&format!("{arn}:live")), arn);
        assert_eq!(unqualified(arn), arn);
    }

    #[test]
    fn subscriptions_are_found_in_the_answer() {
        let xml = "<a><SubscriptionArn>arn:x</SubscriptionArn><Owner/><SubscriptionArn>PendingConfirmation</SubscriptionArn></a>";
        let expected = ["arn:x", "PendingConfirmation"];
        assert_eq!(members(xml, "SubscriptionArn"), expected);
        assert_eq!(members("", "SubscriptionArn"), [""; 0]);
    }
}
