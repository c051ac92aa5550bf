//! Transfers, written step by step.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use employee_sync::plan::{AccountView, WindowCause, WindowChange};
use jiff::Timestamp;
use shared::access::{
    AccessWindow, DesiredAccess, Employment, LockReason, Locked, Scoped, desired_access,
};
use shared::domain::employee::Field;
use shared::domain::id::{ExternalId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::reteach::{Client, Customer, CustomerInput, Error};
use shared::state::{EmployeeEntry, JobKind, Store, ValueDigest};
use shared::tenant::{TenantConfig, UpdateWith};

use super::steps::{Seen, Step, Transfer, steps};
use crate::failure::{Failure, Result};
use crate::leases::HeldLeases;

/// Writes transfers of one tenant. Each write makes sure of the leases first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carrier<'a> {
    pub(crate) config: &'a TenantConfig,
    /// The HR system, as external ids name it.
    pub(crate) tool: &'a str,
    pub(crate) reteach: &'a Client,
    pub(crate) store: &'a Store,
    pub(crate) key: &'a FingerprintKey,
    pub(crate) leases: &'a HeldLeases<'a>,
    /// The new owner's employment, if the account is opened for them, and the present moment.
    pub(crate) opens: Option<(Employment, Timestamp)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// The account is the new owner's, after this many writes.
    Done(usize),
    /// It stays as it was; the reason is about this account alone.
    Refused(String),
}

