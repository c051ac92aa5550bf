//! The ledger's entry for one person: what reteach was last given, and what stands in the way of the rest.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ring::aead::NONCE_LEN;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::access::{AccessWindow, LockReason, Locked};
use crate::domain::id::{CustomerId, SourceId, TenantId};
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::secrets::SealKey;

/// What is known of one person, written after each effect. Stored as `EMPLOYEE#<source id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmployeeEntry {
    pub source_id: SourceId,
    /// The account in reteach, once there is one.
    pub customer_id: Option<CustomerId>,
    /// The record that reteach was last given in full; `None` while that never succeeded.
    pub fingerprint: Option<Fingerprint>,
    /// For each field that reteach was given, a digest of its value.
    #[serde(default)]
    pub digests: BTreeMap<String, ValueDigest>,
    /// The window in which the account is open, as last written. Stored encrypted, with `locked`.
    #[serde(skip)]
    pub window: AccessWindow,
    /// Since when the person is locked for a reason that has no date of its own.
    #[serde(skip)]
    pub locked: Option<Locked>,
    /// Whether window and lock could not be decrypted: the academy has to be asked. Digests are of the same key, so the
    /// entry has none then.
    #[serde(skip)]
    pub is_sealed: bool,
    /// The last refusal, until the record succeeds.
    pub failure: Option<Failure>,
    /// The person who has this person's account now: the account is never created again for the old id.
    #[serde(default)]
    pub handed_over_to: Option<SourceId>,
    /// Fields that comparisons have found changed in the academy by somebody else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drift: BTreeMap<String, Drift>,
    /// Whether a comparison has seen another account with the person's external id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares_its_id: bool,
}

impl EmployeeEntry {
    #[must_use]
    pub fn new(source_id: SourceId) -> Self {
        Self {
            source_id,
            customer_id: None,
            fingerprint: None,
            digests: BTreeMap::new(),
            window: AccessWindow::default(),
            locked: None,
            is_sealed: false,
            failure: None,
            handed_over_to: None,
            drift: BTreeMap::new(),
            shares_its_id: false,
        }
    }
}

/// The bytes of a moment, in nanoseconds.
const MOMENT: usize = 16;

/// Every lock reason, by the number that is stored.
const REASONS: [LockReason; 3] = [
    LockReason::Inactive,
    LockReason::Vanished,
    LockReason::OutOfScope,
];

impl EmployeeEntry {
    /// Window and lock, encrypted for this person of `tenant`. Always as long, whatever is set.
    pub(super) fn sealed(&self, key: &FingerprintKey, tenant: &TenantId) -> Option<Vec<u8>> {
        let AccessWindow {
            active_at,
            inactive_at,
        } = self.window;
        let since = self.locked.map(|locked| locked.since);
        let mut bytes = Zeroizing::new(Vec::with_capacity(3 * MOMENT + 1));
        for moment in [active_at, inactive_at, since] {
            let nanoseconds = moment.map_or(i128::MAX, Timestamp::as_nanosecond);
            bytes.extend(nanoseconds.to_be_bytes());
        }
        let reason = self.locked.map(|locked| locked.reason);
        let number = REASONS.iter().position(|it| Some(*it) == reason);
        bytes.push(
            number
                .and_then(|it| u8::try_from(it).ok())
                .unwrap_or(u8::MAX),
        );
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let owner = owner(tenant, &self.source_id);
        key.of_dates()?.seal(owner.as_bytes(), nonce, &bytes)
    }

    /// The entry with its window and lock. What cannot be decrypted is unknown, and so is what was hashed with that key.
    pub(super) fn opened(self, key: &SealKey, tenant: &TenantId, sealed: &[u8]) -> Self {
        let owner = owner(tenant, &self.source_id);
        let opened = key.open(owner.as_bytes(), sealed);
        match opened.and_then(|bytes| dates(&bytes)) {
            Some((window, locked)) => Self {
                window,
                locked,
                ..self
            },
            None => Self {
                customer_id: self.customer_id,
                failure: self.failure,
                handed_over_to: self.handed_over_to,
                drift: self.drift,
                shares_its_id: self.shares_its_id,
                is_sealed: true,
                ..Self::new(self.source_id)
            },
        }
    }
}

fn owner(tenant: &TenantId, person: &SourceId) -> String {
    format!("{tenant}\n{person}")
}

