//! A second opinion on every plan before its first write. Shares the plan's types with the planner, and none of its
//! code: it derives again, from the inputs, what the plan may do.

mod brakes;
mod harm;
mod rules;
#[cfg(test)]
mod tests;

pub use brakes::{Judgement, Limits, Over};
pub use rules::Violation;

use jiff::Timestamp;
use shared::state::BrakeWindow;
use shared::tenant::TenantConfig;

use crate::plan::{Plan, Subject};

/// Judges `plan` against its inputs: which rules it breaks, which harm it would do and which brakes that trips.
///
/// # Errors
/// Every rule the plan breaks. Such a plan is a defect of the planner; nothing of it may be applied.
pub fn judge(
    plan: &Plan,
    subjects: &[Subject],
    tool: &str,
    config: &TenantConfig,
    history: &BrakeWindow,
    open_accounts: u32,
    now: Timestamp,
) -> Result<Judgement, Vec<Violation>> {
    let violations = rules::violations(plan, subjects, tool, now);
    if violations.is_empty() {
        let harms = harm::harms(plan, subjects, config, now);
        Ok(brakes::judge(harms, Limits::of(config.brake, open_accounts), history, now))
    } else {
        Err(violations)
    }
}
