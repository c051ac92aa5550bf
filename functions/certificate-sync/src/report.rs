//! What this job counts.

use serde::{Deserialize, Serialize};
use shared::runtime;
use shared::tenant::Every;

pub type Report = runtime::Report<Counts>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub seen: u64,
    /// Times that they were listed.
    pub readings: u64,
    pub uploaded: u64,
    /// Uploads of unknown outcome that this run found filed.
    pub verified: u64,
    /// Certificates listed on days that are as the last run left them.
    pub unchanged: u64,
    /// Certificates listed that are filed or settled already.
    pub settled: u64,
    /// Certificates found in a personnel file before they were sent: somebody else has filed them, or we did before a
    /// restore.
    pub adopted: u64,
    /// People whose documents were listed before anything was filed for them.
    pub people_looked_at: u64,
    /// People whose documents are still to be listed.
    pub people_left: u64,
    /// Certificates of a backfill that nobody has started.
    pub held: u64,
    /// Certificates of courses completed before the day that the tenant's file names.
    pub before_since: u64,
    /// Certificates on hosts that the tenant's file does not allow.
    pub host_not_allowed: u64,
    /// Certificates of people whose documents could not be listed before filing.
    pub unlisted: u64,
    /// Certificates of people whom the HR system has deleted.
    pub person_deleted: u64,
    pub waiting_for_pdf: u64,
    /// Certificates that were not filed, and are tried again later.
    pub failed: u64,
    /// Uploads of unknown outcome: looked for before anything is sent again.
    pub outcome_unknown: u64,
    /// Certificates of this tenant that are left alone until somebody decides.
    pub parked: u64,
    /// Certificates of this tenant that were issued again after they were filed, and wait for a decision.
    pub reissued: u64,
    /// Certificates that could have been filed now and are left for the next run.
    pub remaining: u64,
    /// Certificates of people who are not from the HR system.
    pub not_from_hr: u64,
    pub without_customer: u64,
    pub rejected: u64,
}

/// From this share of failures on, a run is no progress, and an alarm is raised: `template.yaml` has the same number.
pub const FAILING_PERCENT: u64 = 20;

/// Up to this many failures are those of single certificates, whatever their share.
const FEW_FAILURES: u64 = 4;

impl Counts {
    /// Certificates that this run has settled in a personnel file.
    fn settled_now(&self) -> u64 {
        self.uploaded + self.verified + self.adopted
    }

    /// The share of failures in what this run tried, in per cent; 0 for a few.
    pub fn failed_percent(&self) -> u64 {
        match self.failed {
            0..=FEW_FAILURES => 0,
            failed => failed * 100 / (failed + self.settled_now()),
        }
    }
}

/// The rest of a backfill, as the last run left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Backlog {
    pub to_file: u64,
    /// People whose documents are listed before.
    pub people_to_look_at: u64,
    /// Certificates of a backfill that nobody has started.
    pub held: u64,
    /// Certificates that the run found in personnel files.
    pub found: u64,
    /// If each tick does as much as that run did; `None` where that tells nothing.
    pub minutes_left: Option<u64>,
}

impl Backlog {
    /// What a run with these counts has left; `None`: nothing.
    #[must_use]
    pub fn of(counts: &Counts, every: Every) -> Option<Self> {
        let (left, done) = (counts.remaining, counts.settled_now());
        let ticks = (left > 0 && done > 0).then(|| left.div_ceil(done));
        let backlog = Self {
            to_file: left,
            people_to_look_at: counts.people_left,
            held: counts.held,
            found: counts.adopted,
            minutes_left: ticks.map(|ticks| ticks * u64::from(every.minutes())),
        };
        (left + counts.held > 0).then_some(backlog)
    }
}

/// A number of minutes as a person would say it: in days from two days on.
#[must_use]
pub fn duration(minutes: u64) -> String {
    match minutes {
        0..=119 => format!("{minutes} minutes"),
        120..=2879 => format!("{} hours", minutes.div_ceil(60)),
        _ => format!("{} days", minutes.div_ceil(24 * 60)),
    }
}

impl runtime::Counts for Counts {
    fn with_earlier(self, earlier: Self) -> Self {
        Self {
            uploaded: self.uploaded + earlier.uploaded,
            verified: self.verified + earlier.verified,
            adopted: self.adopted + earlier.adopted,
            // A certificate that failed a moment ago is not tried again at once.
            failed: self.failed + earlier.failed,
            ..self
        }
    }

