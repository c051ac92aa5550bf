//! What the planner says of one candidate.

use jiff::Timestamp;
use shared::domain::id::{CustomerId, SourceId};
use shared::state::{EmployeeEntry, FailureKind};

use super::{Candidate, Change};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Their mail address belongs to an account with another external id: never overwritten.
    Conflict(CustomerId, Numbering),
    /// The account they would get is claimed by somebody else as well: by the same mail address, or by the ledger.
    Contested(CustomerId),
    /// Their new mail address is another account's: theirs keeps the old one.
    MailTaken(CustomerId),
    /// This other new person has the same mail address, and gets the account.
    MailShared(SourceId),
    Rejected {
        /// The field, in the vendor's words.
        field: String,
        problem: String,
    },
    /// Out of scope, and no account of ours.
    OutOfScope,
    /// The scope asks for a field that the credential may not read; nobody is created on a guess.
    ScopeUndecided(&'static str),
    /// The same record was refused before, or was in conflict, and is tried again later.
    AwaitingRetry(FailureKind, Timestamp),
    /// Gone, and their account is locked already or never was.
    GoneAlready,
    /// This person's account belongs to another profile now; or the person has left, and that profile has the account with
    /// their mail address.
    HandedOver(SourceId),
    /// The same, and the person has not left: two profiles need an account, or HR uses the wrong one.
    EmployedAgain(SourceId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// This program: it is the account of another person of the company, or was.
    Ours,
    Foreign,
}

impl SkipReason {
    /// Whether this run saw that somebody else has, or may have, the account: looked at again after a pause.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Conflict(..) | Self::Contested(_) | Self::MailTaken(_) | Self::MailShared(_)
        )
    }

    /// Whether a conflict stands in the way, seen by this run or by an earlier one.
    #[must_use]
    pub fn is_of_a_conflict(&self) -> bool {
        self.is_conflict() || matches!(self, Self::AwaitingRetry(FailureKind::Conflict, _))
    }
}

pub(super) enum Verdict {
    /// The change, and why something is left out of it.
    Change(Change, Option<SkipReason>),
    Bookkeeping(EmployeeEntry),
    Skip(SkipReason),
    Unchanged,
}

impl Verdict {
    /// Nothing is to be done or decided for somebody who has left and has no account: `profile` has the one with their mail
    /// address. What the ledger says of an account or a failure is over.
    pub(super) fn needs_no_account(candidate: &Candidate, profile: SourceId) -> Self {
        let is_noted = candidate
            .entry
            .as_ref()
            .is_some_and(|entry| entry.customer_id.is_some() || entry.failure.is_some());
        if is_noted {
            Self::Bookkeeping(EmployeeEntry::new(candidate.source_id.clone()))
        } else {
            Self::Skip(SkipReason::HandedOver(profile))
        }
    }
}
