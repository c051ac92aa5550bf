//! One change, step by step: the account, its tags, the ledger.

use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, ExternalId};
use shared::http::Deadline;
use shared::mapping::{Attribute, Text};
use shared::reteach::{self, Customer, CustomerInput, Gender};
use shared::state::{EmployeeEntry, StateError};

use super::{ApplyAbort, ApplyContext};
use crate::plan::{AccountView, Action, Baseline, Change, Extent};

/// Why a change did not come through.
#[derive(Debug)]
pub(super) enum WriteError {
    /// reteach refuses this record. The text holds field names, never values.
    Refused(String),
    /// The account is not there any more.
    AccountGone,
    /// No answer; it may have taken effect.
    NoAnswer(reteach::Error),
    /// Nothing more must be written in this run.
    ApplyAbort(ApplyAbort),
}

impl From<StateError> for WriteError {
    fn from(error: StateError) -> Self {
        Self::ApplyAbort(ApplyAbort::State(error))
    }
}

impl From<reteach::Error> for WriteError {
    fn from(error: reteach::Error) -> Self {
        use reteach::Error;
        match error {
            Error::NotFound { .. } => Self::AccountGone,
            Error::Rejected {
                status, ref fields, ..
            } if fields.is_empty() => {
                Self::Refused(format!("reteach refuses the record ({status})"))
            }
            Error::Rejected { status, fields, .. } => Self::Refused(format!(
                "reteach refuses the record ({status}): {}",
                fields.join(", ")
            )),
            Error::Conflict { .. } => Self::Refused(
                "reteach has another account with this mail address or user name (409)".to_owned(),
            ),
            Error::OutOfTime { .. } => Self::ApplyAbort(ApplyAbort::OutOfTime),
            Error::Credential(_) | Error::Forbidden(_) => {
                Self::ApplyAbort(ApplyAbort::Reteach(error))
            }
            Error::Unavailable { .. } | Error::Unreadable { .. } => Self::NoAnswer(error),
        }
    }
}

/// Carries out `change`, writes what reteach was given over `entry`, and returns that.
pub(super) async fn write(
    context: ApplyContext<'_>,
    change: Change,
    entry: EmployeeEntry,
) -> Result<EmployeeEntry, WriteError> {
    let customer = account(context, &change).await?;
    tags(context, &change, &customer).await?;
    let entry = after(&change, customer.id, entry);
    context
        .store
        .put_employee(context.tenant, context.guard.token(), &entry)
        .await?;
    Ok(entry)
}

fn until(context: ApplyContext<'_>, deadline: Deadline) -> reteach::Client {
    context.reteach.clone().until(deadline)
}

/// Writes the account's fields, where any change, and returns the account with the tags it has.
async fn account(context: ApplyContext<'_>, change: &Change) -> Result<Customer, WriteError> {
    let input = input(change);
    let deadline = context.guard.check().await?;
    let client = until(context, deadline);
    match &change.action {
        Action::Create => create(context, &client, change, &input).await,
        Action::Adopt(id) => Ok(client.update(id, &input).await?),
        Action::Update(id) if input == CustomerInput::default() => Ok(client.get(id).await?),
        Action::Update(id) => Ok(client.update(id, &input).await?),
    }
}

/// reteach finds or creates: what comes back may be an account that was there before.
async fn create(
    context: ApplyContext<'_>,
    client: &reteach::Client,
    change: &Change,
    input: &CustomerInput,
) -> Result<Customer, WriteError> {
    let customer = client.create(input).await?;
    if customer.external_id.as_ref() != Some(&change.external_id) {
        let problem = "reteach has another account with this mail address or user name";
        return Err(WriteError::Refused(problem.to_owned()));
    }
    if holds(&customer, change) {
        return Ok(customer);
    }
    let deadline = context.guard.check().await?;
    Ok(until(context, deadline).update(&customer.id, input).await?)
}

