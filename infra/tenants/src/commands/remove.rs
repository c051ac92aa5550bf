//! `tenants remove`

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use shared::domain::id::{RunId, TenantId};
use shared::secrets::SecretError;
use shared::state::{Acquisition, CertificateLedger, Inventory, JobKind, LastRun, Lease};

use crate::answer::Answer;
use crate::args::Remove;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::schedule::{name, parse_name};
use crate::surroundings::Somebody;
use crate::words;

const JOBS: [JobKind; 2] = [JobKind::Employees, JobKind::Certificates];

/// A deleted secret can be brought back for this many days: the fewest that Secrets Manager offers.
const RECOVERABLE_DAYS: i64 = 7;

/// How long the removal holds the leases: no run begins meanwhile.
const HOLD: SignedDuration = SignedDuration::from_mins(3);

/// What there is of a tenant.
struct Found {
    is_tenant: bool,
    inventory: Inventory,
    schedules: Vec<JobKind>,
    has_secret: bool,
}

impl Found {
    fn is_nothing(&self, ledger: CertificateLedger) -> bool {
        let Self {
            is_tenant,
            inventory,
            schedules,
            has_secret,
        } = self;
        let kept_only = inventory.employees == 0 && inventory.reports == 0 && inventory.other <= 2;
        let stored = if ledger == CertificateLedger::Keep {
            !kept_only
        } else {
            !inventory.is_empty()
        };
        !is_tenant && !stored && schedules.is_empty() && !has_secret
    }
}

pub(super) async fn remove(operator: &Operator<'_>, args: &Remove) -> Result<Answer, Failure> {
    let tenant = &args.tenant;
    let ledger = if args.certificate_ledger {
        CertificateLedger::Delete
    } else {
        CertificateLedger::Keep
    };
    let found = find(operator, tenant).await?;
    if found.is_nothing(ledger) {
        let kept = match found.inventory.certificates {
            0 => String::new(),
            number => format!(
                "; its ledger of {} is kept from before, --certificate-ledger deletes it",
                words::number(number, "certificate", "certificates")
            ),
        };
        return Err(Failure::look(format!(
            "there is nothing of a tenant {tenant}{kept}"
        )));
    }
    let announcement = announcement(tenant, &found, ledger);
    confirm(operator, args, &announcement)?;
    let leases = acquire(operator, args).await?;
    let removed = take_away(operator, tenant, ledger).await;
    for lease in &leases {
        // With the whole state the leases are gone as well.
        let _ = operator.store.release(lease, LastRun::default()).await;
    }
    removed.map_err(|failure| Failure {
        text: format!(
            "{}; the rest of {tenant} is still there: repeat `tenants remove {tenant}`",
            failure.text
        ),
        ..failure
    })?;
    let kept = ledger == CertificateLedger::Keep && found.inventory.certificates > 0;
    let json = json!({
        "tenant_id": tenant,
        "removed": {
            "schedules": found.schedules,
            "people": found.inventory.employees,
            "reports": found.inventory.reports,
            "credentials": found.has_secret,
            "certificates": if kept { 0 } else { found.inventory.certificates },
        },
        "kept": {"certificates": if kept { found.inventory.certificates } else { 0 }},
    });
    Answer::done(
        format!(
            "{}{tenant} is removed.\n",
            if asked(operator, args) {
                ""
            } else {
                &announcement
            }
        ),
        json,
    )
}

async fn find(operator: &Operator<'_>, tenant: &TenantId) -> Result<Found, Failure> {
    let registered = operator.store.list_tenants().await?.contains(tenant);
    let inventory = operator.store.inventory(tenant).await?;
    let mut schedules = Vec::new();
    if let Some(all) = &operator.schedules {
        let listed = all.list().await?;
        schedules.extend(
            listed
                .iter()
                .filter_map(|it| parse_name(&it.name))
                .filter(|it| it.0 == *tenant)
                .map(|it| it.1),
        );
    }
    let has_secret = match operator.secrets.refresh(tenant).await {
        Ok(_) | Err(SecretError::Malformed { .. }) => true,
        Err(SecretError::NotFound { .. }) => false,
        Err(error) if error.is_marked_for_deletion() => false,
        Err(error) => return Err(error.into()),
    };
    let is_tenant = registered || operator.store.tenant(tenant).await?.is_some();
    Ok(Found {
        is_tenant,
        inventory,
        schedules,
        has_secret,
    })
}

