//! What the last certificate run knew of the academy's list, so that an unchanged list costs no ledger reads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::id::CertificateId;
use crate::fingerprint::Fingerprint;

/// What the last run leaves for the next one. Stored in `CERTIFICATES`; 31 days make about 3 KB, one read unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificateCheckpoint {
    /// When the last complete listing of everything began.
    pub listed_all_at: Option<Timestamp>,
    /// When the first one began. Certificates of courses completed before may have been filed by somebody else.
    #[serde(default)]
    pub first_listed_at: Option<Timestamp>,
    /// When a run last began that filed one of the earlier days' certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_filed_at: Option<Timestamp>,
    /// Parked certificates of the tenant.
    pub parked: u32,
    /// Certificates that were issued again after they were filed, and wait for a decision.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reissued: u32,
    /// Whether the dates of most certificates change: they do not say when one was issued.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dates_move: bool,
    /// What the last listing of everything saw, if most dates were others than those that were filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates_seen: Option<DatesSeen>,
    /// Whether external ids named all owners in the last listing of everything: the next one needs no accounts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_external_ids: bool,
    /// Certificates of earlier days on hosts that the tenant's file does not allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_hosts: Option<RefusedHosts>,
    /// Refusals since the last confirmed upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusals: Option<EqualRefusals>,
    /// The last 30 days, by day of completion in UTC.
    pub days: BTreeMap<Date, DayCheckpoint>,
    /// What is unsettled of all earlier days. Only a listing of everything shows these certificates.
    pub earlier: Unsettled,
    /// The earlier days' certificates that have no PDF yet: ticks ask for them. None if they are too many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<CertificateId>,
    #[serde(default, skip_serializing_if = "ListAccess::is_unknown")]
    pub lists: ListAccess,
}

/// Whether employees' documents can be listed, as far as runs have seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListAccess {
    /// Whether any list was ever read. Then a refusal is news.
    #[serde(default)]
    pub were_read: bool,
    /// When all lists of a run were first refused for a missing right; `None` once one was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_since: Option<Timestamp>,
}

/// The next run has to be refused as well before anything is filed without a look.
const MISSING_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// The same where lists were read before: Personio may err, and the operator may grant the right again.
const LOST_AFTER: SignedDuration = SignedDuration::from_hours(24);

impl ListAccess {
    /// What is known after a list was read.
    #[must_use]
    pub fn after_read() -> Self {
        Self {
            were_read: true,
            refused_since: None,
        }
    }

    /// What is known after all lists of a run were refused for want of a right.
    #[must_use]
    pub fn after_refusal(mut self, now: Timestamp) -> Self {
        self.refused_since = self.refused_since.or(Some(now));
        self
    }

    /// Whether the right counts as missing if this run is refused as well.
    #[must_use]
    pub fn is_missing(self, now: Timestamp) -> bool {
        let enough = match self.were_read {
            true => LOST_AFTER,
            false => MISSING_AFTER,
        };
        self.refused_since
            .is_some_and(|since| now.duration_since(since) >= enough)
    }

    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// The dates of a few certificates, and since when most of them are what they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DatesSeen {
    pub since: Timestamp,
    /// Keyed digests of certificate and date.
    pub sample: Vec<u64>,
}

/// Refusals of different certificates for one reason, in runs that filed none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EqualRefusals {
    pub reason: String,
    /// At most five. Those that are decided about leave it.
    pub certificates: BTreeSet<CertificateId>,
}

/// Certificates that only a listing of everything shows, and whose hosts are refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefusedHosts {
    /// A digest of the hosts that were allowed: others may allow these.
    pub allowed: u64,
    /// How many are on each host. At most four hosts.
    pub hosts: BTreeMap<String, u32>,
}

impl CertificateCheckpoint {
    #[must_use]
    pub fn unsettled(&self) -> Unsettled {
        let days = self.days.values().map(|day| day.unsettled);
        days.fold(self.earlier, Unsettled::and)
    }
}

/// One day's certificates as the last run left them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DayCheckpoint {
    /// Of what the academy listed for the day.
    pub digest: Fingerprint,
    #[serde(flatten)]
    pub unsettled: Unsettled,
}

/// Certificates that are neither filed nor waiting for a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Unsettled {
    /// When the first of them is due: a retry, a check, or one that was not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting_for_pdf: u32,
    /// How many are part of a backfill on hold.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: u32,
    /// How many may be filed or not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub outcome_unknown: u32,
}

