//! What of a plan is harmful if it is wrong.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::access::AccessWindow;
use shared::domain::employee::Field;
use shared::domain::id::SourceId;
use shared::mapping::Attribute;
use shared::source::Absence;
use shared::state::Brake;
use shared::tenant::{LockOn, TenantConfig};

use crate::plan::{
    Account, Action, Before, Candidate, Change, MatchedBy, Part, Plan, RiskyChange, SourceState,
    ValueChange,
};

/// Whether accounts that are created or adopted count against a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewAccounts {
    Counted,
    /// Before the first complete run.
    Uncounted,
}

pub(crate) fn risky_changes(
    plan: &Plan,
    candidates: &[Candidate],
    config: &TenantConfig,
    now: Timestamp,
    new_accounts: NewAccounts,
) -> Vec<RiskyChange> {
    let by_id: HashMap<&SourceId, &Candidate> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let mut risky_changes = Vec::new();
    for change in &plan.changes {
        let candidate = by_id.get(&change.source_id).copied();
        let account = of_account(change, candidate)
            .filter(|brake| *brake != Brake::Create || new_accounts == NewAccounts::Counted)
            .map(|brake| (brake, Part::Account));
        let parts = of_parts(change, candidate, config, now);
        let found = account.into_iter().chain(parts);
        risky_changes.extend(found.map(|(brake, part)| RiskyChange {
            source_id: change.source_id.clone(),
            brake,
            part,
        }));
    }
    risky_changes.sort();
    risky_changes
}

/// What the change means for the account as a whole.
fn of_account(change: &Change, candidate: Option<&Candidate>) -> Option<Brake> {
    match change.action {
        Action::Create => Some(Brake::Create),
        // An account that lost its external id and gets it back was ours before.
        Action::Adopt(_) => candidate
            .is_some_and(|candidate| {
                matches!(candidate.account, Account::Fetched(_, MatchedBy::Mail))
            })
            .then_some(Brake::Create),
        Action::Handover {
            former: Some(_), ..
        } if candidate.is_some_and(has_same_name) => Some(Brake::Handover),
        Action::Handover { .. } => Some(Brake::TakeOver),
        Action::Update(_) => None,
    }
}

/// Whether the account that a person would take over has their first and last name.
fn has_same_name(candidate: &Candidate) -> bool {
    let (SourceState::Present { record, .. }, Account::Conflicting(account, _)) =
        (&candidate.source, &candidate.account)
    else {
        return false;
    };
    [Attribute::FirstName, Attribute::LastName]
        .iter()
        .all(|name| {
            let wanted = record.values.get(name).and_then(Option::as_ref);
            wanted.is_some() && wanted == account.values.get(name)
        })
}

/// What the change does to an account that is there. A handover is judged as a whole.
fn of_parts(
    change: &Change,
    candidate: Option<&Candidate>,
    config: &TenantConfig,
    now: Timestamp,
) -> Vec<(Brake, Part)> {
    if matches!(change.action, Action::Create | Action::Handover { .. }) {
        return Vec::new();
    }
    let window = change.window.and_then(|window| {
        match candidate.and_then(absence) {
            Some(Absence::Unmarked) => return Some(Brake::UnflaggedLock),
            Some(Absence::Orphaned) => return Some(Brake::OrphanLock),
            Some(Absence::Explained) | None => {}
        }
        let end = candidate.and_then(end_date);
        of_window(window.before, window.after, end, config, now)
    });
    let values = change
        .values
        .iter()
        .filter_map(|value| Some((of_value(value, config)?, Part::Value(value.attribute))));
    window
        .map(|brake| (brake, Part::AccessWindow))
        .into_iter()
        .chain(values)
        .collect()
}

/// A lock if the account loses any time in which it would be open from now on, an unlock if it is locked now and gains
/// some. Both count when they are written, however far ahead they take effect.
fn of_window(
    before: AccessWindow,
    after: AccessWindow,
    end_date: Option<Date>,
    config: &TenantConfig,
    now: Timestamp,
) -> Option<Brake> {
    let (was, will_be) = (OpenTime::of(before, now), OpenTime::of(after, now));
    if was.reaches_beyond(will_be) {
        let explained =
            !was.begins_before(will_be) && end_date.is_some_and(|day| is_end(after, day, config));
        return Some(if explained {
            Brake::ExplainedLock
        } else {
            Brake::UnexplainedLock
        });
    }
    let is_shut = was.0.is_none_or(|(from, _)| from > now);
    (is_shut && will_be.reaches_beyond(was)).then_some(Brake::Unlock)
}

/// From when until when an account is open, from now on; `None` if it never is. No end means for good.
#[derive(Clone, Copy)]
struct OpenTime(Option<(Timestamp, Option<Timestamp>)>);

impl OpenTime {
    fn of(window: AccessWindow, now: Timestamp) -> Self {
        let from = window.active_at.map_or(now, |at| at.max(now));
        let is_empty = window.inactive_at.is_some_and(|until| until <= from);
        Self((!is_empty).then_some((from, window.inactive_at)))
    }

    fn begins_before(self, other: Self) -> bool {
        match (self.0, other.0) {
            (Some((from, _)), Some((other, _))) => from < other,
            _ => false,
        }
    }

    /// Whether it has a moment that `other` lacks.
    fn reaches_beyond(self, other: Self) -> bool {
        let (Some((_, until)), Some((_, other_until))) = (self.0, other.0) else {
            return self.0.is_some();
        };
        let ends_later = match (until, other_until) {
            (None, Some(_)) => true,
            (Some(until), Some(other)) => until > other,
            (_, None) => false,
        };
        ends_later || self.begins_before(other)
    }
}

/// What it means that somebody is not in the HR system.
fn absence(candidate: &Candidate) -> Option<Absence> {
    match candidate.source {
        SourceState::Gone { absence, .. } => Some(absence),
        SourceState::Present { .. } | SourceState::Rejected { .. } => None,
    }
}

fn end_date(candidate: &Candidate) -> Option<Date> {
    match &candidate.source {
        SourceState::Present { record, .. } | SourceState::Rejected { record, .. } => {
            match record.employment.end_date {
                Field::Value(day) => Some(day),
                Field::Null | Field::Absent => None,
            }
        }
        SourceState::Gone { .. } => None,
    }
}

/// Whether the account shuts with the contract: on the day after its end, or on the day itself, as the tenant chose.
fn is_end(window: AccessWindow, end: Date, config: &TenantConfig) -> bool {
    let shuts = window
        .inactive_at
        .map(|at| at.to_zoned_datetime(config.time_zone.clone()).date());
    match config.employees.lock_on {
        LockOn::EndDay => shuts == Some(end),
        LockOn::DayAfterEnd => shuts.is_some() && shuts == end.tomorrow().ok(),
    }
}

fn of_value(value: &ValueChange, config: &TenantConfig) -> Option<Brake> {
    match (&value.before, &value.after) {
        (Before::Null, _) => None,
        // The configuration asked for it.
        (_, None) if config.employees.is_switched_off(value.attribute) => None,
        (_, None) => Some(Brake::Blank),
        (_, Some(_)) if value.attribute == Attribute::Email => Some(Brake::MailChange),
        _ => None,
    }
}
