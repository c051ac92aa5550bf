//! What is sent to reteach for a change. Pure.

use shared::domain::employee::Field;
use shared::domain::id::ExternalId;
use shared::mapping::{Attribute, DesiredAccount, Text};
use shared::reteach::{CustomerInput, Gender};

use crate::plan::{AccountView, Action, Change, Extent};

/// A person whose account is written.
#[derive(Clone, Copy)]
pub(super) struct Person<'a> {
    pub(super) planned: &'a Change,
    /// The record, unless the person is gone.
    pub(super) record: Option<&'a DesiredAccount>,
    /// The account as this run has read it.
    pub(super) account: Option<&'a AccountView>,
    /// Whether another account carries the person's external id, too.
    pub(super) shares_its_id: bool,
    /// Whether it is that other account which the ledger knows.
    pub(super) is_second: bool,
}

impl Person<'_> {
    /// Whether this run has found the account without an external id, by what the ledger knows.
    pub(super) fn has_lost_its_id(self) -> bool {
        self.account
            .is_some_and(|account| account.external_id.is_none())
    }
}

/// The lock or unlock of `change` without the values. `None` where it has no lock or unlock, or no account yet.
pub(super) fn window_alone(change: &Change) -> Option<Change> {
    let separable = change.window.is_some() && !matches!(change.action, Action::Create);
    separable.then(|| {
        if change.values.is_empty() {
            return change.clone();
        }
        let mut baseline = change.baseline.clone();
        for value in &change.values {
            baseline.digests.remove(value.attribute.name());
        }
        Change {
            values: Vec::new(),
            extent: Extent::Partial,
            baseline,
            ..change.clone()
        }
    })
}

pub(super) fn input(change: &Change) -> CustomerInput {
    let mut input = CustomerInput::default();
    for value in &change.values {
        set(&mut input, value.attribute, value.after.as_ref());
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

fn set(input: &mut CustomerInput, attribute: Attribute, value: Option<&Text>) {
    let field = || Field::from(value.map(|text| text.reveal().to_owned()));
    match attribute {
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

fn gender(name: String) -> Gender {
    match name.as_str() {
        "MALE" => Gender::Male,
        "FEMALE" => Gender::Female,
        "DIVERSE" => Gender::Diverse,
        _ => Gender::Other(name),
    }
}

/// All of our fields of the account after `change`, without values that are planned but not in `change`.
pub(super) fn ours(change: &Change, person: Person<'_>) -> CustomerInput {
    let mut input = input(change);
    let planned = person.planned;
    let written = |attribute| change.values.iter().any(|it| it.attribute == attribute);
    let values = person.record.into_iter().flat_map(|record| &record.values);
    for (attribute, value) in values {
        let is_planned = planned.values.iter().any(|it| it.attribute == *attribute);
        let is_ours = planned.baseline.digests.contains_key(attribute.name());
        if is_ours && !is_planned && !written(*attribute) {
            set(&mut input, *attribute, value.as_ref());
        }
    }
    let window = change
        .window
        .map_or(change.baseline.window, |window| window.after);
    input.set_active_at = Field::from(window.active_at);
    input.set_inactive_at = Field::from(window.inactive_at);
    input.external_id = Field::Value(change.external_id.clone());
    input
}
