//! What of a plan is harmful if it is wrong.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use shared::access::AccessWindow;
use shared::domain::employee::Field;
use shared::domain::id::SourceId;
use shared::mapping::Attribute;
use shared::source::Absence;
use shared::state::Brake;
use shared::tenant::{LockOn, TenantConfig};

use crate::plan::{
    Action, Before, Candidate, Change, Part, Plan, RiskyChange, SourceState, ValueChange,
};

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) fn risky_changes(
    plan: &Plan,
    candidates: &[Candidate],
    config: &TenantConfig,
    now: Timestamp,
) -> Vec<RiskyChange> {
    let by_id: HashMap<&SourceId, &Candidate> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let mut risky_changes = Vec::new();
    for change in &plan.changes {
        let candidate = by_id.get(&change.source_id).copied();
        let found = of_change(change, candidate, config, now);
        risky_changes.extend(found.into_iter().map(|(brake, part)| RiskyChange {
            source_id: change.source_id.clone(),
            brake,
            part,
        }));
    }
    risky_changes.sort();
    risky_changes
}

fn of_change(
    change: &Change,
    candidate: Option<&Candidate>,
    config: &TenantConfig,
    now: Timestamp,
) -> Vec<(Brake, Part)> {
    if change.action == Action::Create {
        return Vec::new();
    }
    let window = change.window.and_then(|window| {
        match candidate.and_then(absence) {
            Some(Absence::Unmarked) => return Some(Brake::UnflaggedLock),
            Some(Absence::Orphaned) => return Some(Brake::OrphanLock),
            Some(Absence::Explained) | None => {}
        }
        let brake = of_window(window.before, window.after, now)?;
        let ends = window
            .after
            .inactive_at
            .is_some_and(|shuts| shuts <= now + A_DAY);
        let explained = ends
            && candidate
                .and_then(end_date)
                .is_some_and(|day| is_end(window.after, day, config));
        Some(if brake == Brake::UnexplainedLock && explained {
            Brake::ExplainedLock
        } else {
            brake
        })
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

/// A lock, taken for unexplained, or an unlock, each at once or within a day.
fn of_window(before: AccessWindow, after: AccessWindow, now: Timestamp) -> Option<Brake> {
    let shut = |window: AccessWindow, moment: Timestamp| {
        window.active_at.is_some_and(|opens| moment < opens)
            || window.inactive_at.is_some_and(|shuts| moment >= shuts)
    };
    let later = now + A_DAY;
    let (was_shut, was_to_shut) = (shut(before, now), shut(before, later));
    let (is_shut, is_to_shut) = (shut(after, now), shut(after, later));
    let shuts_now = !was_shut && is_shut;
    let shuts_soon = !was_to_shut && is_to_shut;
    if shuts_now || shuts_soon {
        Some(Brake::UnexplainedLock)
    } else if was_shut && was_to_shut && !(is_shut && is_to_shut) {
        Some(Brake::Unlock)
    } else {
        None
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
        SourceState::Present { record, .. } => match record.employment.end_date {
            Field::Value(day) => Some(day),
            Field::Null | Field::Absent => None,
        },
        SourceState::Rejected { .. } | SourceState::Gone { .. } => None,
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