    fn is_progress(&self) -> bool {
        self.settled_now() > 0 && self.failed_percent() < FAILING_PERCENT
    }

    fn parked(&self) -> u64 {
        self.parked
    }

    fn metrics(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("CertificatesSeen", self.seen),
            ("CertificatesUploaded", self.uploaded),
            ("CertificatesVerified", self.verified),
            ("CertificatesAdopted", self.adopted),
            ("CertificatesHeld", self.held),
            ("CertificatesHostNotAllowed", self.host_not_allowed),
            ("CertificatesPersonDeleted", self.person_deleted),
            ("CertificatesWaitingForPdf", self.waiting_for_pdf),
            ("CertificatesFailed", self.failed),
            ("CertificatesFailedPercent", self.failed_percent()),
            ("CertificatesOutcomeUnknown", self.outcome_unknown),
            ("CertificatesParked", self.parked),
            ("CertificatesReissued", self.reissued),
            ("CertificatesRemaining", self.remaining),
            ("CertificatesNotFromHr", self.not_from_hr),
            ("CertificatesRejected", self.rejected),
        ]
    }
}

#[cfg(test)]
mod tests {
    use shared::runtime::Counts as _;

    use super::*;

    #[test]
    fn failures_count_from_a_share_on_and_a_few_never() {
        for (uploaded, failed, percent, is_progress) in [
            (800, 0, 0, true),
            (0, 0, 0, false),
            (1, 4, 0, true),
            (0, 4, 0, false),
            (0, 5, 100, false),
            (5, 5, 50, false),
            (20, 5, 20, false),
            (21, 5, 19, true),
            (800, 100, 11, true),
        ] {
            let counts = Counts {
                uploaded,
                failed,
                ..Counts::default()
            };
            let both = (counts.failed_percent(), counts.is_progress());
            assert_eq!(both, (percent, is_progress), "{uploaded} {failed}");
        }
    }

    #[test]
    fn the_rest_takes_as_many_ticks_as_the_last_run_would_need_for_it() {
        let every: Every = "30 minutes".parse().unwrap();
        for (remaining, uploaded, adopted, minutes_left) in [
            (3_000, 700, 100, Some(120)),
            (1, 800, 0, Some(30)),
            (3_000, 0, 0, None),
        ] {
            let counts = Counts {
                remaining,
                uploaded,
                adopted,
                ..Counts::default()
            };
            let backlog = Backlog::of(&counts, every).unwrap();
            let expected = (remaining, minutes_left);
            assert_eq!((backlog.to_file, backlog.minutes_left), expected);
        }
        assert_eq!(Backlog::of(&Counts::default(), every), None);
        let held = Counts {
            held: 7,
            uploaded: 3,
            ..Counts::default()
        };
        let backlog = Backlog::of(&held, every).unwrap();
        assert_eq!((backlog.held, backlog.minutes_left), (7, None));
    }

    #[test]
    fn a_run_that_goes_on_adds_what_it_has_settled_and_not_what_it_has_seen() {
        let of = |uploaded, verified, adopted, failed| Counts {
            seen: 100,
            uploaded,
            verified,
            adopted,
            failed,
            parked: 9,
            ..Counts::default()
        };
        let both = of(2, 3, 5, 7).with_earlier(of(20, 30, 50, 70));
        assert_eq!(both, of(22, 33, 55, 77));
        assert_eq!((both.settled_now(), both.parked()), (110, 9));
    }

    #[test]
    fn minutes_are_said_in_hours_from_two_on_and_in_days_from_two_on() {
        for (minutes, said) in [
            (0, "0 minutes"),
            (119, "119 minutes"),
            (120, "2 hours"),
            (121, "3 hours"),
            (2_879, "48 hours"),
            (2_880, "2 days"),
            (2_881, "3 days"),
        ] {
            assert_eq!(duration(minutes), said);
        }
    }

    #[test]
    fn every_metric_is_documented() {
        let metrics = Counts::default().metrics();
        assert_eq!(metrics.len(), 16);
        for (name, _) in metrics {
            assert!(name.starts_with("Certificates"), "{name}");
            assert!(
                include_str!("../../../docs/logging.md").contains(&format!("`{name}`")),
                "{name}"
            );
        }
    }
}