fn holds(customer: &Customer, change: &Change) -> bool {
    let view = AccountView::from(customer.clone());
    let fields = change
        .values
        .iter()
        .filter(|value| value.attribute.tag_prefix().is_none());
    let same = fields.into_iter().all(|value| {
        match (view.values_of(value.attribute).first(), &value.after) {
            (Some(held), Some(after)) => {
                held.reveal().to_lowercase() == after.reveal().to_lowercase()
            }
            (held, after) => held.is_none() && after.is_none(),
        }
    });
    same && change
        .window
        .is_none_or(|window| window.after == view.window)
}

/// Adds and removes tags below our own prefixes; all others stay.
async fn tags(
    context: ApplyContext<'_>,
    change: &Change,
    customer: &Customer,
) -> Result<(), WriteError> {
    let mut missing = Vec::new();
    for value in &change.values {
        let Some(prefix) = value.attribute.tag_prefix() else {
            continue;
        };
        let wanted = value.after.as_ref().map(Text::reveal);
        let ours = customer
            .tags
            .iter()
            .filter(|tag| tag.name.starts_with(prefix));
        for tag in ours.filter(|tag| Some(tag.name.as_str()) != wanted) {
            let deadline = context.guard.check().await?;
            match until(context, deadline)
                .remove_tag(&customer.id, &tag.id)
                .await
            {
                Ok(()) | Err(reteach::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        missing.extend(
            wanted
                .filter(|name| customer.tags.iter().all(|tag| tag.name != *name))
                .map(str::to_owned),
        );
    }
    if !missing.is_empty() {
        let deadline = context.guard.check().await?;
        until(context, deadline)
            .add_tags(&customer.id, &missing)
            .await?;
    }
    Ok(())
}

/// The lock or unlock of `change` without the values beside it. `None` where it has only one of both, or no account yet.
pub(super) fn window_alone(change: &Change) -> Option<Change> {
    let has_both = change.window.is_some() && !change.values.is_empty();
    (has_both && matches!(change.action, Action::Update(_))).then(|| Change {
        values: Vec::new(),
        extent: Extent::Partial,
        baseline: Baseline {
            window: change.baseline.window,
            ..Baseline::default()
        },
        ..change.clone()
    })
}

pub(crate) fn input(change: &Change) -> CustomerInput {
    let mut input = CustomerInput::default();
    for value in &change.values {
        let field = || Field::from(value.after.as_ref().map(|text| text.reveal().to_owned()));
        match value.attribute {
            Attribute::Email => input.email = field(),
            Attribute::UserName => input.user_name = field(),
            Attribute::FirstName => input.first_name = field(),
            Attribute::LastName => input.last_name = field(),
            Attribute::Position => input.position = field(),
            Attribute::Company => input.company = field(),
            Attribute::Department => input.department = field(),
            Attribute::Location => input.location = field(),
            Attribute::Gender => input.gender = field().map(gender),
            Attribute::EmploymentTypeTag | Attribute::PositionTag | Attribute::LocationTag => {}
        }
    }
    if let Some(window) = change.window {
        let bound = |before, after| {
            if before == after {
                Field::Absent
            } else {
                Field::from(after)
            }
        };
        input.set_active_at = bound(window.before.active_at, window.after.active_at);
        input.set_inactive_at = bound(window.before.inactive_at, window.after.inactive_at);
    }
    if !matches!(change.action, Action::Update(_)) {
        input.external_id = Field::<ExternalId>::Value(change.external_id.clone());
    }
    input
}

fn gender(name: String) -> Gender {
    match name.as_str() {
        "MALE" => Gender::Male,
        "FEMALE" => Gender::Female,
        "DIVERSE" => Gender::Diverse,
        _ => Gender::Other(name),
    }
}

/// The ledger's entry once reteach holds `change`.
pub(crate) fn after(
    change: &Change,
    customer_id: CustomerId,
    mut entry: EmployeeEntry,
) -> EmployeeEntry {
    entry.customer_id = Some(customer_id);
    entry.digests.extend(change.baseline.digests.clone());
    entry.window = change
        .window
        .map_or(change.baseline.window, |window| window.after);
    if change.window.is_some() {
        entry.locked = change.locked;
    }
    if change.extent == Extent::Whole {
        entry.locked = change.locked;
        entry.fingerprint = change.fingerprint.or(entry.fingerprint);
        entry.failure = None;
    }
    entry
}
