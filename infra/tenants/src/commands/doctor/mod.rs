//! `tenants doctor`

mod aws;
mod judge;

use std::collections::BTreeSet;
use std::future::Future;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::secrets::SecretError;

use self::aws::Lambda;
use crate::academies;
use crate::context::{CommandContext, MAX_CONCURRENT_TENANTS};
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};
use crate::stack::Deployment;

#[derive(Serialize)]
#[serde(transparent)]
struct DoctorView(Vec<Check>);

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Check {
    check: &'static str,
    /// What is wrong, and what to do about it. Empty: nothing.
    findings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_done: Option<String>,
}

impl Check {
    /// A question that cannot be asked, perhaps for want of a right, stops no other.
    async fn of(check: &'static str, findings: impl Future<Output = Result<Vec<String>>>) -> Self {
        let (findings, not_done) = match Box::pin(findings).await {
            Ok(findings) => (findings, None),
            Err(failure) => (Vec::new(), Some(failure.text)),
        };
        Self {
            check,
            findings,
            not_done,
        }
    }

    fn text(&self) -> String {
        let word = match (&self.not_done, self.findings.len()) {
            (Some(why), _) => return format::lines(&format!("{}: not done: {why}", self.check)),
            (None, 0) => "fine",
            (None, _) => "look",
        };
        let findings = self.findings.iter();
        let findings: String = findings.map(|finding| format::point(finding)).collect();
        format!("{}: {word}\n{findings}", self.check)
    }
}

pub(super) async fn doctor(context: &CommandContext<'_>) -> Result<Output> {
    let tenants = context.store.list_tenants().await?;
    let lambda = &Lambda::new(context)?;
    let mut checks = vec![
        Check::of("release", async { Ok(judge::release(&context.deployment)) }).await,
        Check::of("functions", lambda.functions(context)).await,
        Check::of("concurrency", lambda.concurrency(context, tenants.len())).await,
        Check::of("clock", lambda.clock(context)).await,
        Check::of("table", table(context)).await,
        Check::of("alarms", aws::alarms(context)).await,
        Check::of("schedules", super::status::schedule_findings(context)).await,
        Check::of("academies", academies(context, &tenants)).await,
        Check::of("credentials", credentials(context, &tenants)).await,
        Check::of("quotas", async { Ok(judge::quotas(tenants.len())) }).await,
    ];
    let Deployment {
        notices, alarms, ..
    } = &context.deployment;
    if let Some(topic) = notices.topic.as_ref().filter(|_| notices.topic != *alarms) {
        checks.push(Check::of("notices", aws::notices(context, topic)).await);
    }
    Output::of(&DoctorView(checks))
}

async fn table(context: &CommandContext<'_>) -> Result<Vec<String>> {
    let shape = context.store.shape().await?;
    let mut findings = judge::table(&context.deployment.table, &shape);
    findings.extend(super::status::unfinished_restore(context).await?);
    Ok(findings)
}

async fn academies(context: &CommandContext<'_>, tenants: &[TenantId]) -> Result<Vec<String>> {
    let academies = academies::of(context, tenants).await?;
    let shared = academies.values().filter(|tenants| tenants.len() > 1);
    let finding = |tenants: &BTreeSet<TenantId>| {
        let tenants: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
        format!(
            "{} have one academy: unless they have one HR system too, people with one id are locked for each other. Remove \
             one of them",
            tenants.join(", ")
        )
    };
    Ok(shared.map(finding).collect())
}

/// Credentials that are missing, or that nobody has changed for long. One call for each tenant.
async fn credentials(context: &CommandContext<'_>, tenants: &[TenantId]) -> Result<Vec<String>> {
    let found: Vec<Option<String>> = stream::iter(tenants.to_vec())
        .map(|tenant| async move { credentials_of(context, &tenant).await })
        .buffered(MAX_CONCURRENT_TENANTS)
        .try_collect()
        .await?;
    let of_stack = context.secrets.key_of_stack_changed_at().await?;
    let of_stack = of_stack.and_then(|at| judge::key_of_stack(at, context.now()));
    Ok(found.into_iter().flatten().chain(of_stack).collect())
}

/// A tenant without credentials, as after the loss of a region, keeps no other's from being looked at.
async fn credentials_of(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Option<String>> {
    match context.secrets.changed_at(tenant).await {
        Ok(changed) => Ok(changed.and_then(|at| judge::credentials(tenant, at, context.now()))),
        Err(error @ SecretError::NotFound { .. }) => Ok(Some(format!("{tenant}: {error}"))),
        Err(error) => Err(error.into()),
    }
}

impl View for DoctorView {
    fn text(&self) -> String {
        self.0.iter().map(Check::text).collect()
    }

    fn needs_attention(&self) -> bool {
        let mut checks = self.0.iter();
        checks.any(|check| check.not_done.is_some() || !check.findings.is_empty())
    }
}
