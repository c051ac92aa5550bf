//! What this job counts.

use serde::{Deserialize, Serialize};
use shared::runtime;

pub type Report = runtime::Report<Counts>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub seen: u64,
    /// Times that they were listed.
    pub readings: u64,
    /// Certificates filed by this run.
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
    /// Certificates of people whom the HR system has deleted.
    pub person_deleted: u64,
    /// Certificates whose PDF is not made yet.
    pub waiting_for_pdf: u64,
    /// Certificates that were not filed, and are tried again later.
    pub failed: u64,
    /// Uploads of unknown outcome: looked for before anything is sent again.
    pub outcome_unknown: u64,
    /// Certificates of this tenant that are left alone until somebody decides.
    pub parked: u64,
    /// Certificates that could have been filed now and are left for the next run.
    pub remaining: u64,
    /// Certificates of people who are not from the HR system.
    pub not_from_hr: u64,
    /// Certificates whose participation has no customer.
    pub without_customer: u64,
    /// Records that do not fit.
    pub rejected: u64,
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
        self.uploaded + self.verified + self.adopted > 0 && self.failed == 0
    }

    fn parked(&self) -> u64 {
        self.parked
    }

    const ALARMED: Option<&'static str> = Some("CertificatesParked");

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
            ("CertificatesOutcomeUnknown", self.outcome_unknown),
            ("CertificatesParked", self.parked),
            ("CertificatesRemaining", self.remaining),
            ("CertificatesNotFromHr", self.not_from_hr),
        ]
    }
}

#[cfg(test)]
mod tests {
    use shared::runtime::Counts as _;

    use super::*;

    #[test]
    fn every_metric_is_documented() {
        for (name, _) in Counts::default().metrics() {
            assert!(
                include_str!("../../../docs/logging.md").contains(&format!("`{name}`")),
                "{name}"
            );
        }
    }
}
