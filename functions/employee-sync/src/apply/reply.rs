//! What the account in the reply of a write lacks of what was written, and of what was there before. Pure.

use jiff::{SignedDuration, Timestamp};
use shared::mapping::{Attribute, Text};
use shared::reteach::{Customer, CustomerInput};
use shared::state::{EmployeeEntry, ValueDigest};

use super::input::Person;
use crate::io::{Problem, Refusal};
use crate::plan::{AccountView, Change, folded};

/// Dates may come back rounded to a second.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

const ACTIVE: &str = "setActiveAt";
const INACTIVE: &str = "setInactiveAt";

/// A field that differs from what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotTaken {
    name: &'static str,
    clears: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) values: Vec<NotTaken>,
    /// Bounds of the access window that were written.
    pub(super) window: Vec<NotTaken>,
    /// Fields that were there and not written.
    lost: Vec<String>,
    /// What reteach does not take of the tags.
    pub(super) tags: Option<Refusal>,
}

impl Missed {
    pub(super) fn is_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    pub(super) fn is_any(&self) -> bool {
        self.is_lost() || !self.values.is_empty() || !self.window.is_empty()
    }

    /// Fields that `may_stay` need not be cleared.
    pub(super) fn forgive(&mut self, may_stay: impl Fn(Attribute) -> bool) {
        let stays = |field: &NotTaken| {
            let mut attributes = Attribute::ALL.iter();
            field.clears && attributes.any(|it| it.name() == field.name && may_stay(*it))
        };
        self.values.retain(|field| !stays(field));
    }

    /// The written values that the account lacks, as the ledger names them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags.iter().flat_map(|refusal| &refusal.fields);
        let values = self.values.iter().map(|field| field.name);
        values.chain(tags.map(String::as_str))
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        let written = || self.values.iter().chain(&self.window);
        let problem = if self.is_lost() {
            Problem::Lost
        } else if written().any(|field| !field.clears) {
            Problem::NotKept
        } else if written().next().is_some() {
            Problem::NotCleared
        } else {
            return self.tags.clone();
        };
        let fields: Vec<String> = if problem == Problem::Lost {
            self.lost.clone()
        } else {
            written().map(|field| field.name.to_owned()).collect()
        };
        Some(Refusal { fields, problem })
    }
}

/// What `customer`, the account after `input` was written, lacks; `before` is the account before, where it was read.
pub(super) fn missed(
    customer: &Customer,
    change: &Change,
    input: &CustomerInput,
    person: Person<'_>,
    entry: &EmployeeEntry,
    before: Option<&Customer>,
) -> Missed {
    let view = AccountView::from(customer.clone());
    let (window, values) = not_taken(customer, change)
        .into_iter()
        .partition(|field| [ACTIVE, INACTIVE].contains(&field.name));
    Missed {
        values,
        window,
        // Without a write, what is missing was missing before.
        lost: match before {
            _ if *input == CustomerInput::default() => Vec::new(),
            Some(before) => input.lost(before, customer),
            None => {
                let lost = lost(&view, change, input, person, entry);
                lost.into_iter().map(str::to_owned).collect()
            }
        },
        tags: None,
    }
}

/// The fields of `change` that `customer` holds otherwise. Tags have calls of their own.
pub(super) fn not_taken(customer: &Customer, change: &Change) -> Vec<NotTaken> {
    let view = AccountView::from(customer.clone());
    let fields = change
        .values
        .iter()
        .filter(|value| value.attribute.tag_prefix().is_none());
    let values = fields
        .filter(|value| {
            !is_same(
                value.attribute,
                view.values.get(&value.attribute),
                value.after.as_ref(),
            )
        })
        .map(|value| NotTaken {
            name: value.attribute.name(),
            clears: value.after.is_none(),
        });
    let mut not_taken: Vec<_> = values.collect();
    if let Some(window) = change.window {
        let (before, after, held) = (window.before, window.after, view.window);
        let bounds = [
            (ACTIVE, before.active_at, after.active_at, held.active_at),
            (
                INACTIVE,
                before.inactive_at,
                after.inactive_at,
                held.inactive_at,
            ),
        ];
        let differing = bounds
            .into_iter()
            .filter(|(_, before, after, held)| before != after && !is_same_moment(*after, *held));
        not_taken.extend(differing.map(|(name, _, after, _)| NotTaken {
            name,
            clears: after.is_none(),
        }));
    }
    not_taken
}

/// Case does not matter where reteach itself ignores it, nor do outer spaces: an academy that cuts them off has taken the value.
/// Spaces alone are no value.
fn is_same(attribute: Attribute, held: Option<&Text>, written: Option<&Text>) -> bool {
    let comparable = |text: &Text| match attribute {
        Attribute::Email | Attribute::UserName => folded(text.reveal()),
        _ => text.reveal().trim().to_owned(),
    };
    let of = |text: Option<&Text>| text.map(comparable).filter(|text| !text.is_empty());
    of(held) == of(written)
}

fn is_same_moment(written: Option<Timestamp>, held: Option<Timestamp>) -> bool {
    match (written, held) {
        (Some(written), Some(held)) => written.duration_since(held).abs() < ROUNDING,
        (written, held) => written == held,
    }
}

