//! One change, step by step: the account, its tags, the ledger.

use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, ExternalId};
use shared::mapping::{Attribute, Text};
use shared::reteach::{Customer, CustomerInput, Gender};
use shared::state::EmployeeEntry;

use crate::io::{WriteError, Writer};
use crate::plan::{AccountView, Action, Baseline, Change, Extent};

/// Carries out `change`, writes what reteach was given over `entry`, and returns that.
pub(super) async fn write(
    writer: &impl Writer,
    change: &Change,
    entry: EmployeeEntry,
) -> Result<EmployeeEntry, WriteError> {
    let customer = account(writer, change).await?;
    tags(writer, change, &customer).await?;
    let entry = after(change, customer.id, entry);
    writer.put_entry(&entry).await?;
    Ok(entry)
}

/// Writes the account's fields, where any change, and returns the account with the tags it has.
async fn account(writer: &impl Writer, change: &Change) -> Result<Customer, WriteError> {
    let input = input(change);
    match &change.action {
        Action::Create => create(writer, change, &input).await,
        Action::Adopt(id) | Action::Handover { account: id, .. } => writer.update(id, &input).await,
        Action::Update(id) if input == CustomerInput::default() => writer.get(id).await,
        Action::Update(id) => writer.update(id, &input).await,
    }
}

/// reteach finds or creates: what comes back may be an account that was there before.
async fn create(
    writer: &impl Writer,
    change: &Change,
    input: &CustomerInput,
) -> Result<Customer, WriteError> {
    let customer = writer.create(input).await?;
    if customer.external_id.as_ref() != Some(&change.external_id) {
        let problem = "reteach has another account with this mail address or user name";
        return Err(WriteError::Refused(problem.to_owned()));
    }
    if holds(&customer, change) {
        return Ok(customer);
    }
    writer.update(&customer.id, input).await
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
    writer: &impl Writer,
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
            match writer.remove_tag(&customer.id, &tag.id).await {
                Ok(()) | Err(WriteError::AccountGone) => {}
                Err(error) => return Err(error),
            }
        }
        missing.extend(
            wanted
                .filter(|name| customer.tags.iter().all(|tag| tag.name != *name))
                .map(str::to_owned),
        );
    }
    if !missing.is_empty() {
        writer.add_tags(&customer.id, &missing).await?;
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

fn input(change: &Change) -> CustomerInput {
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
fn after(change: &Change, customer_id: CustomerId, mut entry: EmployeeEntry) -> EmployeeEntry {
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
