//! What a probe writes to a test account, and what it finds on it again. Pure.

use jiff::{SignedDuration, Timestamp};
use shared::domain::employee::Field as Value;
use shared::reteach::{Customer, CustomerInput, Gender, Status, TestAccount};

use super::observed::Observed;
use super::question::Field;

const FIRST_NAME: &str = "Probe";
const LAST_NAME: &str = "reteach-personio (bitte löschen)";
pub(super) const TEXT: &str = "Probe (reteach-personio)";

pub(super) fn kept(is_as_assumed: bool, otherwise: Observed) -> Observed {
    if is_as_assumed {
        Observed::AsAssumed
    } else {
        otherwise
    }
}

pub(super) fn record(names: &TestAccount) -> CustomerInput {
    CustomerInput {
        external_id: Value::Value(names.external_id.clone()),
        email: Value::Value(names.email.clone()),
        first_name: Value::Value(FIRST_NAME.to_owned()),
        last_name: Value::Value(LAST_NAME.to_owned()),
        ..CustomerInput::default()
    }
}

pub(super) fn is_locked(customer: &Customer) -> bool {
    customer.status == Some(Status::Inactive)
}

/// Whether the account is locked or open as `locks` says, as far as its status is shown.
pub(super) fn locked_as(locks: bool, customer: &Customer) -> Observed {
    if customer.status.is_none() {
        return Observed::NotShown;
    }
    kept(is_locked(customer) == locks, Observed::NotKept)
}

/// Whether the status is that of a new account which is open and of which nobody knows.
pub(super) fn open(status: Option<&Status>) -> Observed {
    match status {
        Some(Status::Added) => Observed::AsAssumed,
        Some(Status::Active) => Observed::Active,
        Some(Status::Invited) => Observed::Invited,
        Some(Status::Inactive) => Observed::Locked,
        Some(Status::Other(_)) => Observed::OtherStatus,
        None => Observed::NotShown,
    }
}

pub(super) fn filled(field: Field, start: Timestamp, end: Timestamp) -> CustomerInput {
    let mut input = CustomerInput::default();
    let text = || Value::Value(TEXT.to_owned());
    match field {
        Field::FirstName => input.first_name = text(),
        Field::LastName => input.last_name = text(),
        Field::Position => input.position = text(),
        Field::Company => input.company = text(),
        Field::Department => input.department = text(),
        Field::Location => input.location = text(),
        Field::Gender => input.gender = Value::Value(Gender::Diverse),
        Field::SetActiveAt => input.set_active_at = Value::Value(start),
        Field::SetInactiveAt => input.set_inactive_at = Value::Value(end),
    }
    input
}

pub(super) fn cleared(field: Field) -> CustomerInput {
    let mut input = CustomerInput::default();
    match field {
        Field::FirstName => input.first_name = Value::Null,
        Field::LastName => input.last_name = Value::Null,
        Field::Position => input.position = Value::Null,
        Field::Company => input.company = Value::Null,
        Field::Department => input.department = Value::Null,
        Field::Location => input.location = Value::Null,
        Field::Gender => input.gender = Value::Null,
        Field::SetActiveAt => input.set_active_at = Value::Null,
        Field::SetInactiveAt => input.set_inactive_at = Value::Null,
    }
    input
}

/// `input` with the identifiers and names of `record` where it has none.
pub(super) fn completed(input: &CustomerInput, record: &CustomerInput) -> CustomerInput {
    let name = |own: &Value<String>, usual: &Value<String>| {
        if own.is_absent() {
            usual.clone()
        } else {
            own.clone()
        }
    };
    CustomerInput {
        external_id: record.external_id.clone(),
        email: record.email.clone(),
        first_name: name(&input.first_name, &record.first_name),
        last_name: name(&input.last_name, &record.last_name),
        ..input.clone()
    }
}

fn texts(customer: &Customer) -> [(Field, Option<&str>); 6] {
    [
        (Field::FirstName, customer.first_name.as_deref()),
        (Field::LastName, customer.last_name.as_deref()),
        (Field::Position, customer.position.as_deref()),
        (Field::Company, customer.company.as_deref()),
        (Field::Department, customer.department.as_deref()),
        (Field::Location, customer.location.as_deref()),
    ]
}

/// Whether `after` has every identifier, text and date of `before`, and its gender, but for `field`.
pub(super) fn has_all_of(after: &Customer, before: &Customer, field: Field) -> bool {
    fn has<T: PartialEq>(before: Option<T>, after: Option<T>) -> bool {
        before.is_none() || after == before
    }
    let has_texts = texts(before)
        .into_iter()
        .zip(texts(after))
        .all(|((of, before), (_, after))| of == field || has(before, after));
    has_texts
        && (field == Field::Gender || has(before.gender.as_ref(), after.gender.as_ref()))
        && (field == Field::SetActiveAt || has(before.set_active_at, after.set_active_at))
        && (field == Field::SetInactiveAt || has(before.set_inactive_at, after.set_inactive_at))
        && after.external_id == before.external_id
        && after.email == before.email
}

pub(super) fn is_empty(field: Field, customer: &Customer) -> bool {
    match field {
        Field::Gender => customer.gender.is_none(),
        Field::SetActiveAt => customer.set_active_at.is_none(),
        Field::SetInactiveAt => customer.set_inactive_at.is_none(),
        _ => texts(customer)
            .iter()
            .all(|(name, text)| *name != field || text.unwrap_or_default().is_empty()),
    }
}

/// Whether `after` holds the field of `input`.
pub(super) fn written(field: Field, after: &Customer, input: &CustomerInput) -> Observed {
    let moment = |kept: Option<Timestamp>, sent: &Value<Timestamp>| match (kept, sent.value()) {
        (Some(kept), Some(sent)) if kept == *sent => Observed::AsAssumed,
        (Some(kept), Some(sent))
            if kept.duration_since(*sent).abs() <= SignedDuration::from_hours(24) =>
        {
            Observed::OtherTime
        }
        _ => Observed::NotKept,
    };
    match field {
        Field::Gender => kept(after.gender == Some(Gender::Diverse), Observed::NotKept),
        Field::SetActiveAt => moment(after.set_active_at, &input.set_active_at),
        Field::SetInactiveAt => moment(after.set_inactive_at, &input.set_inactive_at),
        _ => {
            let is_kept = texts(after)
                .iter()
                .any(|(name, text)| *name == field && *text == Some(TEXT));
            kept(is_kept, Observed::NotKept)
        }
    }
}
