//! One change, step by step: the account, its tags, and what its reply shows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::domain::id::CustomerId;
use shared::reteach::{Customer, CustomerInput, Error as ReteachError, Tag};
use shared::state::EmployeeEntry;

use super::academy::Academy;
use super::create::create;
use super::input::{Person, input, ours};
use super::reply::{self, Missed};
use super::tags::{restore_tags, tags};
use crate::io::{Problem, Refusal, WriteError, Writer};
use crate::plan::{Access, AccountView, Action, Change, Extent};

pub(super) struct Written {
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
    academy: &Academy<'_>,
) -> Result<Written, WriteError> {
    let change = academy.writable(change);
    match write_once(writer, &change, person, entry.clone(), academy).await {
        Err(WriteError::Refused(refusal)) => {
            match academy.after_refusal(&change, &refusal.fields) {
                Some(rest) => write_once(writer, &rest, person, entry, academy).await,
                None => Err(WriteError::Refused(refusal)),
            }
        }
        result => result,
    }
}

async fn write_once(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    entry: EmployeeEntry,
    academy: &Academy<'_>,
) -> Result<Written, WriteError> {
    let input = input(change);
    let Reply {
        mut customer,
        before,
    } = account(writer, change, person, &input, academy).await?;
    let held = before.as_ref();
    let compare = |customer: &Customer| {
        let mut missed = reply::missed(customer, change, &input, person, &entry, held);
        missed.forgive(|attribute| academy.is_switched_off(attribute));
        missed
    };
    let mut missed = compare(&customer);
    if missed.is_any() {
        // The reply may show less than the account holds.
        customer = read(writer, &customer.id).await?;
        missed = compare(&customer);
    }
    if missed.is_lost() {
        academy.has_lost_unnamed();
        restore(writer, change, person, held, &customer, &mut missed).await?;
    } else if held.is_some_and(|held| has_kept(held, &input, &customer)) && !academy.replaces() {
        academy.has_kept_unnamed();
    }
    if let Some(before) = held {
        restore_tags(writer, before, &mut customer).await?;
    }
    missed.tags = match tags(writer, change, &customer).await {
        // The academy has answered for the account: only its tags are left.
        Err(WriteError::NoAnswer(error)) => Some(unanswered(change, &error)),
        tags => tags?,
    };
    let refusal = missed.refusal();
    // What the ledger knows is about the other account.
    let entry = if person.is_second {
        entry
    } else {
        after(change, &customer, &missed, entry)
    };
    Ok(Written {
        entry,
        missed: refusal,
        wrote_window: missed.window.is_empty(),
    })
}

/// What is left of `change` where nothing is known of its tags.
fn unanswered(change: &Change, error: &ReteachError) -> Refusal {
    let attributes = change.values.iter().map(|value| value.attribute);
    let tags = attributes.filter(|attribute| attribute.tag_prefix().is_some());
    Refusal {
        fields: tags.map(|attribute| attribute.name().to_owned()).collect(),
        problem: match error {
            ReteachError::Forbidden(_) => Problem::Forbidden,
            _ => Problem::NoAnswer,
        },
    }
}

/// Whether a write has left alone what it did not name, tags among it.
fn has_kept(before: &Customer, input: &CustomerInput, after: &Customer) -> bool {
    let is_there = |tag: &Tag| after.tags.iter().any(|it| it.name == tag.name);
    input.could_lose(before) && !before.tags.is_empty() && before.tags.iter().all(is_there)
}

/// The account after a write, and before it, where it was read.
pub(super) struct Reply {
    pub(super) customer: Customer,
    pub(super) before: Option<Customer>,
}

/// Writes the account's fields, where any change, and returns the account with the tags it has.
async fn account(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    input: &CustomerInput,
    academy: &Academy<'_>,
) -> Result<Reply, WriteError> {
    let reply = match &change.action {
        Action::Create => return create(writer, change, person, input, academy).await,
        Action::Adopt(id) | Action::Handover { account: id, .. } => {
            take_over(writer, change, id, input, academy).await
        }
        Action::Update(_) if *input == CustomerInput::default() => {
            owned(writer, change, person).await.map(Reply::unwritten)
        }
        Action::Update(_) => update(writer, change, person, input, academy).await,
    };
    let mut reply = reply.map_err(|error| match error {
        WriteError::NotFound => WriteError::NotOurs,
        other => other,
    })?;
    let is_same = change.action.account() == Some(&reply.customer.id);
    let takes_over = !matches!(change.action, Action::Update(_));
    if is_same && is_partial(&reply.customer, takes_over) {
        reply.customer = read(writer, &reply.customer.id).await?;
    }
    let ours = &change.external_id;
    match reply.customer.external_id.as_ref() {
        _ if !is_same => Err(WriteError::NotOurs),
        Some(id) if id != ours && !id.as_str().is_empty() => Err(WriteError::NotOurs),
        // Without it the account is not the person's: nothing else of the reply counts.
        None if takes_over => Err(WriteError::Refused(not_kept("externalId"))),
        _ => Ok(reply),
    }
}

