//! A second opinion on every plan before its first write. Shares the plan's types with the planner, and none of its
//! code: it derives again, from the inputs, what the plan may do.

mod brakes;
mod harm;
mod rules;
#[cfg(test)]
mod tests;

pub use brakes::{Judgement, Limits, Over, weigh};
pub use rules::Violation;

use jiff::Timestamp;
use shared::tenant::TenantConfig;

use crate::plan::{Harm, Plan, Subject};

/// Examines `plan` against its inputs: which rules it breaks, and which harm it would do if it were wrong.
///
/// # Errors
/// Every rule the plan breaks. Such a plan is a defect of the planner; nothing of it may be applied.
pub fn examine(
    plan: &Plan,
    subjects: &[Subject],
    tool: &str,
    config: &TenantConfig,
    now: Timestamp,
) -> Result<Vec<Harm>, Vec<Violation>> {
    let violations = rules::violations(plan, subjects, tool, now);
    if violations.is_empty() {
        Ok(harm::harms(plan, subjects, config, now))
    } else {
        Err(violations)
    }
}
