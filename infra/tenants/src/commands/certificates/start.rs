//! `tenants certificates start`

use serde::Serialize;
use serde_json::Value;
use shared::document::{DocumentSink as _, choose_category};
use shared::domain::id::TenantId;
use shared::routes::Connections;
use shared::state::{CertificateEntry, CertificateState};
use shared::tenant::Backfill;

use crate::args::StartCertificates;
use crate::confirm::Confirmation;
use crate::context::{CommandContext, StoredTenant};
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::{Output, View};

/// The newest reports that are searched.
const REPORTS: usize = 100;

#[derive(Serialize)]
struct StartedView<'a> {
    tenant_id: &'a TenantId,
    held: u64,
    folder: String,
}

pub(crate) async fn start(
    context: &CommandContext<'_>,
    args: &StartCertificates,
) -> Result<Output> {
    let StartCertificates { tenant, yes } = args;
    let StoredTenant { config, .. } = context.tenant(tenant).await?;
    if config.certificates.backfill() != Backfill::Hold {
        return Err(Failure::attention(format!(
            "nothing of {tenant} is held: its file does not say [certificates] backfill = \"hold\""
        )));
    }
    let secret = context.secrets.refresh(tenant).await?;
    let Connections { hr, .. } = context.connect(&config, &secret)?;
    let categories = hr
        .categories()
        .await
        .map_err(|error| Failure::attention(format!("nothing was started: {error}")))?;
    let folder = choose_category(&categories, config.certificates.category.as_deref())
        .map_err(|error| Failure::attention(error.to_string()))?;
    let held = held(context, tenant).await?;
    let certificates = format::number(held, "certificate", "certificates");
    let folder = folder.name.clone();
    let announcement = format::paragraph(&format!(
        "{certificates} of {tenant} that the first listing has shown will be filed in \"{folder}\", except those that are \
         found there."
    ));
    let confirmation = Confirmation {
        announcement: announcement.trim_end(),
        yes: *yes,
        word: (tenant.as_str(), "the tenant's name"),
        otherwise: "nothing was started",
    };
    confirmation.ask(context.environment)?;
    context.store.start_backfill(tenant, context.now()).await?;
    Output::of(&StartedView {
        tenant_id: tenant,
        held,
        folder,
    })
}

/// How many certificates are held, by the last report that counts them. The ledger notes recent ones only.
async fn held(context: &CommandContext<'_>, tenant: &TenantId) -> Result<u64> {
    let reports = context.store.reports::<Value>(tenant, REPORTS).await?;
    let of_report = |report: &Value| report.pointer("/counts/held").and_then(Value::as_u64);
    let reported = reports
        .iter()
        .find_map(|report| of_report(report).filter(|held| *held > 0));
    let ledger = context.store.all_certificates(tenant).await?;
    // Those of nobody wait for their owner.
    let is_held = |entry: &&CertificateEntry| {
        matches!(entry.state, CertificateState::Held { .. }) && !entry.employee.as_str().is_empty()
    };
    let noted = ledger.values().filter(is_held);
    Ok(reported.unwrap_or_default().max(noted.count() as u64))
}

impl View for StartedView<'_> {
    fn text(&self) -> String {
        let Self {
            tenant_id,
            held,
            folder,
        } = self;
        let certificates = format::number(*held, "certificate", "certificates");
        format::paragraph(&format!(
            "The backfill of {tenant_id} is started: the next certificate runs file {certificates} in \"{folder}\". `tenants \
             sync {tenant_id} --job certificates` begins now."
        ))
    }
}
