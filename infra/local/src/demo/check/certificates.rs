//! What a run of the certificate job says and calls.

use certificate_sync::report::Report;
use shared::runtime::Outcome;

use super::{Due, Must, QUIET_UNITS, Seen, broken, ended_as, too_many_units};

pub(super) fn problems(report: &Report, seen: &Seen, due: Due<'_>) -> Vec<String> {
    let must = due.must;
    let is_right = match must {
        Must::BeWaiting => report.outcome == Outcome::Waiting,
        Must::BeQuiet => report.outcome == Outcome::Unchanged,
        Must::BeDone | Must::BeHeld | Must::BeInDoubt | Must::BeVerified => {
            report.outcome.is_good()
        }
    };
    let (doubtful, verified) = (
        u64::from(must == Must::BeInDoubt),
        u64::from(must == Must::BeVerified),
    );
    let counts = &report.counts;
    let mut found: Vec<String> = broken([
        (!is_right, ended_as(report.outcome, &report.message)),
        (
            counts.doubtful != doubtful,
            format!("{} uploads are in doubt, not {doubtful}", counts.doubtful),
        ),
        (
            counts.verified != verified,
            format!(
                "{} uploads were found filed, not {verified}",
                counts.verified
            ),
        ),
    ])
    .collect();
    match must {
        Must::BeWaiting => found.extend(calls(seen.reteach_calls + seen.hr_calls, "the vendors")),
        Must::BeQuiet => {
            found.extend(calls(seen.hr_calls, "the HR system"));
            found.extend(too_many_units(
                report.dynamodb,
                QUIET_UNITS + due.filing.waiting_for_pdf().len() as f64,
            ));
        }
        Must::BeDone | Must::BeHeld | Must::BeInDoubt | Must::BeVerified => {}
    }
    found
}

fn calls(number: usize, whom: &str) -> Option<String> {
    (number > 0).then(|| format!("there was nothing to do, and {whom} received {number} calls"))
}
