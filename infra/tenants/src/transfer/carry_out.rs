//! Transfers, written step by step.

use std::collections::{BTreeSet, HashMap};

use shared::access::AccessWindow;
use shared::domain::employee::Field;
use shared::domain::id::{ExternalId, SourceId, TenantId};
use shared::fingerprint::FingerprintKey;
use shared::reteach::{Client, Customer, CustomerInput, Error};
use shared::state::{EmployeeEntry, JobKind, Store};
use shared::tenant::UpdateWith;

use super::steps::{Seen, Step, Transfer, steps};
use crate::failure::{Failure, Result};
use crate::leases::HeldLeases;

/// Writes transfers of one tenant. Each write makes sure of the leases first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carrier<'a> {
    pub(crate) tenant: &'a TenantId,
    /// The HR system, as external ids name it.
    pub(crate) tool: &'a str,
    pub(crate) reteach: &'a Client,
    pub(crate) store: &'a Store,
    pub(crate) key: &'a FingerprintKey,
    pub(crate) leases: &'a HeldLeases<'a>,
    pub(crate) update: UpdateWith,
}

/// What became of a transfer.
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
            Err(error) => return about_the_account(error),
        };
        if let Some(reason) = self.stranger(transfer, &customer) {
            return Ok(Moved::Refused(reason));
        }
        let seen = Seen {
            external_id: customer.external_id.as_ref(),
            window: AccessWindow {
                active_at: customer.set_active_at,
                inactive_at: customer.set_inactive_at,
            },
            from: entries.get(&transfer.from),
            to: entries.get(&transfer.to),
        };
        let steps = steps(transfer, seen, self.tool);
        let writes = steps.len();
        for step in steps {
            match step {
                Step::Rekey => match self.rekey(transfer, &customer).await? {
                    Moved::Done(_) => {}
                    refused @ Moved::Refused(_) => return Ok(refused),
                },
                Step::Claim(entry) | Step::Give(entry) | Step::Close(entry) => {
                    self.leases.check().await?;
                    let token = self.leases.token(JobKind::Employees);
                    self.store
                        .put_employee(self.tenant, token, self.key, &entry)
                        .await?;
                }
            }
        }
        Ok(Moved::Done(writes))
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

    /// Writes the external id, and compares the reply with what was written.
    async fn rekey(&self, transfer: &Transfer, before: &Customer) -> Result<Moved> {
        let external_id = ExternalId::of(self.tool, &transfer.to);
        let input = CustomerInput {
            external_id: Field::Value(external_id.clone()),
            ..CustomerInput::default()
        };
        let input = match self.update {
            UpdateWith::Patch => input,
            UpdateWith::Replace => input.over(before, &BTreeSet::new()),
        };
        let client = self.reteach.clone().until(self.leases.check().await?);
        let reply = match client.update(&transfer.account, &input).await {
            Ok(reply) => reply,
            Err(error) => return about_the_account(error),
        };
        if reply.id != transfer.account || reply.external_id.as_ref() != Some(&external_id) {
            return Ok(Moved::Refused(format!(
                "reteach answered with success and did not give the account {} the external id {external_id}",
                transfer.account
            )));
        }
        if input.lost(before, &reply).is_empty() {
            return Ok(Moved::Done(1));
        }
        client
            .update(&transfer.account, &input.over(before, &BTreeSet::new()))
            .await
            .map_err(vendor)?;
        Err(Failure::attention(format!(
            "the academy emptied other fields of the account {} when it got its external id. The fields are written back. \
             Set `[reteach] update = \"replace\"` in the tenant's file",
            transfer.account
        )))
    }
}

/// What only this account is refused for is its own trouble; everything else ends the command.
fn about_the_account(error: Error) -> Result<Moved> {
    match error {
        Error::NotFound { .. } => Ok(Moved::Refused("reteach has no such account".to_owned())),
        Error::Conflict { .. } => Ok(Moved::Refused(
            "another account of the academy has the new external id (409)".to_owned(),
        )),
        Error::Rejected { status, .. } => Ok(Moved::Refused(format!(
            "reteach refuses the new external id ({status})"
        ))),
        other => Err(vendor(other)),
    }
}

fn vendor(error: Error) -> Failure {
    Failure::attention(format!("reteach: {error}"))
}
