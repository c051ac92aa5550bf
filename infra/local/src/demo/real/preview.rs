//! What the certificate job would file after the employee run that is only planned yet.

use certificate_sync::CertificateSync;
use employee_sync::plan::Plan;
use jiff::{SignedDuration, Timestamp};
use shared::domain::id::RunId;
use shared::runtime::{Mode, Ran};
use shared::state::{Acquisition, EmployeeEntry, JobKind, LastRun, Store};

use super::files::Tenant;
use super::{Failed, Functions, once};
use crate::stack::State;

/// A dry run of the certificate job. Where no employee run has succeeded yet, as if the planned one had: over a state of
/// its own, in which the accounts to be adopted have their owners.
pub(super) async fn of(
    functions: &Functions,
    tenant: &Tenant,
    people: Option<&Plan>,
) -> Result<Ran<CertificateSync>, Failed> {
    let record = functions.stack.store().tenant(&tenant.id).await?;
    if record.is_some_and(|record| record.gate.is_some()) {
        return Ok(once(&functions.certificates, &tenant.id, Mode::DryRun).await);
    }
    let supposed = Functions::start(tenant, State::Memory).await?;
    suppose(&supposed.stack.store(), tenant, people).await?;
    Ok(once(&supposed.certificates, &tenant.id, Mode::DryRun).await)
}

async fn suppose(store: &Store, tenant: &Tenant, people: Option<&Plan>) -> Result<(), Failed> {
    let (now, owner) = (Timestamp::now(), RunId::new("preview"));
    store.open_gate(&tenant.id, now).await?;
    let lasts = SignedDuration::from_mins(5);
    let Acquisition::Acquired(lease) = store
        .acquire(&tenant.id, JobKind::Employees, &owner, now, lasts)
        .await?
    else {
        return Ok(());
    };
    for change in people.into_iter().flat_map(|plan| &plan.changes) {
        if let Some(account) = change.action.account() {
            let customer_id = Some(account.clone());
            let entry = EmployeeEntry {
                customer_id,
                ..EmployeeEntry::new(change.source_id.clone())
            };
            store.put_employee(&tenant.id, lease.token, &entry).await?;
        }
    }
    store.release(&lease, LastRun::default()).await?;
    Ok(())
}