impl Unsettled {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            due: self.due.into_iter().chain(other.due).min(),
            held: self.held.saturating_add(other.held),
            waiting_for_pdf: self.waiting_for_pdf.saturating_add(other.waiting_for_pdf),
            outcome_unknown: self.outcome_unknown.saturating_add(other.outcome_unknown),
        }
    }

    /// Whether something is to be looked at now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What a run begins with: what the last run left, and what the operator asks for. Stored as `CERTIFICATES`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificateStart {
    /// What the last run left; `None` before the first run.
    #[serde(default)]
    pub checkpoint: Option<CertificateCheckpoint>,
    /// When the operator last asked for a full scan.
    #[serde(default)]
    pub scan_asked_at: Option<Timestamp>,
    /// When the operator started a backfill that is on hold.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// The last restore of the table, if there was one.
    #[serde(default)]
    pub restored: Option<Restored>,
}

/// A restore of the table: what was filed after `to` and before `at` is not in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Restored {
    /// The moment whose state the table has.
    pub to: Timestamp,
    /// When the operator put the table to use, with all runs stopped.
    pub at: Timestamp,
    /// The operator says that nothing was filed in between: where documents cannot be listed, certificates are filed
    /// instead of parked.
    pub assume_empty: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_to_list_is_missing_once_another_run_is_refused_and_lost_after_a_day() {
        let now: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
        let hours = |hours| now + SignedDuration::from_hours(hours);
        let minutes = |minutes| now + SignedDuration::from_mins(minutes);
        for (before, later, is_missing) in [
            (ListAccess::default(), now, false),
            (ListAccess::default(), minutes(14), false),
            (ListAccess::default(), minutes(15), true),
            (ListAccess::after_read(), hours(1), false),
            (ListAccess::after_read(), hours(23), false),
            (ListAccess::after_read(), hours(24), true),
        ] {
            assert!(!before.is_missing(later), "nothing was refused before");
            let refused = before.after_refusal(now);
            assert_eq!(refused.is_missing(later), is_missing, "{before:?} {later}");
            assert_eq!(refused.after_refusal(later), refused, "since the first");
        }
    }

    #[test]
    fn what_is_unsettled_is_the_sum_of_all_days_and_due_with_the_first_of_them() {
        let now: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
        let second = SignedDuration::from_secs(1);
        let of = |due, waiting_for_pdf, held, outcome_unknown| Unsettled {
            due,
            waiting_for_pdf,
            held,
            outcome_unknown,
        };
        let day = |number, unsettled| {
            let digest = Fingerprint::default();
            let day = jiff::civil::date(2026, 5, number);
            (day, DayCheckpoint { digest, unsettled })
        };
        let checkpoint = CertificateCheckpoint {
            days: [
                day(1, of(Some(now + second), 1, 10, 100)),
                day(2, of(Some(now), 2, 20, 200)),
            ]
            .into(),
            earlier: of(None, 4, 40, 400),
            ..CertificateCheckpoint::default()
        };
        let all = checkpoint.unsettled();
        assert_eq!(all, of(Some(now), 7, 70, 700));
        let due = [now - second, now, now + second].map(|moment| all.is_due(moment));
        assert_eq!(due, [false, true, true]);
        assert!(!checkpoint.earlier.is_due(now));
    }

    #[test]
    fn a_checkpoint_is_stored_with_what_it_says_and_without_what_it_does_not() {
        let nothing = CertificateCheckpoint::default();
        let said = CertificateCheckpoint {
            reissued: 3,
            dates_move: true,
            dates_seen: Some(DatesSeen {
                since: "2026-05-11T08:00:00Z".parse().unwrap(),
                sample: vec![0, u64::MAX],
            }),
            lists: ListAccess::after_read(),
            ..nothing.clone()
        };
        for (checkpoint, is_stored) in [(nothing, false), (said, true)] {
            let stored = serde_json::to_value(&checkpoint).unwrap();
            for name in ["reissued", "dates_move", "dates_seen", "lists"] {
                assert_eq!(stored.get(name).is_some(), is_stored, "{name}");
            }
            let read: CertificateCheckpoint = serde_json::from_value(stored).unwrap();
            assert_eq!(read, checkpoint);
        }
    }
}
