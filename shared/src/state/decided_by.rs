//! Who made a decision, as far as AWS said.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::OperatorId;

/// Who made the decision of a moment. Stored next to the decision, not in it: a release that does not know it reads and
/// makes decisions all the same, and a decision of its own is of another moment and gets no other operator's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DecidedBy {
    pub at: Timestamp,
    pub by: OperatorId,
}

impl DecidedBy {
    /// `None` where it is not known who decided.
    #[must_use]
    pub fn new(at: Timestamp, by: Option<&OperatorId>) -> Option<Self> {
        by.cloned().map(|by| Self { at, by })
    }

    /// Who decided, if the decision of `at` is the one meant. Held parts keep whole seconds.
    #[must_use]
    pub fn of(&self, at: Timestamp) -> Option<&OperatorId> {
        (self.at.as_second() == at.as_second()).then_some(&self.by)
    }
}