fn dates(bytes: &[u8]) -> Option<(AccessWindow, Option<Locked>)> {
    let (moments, reason) = bytes.as_chunks::<MOMENT>();
    let moment =
        |bytes: &[u8; MOMENT]| Timestamp::from_nanosecond(i128::from_be_bytes(*bytes)).ok();
    let ([active_at, inactive_at, since], [reason]) = (moments, reason) else {
        return None;
    };
    let reason = REASONS.get(usize::from(*reason)).copied();
    let window = AccessWindow {
        active_at: moment(active_at),
        inactive_at: moment(inactive_at),
    };
    let locked = moment(since).zip(reason);
    Some((
        window,
        locked.map(|(since, reason)| Locked { since, reason }),
    ))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    pub days: u32,
    pub last: Timestamp,
}

/// A value as the ledger keeps it: whether it was empty, and otherwise a keyed hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueDigest {
    Null,
    /// reteach was given a value with this hash.
    Value(u64),
}

/// A record that reteach, or the mapping, refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    #[serde(default)]
    pub kind: FailureKind,
    /// What was wrong, without personal data.
    pub reason: String,
    /// The record that was refused: the same one is tried again only from `retry_at` on.
    pub fingerprint: Fingerprint,
    pub attempts: u32,
    pub retry_at: Timestamp,
    /// Whether others were accepted with the field that was refused here: this refusal says nothing of the tenant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_personal: bool,
    /// Whether looking for the account got no answer: nothing was written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_look_up: bool,
}

/// What stands in the way of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    #[default]
    Refused,
    Conflict,
    /// The academy does not answer for this account, while it answers for others.
    NoAnswer,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::state) fn at(time: &str) -> Timestamp {
        format!("2026-05-11T{time}Z").parse().unwrap()
    }

    pub(in crate::state) fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    pub(in crate::state) fn key(byte: u8) -> FingerprintKey {
        FingerprintKey::from_bytes(&[byte; 32])
    }

    fn entry(id: &str, window: AccessWindow, locked: Option<Locked>) -> EmployeeEntry {
        let failure = Failure {
            kind: FailureKind::Conflict,
            reason: "why".to_owned(),
            fingerprint: Fingerprint::default(),
            attempts: 2,
            retry_at: at("09:00:00"),
            is_personal: false,
            is_of_look_up: false,
        };
        let drift = Drift {
            days: 2,
            last: at("07:00:00"),
        };
        EmployeeEntry {
            customer_id: Some(CustomerId::new("c1")),
            fingerprint: Some(Fingerprint::default()),
            digests: BTreeMap::from([("email".to_owned(), ValueDigest::Value(7))]),
            window,
            locked,
            failure: Some(failure),
            handed_over_to: Some(SourceId::new("2")),
            drift: BTreeMap::from([("email".to_owned(), drift)]),
            shares_its_id: true,
            ..EmployeeEntry::new(SourceId::new(id))
        }
    }

    /// The entry as it comes out of the table, before it is opened.
    fn stored(entry: &EmployeeEntry) -> EmployeeEntry {
        EmployeeEntry {
            window: AccessWindow::default(),
            locked: None,
            ..entry.clone()
        }
    }

    #[test]
    fn window_and_lock_come_back_from_what_was_sealed() {
        let (from, until) = (Some(at("06:00:00.123456789")), Some(at("08:00:00")));
        let window = |active_at, inactive_at| AccessWindow {
            active_at,
            inactive_at,
        };
        let lock = |reason| {
            let since = at("07:30:00");
            Some(Locked { since, reason })
        };
        for (window, locked) in [
            (window(None, None), None),
            (window(from, None), lock(LockReason::Inactive)),
            (window(None, until), lock(LockReason::Vanished)),
            (window(from, until), lock(LockReason::OutOfScope)),
        ] {
            let entry = entry("1", window, locked);
            let sealed = entry.sealed(&key(7), &tenant("acme")).unwrap();
            let key = key(7).of_dates().unwrap();
            let read = stored(&entry).opened(&key, &tenant("acme"), &sealed);
            assert_eq!(read, entry);
        }
    }

    #[test]
    fn of_an_entry_that_cannot_be_opened_the_account_and_its_history_stay_known() {
        let sealed_one = entry("1", AccessWindow::default(), None);
        let sealed = sealed_one.sealed(&key(7), &tenant("acme")).unwrap();
        for (byte, owner, id) in [(8, "acme", "1"), (7, "other", "1"), (7, "acme", "9")] {
            let entry = entry(id, AccessWindow::default(), None);
            let unknown = EmployeeEntry {
                fingerprint: None,
                digests: BTreeMap::new(),
                is_sealed: true,
                ..entry.clone()
            };
            let key = key(byte).of_dates().unwrap();
            let read = stored(&entry).opened(&key, &tenant(owner), &sealed);
            assert_eq!(read, unknown, "{byte} {owner} {id}");
        }
    }
}
