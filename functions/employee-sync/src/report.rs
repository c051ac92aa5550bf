//! What a run leaves for people and programs: ids, counts and causes, no names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::http;
use shared::id::{RunId, TenantId};
use shared::state::{Brake, Units};

use crate::event::Mode;

/// Findings kept in a report; the rest is only counted (an item may have 400 KB).
pub const MOST_FINDINGS: usize = 200;

/// A run's report: the function's reply, and what is kept for 30 days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Always `employee-sync`.
    pub job: String,
    /// The run.
    pub run_id: RunId,
    /// What kind of run.
    pub mode: Mode,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ms: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// What it ended with, in words: what is wrong and what to do. Empty where all is well.
    #[serde(default)]
    pub message: String,
    /// How many of what.
    pub counts: Counts,
    /// What a brake holds.
    #[serde(default)]
    pub held: Option<HeldNote>,
    /// Everything that somebody should look at, with the person's id.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// How many findings there were; at most 200 are kept.
    #[serde(default)]
    pub findings_total: u64,
    /// Requests sent, by vendor.
    pub calls: http::Counts,
    /// DynamoDB capacity used until the report was written.
    pub dynamodb: Units,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All is as the last run left it.
    Unchanged,
    /// Everything there was to do is done, apart from findings and what is held.
    Done,
    /// Some of it is left for the next run.
    Partly,
    /// A dry run: this is what would be done.
    Planned,
    /// No such tenant.
    UnknownTenant,
    /// The tenant is paused.
    Paused,
    /// Another run is at it.
    Busy,
    /// The tenant's configuration cannot be used.
    BadConfiguration,
    /// The tenant's secret cannot be used.
    BadSecret,
    /// Credentials are refused, or a right is missing: somebody has to act.
    AccessDenied,
    /// The HR connection is not ready yet, or has lapsed.
    NotConnected,
    /// The source did not answer, or not sensibly: nobody was looked at.
    SourceUnavailable,
    /// reteach did not answer, or not sensibly.
    ReteachUnavailable,
    /// The state could not be read or written.
    StateUnavailable,
    /// The linter refused the plan: a defect, nothing was written.
    PlanRefused,
}

impl Outcome {
    /// Whether the tenant is in step after the run.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Unchanged | Self::Done)
    }
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// People the source reported.
    pub people: u64,
    /// Times that everybody was read.
    pub readings: u64,
    /// Accounts created.
    pub created: u64,
    /// Accounts adopted.
    pub adopted: u64,
    /// Accounts with changed values.
    pub updated: u64,
    /// Accounts locked.
    pub locked: u64,
    /// Accounts unlocked.
    pub unlocked: u64,
    /// People as they should be.
    pub unchanged: u64,
    /// People out of scope.
    pub out_of_scope: u64,
    /// People missing from this reading for the first time.
    pub missing_once: u64,
    /// People whose mail address belongs to another account.
    pub conflicts: u64,
    /// People whose record was refused in this run.
    pub refused: u64,
    /// People refused before, whose next try is still ahead.
    pub waiting: u64,
    /// People with a change that a brake holds.
    pub held: u64,
    /// Changes left for the next run.
    pub left: u64,
}

impl Counts {
    /// The same together with what an earlier attempt of the same run had applied.
    #[must_use]
    pub fn with_applied(self, earlier: Self) -> Self {
        Self {
            created: self.created + earlier.created,
            adopted: self.adopted + earlier.adopted,
            updated: self.updated + earlier.updated,
            locked: self.locked + earlier.locked,
            unlocked: self.unlocked + earlier.unlocked,
            ..self
        }
    }
}

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The person, by the HR system's id; `None` for the run as a whole.
    pub person: Option<String>,
    /// What it is about.
    pub kind: FindingKind,
    /// What is wrong and what to do.
    pub text: String,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// The reading is not complete.
    Incomplete,
    /// A record that does not fit.
    Rejected,
    /// A mail address that belongs to another account.
    Conflict,
    /// A record that reteach refused.
    Refused,
    /// The scope asks for a field that may not be read.
    ScopeUndecided,
    /// A plan is held.
    Held,
    /// A change, in a dry run.
    Change,
}

/// What a brake holds, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldNote {
    /// What is approved or dismissed.
    pub hash: String,
    /// Since when this plan is held.
    pub since: Timestamp,
    /// People, by kind of change.
    pub counts: BTreeMap<Brake, u32>,
    /// Whether somebody dismissed it.
    pub dismissed: bool,
    /// What is held and why, whether later runs go on, what was applied, where it is recorded, how to decide.
    pub text: String,
}
