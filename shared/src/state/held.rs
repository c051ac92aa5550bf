//! Changes that a brake holds until somebody decides.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Brake;

/// The part of a plan that a brake holds. Stored as `HELD#employees`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldPlan {
    /// The hash of the held changes: what is approved or dismissed.
    pub hash: String,
    /// When this plan was first held.
    pub since: Timestamp,
    /// How many changes of each kind are held.
    pub counts: BTreeMap<Brake, u32>,
    /// A keyed mark of each held change, so that the rest of an approved plan that was interrupted is recognised.
    /// Empty where the plan is too large to keep them.
    #[serde(default)]
    pub changes: BTreeSet<u64>,
    /// Whose changes are held, at most 100 ids.
    #[serde(default)]
    pub sample: Vec<String>,
    /// What somebody has decided.
    #[serde(default)]
    pub decision: Option<Decision>,
}

/// What somebody decided about a held plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Apply it. Lapses 24 hours later, or when the plan changes.
    Approved {
        /// When it was approved.
        at: Timestamp,
    },
    /// Leave it, and do not ask again while the plan stays the same.
    Dismissed {
        /// When it was dismissed.
        at: Timestamp,
    },
}
