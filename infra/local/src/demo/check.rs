//! What a run came to, judged from outside.

use employee_sync::report::Report;
use shared::job::Outcome;
use simulators::reteach::Customer;

use super::expect::Expected;
use super::play::Must;

/// What a run with nothing to do may use of DynamoDB, read and written, whatever the company's size.
pub const QUIET_UNITS: f64 = 4.0;

/// Differences told of in full; of the rest only the number.
const MOST: usize = 5;

/// What was seen of a run from outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    /// What it says itself.
    pub report: &'a Report,
    /// Calls that the academy received meanwhile.
    pub calls: usize,
    /// What the academy holds now.
    pub customers: &'a [Customer],
}

/// Everything that is not as it should be.
#[must_use]
pub(super) fn problems(seen: Seen<'_>, must: Must, expected: &Expected) -> Vec<String> {
    let Seen { report, calls, customers } = seen;
    let mut found = Vec::new();
    if !report.outcome.is_good() || (must == Must::BeQuiet && report.outcome != Outcome::Unchanged) {
        let text = format!("the run ended as {:?}: {}", report.outcome, report.message);
        found.push(text.trim_end_matches(": ").to_owned());
    }
    if report.held.is_some() != (must == Must::BeHeld) {
        let text = if must == Must::BeHeld { "no plan is held" } else { "a plan is held" };
        found.push(text.to_owned());
    }
    if must == Must::BeQuiet {
        found.extend(noise(report, calls));
    }
    let differences = expected.differences(customers);
    found.extend(differences.iter().take(MOST).map(ToString::to_string));
    if differences.len() > MOST {
        found.push(format!("and {} more differences", differences.len() - MOST));
    }
    found
}

fn noise(report: &Report, calls: usize) -> Vec<String> {
    let units = report.dynamodb;
    let checks = [
        (calls > 0, format!("nothing had changed, and reteach received {calls} calls")),
        (report.calls.reteach > 0, format!("the report counts {} calls to reteach", report.calls.reteach)),
        (units.read > QUIET_UNITS, format!("{} DynamoDB read units, more than {QUIET_UNITS}", units.read)),
        (units.write > QUIET_UNITS, format!("{} DynamoDB write units, more than {QUIET_UNITS}", units.write)),
    ];
    checks.into_iter().filter(|(broken, _)| *broken).map(|(_, text)| text).collect()
}
