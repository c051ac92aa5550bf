//! A plan as people read it.

use std::fmt;

use jiff::Timestamp;

use shared::state::FailureKind;

use super::{Access, Action, Before, Change, Numbering, Plan, SkipReason, ValueChange};

/// The name of what happens to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Create,
    /// An account found by mail address becomes ours.
    Adopt,
    /// An account goes from one person's external id to another's.
    Handover,
    Lock,
    Unlock,
    Update,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Handover => "handover",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Update => "update",
        })
    }
}

impl Change {
    /// What happens, seen at `now`, in one word: the weightiest of what the change does.
    #[must_use]
    pub fn kind(&self, now: Timestamp) -> Kind {
        match (&self.action, self.access(now)) {
            (Action::Create, _) => Kind::Create,
            (Action::Adopt(_), _) => Kind::Adopt,
            (Action::Handover { .. }, _) => Kind::Handover,
            (Action::Update(_), Access::Lock) => Kind::Lock,
            (Action::Update(_), Access::Unlock) => Kind::Unlock,
            (Action::Update(_), Access::Same) => Kind::Update,
        }
    }
}

/// A plan with what is needed to put it into words.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    plan: &'a Plan,
    now: Timestamp,
    details: Details,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// Ids, field names and causes without days: nothing personal.
    Names,
    /// Old and new values too, for the operator's eyes.
    Values,
}

impl Plan {
    /// The plan as people read it, seen at `now`.
    #[must_use]
    pub fn shown(&self, now: Timestamp, details: Details) -> Shown<'_> {
        Shown {
            plan: self,
            now,
            details,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes = self.listed(&self.plan.changes);
        for change in changes {
            write!(f, "{:<7} {}", change.kind(self.now), change.source_id)?;
            self.parts(f, change)?;
        }
        rest(f, "to change", self.plan.changes.len() - changes.len())?;
        let held = self.listed(&self.plan.held);
        for change in held {
            write!(f, "held    {}  {}", change.source_id, change.kind(self.now))?;
            self.parts(f, change)?;
        }
        rest(f, "held", self.plan.held.len() - held.len())?;
        for (id, skip) in &self.plan.skipped {
            writeln!(f, "skip    {id}  {skip}")?;
        }
        for (id, reason) in &self.plan.left_out {
            writeln!(f, "part    {id}  {reason}")?;
        }
        write!(
            f,
            "{} to change, {} as they should be",
            self.plan.changes.len(),
            self.as_they_should_be()
        )?;
        if !self.plan.held.is_empty() {
            write!(f, ", {} held", self.plan.held.len())?;
        }
        Ok(())
    }
}

/// Changes that are listed at most where values are not shown: a plan for a whole company is read by its patterns.
const MAX_LISTED: usize = 20;

fn rest(f: &mut fmt::Formatter<'_>, what: &str, number: usize) -> fmt::Result {
    if number == 0 {
        return Ok(());
    }
    writeln!(
        f,
        "        and {number} more {what}; --details and --json list all"
    )
}

impl Shown<'_> {
    fn listed<'c>(&self, changes: &'c [Change]) -> &'c [Change] {
        match self.details {
            Details::Values => changes,
            Details::Names => changes.get(..MAX_LISTED).unwrap_or(changes),
        }
    }

    /// The rest of a change's line, and its values where they are asked for.
    fn parts(&self, f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
        let fields: Vec<&str> = change
            .values
            .iter()
            .map(|value| value.attribute.name())
            .collect();
        if !fields.is_empty() {
            write!(f, "  {}", fields.join(", "))?;
        }
        if let Some(window) = change.window {
            let begins = if change.is_created_locked(self.now) {
                "created locked: "
            } else {
                ""
            };
            let cause = match self.details {
                Details::Values => window.cause.to_string(),
                Details::Names => window.cause.dayless(),
            };
            write!(f, "  ({begins}{cause})")?;
        }
        writeln!(f)?;
        if self.details == Details::Names {
            return Ok(());
        }
        for value in &change.values {
            writeln!(f, "          {value}")?;
        }
        let Some(window) = change.window else {
            return Ok(());
        };
        let moment =
            |at: Option<Timestamp>| at.map_or_else(|| "(none)".to_owned(), |at| at.to_string());
        for (name, before, after) in [
            (
                "setActiveAt",
                window.before.active_at,
                window.after.active_at,
            ),
            (
                "setInactiveAt",
                window.before.inactive_at,
                window.after.inactive_at,
            ),
        ] {
            if before != after {
                writeln!(
                    f,
                    "          {name}: {} → {}",
                    moment(before),
                    moment(after)
                )?;
            }
        }
        Ok(())
    }

    fn as_they_should_be(&self) -> usize {
        self.plan.unchanged.len() + self.plan.bookkeeping.len()
    }
}

impl fmt::Display for ValueChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = match &self.before {
            Before::Unknown => "(not known)".to_owned(),
            Before::Null => "(empty)".to_owned(),
            Before::Hashed => "(another value)".to_owned(),
            Before::Value(text) => format!("{:?}", text.reveal()),
        };
        let after = self.after.as_ref().map_or_else(
            || "(empty)".to_owned(),
            |text| format!("{:?}", text.reveal()),
        );
        write!(f, "{}: {before} → {after}", self.attribute)
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(account, Numbering::Ours) => write!(
                f,
                "conflict: the mail address belongs to the reteach account {account}, which has another person's external \
                 id; change one of the two addresses; if both are profiles of one person, use `tenants people handover`"
            ),
            Self::Conflict(account, Numbering::Foreign) => write!(
                f,
                "conflict: the mail address belongs to the reteach account {account}, which has the external id of another \
                 system; the person has left, so the account is not taken over"
            ),
            Self::Contested(account) => write!(
                f,
                "conflict: the reteach account {account} has the mail address of several people, or was another person's \
                 before; give each of them an address of their own, or put the right external id on that account"
            ),
            Self::MailTaken(account) => write!(
                f,
                "conflict: the new mail address belongs to the reteach account {account}; the old one stays until one of \
                 the two is changed"
            ),
            Self::MailShared(person) => write!(
                f,
                "conflict: person {person} has the same mail address and gets the account; give each of them an address of \
                 their own"
            ),
            Self::Rejected { field, problem } => {
                write!(f, "{field} {problem}; correct it in Personio")
            }
            Self::OutOfScope => f.write_str("out of scope"),
            Self::ScopeUndecided(field) => write!(
                f,
                "the scope asks for {field}, which the credential may not read; grant that attribute in Personio"
            ),
            Self::AwaitingRetry(kind, at) => {
                let reason = match kind {
                    FailureKind::Refused => "reteach refused this record before",
                    FailureKind::NoAnswer => "reteach did not answer for this account before",
                    FailureKind::Conflict => {
                        "conflict: the mail address belongs to another reteach account, which `tenants explain` names"
                    }
                };
                write!(f, "{reason}; it is tried again from {at:.0} on")
            }
            Self::GoneAlready => f.write_str("gone, and locked already"),
            Self::EmployedAgain(profile) => write!(
                f,
                "conflict: the account was handed over to {profile}, and this profile is employed again; end one of the two in \
                 the HR system, or give the account back with `tenants people handover`"
            ),
            Self::HandedOver(profile) => {
                write!(f, "the profile {profile} has the account, or gets it")
            }
        }
    }
}
