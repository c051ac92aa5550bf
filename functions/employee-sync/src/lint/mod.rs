//! A second opinion on every plan before its first write. Shares the plan's types with the planner, and none of its
//! code: it derives again, from the inputs, what the plan may do.

mod invariants;
#[cfg(test)]
mod tests;

pub(crate) use invariants::Violation;

use jiff::Timestamp;

use crate::plan::{Candidate, Plan};

/// Examines `plan` against its inputs.
///
/// # Errors
/// Every rule the plan breaks. Such a plan is a defect of the planner; nothing of it may be applied.
pub(crate) fn examine(
    plan: &Plan,
    candidates: &[Candidate],
    tool: &str,
    now: Timestamp,
) -> Result<(), Vec<Violation>> {
    let violations = invariants::violations(plan, candidates, tool, now);
    if violations.is_empty() {
        Ok(())
    } else {
        Err(violations)
    }
}