impl Reply {
    pub(super) fn unwritten(customer: Customer) -> Self {
        Self {
            customer,
            before: None,
        }
    }
}

/// Whether the reply to a write shows less than the account has: a status, and the external id if the write `gives_id`.
pub(super) fn is_partial(customer: &Customer, gives_id: bool) -> bool {
    customer.status.is_none() || (gives_id && customer.external_id.is_none())
}

pub(super) async fn read(writer: &impl Writer, id: &CustomerId) -> Result<Customer, WriteError> {
    writer.get(id).await.map_err(|error| match error {
        WriteError::NotFound => WriteError::NotOurs,
        other => other,
    })
}

/// Gives an account the person's external id. One that was seen a while ago is read first: another system may have numbered it
/// since, and writes by reteach's id refuse nothing.
async fn take_over(
    writer: &impl Writer,
    change: &Change,
    id: &CustomerId,
    input: &CustomerInput,
    academy: &Academy<'_>,
) -> Result<Reply, WriteError> {
    let reads_first = academy.reads_first();
    let before = if reads_first || academy.is_seen_long_ago(writer.now()) {
        shown(writer.get(id).await, !reads_first, false)?
    } else {
        None
    };
    if before.as_ref().is_some_and(|it| !is_free(it, change)) {
        return Err(WriteError::NotOurs);
    }
    let customer = writer
        .update(id, &academy.sent(input, before.as_ref()))
        .await?;
    Ok(Reply { customer, before })
}

/// Whether the account carries no other external id than the plan has seen.
fn is_free(account: &Customer, change: &Change) -> bool {
    let from = match &change.action {
        Action::Handover { from, .. } => Some(from),
        _ => None,
    };
    let held = account.external_id.as_ref();
    held.is_none_or(|id| id.as_str().is_empty() || *id == change.external_id || Some(id) == from)
}

/// Updates an account that was just read and is the person's, or else by external id, so that reteach itself refuses to write
/// an account that is not this person's any more.
async fn update(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    input: &CustomerInput,
    academy: &Academy<'_>,
) -> Result<Reply, WriteError> {
    let Some(id) = change.action.account() else {
        return Err(WriteError::NotOurs);
    };
    let by_external_id =
        !academy.is_by_reteach_id() && !person.has_lost_its_id() && !person.shares_its_id;
    let is_listed = person.account.is_some_and(|account| {
        account.id == *id && account.external_id.as_ref() == Some(&change.external_id)
    });
    // This run has found the account: the academy may show locked ones in its list alone.
    let may_be_hidden = is_listed && !academy.replaces();
    // A lock goes to an account that cannot be read where something else shows whose it is: this run's list, or the
    // academy, which compares the external id. An academy that replaces records would empty it.
    let locks = only_locks(change, writer.now()) && !academy.replaces();
    let may_be_unreadable = locks && (is_listed || person.has_lost_its_id());
    let mut before = None;
    if academy.reads_first() || (!by_external_id && !is_listed) {
        let may_be_unreadable = may_be_unreadable || (locks && by_external_id);
        let read = owned(writer, change, person).await;
        before = shown(read, may_be_hidden, may_be_unreadable)?;
    } else if relies_on_dates(change, input, writer.now()) {
        // An academy may empty dates that an update does not name. Open accounts, which have none, do not show it.
        before = shown(owned(writer, change, person).await, true, true)?;
    }
    let input = academy.sent(input, before.as_ref());
    // Of two accounts with one external id the academy may find the other: one that was just read is written by its own id.
    if by_external_id && before.is_none() {
        let result = writer
            .update_by_external_id(&change.external_id, &input)
            .await;
        match result {
            Err(WriteError::NotFound) => {}
            Err(WriteError::Refused(refusal)) if may_be_the_id(&refusal, &input) => {
                // The record may be the reason, too: only a write by reteach's own id tells.
                let read = owned(writer, change, person).await;
                before = shown(read, false, may_be_unreadable)?;
                let customer = writer.update(id, &input).await?;
                academy.use_reteach_ids();
                return Ok(Reply { customer, before });
            }
            Ok(other) if other.id != *id => {
                // Two accounts carry the external id, unless this one has lost it.
                let read = owned(writer, change, person).await;
                before = shown(read, false, may_be_unreadable)?;
                let customer = writer.update(id, &input).await?;
                return Ok(Reply { customer, before });
            }
            result => return result.map(|customer| Reply { customer, before }),
        }
        // Either the account is not this person's any more, or the academy takes no external ids here.
        let read = owned(writer, change, person).await;
        before = shown(read, may_be_hidden, may_be_unreadable)?;
        if before.is_some() {
            academy.use_reteach_ids();
        }
    }
    let customer = writer.update(id, &input).await?;
    Ok(Reply { customer, before })
}

