//! When a tenant has waited too long for a good run.

use jiff::SignedDuration;

use crate::state::JobKind;
use crate::tenant::Every;

/// A tenant is late only after this many ticks without a good run: one failure may pass by itself.
const TICKS: i64 = 3;

/// The shortest time without a good run, in minutes, that counts as late.
fn shortest(job: JobKind) -> i64 {
    match job {
        JobKind::Employees => 30,
        JobKind::Certificates => 120,
    }
}

/// How long a tenant whose schedule fires at `interval` may wait for a good run.
#[must_use]
pub fn late_after(job: JobKind, interval: Option<Every>) -> SignedDuration {
    let ticks = interval.map_or(0, |interval| i64::from(interval.minutes()) * TICKS);
    SignedDuration::from_mins(shortest(job).max(ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_late_after_three_ticks_and_not_before_the_shortest_time() {
        for (job, interval, late_from) in [
            (JobKind::Employees, Some("5 minutes"), 30),
            (JobKind::Employees, Some("10 minutes"), 30),
            (JobKind::Employees, Some("30 minutes"), 90),
            (JobKind::Employees, None, 30),
            (JobKind::Certificates, Some("30 minutes"), 120),
            (JobKind::Certificates, Some("1 hour"), 180),
            (JobKind::Certificates, None, 120),
        ] {
            let interval = interval.map(|text| text.parse().unwrap());
            let expected = SignedDuration::from_mins(late_from);
            assert_eq!(late_after(job, interval), expected, "{job:?} {interval:?}");
        }
    }
}