fn announcement(tenant: &TenantId, found: &Found, ledger: CertificateLedger) -> String {
    let Found {
        inventory,
        schedules,
        has_secret,
        ..
    } = found;
    let mut text = format!("Removing {tenant} deletes:\n");
    let mut point = |words: String| text.push_str(&words::point(&words));
    for job in schedules {
        point(format!("the schedule {}", name(tenant, *job)));
    }
    point("the configuration, and a held plan if there is one".to_owned());
    point(format!(
        "the ledger of {} and {}",
        words::number(inventory.employees, "person", "people"),
        words::number(inventory.reports, "report", "reports")
    ));
    if *has_secret {
        point(format!(
            "the credentials, in {RECOVERABLE_DAYS} days; `tenants add` brings them back until then"
        ));
    }
    let certificates = words::number(inventory.certificates, "certificate", "certificates");
    if ledger == CertificateLedger::Delete {
        point(format!(
            "the ledger of {certificates}: IF THIS TENANT IS ADDED AGAIN, EVERY ONE OF THEM IS FILED A SECOND TIME in Personio, \
             which can only be put right there by hand"
        ));
    }
    text.push_str("It keeps:\n");
    let mut point = |words: String| text.push_str(&words::point(&words));
    point(
        "every account in reteach, open or locked as it is now: from now on nobody locks who leaves"
            .to_owned(),
    );
    point("every document in Personio".to_owned());
    if ledger == CertificateLedger::Keep && inventory.certificates > 0 {
        point(format!(
            "the ledger of {certificates} (ids and dates, no names), so that none is filed twice if this tenant is added again; \
             --certificate-ledger deletes it"
        ));
    }
    text
}

fn asked(operator: &Operator<'_>, args: &Remove) -> bool {
    !args.yes && operator.surroundings.somebody == Somebody::Watches
}

fn confirm(operator: &Operator<'_>, args: &Remove, announcement: &str) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    if operator.surroundings.somebody == Somebody::Nobody {
        return Err(Failure::usage(format!(
            "{announcement}\nNothing is removed unasked: give --yes where nobody can be asked"
        )));
    }
    operator.surroundings.mention(announcement);
    let question = format!("Type the tenant's name ({}) to go on:", args.tenant);
    let answer = operator
        .surroundings
        .ask(&question)
        .map_err(|error| Failure::look(error.to_string()))?;
    if answer == args.tenant.as_str() {
        Ok(())
    } else {
        Err(Failure::look("nothing was removed"))
    }
}

/// Takes both leases, so that no run is under way and none begins. Gives back what it has if the other cannot be had.
async fn acquire(operator: &Operator<'_>, args: &Remove) -> Result<Vec<Lease>, Failure> {
    let owner = RunId::new(format!("remove-{}", operator.now().as_millisecond()));
    let every = operator.surroundings.look_every;
    let mut patience = Duration::from_secs(u64::from(args.wait));
    let mut leases = Vec::new();
    for job in JOBS {
        loop {
            match operator
                .store
                .acquire(&args.tenant, job, &owner, operator.now(), HOLD)
                .await?
            {
                Acquisition::Acquired(lease) => break leases.push(lease),
                Acquisition::Held { until } if patience.is_zero() => {
                    for lease in &leases {
                        let _ = operator.store.release(lease, LastRun::default()).await;
                    }
                    return Err(Failure::look(format!(
                        "a run of {} is under way (its lease ends at {} unless it goes on): nothing was removed. Try again when it \
                         is over, or pause the tenant first: `tenants pause {}`",
                        job.function(),
                        words::moment(until),
                        args.tenant
                    )));
                }
                Acquisition::Held { .. } => {
                    operator
                        .surroundings
                        .mention(&format!("waiting for a run of {} to end", job.function()));
                    tokio::time::sleep(every.min(patience)).await;
                    patience = patience.saturating_sub(every);
                }
            }
        }
    }
    Ok(leases)
}

/// In this order: nothing fires any more, nothing runs any more, nothing is known any more.
async fn take_away(
    operator: &Operator<'_>,
    tenant: &TenantId,
    ledger: CertificateLedger,
) -> Result<(), Failure> {
    if let Some(schedules) = &operator.schedules {
        for job in JOBS {
            schedules.delete(tenant, job).await?;
        }
    }
    operator.secrets.delete(tenant, RECOVERABLE_DAYS).await?;
    operator.store.remove_tenant_and(tenant, ledger).await?;
    Ok(())
}
