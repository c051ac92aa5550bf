//! What this job counts.

use serde::{Deserialize, Serialize};
use shared::runtime;

pub type Report = runtime::Report<Counts>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub people: u64,
    /// Times that everybody was read.
    pub readings: u64,
    pub created: u64,
    pub adopted: u64,
    pub handed_over: u64,
    pub updated: u64,
    pub locked: u64,
    pub unlocked: u64,
    pub unchanged: u64,
    pub out_of_scope: u64,
    /// People missing from this reading for the first time.
    pub missing_once: u64,
    /// Open accounts that belong to nobody in the HR system.
    pub orphaned: u64,
    /// People whose mail address belongs to another account.
    pub conflicts: u64,
    /// People whose record was refused in this run.
    pub refused: u64,
    /// People refused before, whose next try is still ahead.
    pub waiting: u64,
    /// People with a change that a brake holds.
    pub held: u64,
    pub left: u64,
}

/// From this share of people who are refused on, an alarm is raised and a notice sent: `template.yaml` has the same number.
pub const REFUSED_PERCENT: u64 = 20;

/// Up to this many people are single cases, whatever their share.
const FEW_PEOPLE: u64 = 4;

impl Counts {
    /// The share of people who are refused, in conflict, or wait for another try, in per cent; 0 for a few.
    pub fn refused_percent(&self) -> u64 {
        match self.not_in_step() {
            0..=FEW_PEOPLE => 0,
            refused => refused * 100 / self.people.max(refused),
        }
    }

    fn not_in_step(&self) -> u64 {
        self.refused + self.conflicts + self.waiting
    }
}

impl runtime::Counts for Counts {
    fn with_earlier(self, earlier: Self) -> Self {
        Self {
            created: self.created + earlier.created,
            adopted: self.adopted + earlier.adopted,
            handed_over: self.handed_over + earlier.handed_over,
            updated: self.updated + earlier.updated,
            locked: self.locked + earlier.locked,
            unlocked: self.unlocked + earlier.unlocked,
            ..self
        }
    }

    fn is_progress(&self) -> bool {
        let written = self.created
            + self.adopted
            + self.handed_over
            + self.updated
            + self.locked
            + self.unlocked;
        written > 0 && self.left > 0
    }

    fn refused_people(&self) -> u64 {
        match self.refused_percent() {
            0..REFUSED_PERCENT => 0,
            _ => self.not_in_step(),
        }
    }

    fn metrics(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("People", self.people),
            ("Created", self.created),
            ("Adopted", self.adopted),
            ("HandedOver", self.handed_over),
            ("Updated", self.updated),
            ("Locked", self.locked),
            ("Unlocked", self.unlocked),
            ("Refused", self.refused),
            ("Conflicts", self.conflicts),
            ("RefusedPercent", self.refused_percent()),
            ("HeldPeople", self.held),
            ("LeftForNextRun", self.left),
        ]
    }
}

#[cfg(test)]
mod tests {
    use shared::runtime::Counts as _;

    use super::*;

    #[test]
    fn a_share_of_people_is_refused_and_a_few_never_are() {
        for (people, refused, conflicts, waiting, percent) in [
            (0, 0, 0, 0, 0),
            (4, 4, 0, 0, 0),
            (5, 5, 0, 0, 100),
            (25, 2, 2, 1, 20),
            (26, 2, 2, 1, 19),
            (1000, 0, 150, 50, 20),
            // People who are gone are refused too.
            (5, 6, 0, 0, 100),
        ] {
            let counts = Counts {
                people,
                refused,
                conflicts,
                waiting,
                ..Counts::default()
            };
            assert_eq!(counts.refused_percent(), percent, "{counts:?}");
        }
    }

    #[test]
    fn every_metric_is_documented() {
        for (name, _) in Counts::default().metrics() {
            assert!(
                include_str!("../../../docs/logging.md").contains(&format!("`{name}`")),
                "{name}"
            );
        }
    }
}
