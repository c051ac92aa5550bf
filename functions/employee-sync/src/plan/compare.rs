//! What differs between the desired record and an account, seen or trusted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::access::{AccessWindow, DesiredAccess, EmploymentStatus, LockReason, Locked, Scoped};
use shared::domain::employee::Field;
use shared::domain::id::SourceId;
use shared::fingerprint::FingerprintKey;
use shared::mapping::{Attribute, DesiredAccount, Text};
use shared::state::{EmployeeEntry, ValueDigest};

use super::{AccountView, Before, ValueChange, WindowCause};

/// The values that differ from what the account was given, by the ledger's digests.
pub(super) fn with_digests(
    desired: &BTreeMap<Attribute, Option<Text>>,
    entry: &EmployeeEntry,
    key: &FingerprintKey,
) -> Vec<ValueChange> {
    let changed = desired.iter().filter_map(|(attribute, after)| {
        let digest = entry.digests.get(attribute.name());
        let before = match digest {
            None => Before::Unknown,
            Some(ValueDigest::Null) => Before::Null,
            Some(ValueDigest::Value(_)) => Before::Hashed,
        };
        (digest
            != Some(&digest_of(
                &entry.source_id,
                *attribute,
                after.as_ref(),
                key,
            )))
        .then(|| ValueChange {
            attribute: *attribute,
            before,
            after: after.clone(),
        })
    });
    changed.collect()
}

/// The values of the record that differ from what the account holds.
pub(crate) fn with_account(
    desired: &BTreeMap<Attribute, Option<Text>>,
    account: &AccountView,
) -> Vec<ValueChange> {
    let changed = desired.iter().filter_map(|(attribute, after)| {
        let held = account.values_of(*attribute);
        let same = match (held.as_slice(), after) {
            ([], None) => true,
            ([held], Some(after)) => same_value(*attribute, held, after),
            _ => false,
        };
        let before = held
            .first()
            .map_or(Before::Null, |held| Before::Value((*held).clone()));
        (!same).then(|| ValueChange {
            attribute: *attribute,
            before,
            after: after.clone(),
        })
    });
    changed.collect()
}

/// The same without values that the account was given, as the ledger says, and keeps without their outer spaces.
pub(crate) fn with_account_given(
    desired: &BTreeMap<Attribute, Option<Text>>,
    account: &AccountView,
    entry: Option<&EmployeeEntry>,
    key: &FingerprintKey,
) -> Vec<ValueChange> {
    let mut changed = with_account(desired, account);
    changed.retain(|value| {
        let (attribute, after) = (value.attribute, value.after.as_ref());
        let was_given = entry.is_some_and(|entry| {
            let wanted = digest_of(&entry.source_id, attribute, after, key);
            entry.digests.get(attribute.name()) == Some(&wanted)
        });
        !(was_given && is_kept_trimmed(account, value))
    });
    changed
}

/// Whether the account holds the value of the record without its outer spaces.
pub(crate) fn is_kept_trimmed(account: &AccountView, value: &ValueChange) -> bool {
    let held = account.values_of(value.attribute);
    let trimmed = value.after.as_ref().map(|after| after.reveal().trim());
    match (held.as_slice(), trimmed) {
        ([held], Some(trimmed)) => same_value(value.attribute, held, &Text::new(trimmed)),
        ([], Some(trimmed)) => trimmed.is_empty(),
        _ => false,
    }
}

/// A mail address or user name for comparison: neither case nor outer spaces make it another one.
pub(crate) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// reteach may keep mail addresses in lower case; that is no drift. An account that has the address without the outer
/// spaces of the HR system keeps it so: an academy may refuse the other one.
fn same_value(attribute: Attribute, held: &Text, desired: &Text) -> bool {
    match attribute {
        Attribute::Email => {
            let held = held.reveal().to_lowercase();
            let desired = desired.reveal().to_lowercase();
            held == desired || held == desired.trim()
        }
        _ => held == desired,
    }
}

/// The ledger's digest of a value, salted with the person: two people with one value have two digests. Mail addresses that
/// differ only in case are the same one.
pub(crate) fn digest_of(
    person: &SourceId,
    attribute: Attribute,
    value: Option<&Text>,
    key: &FingerprintKey,
) -> ValueDigest {
    let field = format!("{attribute}\n{person}");
    value.map_or(ValueDigest::Null, |text| {
        ValueDigest::Value(hash(&field, attribute, text, key))
    })
}

pub(super) fn hash(field: &str, attribute: Attribute, text: &Text, key: &FingerprintKey) -> u64 {
    match attribute {
        Attribute::Email => key.digest(field, &text.reveal().to_lowercase()),
        _ => key.digest(field, text.reveal()),
    }
}

/// The lock the ledger knows of, or, where it knows nothing of the person, one that the account shows. Where its dates cannot
/// be read, what may not be read in the HR system either lifts no lock.
pub(super) fn known_lock(
    entry: Option<&EmployeeEntry>,
    window: AccessWindow,
    record: &DesiredAccount,
    now: Timestamp,
) -> Option<Locked> {
    if let Some(entry) = entry.filter(|entry| !entry.is_sealed) {
        return entry.locked;
    }
    let reason = match (record.employment.scope, record.employment.standing) {
        (Scoped::OutLocked, _) => LockReason::OutOfScope,
        (_, EmploymentStatus::Inactive) => LockReason::Inactive,
        (Scoped::Undecided(_), _) if entry.is_some() => LockReason::OutOfScope,
        (_, EmploymentStatus::Unknown) if entry.is_some() => LockReason::Inactive,
        _ => return None,
    };
    let since = window.inactive_at.filter(|at| *at <= now)?;
    Some(Locked { since, reason })
}

/// The reason for a window, in the order in which the rules apply.
pub(super) fn cause(
    record: &DesiredAccount,
    target: &DesiredAccess,
    window: AccessWindow,
    now: Timestamp,
) -> WindowCause {
    let employment = &record.employment;
    match (
        target.locked,
        employment.own_end_date(),
        employment.hire_date,
    ) {
        (
            Some(Locked {
                reason: LockReason::Inactive,
                ..
            }),
            ..,
        ) => WindowCause::Inactive,
        (
            Some(Locked {
                reason: LockReason::Vanished,
                ..
            }),
            ..,
        ) => WindowCause::Vanished,
        (
            Some(Locked {
                reason: LockReason::OutOfScope,
                ..
            }),
            ..,
        ) => WindowCause::OutOfScope,
        (None, _, Field::Value(day)) if target.active_at.value().is_some_and(|at| *at > now) => {
            WindowCause::ContractBegins(day)
        }
        (None, Field::Value(day), _) => WindowCause::ContractEnds(day),
        (None, _, Field::Value(day)) if target.active_at != window.active_at.into() => {
            WindowCause::ContractBegins(day)
        }
        (None, ..) => WindowCause::Employed,
    }
}
