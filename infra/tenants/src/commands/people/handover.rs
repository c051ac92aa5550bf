//! `tenants people handover`

use std::collections::HashMap;
use std::time::Duration;

use futures::join;
use serde::Serialize;
use shared::access::Employment;
use shared::domain::id::{CustomerId, ExternalId, SourceId, TenantId};
use shared::reteach::{Client, Customer, Error};
use shared::routes::Connections;
use shared::source::EmployeeSource as _;
use shared::state::{EmployeeEntry, JobKind};
use shared::tenant::TenantConfig;

use crate::academies;
use crate::args::Handover;
use crate::commands::person::{self, Presence};
use crate::confirm::Confirmation;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::leases::{HeldLeases, Purpose};
use crate::output::{Output, View};
use crate::transfer::{Carrier, Moved, Transfer};

const UNTOUCHED: &str = "nothing was handed over";

#[derive(Serialize)]
struct HandoverView<'a> {
    tenant_id: &'a TenantId,
    from: &'a SourceId,
    to: &'a SourceId,
    account: CustomerId,
    /// 0 where it had been handed over before.
    writes: usize,
    #[serde(skip)]
    announcement: String,
}

/// Both people as every system has them now.
struct Found {
    from: Presence,
    to: Presence,
    /// The new profile's, if they are employed.
    employment: Option<Employment>,
    entries: HashMap<SourceId, EmployeeEntry>,
    /// The account with the old profile's external id, else the one that the ledger knows if it has lost that id.
    from_account: Option<Customer>,
    /// The account of the new profile, found in the same way.
    to_account: Option<Customer>,
}

pub(super) async fn handover(context: &CommandContext<'_>, args: &Handover) -> Result<Output> {
    let Handover {
        tenant,
        from,
        to,
        force,
        yes,
        wait,
    } = args;
    if from == to {
        return Err(Failure::usage("--from and --to are the same person"));
    }
    let stored = context.tenant(tenant).await?;
    let secret = context.secrets.refresh(tenant).await?;
    let connections = context.connect(&stored.config, &secret)?;
    academies::check(&stored, &connections.reteach, UNTOUCHED).await?;
    let found = Found::read(context, &connections, &stored.config, args).await?;
    let transfer = found.transfer(from, to, *force)?;
    let announcement = announcement(tenant, &transfer, found.from);
    let confirmation = Confirmation {
        announcement: &announcement,
        yes: *yes,
        word: (to.as_str(), "the new profile's id"),
        otherwise: UNTOUCHED,
    };
    confirmation.ask(context.environment)?;
    let is_shown = confirmation.is_asked(context.environment);
    let purpose = Purpose {
        command: "handover",
        jobs: &[JobKind::Employees],
        wait: Duration::from_secs(u64::from(*wait)),
        otherwise: UNTOUCHED,
    };
    let leases = HeldLeases::acquire(context, tenant, purpose).await?;
    let written = write(context, &connections, &stored.config, args, &leases).await;
    leases.release().await;
    let (account, writes) = written?;
    Output::of(&HandoverView {
        tenant_id: tenant,
        from,
        to,
        account,
        writes,
        announcement: if is_shown {
            String::new()
        } else {
            announcement
        },
    })
}

/// Reads everything once more, now that no run can change it, and hands the account over.
async fn write(
    context: &CommandContext<'_>,
    connections: &Connections,
    config: &TenantConfig,
    args: &Handover,
    leases: &HeldLeases<'_>,
) -> Result<(CustomerId, usize)> {
    let Handover {
        tenant, from, to, ..
    } = args;
    let found = Found::read(context, connections, config, args).await?;
    let transfer = found.transfer(from, to, args.force)?;
    let carrier = Carrier {
        config,
        tool: connections.hr.tool(),
        reteach: &connections.reteach,
        store: &context.store,
        key: &connections.key,
        leases,
        opens: found.employment.map(|it| (it, context.now())),
    };
    match carrier.carry_out(&transfer, &found.entries).await {
        Ok(Moved::Done(writes)) => {
            leases.check().await?;
            let token = leases.token(JobKind::Employees);
            person::make_due(&context.store, tenant, token, to)
                .await
                .map_err(Failure::repeatable)?;
            Ok((transfer.account, writes))
        }
        Ok(Moved::Refused(reason)) => Err(Failure::attention(format!("{reason}: {UNTOUCHED}"))),
        Err(failure) => Err(failure.repeatable()),
    }
}

