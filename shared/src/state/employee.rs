//! The ledger's entry for one person: what reteach was last given, and what stands in the way of the rest.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::{AccessWindow, Locked};
use crate::domain::id::{CustomerId, SourceId};
use crate::fingerprint::Fingerprint;

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
    /// The window in which the account is open, as last written.
    #[serde(default)]
    pub window: AccessWindow,
    /// Since when the person is locked for a reason that has no date of its own.
    pub locked: Option<Locked>,
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
    /// The entry of an unknown person.
    #[must_use]
    pub fn new(source_id: SourceId) -> Self {
        Self {
            source_id,
            customer_id: None,
            fingerprint: None,
            digests: BTreeMap::new(),
            window: AccessWindow::default(),
            locked: None,
            failure: None,
            handed_over_to: None,
            drift: BTreeMap::new(),
            shares_its_id: false,
        }
    }
}

/// How often a field was found changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// On so many days.
    pub days: u32,
    /// The last time.
    pub last: Timestamp,
}

/// A value as the ledger keeps it: whether it was empty, and otherwise a keyed hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueDigest {
    /// reteach was given null.
    Null,
    /// reteach was given a value with this hash.
    Value(u64),
}

/// A record that reteach, or the mapping, refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    #[serde(default)]
    pub kind: FailureKind,
    /// What was wrong, without personal data.
    pub reason: String,
    /// The record that was refused: the same one is tried again only from `retry_at` on.
    pub fingerprint: Fingerprint,
    /// How often in a row.
    pub attempts: u32,
    /// When it is tried again.
    pub retry_at: Timestamp,
}

/// What stands in the way of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The academy refuses a value.
    #[default]
    Refused,
    /// The account is somebody else's.
    Conflict,
    /// The academy does not answer for this account, while it answers for others.
    NoAnswer,
}
