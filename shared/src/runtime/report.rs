//! What a run leaves for people and programs: ids, counts and causes, no names.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Mode;
use crate::domain::id::{CertificateId, RunId, TenantId};
use crate::http;
use crate::state::{Brake, Units};

/// Findings kept in a report; the rest is only counted (an item may have 400 KB).
pub const MOST_FINDINGS: usize = 200;

/// A run's report: the function's reply, and what is kept for 30 days. `C` counts what the job does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report<C> {
    pub tenant_id: TenantId,
    /// The function: `employee-sync`, `certificate-sync`.
    pub job: String,
    pub run_id: RunId,
    pub mode: Mode,
    pub started_at: Timestamp,
    pub duration_ms: i64,
    pub outcome: Outcome,
    /// What it ended with, in words: what is wrong and what to do. Empty where all is well.
    #[serde(default)]
    pub message: String,
    /// For how long the tenant has had no good run of this job, as of the end of this one: 0 after a good run. `None`
    /// where nobody waits for one: a dry run, a paused tenant, a job that is off or waits for the other one. A run that
    /// cannot read the state counts from what its process knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes_since_good_run: Option<i64>,
    /// Whether that is too long: at least three ticks, 30 minutes for people, two hours for certificates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_late: bool,
    pub counts: C,
    #[serde(default)]
    pub held: Option<HeldNote>,
    /// Everything that somebody should look at, with the person's or certificate's id.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// How many findings there were; at most 200 are kept.
    #[serde(default)]
    pub findings_total: u64,
    pub calls: http::Counts,
    /// Answers whose headers announce that the endpoint ends or has changed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retired_answers: u64,
    #[serde(default, skip_serializing_if = "NoticesSent::is_none")]
    pub notices: NoticesSent,
    /// DynamoDB capacity used until the report was written.
    pub dynamodb: Units,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Notices that a run sent, and those that it could not send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesSent {
    pub sent: u64,
    pub failed: u64,
}

impl NoticesSent {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

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
    UnknownTenant,
    Paused,
    Disabled,
    /// Certificates: waiting for the first complete employee sync.
    Waiting,
    Busy,
    BadConfiguration,
    BadSecret,
    /// Credentials are refused, or a right is missing: somebody has to act.
    AccessDenied,
    /// The academy refuses the same field of several people: somebody has to change the tenant's file or the academy.
    AcademyRefuses,
    /// Certificates: PDFs are on a host that the tenant's file does not allow.
    HostNotAllowed,
    /// Fewer than half of the known people are in the reading: it may be another company's.
    SourceChanged,
    /// Certificates: the HR system has no folder for them.
    NoCategory,
    /// The HR connection is not ready yet, or has lapsed.
    NotConnected,
    /// The HR system did not answer, or not sensibly.
    SourceUnavailable,
    /// reteach did not answer, or not sensibly.
    ReteachUnavailable,
    /// The state could not be read or written.
    StateUnavailable,
    /// A newer version of this program has changed the state: nothing was done.
    NewerState,
    /// The linter refused the plan: a defect, nothing was written.
    PlanRefused,
}

impl fmt::Display for Outcome {
    /// As reports name it: `access-denied`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Outcome {
    /// Whether the tenant is in step after the run.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Unchanged | Self::Done)
    }

    /// Whether somebody or the next run has to make up for it.
    #[must_use]
    pub fn is_failure(self) -> bool {
        match self {
            Self::Unchanged
            | Self::Done
            | Self::Partly
            | Self::Planned
            | Self::Paused
            | Self::Disabled
            | Self::Waiting
            | Self::Busy => false,
            Self::UnknownTenant
            | Self::BadConfiguration
            | Self::BadSecret
            | Self::AccessDenied
            | Self::AcademyRefuses
            | Self::HostNotAllowed
            | Self::SourceChanged
            | Self::NoCategory
            | Self::NotConnected
            | Self::SourceUnavailable
            | Self::ReteachUnavailable
            | Self::StateUnavailable
            | Self::NewerState
            | Self::PlanRefused => true,
        }
    }

    /// Whether it stays like that until somebody acts. Transient failures end by themselves; those that do not make the
    /// tenant late.
    #[must_use]
    pub fn needs_action(self) -> bool {
        matches!(
            self,
            Self::UnknownTenant
                | Self::BadConfiguration
                | Self::BadSecret
                | Self::AccessDenied
                | Self::AcademyRefuses
                | Self::HostNotAllowed
                | Self::SourceChanged
                | Self::NoCategory
                | Self::NewerState
                | Self::PlanRefused
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The person, by the HR system's id; `None` where it is about no one in particular.
    pub person: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateId>,
    pub kind: FindingKind,
    pub text: String,
}

impl fmt::Display for FindingKind {
    /// As reports name it: `not-filed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    Incomplete,
    /// Three readings agree with each other, but not with the announced total.
    WrongTotal,
    Unreadable,
    Rejected,
    /// The academy's accounts could not be listed, or not all of them.
    NotListed,
    /// Accounts that are open although the date that locks them has passed.
    NotLocked,
    /// An open account that belongs to nobody in the HR system.
    Orphaned,
    /// A mail address that belongs to another account.
    Conflict,
    /// A value that another system keeps changing in the academy.
    Contested,
    /// An account that is not this person's any more: another external id, none, or deleted.
    AccountLost,
    /// A record, or a document, that was refused.
    Refused,
    /// The scope asks for a field that may not be read.
    ScopeUndecided,
    Held,
    Change,
    /// An endpoint of which a vendor announces that it ends or has changed.
    Retired,
    /// A certificate that was not filed this time, and is tried again.
    NotFiled,
    /// A certificate that may be filed: its document is looked for before it is sent again.
    OutcomeUnknown,
    /// A certificate that is left alone until somebody decides.
    Parked,
    /// A certificate that was issued again after it was filed.
    Reissued,
    /// A notice that a recipient did not take.
    NoticeNotSent,
}

/// What a brake holds, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldNote {
    pub hash: String,
    pub since: Timestamp,
    pub counts: BTreeMap<Brake, u32>,
    pub dismissed: bool,
    /// What is held and why, whether later runs go on, what was applied, where it is recorded, how to decide.
    pub text: String,
}
