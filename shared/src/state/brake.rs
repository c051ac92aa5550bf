//! What the brakes count over a day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A kind of harmful change that a brake counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brake {
    /// A lock without an end date that explains it: vanished, inactive, out of scope.
    UnexplainedLock,
    /// A lock of somebody who is missing from a list that marks whom it deletes, without such a mark. None goes through
    /// without approval.
    UnflaggedLock,
    ExplainedLock,
    /// An account that was locked and is open again.
    Unlock,
    /// A field that had a value is emptied.
    Blank,
    #[serde(rename = "mail")]
    MailChange,
    /// An account that is created or adopted by mail address, after the first complete run.
    Create,
    /// An account that goes from one person to the same person's new HR profile.
    Handover,
    /// An account that goes from another system, or from a former profile with another name, to a person with its mail address.
    /// It always needs approval.
    TakeOver,
    /// A lock of an account with our prefix that belongs to nobody in the HR system. It always needs approval.
    OrphanLock,
}

impl Brake {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::UnexplainedLock,
        Self::UnflaggedLock,
        Self::ExplainedLock,
        Self::Unlock,
        Self::Blank,
        Self::MailChange,
        Self::Create,
        Self::Handover,
        Self::TakeOver,
        Self::OrphanLock,
    ];

    #[must_use]
    pub fn is_lock(self) -> bool {
        matches!(
            self,
            Self::UnexplainedLock | Self::UnflaggedLock | Self::ExplainedLock | Self::OrphanLock
        )
    }

    /// The kind as the tenant's file, `--kind` and the state call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnexplainedLock => "unexplained_lock",
            Self::UnflaggedLock => "unflagged_lock",
            Self::ExplainedLock => "explained_lock",
            Self::Unlock => "unlock",
            Self::Blank => "blank",
            Self::MailChange => "mail",
            Self::Create => "create",
            Self::Handover => "handover",
            Self::TakeOver => "take_over",
            Self::OrphanLock => "orphan_lock",
        }
    }

    pub fn describe(self) -> &'static str {
        match self {
            Self::UnexplainedLock => "locks without an end date",
            Self::UnflaggedLock => "locks of people who are missing and not marked as deleted",
            Self::ExplainedLock => "locks at an end date",
            Self::Unlock => "unlocks",
            Self::Blank => "emptied fields",
            Self::MailChange => "changed mail addresses",
            Self::Create => "new or adopted accounts",
            Self::Handover => "accounts handed over to a new profile",
            Self::TakeOver => "take-overs of accounts with another name or another system's id",
            Self::OrphanLock => "locks of accounts that belong to nobody in the HR system",
        }
    }

    /// `1 unlock`, `2 unlocks`.
    #[must_use]
    pub fn counted(self, number: u32) -> String {
        if number != 1 {
            return format!("{number} {}", self.describe());
        }
        let one = match self {
            Self::UnexplainedLock => "lock without an end date",
            Self::UnflaggedLock => "lock of a person who is missing and not marked as deleted",
            Self::ExplainedLock => "lock at an end date",
            Self::Unlock => "unlock",
            Self::Blank => "emptied field",
            Self::MailChange => "changed mail address",
            Self::Create => "new or adopted account",
            Self::Handover => "account handed over to a new profile",
            Self::TakeOver => "take-over of an account with another name or another system's id",
            Self::OrphanLock => "lock of an account that belongs to nobody in the HR system",
        };
        format!("1 {one}")
    }
}

/// Harmful changes applied over the last 24 hours, by hour and kind. An hour counts until all of it is a day old, so
/// the sum is never too small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrakeWindow(BTreeMap<String, BTreeMap<Brake, u32>>);

impl BrakeWindow {
    /// How many changes of `kind` were applied in the 24 hours before `now`.
    #[must_use]
    pub fn count(&self, kind: Brake, now: Timestamp) -> u32 {
        self.current(now)
            .filter_map(|(_, kinds)| kinds.get(&kind))
            .sum()
    }

    /// Adds `number` changes of `kind` that were applied at `now`, and forgets what is over.
    pub fn add(&mut self, kind: Brake, number: u32, now: Timestamp) {
        self.0 = self
            .current(now)
            .map(|(hour, kinds)| (hour.clone(), kinds.clone()))
            .collect();
        if number > 0 {
            *self
                .0
                .entry(hour(now).to_string())
                .or_default()
                .entry(kind)
                .or_default() += number;
        }
    }

    fn current(&self, now: Timestamp) -> impl Iterator<Item = (&String, &BTreeMap<Brake, u32>)> {
        let oldest = hour(now) - 24;
        self.0
            .iter()
            .filter(move |(hour, _)| hour.parse::<i64>().is_ok_and(|hour| hour >= oldest))
    }
}

fn hour(moment: Timestamp) -> i64 {
    moment.as_second().div_euclid(3600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn an_hour_counts_until_all_of_it_is_a_day_old() {
        let start: Timestamp = "2026-03-01T10:10:00Z".parse().unwrap();
        let mut window = BrakeWindow::default();
        window.add(Brake::Unlock, 3, start);
        for (minutes, counted) in [(0, 3), (24 * 60, 3), (24 * 60 + 49, 3), (24 * 60 + 50, 0)] {
            assert_eq!(
                window.count(Brake::Unlock, start + minutes.minutes()),
                counted,
                "{minutes}"
            );
        }
        assert_eq!(window.count(Brake::Blank, start), 0);
        window.add(Brake::Unlock, 2, start);
        assert_eq!(window.count(Brake::Unlock, start), 5);
        let mut nothing = BrakeWindow::default();
        nothing.add(Brake::Unlock, 0, start);
        assert_eq!(nothing, BrakeWindow::default());
    }

    #[test]
    fn a_kind_has_one_name_in_the_state_and_on_the_command_line() {
        for brake in Brake::ALL {
            assert_eq!(serde_json::to_value(brake).unwrap(), brake.name());
            assert_eq!(brake.is_lock(), brake.name().ends_with("_lock"));
        }
        let words: std::collections::BTreeSet<_> = Brake::ALL.map(Brake::describe).into();
        assert_eq!(words.len(), Brake::ALL.len());
    }

    #[test]
    fn one_change_is_counted_in_the_singular() {
        for brake in Brake::ALL {
            let [none, one, many] = [0, 1, 2].map(|number| brake.counted(number));
            assert_eq!(none, format!("0 {}", brake.describe()));
            assert_eq!(many, format!("2 {}", brake.describe()));
            let one = one.strip_prefix("1 ").unwrap();
            assert!(one != brake.describe(), "{one}");
        }
        assert_eq!(Brake::Unlock.counted(1), "1 unlock");
    }

    #[test]
    fn forgets_what_is_over_when_something_is_added() {
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut window = BrakeWindow::default();
        window.add(Brake::Blank, 1, start);
        window.add(Brake::Blank, 2, start + 26.hours());
        assert_eq!(window.0.len(), 1);
        assert_eq!(window.count(Brake::Blank, start + 26.hours()), 2);
    }
}
