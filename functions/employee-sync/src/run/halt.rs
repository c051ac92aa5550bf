//! What ends a run of this job early, beside what ends any.

use shared::runtime::{Outcome, RunError};

use crate::accounts::AccountsError;
use crate::lint::Violation;

impl From<AccountsError> for RunError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Reteach(error) => error.into(),
            other => Self::new(Outcome::ReteachUnavailable, other),
        }
    }
}

/// The linter refused the plan.
pub(super) fn refused(violations: &[Violation]) -> RunError {
    let listed = violations
        .iter()
        .take(10)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    let message = format!(
        "a defect of this program: the plan breaks its own rules, nothing was written: {listed}"
    );
    RunError::new(Outcome::PlanRefused, message)
}