impl Carrier<'_> {
    /// Does what is left of `transfer`.
    ///
    /// # Errors
    /// A vendor, DynamoDB or a lease fails: the same command goes on from there.
    pub(crate) async fn carry_out(
        &self,
        transfer: &Transfer,
        entries: &HashMap<SourceId, EmployeeEntry>,
    ) -> Result<Moved> {
        let client = self.reteach.clone().until(self.leases.check().await?);
        let customer = match client.get(&transfer.account).await {
            Ok(customer) => customer,
            Err(error) => return about_the_account(error).map(Moved::Refused),
        };
        if let Some(reason) = self.stranger(transfer, &customer) {
            return Ok(Moved::Refused(reason));
        }
        let account = AccountView::from(customer.clone());
        let digests = self.digests(transfer, &account);
        let seen = Seen {
            external_id: customer.external_id.as_ref(),
            window: account.window,
            digests: &digests,
            from: entries.get(&transfer.from),
            to: entries.get(&transfer.to),
        };
        let steps = steps(transfer, seen, self.tool);
        let writes = steps.len();
        let mut window = account.window;
        for step in steps {
            match step {
                Step::Rekey => match self.rekey(transfer, &customer, window).await? {
                    Ok(written) => window = written,
                    Err(reason) => return Ok(Moved::Refused(reason)),
                },
                Step::Give(entry) => {
                    let locked = match self.opens {
                        Some(_) => former_lock(window),
                        None => entry.locked,
                    };
                    let entry = EmployeeEntry {
                        window,
                        locked,
                        ..entry
                    };
                    self.put(&entry).await?;
                }
                Step::Claim(entry) | Step::Close(entry) => self.put(&entry).await?,
            }
        }
        Ok(Moved::Done(writes))
    }

    async fn put(&self, entry: &EmployeeEntry) -> Result<()> {
        self.leases.check().await?;
        let token = self.leases.token(JobKind::Employees);
        let tenant = &self.config.tenant_id;
        let put = self.store.put_employee(tenant, token, self.key, entry);
        Ok(put.await?)
    }

    /// What the account holds of the fields that are ours.
    fn digests(&self, transfer: &Transfer, account: &AccountView) -> BTreeMap<String, ValueDigest> {
        let held = account.digests(&transfer.to, self.key).into_iter();
        held.filter(|(attribute, _)| !self.config.employees.is_switched_off(*attribute))
            .map(|(attribute, digest)| (attribute.name().to_owned(), digest))
            .collect()
    }

    /// The bounds of a locked account that opens with the handover: what the operator has confirmed is held by no brake.
    fn opening(&self, before: AccessWindow) -> Option<DesiredAccess> {
        let (employment, now) = self.opens.filter(|(it, _)| it.scope == Scoped::In)?;
        let (zone, lock_on) = (&self.config.time_zone, self.config.employees.lock_on);
        let target = desired_access(&employment, former_lock(before), now, zone, lock_on);
        let (active_at, inactive_at) = (target.active_at, target.inactive_at);
        let change = WindowChange::between(before, active_at, inactive_at, WindowCause::Employed)?;
        let opens = before.is_locked_at(now) && !change.after.is_locked_at(now);
        opens.then_some(target)
    }

    /// Why the account is not touched: it carries an id that belongs neither to the old nor to the new owner.
    fn stranger(&self, transfer: &Transfer, customer: &Customer) -> Option<String> {
        let carried = customer.external_id.as_ref()?;
        let expected = [&transfer.from, &transfer.to].map(|id| ExternalId::of(self.tool, id));
        (!carried.as_str().is_empty() && !expected.contains(carried)).then(|| {
            format!(
                "the account {} carries the external id {carried} now",
                transfer.account
            )
        })
    }

    /// Writes the external id, and compares the reply with what was written. Returns the window that the account has now, or
    /// why it was refused.
    async fn rekey(
        &self,
        transfer: &Transfer,
        before: &Customer,
        window: AccessWindow,
    ) -> Result<std::result::Result<AccessWindow, String>> {
        let external_id = ExternalId::of(self.tool, &transfer.to);
        let input = |opening: Option<DesiredAccess>| {
            let input = CustomerInput {
                external_id: Field::Value(external_id.clone()),
                set_active_at: opening.map_or(Field::Absent, |it| it.active_at),
                set_inactive_at: opening.map_or(Field::Absent, |it| it.inactive_at),
                ..CustomerInput::default()
            };
            match self.config.reteach.update {
                UpdateWith::Patch => input,
                UpdateWith::Replace => input.over(before, &BTreeSet::new()),
            }
        };
        let client = self.reteach.clone().until(self.leases.check().await?);
        let opening = self.opening(window);
        let mut written = input(opening);
        let mut reply = client.update(&transfer.account, &written).await;
        if opening.is_some() && matches!(reply, Err(Error::Rejected { .. })) {
            // An academy may refuse the dates. The next run opens the account then, within the brakes.
            written = input(None);
            reply = client.update(&transfer.account, &written).await;
        }
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return about_the_account(error).map(Err),
        };
        if reply.id != transfer.account || reply.external_id.as_ref() != Some(&external_id) {
            return Ok(Err(format!(
                "reteach answered with success and did not give the account {} the external id {external_id}",
                transfer.account
            )));
        }
        if written.lost(before, &reply).is_empty() {
            return Ok(Ok(AccountView::from(reply).window));
        }
        client
            .update(&transfer.account, &written.over(before, &BTreeSet::new()))
            .await
            .map_err(vendor)?;
        Err(Failure::attention(format!(
            "the academy emptied other fields of the account {} when it got its external id. The fields are written back. \
             Set `[reteach] update = \"replace\"` in the tenant's file",
            transfer.account
        )))
    }
}

/// A lock of the old owner's: it says nothing of the new one.
fn former_lock(window: AccessWindow) -> Option<Locked> {
    window.inactive_at.map(|since| Locked {
        since,
        reason: LockReason::Vanished,
    })
}

/// What only this account is refused for is its own trouble; everything else ends the command.
fn about_the_account(error: Error) -> Result<String> {
    match error {
        Error::NotFound { .. } => Ok("reteach has no such account".to_owned()),
        Error::Conflict { .. } => {
            Ok("another account of the academy has the new external id (409)".to_owned())
        }
        Error::Rejected { status, .. } => {
            Ok(format!("reteach refuses the new external id ({status})"))
        }
        other => Err(vendor(other)),
    }
}

fn vendor(error: Error) -> Failure {
    Failure::attention(format!("reteach: {error}"))
}
