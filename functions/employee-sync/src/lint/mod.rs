//! A second opinion on every plan before its first write. Shares the plan's types with the planner, and none of its
//! code: it derives again, from the inputs, what the plan may do.

mod invariants;
#[cfg(test)]
mod tests;

pub(crate) use invariants::Violation;

use jiff::Timestamp;
use shared::tenant::TenantConfig;

use crate::plan::{Candidate, Plan, RiskyChange};

/// Examines `plan` against its inputs: which rules it breaks, and which harm it would do if it were wrong.
///
/// # Errors
/// Every rule the plan breaks. Such a plan is a defect of the planner; nothing of it may be applied.
pub(crate) fn examine(
    plan: &Plan,
    candidates: &[Candidate],
    tool: &str,
    config: &TenantConfig,
    now: Timestamp,
) -> Result<Vec<RiskyChange>, Vec<Violation>> {
    let violations = invariants::violations(plan, candidates, tool, now);
    if violations.is_empty() {
        Ok(crate::brake::classify::risky_changes(
            plan, candidates, config, now,
        ))
    } else {
        Err(violations)
    }
}
