//! One change, step by step: the account, its tags, and what its reply shows.

use std::sync::atomic::{AtomicBool, Ordering};

use shared::domain::employee::Field;
use shared::domain::id::ExternalId;
use shared::mapping::{Attribute, DesiredAccount, Text};
use shared::reteach::{Customer, CustomerInput, Gender};
use shared::state::EmployeeEntry;

use super::reply::{self, Missed};
use crate::io::{Problem, Refusal, WriteError, Writer};
use crate::plan::{AccountView, Action, Change, Extent};

/// A person whose account is written.
#[derive(Clone, Copy)]
pub(super) struct Person<'a> {
    /// All that is to change.
    pub(super) planned: &'a Change,
    /// The record, unless the person is gone.
    pub(super) record: Option<&'a DesiredAccount>,
    /// The account as this run has read it.
    pub(super) account: Option<&'a AccountView>,
}

impl Person<'_> {
    /// Whether this run has found the account without an external id, by what the ledger knows.
    pub(super) fn has_lost_its_id(self) -> bool {
        self.account
            .is_some_and(|account| account.external_id.is_none())
    }
}

/// How accounts are addressed. The academy finds them by external id, unless it turns out in a run that it does not.
#[derive(Debug)]
pub(super) struct Addressing(AtomicBool);

impl Addressing {
    pub(super) fn new(by_reteach_id: bool) -> Self {
        Self(AtomicBool::new(by_reteach_id))
    }