/// Whether a date keeps the account shut, now or later, and `input` does not name it.
fn relies_on_dates(change: &Change, input: &CustomerInput, now: Timestamp) -> bool {
    let held = change.baseline.window;
    let ends = input.set_inactive_at.is_absent() && held.inactive_at.is_some();
    let begins_later =
        input.set_active_at.is_absent() && held.active_at.is_some_and(|from| from > now);
    (ends || begins_later) && !only_locks(change, now)
}

/// Whether `change` takes access away and does nothing else.
fn only_locks(change: &Change, now: Timestamp) -> bool {
    let lock = change.window.filter(|_| change.values.is_empty());
    lock.is_some_and(|window| window.access(now) == Access::Lock)
}

/// The account, or `None` where it is not shown and `may_be_hidden`, or not in a form that can be read and
/// `may_be_unreadable`.
fn shown(
    read: Result<Customer, WriteError>,
    may_be_hidden: bool,
    may_be_unreadable: bool,
) -> Result<Option<Customer>, WriteError> {
    match read {
        Err(WriteError::NotFound) if may_be_hidden => Ok(None),
        Err(WriteError::NoAnswer(ReteachError::Unreadable { .. })) if may_be_unreadable => Ok(None),
        read => read.map(Some),
    }
}

/// Whether the academy may have refused the id in the path, and not the record `sent`.
fn may_be_the_id(refusal: &Refusal, sent: &CustomerInput) -> bool {
    matches!(refusal.problem, Problem::Status(400 | 422))
        && !refusal.fields.iter().any(|field| sent.names(field))
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
    let customer = writer.get(id).await?;
    match &customer.external_id {
        Some(id) if *id == change.external_id => Ok(customer),
        Some(id) if !id.as_str().is_empty() => Err(WriteError::NotOurs),
        _ if person.has_lost_its_id() => Ok(customer),
        _ => Err(WriteError::IdLost),
    }
}

pub(super) fn not_kept(field: &str) -> Refusal {
    Refusal {
        fields: vec![field.to_owned()],
        problem: Problem::NotKept,
    }
}

/// Writes back what the account has lost by the write before: all of it, if it was read before, else what is ours. What the
/// academy refuses is given up field by field; where that does not help, all that is not ours.
async fn restore(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    before: Option<&Customer>,
    customer: &Customer,
    missed: &mut Missed,
) -> Result<(), WriteError> {
    /// Members that reteach's document writes in another form than it shows: an academy may refuse them as they were read.
    const SUSPECTS: [&str; 2] = ["birthDate", "language"];
    let mut given_up = BTreeSet::new();
    let mut sent = match before {
        Some(before) => input(change).over(before, &given_up),
        None => ours(change, person),
    };
    let mut written = writer.update(&customer.id, &sent).await;
    while let (Err(WriteError::Refused(refusal)), Some(before)) = (&written, before) {
        let is_left = |field: &&str| sent.names(field) && !given_up.contains(*field);
        let named = refusal.fields.iter().map(String::as_str).filter(is_left);
        let mut next: Vec<_> = named.map(str::to_owned).collect();
        if next.is_empty() {
            let suspect = SUSPECTS.into_iter().find(is_left);
            next.extend(suspect.map(str::to_owned));
        }
        if next.is_empty() {
            written = writer.update(&customer.id, &ours(change, person)).await;
            break;
        }
        given_up.extend(next);
        sent = input(change).over(before, &given_up);
        written = writer.update(&customer.id, &sent).await;
    }
    match written {
        Ok(after) => {
            missed.values = reply::not_taken(&after, change);
            Ok(())
        }
        Err(WriteError::Refused(_)) => Ok(()),
        Err(WriteError::NotFound) => Err(WriteError::NotOurs),
        Err(error) => Err(error),
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
