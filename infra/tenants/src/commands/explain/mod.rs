//! `tenants explain`

mod account;
mod facts;
mod view;

use std::time::Instant;

use employee_sync::accounts::{AccountQuery, holders_of};
use employee_sync::plan::{Account, Candidate, Context, Details, Plan, SourceState};
use futures::join;
use shared::domain::id::ExternalId;
use shared::mapping::DesiredAccount;
use shared::routes::Connections;
use shared::source::{Absence, EmployeeSource as _, SourceRecord};

use self::facts::Facts;
pub(super) use self::facts::written;
pub(crate) use self::view::{ExplainView, Steps};
use crate::args::Explain;
use crate::commands::person;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::output::Output;

pub(super) async fn explain(context: &CommandContext<'_>, args: &Explain) -> Result<Output> {
    Output::of(&read(context, args).await?)
}

pub(crate) async fn read(context: &CommandContext<'_>, args: &Explain) -> Result<ExplainView> {
    let began = Instant::now();
    let tenant = &args.tenant;
    let stored = context.tenant(tenant).await?;
    let secret = context.secrets.refresh(tenant).await?;
    let connections: Connections = context.connect(&stored.config, &secret)?;
    let tool = connections.hr.tool().to_owned();
    let id = person::parse(&args.person, &tool)?;
    let external_id = ExternalId::of(&tool, &id);

    // These calls are independent, so they run at the same time.
    let (read, entries, held, account) = join!(
        connections.hr.one(&id),
        context
            .store
            .employees(tenant, Some(&connections.key), [&id]),
        context.store.held(tenant),
        connections.reteach.find_by_external_id(&external_id),
    );
    let read =
        read.map_err(|error| Failure::attention(format!("the person cannot be read: {error}")))?;
    let entry = entries?.remove(&id);
    let mail = match &read {
        Some(SourceRecord::Employee(employee)) => {
            let mail = employee.email.value().map(|mail| mail.as_str().trim());
            mail.filter(|mail| !mail.is_empty())
        }
        _ => None,
    };
    let query = AccountQuery {
        external_id: &external_id,
        known: entry.as_ref().and_then(|entry| entry.customer_id.as_ref()),
        mail,
    };
    let account = async { account::find(&connections.reteach, account?, query).await };
    let account = account
        .await
        .map_err(|error| Failure::attention(format!("the account cannot be looked up: {error}")))?;
    let mail_holder = match (&account, mail.map(str::to_lowercase)) {
        (Account::Fetched(account, _), Some(mail))
            if account.folded_mail().as_ref() != Some(&mail) =>
        {
            let mut found = holders_of(&connections.reteach, &[&mail]).await;
            found.holders.remove(&mail)
        }
        _ => None,
    };
    let source = match &read {
        Some(SourceRecord::Employee(employee)) => {
            let record = DesiredAccount::of(employee, &tool, &stored.config);
            let fingerprint = record.fingerprint(&connections.key);
            SourceState::Present {
                record: Box::new(record),
                fingerprint,
            }
        }
        Some(SourceRecord::Rejected {
            field,
            problem,
            leaving,
            ..
        }) => SourceState::Rejected {
            fingerprint: connections.key.fingerprint([]),
            field: field.clone(),
            problem: problem.clone(),
            record: Box::new(DesiredAccount::of(
                &leaving.clone().employee(id.clone()),
                &tool,
                &stored.config,
            )),
        },
        None => SourceState::Gone {
            external_id: external_id.clone(),
            absence: Absence::Explained,
        },
    };
    let candidate = Candidate {
        source_id: id.clone(),
        source,
        entry,
        account,
        mail_holder,
        twin: None,
    };
    let now = context.now();
    let plan_context = Context {
        now,
        config: &stored.config,
        key: &connections.key,
        locks_alone: false,
    };
    let plan = Plan::build(std::slice::from_ref(&candidate), plan_context);
    let facts = Facts {
        tenant,
        via: stored.config.personio.via,
        person: &id,
        read: read.as_ref(),
        candidate: &candidate,
        plan: &plan,
        held: held?,
        now,
        details: if args.details {
            Details::Values
        } else {
            Details::Names
        },
    };
    let time_zone = stored.config.time_zone.clone();
    Ok(ExplainView::new(&facts, time_zone, began.elapsed()))
}