    pub(super) fn is_by_reteach_id(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn use_reteach_ids(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a write has left.
pub(super) struct Written {
    /// The ledger's entry of it.
    pub(super) entry: EmployeeEntry,
    /// What reteach did not take, although it answered with a success.
    pub(super) missed: Option<Refusal>,
    /// Whether the account is there with its access window.
    pub(super) wrote_window: bool,
}

/// Carries out `change`, all or a part of what is planned for `person`.
pub(super) async fn write(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    entry: EmployeeEntry,
    addressing: &Addressing,
) -> Result<Written, WriteError> {
    let input = input(change);
    let customer = account(writer, change, person, &input, addressing).await?;
    let mut missed = reply::missed(&customer, change, &input, person, &entry);
    if missed.is_lost() {
        restore(writer, change, person, &customer, &mut missed).await?;
    }
    missed.tags = tags(writer, change, &customer).await?;
    let refusal = missed.refusal();
    let entry = after(change, &customer, &missed, entry);
    Ok(Written {
        entry,
        missed: refusal,
        wrote_window: missed.window.is_empty(),
    })
}

/// Writes the account's fields, where any change, and returns the account with the tags it has.
async fn account(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    input: &CustomerInput,
    addressing: &Addressing,
) -> Result<Customer, WriteError> {
    let customer = match &change.action {
        Action::Create => return create(writer, change, input).await,
        Action::Adopt(id) | Action::Handover { account: id, .. } => writer.update(id, input).await,
        Action::Update(_) if *input == CustomerInput::default() => {
            owned(writer, change, person).await
        }
        Action::Update(_) => update(writer, change, person, input, addressing).await,
    };
    let customer = customer.map_err(|error| match error {
        WriteError::NotFound => WriteError::NotOurs,
        other => other,
    })?;
    let is_same = change.action.account() == Some(&customer.id);
    let ours = &change.external_id;
    match customer.external_id.as_ref() {
        _ if !is_same => Err(WriteError::NotOurs),
        Some(id) if id != ours && !id.as_str().is_empty() => Err(WriteError::NotOurs),
        // Without it the account is not the person's: nothing else of the reply counts.
        None if !matches!(change.action, Action::Update(_)) => {
            Err(WriteError::Refused(not_kept("externalId")))
        }
        _ => Ok(customer),
    }
}

/// Updates by external id, so that reteach itself refuses to write an account that is not this person's any more.
async fn update(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    input: &CustomerInput,
    addressing: &Addressing,
) -> Result<Customer, WriteError> {
    let Some(id) = change.action.account() else {
        return Err(WriteError::NotOurs);
    };
    if !addressing.is_by_reteach_id() && !person.has_lost_its_id() {
        match writer
            .update_by_external_id(&change.external_id, input)
            .await
        {
            Err(WriteError::NotFound) => {}
            result => return result,
        }
        // Either the account is not this person's any more, or the academy takes no external ids here.
        owned(writer, change, person).await?;
        addressing.use_reteach_ids();
        return writer.update(id, input).await;
    }
    let is_read = person.account.is_some_and(|account| {
        account.id == *id && account.external_id.as_ref() == Some(&change.external_id)
    });
    if !is_read {
        owned(writer, change, person).await?;
    }
    writer.update(id, input).await
}

/// The account, if it carries the person's external id, or still none where it had lost it.
async fn owned(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
) -> Result<Customer, WriteError> {
    let Some(id) = change.action.account() else {
        return Err(WriteError::NotOurs);
    };
    let customer = match writer.get(id).await {
        Err(WriteError::NotFound) => return Err(WriteError::NotOurs),
        result => result?,
    };
    match &customer.external_id {
        Some(id) if *id == change.external_id => Ok(customer),
        Some(id) if !id.as_str().is_empty() => Err(WriteError::NotOurs),
        _ if person.has_lost_its_id() => Ok(customer),
        _ => Err(WriteError::IdLost),
    }
}

/// reteach finds or creates: what comes back may be an account that was there before.
async fn create(
    writer: &impl Writer,
    change: &Change,
    input: &CustomerInput,
) -> Result<Customer, WriteError> {
    let customer = writer.create(input).await?;
    match customer.external_id.as_ref() {
        Some(id) if *id == change.external_id => {}
        None if is_new(&customer, change) => {
            return Err(WriteError::Refused(not_kept("externalId")));
        }
        _ => {
            return Err(WriteError::Refused(Refusal {
                fields: Vec::new(),
                problem: Problem::Conflict,
            }));
        }
    }
    if reply::not_taken(&customer, change).is_empty() {
        return Ok(customer);
    }
    writer.update(&customer.id, input).await
}

/// The account was made just now, as far as its values show it.
fn is_new(customer: &Customer, change: &Change) -> bool {
    reply::not_taken(customer, change).is_empty()
}

fn not_kept(field: &str) -> Refusal {
    Refusal {
        fields: vec![field.to_owned()],
        problem: Problem::NotKept,
    }
}

/// Writes back what the account has lost by the write before, so that nothing of ours stays lost.
async fn restore(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    customer: &Customer,
    missed: &mut Missed,
) -> Result<(), WriteError> {
    let input = whole(change, person);
    match writer.update(&customer.id, &input).await {
        Ok(after) => {
            missed.values = reply::not_taken(&after, change);
            Ok(())
        }
        Err(WriteError::Refused(_)) => Ok(()),
        Err(WriteError::NotFound) => Err(WriteError::NotOurs),
        Err(error) => Err(error),
    }
}

/// All of our fields of the account after `change`, without values that are planned but not in `change`.
fn whole(change: &Change, person: Person<'_>) -> CustomerInput {
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

/// Adds and removes tags below our own prefixes; all others stay. Returns what reteach does not take of them.
async fn tags(
    writer: &impl Writer,
    change: &Change,
    customer: &Customer,
) -> Result<Option<Refusal>, WriteError> {
    let mut missing = Vec::new();
    let mut names = Vec::new();
    for value in &change.values {
        let Some(prefix) = value.attribute.tag_prefix() else {
            continue;
        };
        names.push(value.attribute.name().to_owned());
        let wanted = value.after.as_ref().map(Text::reveal);
        let ours = customer
            .tags
            .iter()
            .filter(|tag| tag.name.starts_with(prefix));
        for tag in ours.filter(|tag| Some(tag.name.as_str()) != wanted) {
            match writer.remove_tag(&customer.id, &tag.id).await {
                Ok(()) | Err(WriteError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        missing.extend(
            wanted
                .filter(|name| customer.tags.iter().all(|tag| tag.name != *name))
                .map(str::to_owned),
        );
    }
    if missing.is_empty() {
        return Ok(None);
    }
    let problem = match writer.add_tags(&customer.id, &missing).await {
        Ok(()) => return Ok(None),
        Err(WriteError::NotFound) => Problem::Status(404),
        Err(WriteError::Refused(refusal)) => refusal.problem,
        Err(error) => return Err(error),
    };
    Ok(Some(Refusal {
        fields: names,
        problem,
    }))
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

/// The ledger's entry once reteach holds `change`, but for what it has missed.
fn after(
    change: &Change,
    customer: &Customer,
    missed: &Missed,
    mut entry: EmployeeEntry,
) -> EmployeeEntry {
    entry.customer_id = Some(customer.id.clone());
    entry.digests.extend(change.baseline.digests.clone());
    for name in missed.names() {
        entry.digests.remove(name);
    }
    let is_window_taken = missed.window.is_empty();
    entry.window = if is_window_taken {
        change
            .window
            .map_or(change.baseline.window, |window| window.after)
    } else {
        AccountView::from(customer.clone()).window
    };
    let is_whole = change.extent == Extent::Whole;
    if is_window_taken && (change.window.is_some() || is_whole) {
        entry.locked = change.locked;
    }
    if is_whole && missed.refusal().is_none() {
        entry.fingerprint = change.fingerprint.or(entry.fingerprint);
        entry.failure = None;
    }
    entry
}
