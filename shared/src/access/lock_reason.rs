//! Why an account is locked although no end date has passed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Employment, EmploymentStatus, Scoped};

/// A lock without a date of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The moment we first saw the reason, which is what reteach was given as `setInactiveAt`.
    pub since: Timestamp,
    pub reason: LockReason,
}

/// Why somebody is locked without an end date that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockReason {
    /// Inactive, and no end date or one still ahead.
    Inactive,
    /// Missing from two complete reads in a row.
    Vanished,
    OutOfScope,
}

pub(super) fn lock_reason(employment: &Employment, locked: Option<Locked>) -> Option<LockReason> {
    let before = locked.map(|locked| locked.reason);
    match (employment.scope, employment.standing) {
        (Scoped::OutLocked, _) => Some(LockReason::OutOfScope),
        // What may not be read any more lifts no lock.
        (Scoped::Undecided(_), _) if before == Some(LockReason::OutOfScope) => before,
        (_, EmploymentStatus::Inactive) => Some(LockReason::Inactive),
        (_, EmploymentStatus::Unknown) => before.filter(|reason| *reason == LockReason::Inactive),
        (_, EmploymentStatus::Employed) => None,
    }
}
