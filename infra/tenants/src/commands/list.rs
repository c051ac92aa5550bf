//! `tenants list`

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::{TenantRecord, TenantStatus};
use shared::tenant::TenantConfig;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::words;

/// Tenants read at once.
pub(super) const AT_ONCE: usize = 16;

#[derive(Serialize)]
struct Line {
    tenant_id: TenantId,
    status: &'static str,
    route: Option<&'static str>,
    certificates: Option<bool>,
    academy: Option<String>,
}

pub(super) async fn list(operator: &Operator<'_>) -> Result<Answer, Failure> {
    let tenants = operator.store.list_tenants().await?;
    let lines: Vec<Line> = stream::iter(tenants)
        .map(|tenant| async move {
            let record = operator.store.tenant(&tenant).await?;
            Ok::<_, Failure>(line(tenant, record.as_ref()))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    if lines.is_empty() {
        return Answer::done(
            "There are no tenants yet: `tenants add` makes one.\n",
            lines,
        );
    }
    let mut table = terminal::table(["tenant", "status", "route", "certificates", "academy"]);
    for line in &lines {
        table.add_row([
            line.tenant_id.to_string(),
            line.status.to_owned(),
            line.route.unwrap_or("?").to_owned(),
            line.certificates
                .map_or("?", |on| if on { "on" } else { "off" })
                .to_owned(),
            line.academy.clone().unwrap_or_default(),
        ]);
    }
    Answer::done(format!("{}\n", table.trim_fmt()), lines)
}

fn line(tenant_id: TenantId, record: Option<&TenantRecord>) -> Line {
    let config = record.and_then(|record| TenantConfig::parse(&record.config).ok());
    let status = match record.map(|record| record.status) {
        // An `add` or a `remove` that was interrupted leaves the line in the registry.
        None => "half removed",
        Some(_) if config.is_none() => "bad configuration",
        Some(TenantStatus::Active) => "active",
        Some(TenantStatus::Paused { .. }) => "paused",
    };
    Line {
        tenant_id,
        status,
        route: config
            .as_ref()
            .map(|config| words::route(config.personio.via)),
        certificates: config.as_ref().map(|config| config.certificates.enabled),
        academy: config.and_then(|config| config.reteach.academy),
    }
}
