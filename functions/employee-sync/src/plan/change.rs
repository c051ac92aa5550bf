//! One person's change: what, from what, to what, and why.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use shared::access::{AccessWindow, Locked};
use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::Fingerprint;
use shared::mapping::{Attribute, Text};
use shared::state::{EmployeeEntry, ValueDigest};

use super::AccountView;

/// What is to be done for one person. It always changes something: a change without effect cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub source_id: SourceId,
    /// What reteach calls them.
    pub external_id: ExternalId,
    pub action: Action,
    pub values: Vec<ValueChange>,
    pub window: Option<WindowChange>,
    /// What the ledger keeps of a lock without a date, afterwards.
    pub locked: Option<Locked>,
    /// The record's fingerprint; `None` for somebody who is gone.
    pub fingerprint: Option<Fingerprint>,
    /// Whether this is all there is to do for the person.
    pub extent: Extent,
    /// What the ledger keeps of the account besides the changes.
    pub baseline: Baseline,
}

/// The account before the change, and the digests of all values of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    pub window: AccessWindow,
    /// Marks of all values of the record: those that change, and those that are there already.
    pub digests: BTreeMap<String, ValueDigest>,
}

/// How much of a person's change this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// The harmless part; a brake holds the rest, so the person does not count as synced.
    Partial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    /// It was found by mail address and is ours from now on.
    Adopt(CustomerId),
    /// It was another person's, or another system's, and gets this person's external id.
    Handover {
        account: CustomerId,
        /// The external id that it has so far.
        from: ExternalId,
        /// The person's former profile. The ledger forgets its account. `None`: another system has numbered the account.
        former: Option<SourceId>,
    },
    /// It is ours.
    Update(CustomerId),
}

impl Action {
    /// The account, where there is one already.
    pub fn account(&self) -> Option<&CustomerId> {
        match self {
            Self::Create => None,
            Self::Adopt(id) | Self::Update(id) | Self::Handover { account: id, .. } => Some(id),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueChange {
    pub attribute: Attribute,
    pub before: Before,
    /// What it becomes; `None` clears it.
    pub after: Option<Text>,
}

/// What is known of a value before the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Never given by us and not looked at.
    Unknown,
    Null,
    /// Not empty; the ledger keeps only a mark of it.
    Hashed,
    Value(Text),
}

/// A change of the window in which the account is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowChange {
    pub before: AccessWindow,
    pub after: AccessWindow,
    pub cause: WindowCause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowCause {
    /// The contract ended, or ends, on this day.
    ContractEnds(Date),
    ContractBegins(Date),
    /// Inactive without an end date, or before it.
    Inactive,
    /// Missing from two complete reads in a row.
    Vanished,
    /// The same, but the source marks whom it deletes, and has not marked them.
    Unmarked,
    /// The account carries an id of the HR system and belongs to nobody in it.
    Orphaned,
    OutOfScope,
    /// Employed, without an end.
    Employed,
}

impl fmt::Display for WindowCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContractEnds(day) => write!(f, "contract ends {day}"),
            Self::ContractBegins(day) => write!(f, "contract begins {day}"),
            Self::Inactive => f.write_str("inactive without an end date that has passed"),
            Self::Vanished => f.write_str("gone from two complete reads"),
            Self::Unmarked => {
                f.write_str("missing from two complete reads without a deletion flag")
            }
            Self::Orphaned => f.write_str("belongs to nobody in the HR system"),
            Self::OutOfScope => f.write_str("no longer in scope"),
            Self::Employed => f.write_str("employed"),
        }
    }
}

/// A lock that takes effect this soon counts as a lock.
pub const SOON: SignedDuration = SignedDuration::from_hours(24);

/// What a change of window does to access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Takes it away, at once or soon.
    Lock,
    Unlock,
    Same,
}

impl WindowChange {
    /// The change from `before` to the bounds that `after` speaks about; `None` if that is no change.
    #[must_use]
    pub fn between(
        before: AccessWindow,
        active_at: Field<Timestamp>,
        inactive_at: Field<Timestamp>,
        cause: WindowCause,
    ) -> Option<Self> {
        let after = AccessWindow {
            active_at: over(before.active_at, active_at),
            inactive_at: over(before.inactive_at, inactive_at),
        };
        (after != before).then_some(Self {
            before,
            after,
            cause,
        })
    }

    /// What the change does to access, seen at `now`: a lock counts when it takes effect at once or within 24 hours.
    #[must_use]
    pub fn access(&self, now: Timestamp) -> Access {
        let at = |window: AccessWindow| (window.is_locked_at(now), window.is_locked_at(now + SOON));
        match (at(self.before), at(self.after)) {
            ((false, _), (true, _)) | ((_, false), (_, true)) => Access::Lock,
            ((true, true), (false, _) | (_, false)) => Access::Unlock,
            _ => Access::Same,
        }
    }
}

fn over(before: Option<Timestamp>, after: Field<Timestamp>) -> Option<Timestamp> {
    match after {
        Field::Absent => before,
        Field::Null => None,
        Field::Value(moment) => Some(moment),
    }
}

impl Change {
    /// The window change's effect on access, seen at `now`. Creating an account that starts out locked is not a lock.
    #[must_use]
    pub fn access(&self, now: Timestamp) -> Access {
        match (&self.action, &self.window) {
            (Action::Create, _) | (_, None) => Access::Same,
            (_, Some(window)) => window.access(now),
        }
    }
}

impl Change {
    /// What a failure of it is noted for: the record, or that somebody whom the ledger knows (`entry`) is gone.
    #[must_use]
    pub(crate) fn fails_as(&self, entry: &EmployeeEntry) -> Option<Fingerprint> {
        let gone = entry.customer_id.as_ref().map(|_| Fingerprint::default());
        self.fingerprint.or(gone)
    }

    /// Whether the account begins locked, seen at `now`.
    #[must_use]
    pub fn is_created_locked(&self, now: Timestamp) -> bool {
        let window = self.window.filter(|_| self.action == Action::Create);
        window.is_some_and(|window| window.after.is_locked_at(now))
    }

    /// Whether an old value is known by its digest alone, or not at all.
    #[must_use]
    pub fn hides_old_values(&self) -> bool {
        let mut values = self.values.iter();
        values.any(|value| matches!(value.before, Before::Unknown | Before::Hashed))
    }

    /// Takes the old values from `account`.
    pub fn show_old_values(&mut self, account: &AccountView) {
        for value in &mut self.values {
            let held = account.values_of(value.attribute);
            let held = held.first().map(|held| (*held).clone());
            value.before = held.map_or(Before::Null, Before::Value);
        }
    }
}
