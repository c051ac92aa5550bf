//! Rules that no plan may break.

use std::collections::{HashMap, HashSet};
use std::fmt;

use jiff::Timestamp;
use shared::access::{EmploymentStatus, LockReason, Scoped};
use shared::domain::employee::Field;
use shared::domain::id::{ExternalId, SourceId};
use shared::mapping::Attribute;
use shared::state::EmployeeEntry;

use crate::plan::{
    Account, AccountView, Action, Candidate, Change, Holder, MatchedBy, Plan, SourceState,
    ValueChange,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Whose change it is; `None` for the plan as a whole.
    pub(crate) source_id: Option<SourceId>,
    pub(crate) rule: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source_id {
            Some(id) => write!(f, "{id}: {}", self.rule),
            None => f.write_str(self.rule),
        }
    }
}

pub(super) fn violations(
    plan: &Plan,
    candidates: &[Candidate],
    tool: &str,
    now: Timestamp,
) -> Vec<Violation> {
    let by_id: HashMap<&SourceId, &Candidate> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let mut found = Vec::new();
    let verdicts =
        plan.changes.len() + plan.bookkeeping.len() + plan.skipped.len() + plan.unchanged.len();
    if verdicts != candidates.len() || by_id.len() != candidates.len() {
        found.push(Violation {
            source_id: None,
            rule: "everybody has exactly one verdict",
        });
    }
    let mut people = HashSet::new();
    let mut accounts = HashSet::new();
    for change in &plan.changes {
        let rules = [
            (people.insert(&change.source_id), "nobody is changed twice"),
            (
                change.action.account().is_none_or(|id| accounts.insert(id)),
                "no account is changed for two people",
            ),
            (
                change.external_id.source_id(tool).as_ref() == Some(&change.source_id),
                "the external id is the person's",
            ),
            (acts(change), "a change changes something"),
        ];
        let candidate = by_id.get(&change.source_id);
        let more = candidate.map_or_else(
            || vec![(false, "everybody changed was looked at")],
            |it| about(change, it, now),
        );
        let broken = rules.into_iter().chain(more).filter(|(holds, _)| !holds);
        found.extend(broken.map(|(_, rule)| Violation {
            source_id: Some(change.source_id.clone()),
            rule,
        }));
    }
    found
}

fn acts(change: &Change) -> bool {
    !change.values.is_empty()
        || change.window.is_some()
        || !matches!(change.action, Action::Update(_))
}

fn about(change: &Change, candidate: &Candidate, now: Timestamp) -> Vec<(bool, &'static str)> {
    vec![
        (
            account_is_ours(change, candidate),
            "no account is written that is not the person's",
        ),
        (
            mail_is_free(change, candidate),
            "no account gets a mail address that another one has",
        ),
        (
            nulls_are_reported(change, candidate),
            "nothing is cleared that the source did not report empty",
        ),
        (
            lock_has_a_cause(change, candidate, now),
            "nobody is locked without a cause",
        ),
        (
            creation_is_due(change, candidate),
            "nobody out of scope, gone or with an account is created",
        ),
    ]
}

fn account_is_ours(change: &Change, candidate: &Candidate) -> bool {
    match (&change.action, &candidate.account) {
        (Action::Create, _) => true,
        (Action::Update(id), Account::FromLedger(known)) => id == known,
        (Action::Update(id), Account::Fetched(account, MatchedBy::ExternalId)) => {
            *id == account.id && account.external_id.as_ref() == Some(&change.external_id)
        }
        (Action::Adopt(id), Account::Fetched(account, MatchedBy::Mail)) => {
            *id == account.id && account.external_id.is_none() && same_mail(account, candidate)
        }
        (Action::Adopt(id), Account::Fetched(account, MatchedBy::Ledger)) => {
            *id == account.id && was_theirs(account, candidate)
        }
        (
            Action::Handover {
                account: id,
                from,
                former,
            },
            Account::Conflicting(account, holder),
        ) => {
            let is_free = match (former, holder) {
                (Some(former), Holder::Former(holder)) => {
                    former == holder && *former != change.source_id
                }
                (None, Holder::Foreign) => !is_of_the_tool_of(from, &change.external_id),
                _ => false,
            };
            *id == account.id
                && is_free
                && account.external_id.as_ref() == Some(from)
                && same_mail(account, candidate)
        }
        // Somebody gone is locked; their external id need not come back for that.
        (Action::Update(id), Account::Fetched(account, MatchedBy::Ledger)) => {
            *id == account.id
                && was_theirs(account, candidate)
                && matches!(candidate.source, SourceState::Gone { .. })
        }
        _ => false,
    }
}

