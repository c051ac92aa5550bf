//! `tenants remove`

use std::time::Duration;

use serde::Serialize;
use shared::domain::id::TenantId;
use shared::secrets::SecretError;
use shared::state::{CertificateLedger, Inventory, JobKind};

use crate::args::Remove;
use crate::confirm::Confirmation;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::leases::{HeldLeases, Purpose};
use crate::output::{Output, View};
use crate::schedule::{JOBS, name};

/// A deleted secret can be brought back for this many days: the fewest that Secrets Manager offers.
const RECOVERABLE_DAYS: i64 = 7;

struct Found {
    is_tenant: bool,
    inventory: Inventory,
    schedules: Vec<JobKind>,
    has_secret: bool,
    /// A restore of the table has marked it.
    is_restored: bool,
}

impl Found {
    fn is_nothing(&self, ledger: CertificateLedger) -> bool {
        let Self {
            is_tenant,
            inventory,
            schedules,
            has_secret,
            is_restored,
        } = self;
        // Two leases, and the mark of a restore.
        let kept = 2 + u64::from(*is_restored);
        let kept_only =
            inventory.employees == 0 && inventory.reports == 0 && inventory.other <= kept;
        let stored = if ledger == CertificateLedger::Keep {
            !kept_only
        } else {
            !inventory.is_empty()
        };
        !is_tenant && !stored && schedules.is_empty() && !has_secret
    }
}

pub(super) async fn remove(context: &CommandContext<'_>, args: &Remove) -> Result<Output> {
    let tenant = &args.tenant;
    let ledger = if args.certificate_ledger {
        CertificateLedger::Delete
    } else {
        CertificateLedger::Keep
    };
    let found = find(context, tenant).await?;
    if found.is_nothing(ledger) {
        let kept = match found.inventory.certificates {
            0 => String::new(),
            number => format!(
                "; its ledger of {} is kept from before, --certificate-ledger deletes it",
                format::number(number, "certificate", "certificates")
            ),
        };
        return Err(Failure::attention(format!(
            "no tenant {tenant} is stored{kept}"
        )));
    }
    let announcement = announcement(tenant, &found, ledger);
    let confirmation = Confirmation {
        announcement: &announcement,
        yes: args.yes,
        word: (tenant.as_str(), "the tenant's name"),
        otherwise: "nothing was removed",
    };
    confirmation.ask(context.environment)?;
    let is_shown = confirmation.is_asked(context.environment);
    let purpose = Purpose {
        command: "remove",
        jobs: &JOBS,
        wait: Duration::from_secs(u64::from(args.wait)),
        otherwise: "nothing was removed",
    };
    let leases = HeldLeases::acquire(context, tenant, purpose).await?;
    let removed = take_away(context, tenant, ledger, &leases).await;
    leases.release().await;
    removed.map_err(|failure| Failure {
        text: format!(
            "{}; the rest of {tenant} is still there: repeat `tenants remove {tenant}`",
            failure.text
        ),
        ..failure
    })?;
    let announcement = if is_shown {
        String::new()
    } else {
        announcement
    };
    Output::of(&RemoveView::new(tenant, found, ledger, announcement))
}

#[derive(Serialize)]
struct RemoveView<'a> {
    tenant_id: &'a TenantId,
    removed: Removed,
    kept: Kept,
    #[serde(skip)]
    announcement: String,
}

#[derive(Serialize)]
struct Removed {
    schedules: Vec<JobKind>,
    people: u64,
    reports: u64,
    credentials: bool,
    certificates: u64,
}

#[derive(Serialize)]
struct Kept {
    certificates: u64,
}

impl<'a> RemoveView<'a> {
    fn new(
        tenant_id: &'a TenantId,
        found: Found,
        ledger: CertificateLedger,
        announcement: String,
    ) -> Self {
        let Found {
            is_tenant: _,
            inventory,
            schedules,
            has_secret,
            is_restored: _,
        } = found;
        let (removed, kept) = match ledger {
            CertificateLedger::Keep => (0, inventory.certificates),
            CertificateLedger::Delete => (inventory.certificates, 0),
        };
        Self {
            tenant_id,
            removed: Removed {
                schedules,
                people: inventory.employees,
                reports: inventory.reports,
                credentials: has_secret,
                certificates: removed,
            },
            kept: Kept { certificates: kept },
            announcement,
        }
    }
}