/// Fields that were there before and that `input` does not name, where the academy has replaced the record: the external
/// id is gone, or every other field. A single field that differs or is gone is somebody else's edit.
fn lost(
    view: &AccountView,
    change: &Change,
    input: &CustomerInput,
    person: Person<'_>,
    entry: &EmployeeEntry,
) -> Vec<&'static str> {
    let unwritten = unwritten(change, person, entry);
    let is_gone = |attribute: &Attribute| !view.values.contains_key(attribute);
    // A replaced record may keep what identifies the account.
    let identifies = |it: &&Attribute| matches!(it, Attribute::Email | Attribute::UserName);
    let others = || unwritten.iter().filter(|it| !identifies(it));
    let all_are_gone = others().count() > 1 && others().all(is_gone);
    let mut lost = Vec::new();
    if view.external_id.is_none() && !person.has_lost_its_id() {
        lost.push("externalId");
    } else if !all_are_gone {
        return lost;
    }
    let values = unwritten.iter().filter(|attribute| is_gone(attribute));
    lost.extend(values.map(|attribute| attribute.name()));
    let (before, held) = (change.baseline.window, view.window);
    let bounds = [
        (
            ACTIVE,
            &input.set_active_at,
            before.active_at,
            held.active_at,
        ),
        (
            INACTIVE,
            &input.set_inactive_at,
            before.inactive_at,
            held.inactive_at,
        ),
    ];
    let bounds = bounds
        .into_iter()
        .filter(|(_, sent, before, held)| sent.is_absent() && before.is_some() && held.is_none());
    lost.extend(bounds.map(|(name, ..)| name));
    lost
}

/// The fields that the account held before, as the record has them, and that `change` does not write.
fn unwritten(change: &Change, person: Person<'_>, entry: &EmployeeEntry) -> Vec<Attribute> {
    let is_written = |attribute| change.values.iter().any(|it| it.attribute == attribute);
    let was_there = |attribute: Attribute| match person.account {
        Some(account) => account.values.contains_key(&attribute),
        None => matches!(
            entry.digests.get(attribute.name()),
            Some(ValueDigest::Value(_))
        ),
    };
    let record = person.record.into_iter().flat_map(|record| &record.values);
    let held = record.filter(|(attribute, value)| {
        value.is_some()
            && attribute.tag_prefix().is_none()
            && !is_written(**attribute)
            && was_there(**attribute)
    });
    held.map(|(attribute, _)| *attribute).collect()
}

#[cfg(test)]
mod tests {
    use shared::domain::id::CustomerId;

    use super::*;
    use crate::apply::input::input;
    use crate::io::memory::Academy;
    use crate::plan::builders::{candidate, config, day, edited, now, plan};
    use crate::plan::{Action, SourceState};

    /// What a reply lacks that holds everything written to it, but for `edit`.
    fn refusal(edit: impl FnOnce(&mut Customer)) -> Option<(Problem, Vec<String>)> {
        let config = config("");
        let person = edited("1", |person| person.end_date = day("2026-12-31"));
        let candidate = candidate(&person, &config);
        let plan = plan(std::slice::from_ref(&candidate), &config);
        let mut academy = Academy::default();
        academy.apply(&plan, std::slice::from_ref(&candidate), now());
        let entry = academy.ledger[&person.source_id].clone();
        let mut customer = academy.customers.values().next().unwrap().clone();
        edit(&mut customer);
        let mut change = plan.changes[0].clone();
        change.action = Action::Update(CustomerId::new("c1"));
        let unwritten = [Attribute::Company, Attribute::Gender];
        change
            .values
            .retain(|value| !unwritten.contains(&value.attribute));
        let SourceState::Present { record, .. } = &candidate.source else {
            unreachable!()
        };
        let person = Person {
            planned: &change,
            record: Some(record),
            account: None,
            shares_its_id: false,
            is_second: false,
        };
        let missed = missed(&customer, &change, &input(&change), person, &entry, None);
        let refusal = missed.refusal()?;
        Some((refusal.problem, refusal.fields))
    }

    #[test]
    fn what_reteach_writes_otherwise_is_no_difference() {
        assert_eq!(refusal(|_| {}), None);
        let upper = |text: &mut Option<String>| *text = text.as_ref().map(|it| it.to_uppercase());
        assert_eq!(refusal(|it| upper(&mut it.email)), None);
        let spaced = |text: &mut Option<String>| *text = text.as_ref().map(|it| format!(" {it} "));
        assert_eq!(refusal(|it| spaced(&mut it.last_name)), None);
        let blank = Text::new("  ");
        for held in [None, Some(&blank)] {
            assert!(is_same(Attribute::Position, held, Some(&blank)));
        }
        for milliseconds in [1, 500, 999] {
            let later = SignedDuration::from_millis(milliseconds);
            let moved = |at: Option<Timestamp>| at.map(|at| at + later);
            assert_eq!(
                refusal(|it| it.set_inactive_at = moved(it.set_inactive_at)),
                None
            );
        }
        // Nobody wrote these: somebody else's edits.
        assert_eq!(refusal(|it| it.company = Some("Other".into())), None);
        assert_eq!(refusal(|it| it.company = None), None);
    }

    #[test]
    fn what_reteach_has_not_taken_or_has_lost_is_named() {
        use Problem::{Lost, NotKept};
        type Edit = fn(&mut Customer);
        let cases: [(Edit, Problem, &str); 6] = [
            (|it| it.position = None, NotKept, "position"),
            (
                |it| it.last_name = Some("other".into()),
                NotKept,
                "lastName",
            ),
            (|it| it.email = Some("x@y.example".into()), NotKept, "email"),
            (|it| it.set_active_at = None, NotKept, ACTIVE),
            (|it| it.set_inactive_at = None, NotKept, INACTIVE),
            (|it| it.external_id = None, Lost, "externalId"),
        ];
        for (edit, problem, field) in cases {
            assert_eq!(refusal(edit), Some((problem, vec![field.to_owned()])));
        }
        let replaced = refusal(|it| (it.company, it.gender) = (None, None));
        let fields = ["company", "gender"].map(str::to_owned).to_vec();
        assert_eq!(replaced, Some((Lost, fields)));
    }
}