fn is_of_the_tool_of(id: &ExternalId, ours: &ExternalId) -> bool {
    let tool = ours.as_str().split_once(':').map(|(tool, _)| tool);
    let rest = tool.and_then(|tool| id.as_str().strip_prefix(tool));
    rest.is_some_and(|rest| rest.starts_with(':'))
}

fn was_theirs(account: &AccountView, candidate: &Candidate) -> bool {
    let known = candidate
        .entry
        .as_ref()
        .and_then(|entry| entry.customer_id.as_ref());
    account.external_id.is_none() && known == Some(&account.id)
}

fn same_mail(account: &AccountView, candidate: &Candidate) -> bool {
    let SourceState::Present { record, .. } = &candidate.source else {
        return false;
    };
    let mail = record
        .values
        .get(&Attribute::Email)
        .and_then(Option::as_ref);
    mail.is_some() && mail.map(|mail| mail.reveal().trim().to_lowercase()) == account.folded_mail()
}

fn mail_is_free(change: &Change, candidate: &Candidate) -> bool {
    let is_mail = |value: &ValueChange| value.attribute == Attribute::Email;
    candidate.mail_holder.is_none() || !change.values.iter().any(is_mail)
}

fn nulls_are_reported(change: &Change, candidate: &Candidate) -> bool {
    change
        .values
        .iter()
        .filter(|value| value.after.is_none())
        .all(|value| match &candidate.source {
            SourceState::Present { record, .. } => {
                record.values.get(&value.attribute) == Some(&None)
            }
            SourceState::Rejected { .. } | SourceState::Gone { .. } => false,
        })
}

fn lock_has_a_cause(change: &Change, candidate: &Candidate, now: Timestamp) -> bool {
    let Some(window) = change.window else {
        return true;
    };
    let shuts = window.after.inactive_at.is_some();
    let opens_later = window.after.active_at.is_some_and(|at| at > now)
        && window.after.active_at != window.before.active_at;
    match &candidate.source {
        SourceState::Gone { .. } => true,
        // Of such a record nothing counts but an end.
        SourceState::Rejected { .. } if !shuts || opens_later => false,
        SourceState::Present { record, .. } | SourceState::Rejected { record, .. } => {
            let employment = &record.employment;
            let is_rejected = matches!(candidate.source, SourceState::Rejected { .. });
            let ended = employment.end_date.value().is_some_and(|last| {
                let first = employment.hire_date.value();
                employment.standing != EmploymentStatus::Employed
                    || first.is_none_or(|first| first <= last)
            });
            let is_out = match employment.scope {
                Scoped::OutLocked => true,
                // The scope may not be read any more: people who were locked for it stay locked.
                Scoped::Undecided(_) => was_locked_for(candidate, LockReason::OutOfScope),
                Scoped::In | Scoped::OutLeft => false,
            };
            let is_inactive = match employment.standing {
                EmploymentStatus::Inactive => true,
                EmploymentStatus::Employed => false,
                // People who were locked for it stay locked.
                EmploymentStatus::Unknown if is_rejected => {
                    was_locked_for(candidate, LockReason::Inactive)
                }
                EmploymentStatus::Unknown => true,
            };
            let shut = ended || is_inactive || is_out;
            let not_begun = matches!(employment.hire_date, Field::Value(_));
            let kept = window.after.inactive_at == window.before.inactive_at;
            (!shuts || shut || kept) && (!opens_later || not_begun)
        }
    }
}

fn was_locked_for(candidate: &Candidate, reason: LockReason) -> bool {
    let locked = candidate.entry.as_ref().and_then(|entry| entry.locked);
    locked.is_some_and(|locked| locked.reason == reason)
}

fn creation_is_due(change: &Change, candidate: &Candidate) -> bool {
    if change.action != Action::Create {
        return true;
    }
    let knows_account = |entry: &EmployeeEntry| entry.customer_id.is_some();
    let unknown = match candidate.account {
        // The ledger may know an account that was deleted since.
        Account::Missing => true,
        Account::NotFetched => !candidate.entry.as_ref().is_some_and(knows_account),
        Account::FromLedger(_) | Account::Fetched(..) | Account::Conflicting(..) => false,
    };
    match &candidate.source {
        SourceState::Present { record, .. } => unknown && record.employment.scope == Scoped::In,
        SourceState::Rejected { .. } | SourceState::Gone { .. } => false,
    }
}
