//! A reading that may be another company's, until somebody decides.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{DecidedBy, Decision};
use crate::domain::id::OperatorId;

/// An approval lapses after this long.
const APPROVAL_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// A reading with fewer than half of the known people. Stored as `HELD#source`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldSource {
    /// The hash of the known people who are not in the reading: what is approved or dismissed.
    pub hash: String,
    pub since: Timestamp,
    /// People in the last accepted reading.
    pub known: u64,
    /// Those of them who are in this reading.
    pub found: u64,
    /// Other people in this reading.
    pub new: u64,
    #[serde(default)]
    pub decision: Option<Decision>,
    /// Who made the last decision, where AWS named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<DecidedBy>,
}

impl HeldSource {
    /// Whether a reading with this hash is accepted at `now`.
    #[must_use]
    pub fn accepts(&self, hash: &str, now: Timestamp) -> bool {
        self.hash == hash
            && matches!(self.decision, Some(Decision::Approved { at }) if now < at + APPROVAL_LASTS)
    }

    pub fn operator(&self) -> Option<&OperatorId> {
        let at = self.decision?.at();
        self.decided_by.as_ref()?.of(at)
    }

    /// Whether somebody has to decide: nobody has, or the approval has lapsed.
    #[must_use]
    pub fn is_undecided(&self, now: Timestamp) -> bool {
        match self.decision {
            None => true,
            Some(Decision::Approved { .. }) => !self.accepts(&self.hash, now),
            Some(Decision::Dismissed { .. }) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_accepted_for_a_day_by_the_approval_of_this_very_one() {
        let approved_at: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
        let at = |seconds| approved_at + SignedDuration::from_secs(seconds);
        let approved = Some(Decision::Approved { at: approved_at });
        let dismissed = Some(Decision::Dismissed { at: approved_at });
        let day = 24 * 60 * 60;
        for (decision, hash, seconds, accepts, is_undecided) in [
            (None, "aa", 0, false, true),
            (approved, "aa", 0, true, false),
            (approved, "aa", day - 1, true, false),
            (approved, "aa", day, false, true),
            // Whether somebody has to decide is about the stored reading.
            (approved, "bb", 0, false, false),
            (dismissed, "aa", 0, false, false),
            (dismissed, "aa", day, false, false),
        ] {
            let source = HeldSource {
                hash: "aa".to_owned(),
                since: approved_at,
                known: 100,
                found: 3,
                new: 20,
                decision,
                decided_by: None,
            };
            let case = format!("{decision:?} {hash} {seconds}");
            assert_eq!(source.accepts(hash, at(seconds)), accepts, "{case}");
            assert_eq!(source.is_undecided(at(seconds)), is_undecided, "{case}");
        }
    }

    #[test]
    fn the_operator_is_that_of_the_decision_itself() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let operator = OperatorId::new("Operators/3f9a1c02");
        let approved = Some(Decision::Approved { at: at(100) });
        for (decision, noted_at, by) in [
            (approved, 100, Some(&operator)),
            // A release that notes nobody has decided since.
            (approved, 99, None),
            (None, 100, None),
        ] {
            let source = HeldSource {
                hash: "aa".to_owned(),
                since: at(0),
                known: 100,
                found: 3,
                new: 20,
                decision,
                decided_by: DecidedBy::new(at(noted_at), Some(&operator)),
            };
            assert_eq!(source.operator(), by, "{decision:?} {noted_at}");
        }
    }
}
