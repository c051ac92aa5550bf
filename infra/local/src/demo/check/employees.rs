//! What a run of the employee job says and calls.

use employee_sync::report::Report;
use shared::runtime::Outcome;

use super::{Must, QUIET_UNITS, Seen, broken, ended_as, too_many_units};

pub(super) fn problems(report: &Report, seen: &Seen, must: Must) -> Vec<String> {
    let mut found = Vec::new();
    if !report.outcome.is_good() || (must == Must::BeQuiet && report.outcome != Outcome::Unchanged)
    {
        found.push(ended_as(report.outcome, &report.message));
    }
    if report.held.is_some() != (must == Must::BeHeld) {
        let text = if must == Must::BeHeld {
            "no plan is held"
        } else {
            "a plan is held"
        };
        found.push(text.to_owned());
    }
    if must == Must::BeQuiet {
        found.extend(noise(report, seen.reteach_calls));
    }
    found
}

fn noise(report: &Report, calls: usize) -> impl Iterator<Item = String> {
    let counted = report.calls.reteach;
    let calls = broken([
        (
            calls > 0,
            format!("nothing had changed, and reteach received {calls} calls"),
        ),
        (
            counted > 0,
            format!("the report counts {counted} calls to reteach"),
        ),
    ]);
    calls.chain(too_many_units(report.dynamodb, QUIET_UNITS))
}