impl Found {
    async fn read(
        context: &CommandContext<'_>,
        connections: &Connections,
        config: &TenantConfig,
        args: &Handover,
    ) -> Result<Self> {
        let Handover {
            tenant, from, to, ..
        } = args;
        let (hr, reteach) = (&connections.hr, &connections.reteach);
        let tool = hr.tool();
        let (from_record, to_record, entries) = join!(
            hr.one(from),
            hr.one(to),
            context
                .store
                .employees(tenant, Some(&connections.key), [from, to]),
        );
        let unread = |error| Failure::attention(format!("the person cannot be read: {error}"));
        let presence = |record| person::presence(record, tool, config, context.now());
        let entries = entries?;
        let to_record = to_record.map_err(unread)?;
        let to_presence = presence(to_record.as_ref());
        Ok(Self {
            from: presence(from_record.map_err(unread)?.as_ref()),
            to: to_presence,
            employment: to_record
                .filter(|_| to_presence == Presence::Employed)
                .and_then(|record| person::employment(&record, tool, config)),
            from_account: account(reteach, tool, from, entries.get(from)).await?,
            to_account: account(reteach, tool, to, entries.get(to)).await?,
            entries,
        })
    }

    /// The handover, or why it is refused.
    fn transfer(&self, from: &SourceId, to: &SourceId, force: bool) -> Result<Transfer> {
        let refused = |reason: String| Err(Failure::attention(format!("{reason}: {UNTOUCHED}")));
        if self.to == Presence::Gone {
            return refused(format!("Personio shows no person {to}"));
        }
        match self.from {
            Presence::Employed if !force => {
                return refused(format!(
                    "Personio reports {from} as employed; --force hands the account over all the same"
                ));
            }
            Presence::Unreadable if !force => {
                return refused(format!(
                    "the record of {from} in Personio does not fit, so nobody knows whether they have left; --force hands the \
                     account over all the same"
                ));
            }
            _ => {}
        }
        let is_begun = self
            .entries
            .get(from)
            .is_some_and(|entry| entry.handed_over_to.as_ref() == Some(to));
        let account = match (&self.from_account, &self.to_account) {
            (Some(account), None) => account,
            (Some(account), Some(own)) if account.id == own.id => account,
            // The old profile may have got another account since.
            (None, Some(account)) if is_begun => account,
            (_, Some(own)) => {
                return refused(format!(
                    "{to} already has account {}. Delete one of the two in reteach",
                    own.id
                ));
            }
            (None, None) => {
                return refused(format!(
                    "{from} has no account in reteach; `tenants explain` shows what is known of them"
                ));
            }
        };
        Ok(Transfer {
            from: from.clone(),
            to: to.clone(),
            account: account.id.clone(),
        })
    }
}

/// The account that carries the person's external id, else the one that the ledger knows, unless it carries another
/// person's by now. An account that is under way to another person is still found by the ledger.
pub(super) async fn account(
    reteach: &Client,
    tool: &str,
    id: &SourceId,
    entry: Option<&EmployeeEntry>,
) -> Result<Option<Customer>> {
    let failed =
        |error: Error| Failure::attention(format!("the account cannot be looked up: {error}"));
    let external_id = ExternalId::of(tool, id);
    let found = reteach.find_by_external_id(&external_id).await;
    if let Some(customer) = found.map_err(failed)? {
        return Ok(Some(customer));
    }
    let Some(known) = entry.and_then(|entry| entry.customer_id.as_ref()) else {
        return Ok(None);
    };
    match reteach.get(known).await {
        Ok(customer) => Ok(Some(customer)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn announcement(tenant: &TenantId, transfer: &Transfer, from: Presence) -> String {
    let Transfer {
        from: old,
        to,
        account,
    } = transfer;
    let presence = match from {
        Presence::Gone => "is not in Personio any more",
        Presence::Ended => "has left according to Personio",
        Presence::Employed => "IS STILL EMPLOYED according to Personio",
        Presence::Unreadable => "has a record in Personio that does not fit",
    };
    let points = [
        format!("{old} {presence}"),
        format!("{to} gets the account {account}, with its courses and certificates"),
        format!(
            "it opens now if {to} is in scope and works already; the next run writes the values of {to}"
        ),
        format!("{old} never gets an account again"),
    ];
    let points: String = points.iter().map(|point| format::point(point)).collect();
    format!("Handing over in {tenant}:\n{points}")
}

impl View for HandoverView<'_> {
    fn text(&self) -> String {
        let Self {
            tenant_id,
            from,
            to,
            account,
            writes,
            announcement,
        } = self;
        let done = if *writes == 0 {
            format!("{to} had the account {account} already.")
        } else {
            format!(
                "{to} has the account {account} of {from} now. `tenants sync {tenant_id}` writes the values of {to} now, or the \
                 next tick."
            )
        };
        format!("{announcement}{}", format::paragraph(&done))
    }
}