impl View for RemoveView<'_> {
    fn text(&self) -> String {
        format!("{}{} is removed.\n", self.announcement, self.tenant_id)
    }
}

async fn find(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Found> {
    let registered = context.store.list_tenants().await?.contains(tenant);
    let inventory = context.store.inventory(tenant).await?;
    let mut schedules = Vec::new();
    if let Some(all) = &context.schedules {
        // In the order of their names.
        for job in JOBS.into_iter().rev() {
            if all.exists(tenant, job).await? {
                schedules.push(job);
            }
        }
    }
    let has_secret = match context.secrets.refresh(tenant).await {
        Ok(_) | Err(SecretError::Malformed { .. }) => true,
        Err(SecretError::NotFound { .. }) => false,
        Err(error) if error.is_marked_for_deletion() => false,
        Err(error) => return Err(error.into()),
    };
    let is_tenant = registered || context.store.tenant(tenant).await?.is_some();
    // What cannot be read is removed all the same.
    let start = context.store.certificate_start(tenant).await;
    let is_restored = start.is_ok_and(|start| start.restored.is_some());
    Ok(Found {
        is_tenant,
        inventory,
        schedules,
        has_secret,
        is_restored,
    })
}

fn announcement(tenant: &TenantId, found: &Found, ledger: CertificateLedger) -> String {
    let Found {
        inventory,
        schedules,
        has_secret,
        is_restored,
        ..
    } = found;
    let certificates = format::number(inventory.certificates, "certificate", "certificates");
    let mut deleted: Vec<String> = schedules
        .iter()
        .map(|job| format!("the schedule {}", name(tenant, *job)))
        .collect();
    deleted.push("the configuration, and a held plan if there is one".to_owned());
    deleted.push(format!(
        "the ledger of {} and {}",
        format::number(inventory.employees, "person", "people"),
        format::number(inventory.reports, "report", "reports")
    ));
    if *has_secret {
        deleted.push(format!(
            "the credentials, in {RECOVERABLE_DAYS} days; until then `tenants add --file {tenant}.toml` restores them"
        ));
    }
    if ledger == CertificateLedger::Delete {
        deleted.push(
            "the academy's login: if its client code is good for one login only, adding it again takes new credentials"
                .to_owned(),
        );
        deleted.push(format!(
            "the ledger of {certificates}: if this tenant is added again, each is looked for in Personio first. Without the right \
             \"Documents: read\", EVERY ONE OF THEM IS FILED A SECOND TIME, which can only be put right there by hand"
        ));
    }
    let mut kept = vec![
        "every account in reteach, open or locked, unchanged: from now on leavers are not locked"
            .to_owned(),
        "every document in Personio".to_owned(),
    ];
    if ledger == CertificateLedger::Keep {
        kept.push(
            "the academy's login, encrypted, for a later `tenants add` with the same credentials"
                .to_owned(),
        );
    }
    if ledger == CertificateLedger::Keep && *is_restored {
        kept.push(
            "the mark of the last restore: certificates are looked up before they are filed if this tenant is added again"
                .to_owned(),
        );
    }
    if ledger == CertificateLedger::Keep && inventory.certificates > 0 {
        kept.push(format!(
            "the ledger of {certificates} (ids and dates, no names), so that none is filed twice if this tenant is added again; \
             --certificate-ledger deletes it"
        ));
    }
    let points =
        |points: &[String]| -> String { points.iter().map(|point| format::point(point)).collect() };
    format!(
        "Removing {tenant} deletes:\n{}It keeps:\n{}",
        points(&deleted),
        points(&kept)
    )
}

/// In this order: nothing fires any more, nothing runs any more, nothing is known any more.
async fn take_away(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    ledger: CertificateLedger,
    leases: &HeldLeases<'_>,
) -> Result<()> {
    leases.check().await?;
    if let Some(schedules) = &context.schedules {
        for job in JOBS {
            schedules.delete(tenant, job).await?;
        }
    }
    context.secrets.delete(tenant, RECOVERABLE_DAYS).await?;
    leases.check().await?;
    context.store.remove_tenant_and(tenant, ledger).await?;
    Ok(())
}
