//! Whether the academy's dates say that a certificate was issued again: an academy may touch its rows.

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::CertificateId;
use shared::fingerprint::FingerprintKey;
use shared::reteach::{Completeness, Participation};
use shared::state::{CertificateCheckpoint, DatesSeen, Issue};

use crate::checkpoint::Scope;
use crate::job::ledger::{Ledger, Terms};
use crate::list::{Class, Counted, Keep, Listing};
use crate::plan::issue_of;

/// Fewer certificates than this may have been issued again, however few there are.
pub(super) const MANY_REDATED: u64 = 20;
/// Dates that stand still for so long count again: rows that are touched on workdays or once a week move.
const STILL_AFTER: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Of so many certificates the next listing knows what their dates were: in the checkpoint they take about 100 bytes.
const SAMPLE: usize = 8;
/// What a sample's digest has of the certificate. The other half is of its date.
const FIRST_HALF: u64 = u64::MAX << 32;

/// What a run makes of the dates of filed certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::job) struct Dates {
    /// Whether another date alone says that a certificate was issued again.
    pub(in crate::job) are_trusted: bool,
    /// How many certificates have another date, where this run is the first that concludes nothing from it.
    pub(in crate::job) newly_redated: Option<u64>,
    /// What the next listing of everything compares with.
    pub(in crate::job) seen: Option<DatesSeen>,
}

impl Dates {
    /// A listing of the window keeps the judgement.
    pub(super) fn of_window(scope: Scope) -> Self {
        Self {
            are_trusted: scope.trusts_dates,
            newly_redated: None,
            seen: None,
        }
    }

    /// Judges by a listing of everything. Where dates mean nothing, certificates with another date alone count as done.
    pub(super) fn of(
        listing: &mut Listing,
        ledger: &Ledger,
        terms: Terms<'_>,
        known: Option<&CertificateCheckpoint>,
    ) -> Self {
        let is_redated = |id: &CertificateId, participation: &Participation| {
            ledger.keep((id, participation), terms) == Keep::Newest(Class::Redated)
        };
        let count = |counts: Option<&u64>| counts.copied().unwrap_or_default();
        let beyond = count(listing.beyond.get(&Class::Redated));
        let certificates = listing.certificates.iter();
        let redated: Vec<_> = certificates
            .filter(|(id, participation)| is_redated(id, participation))
            .map(|(id, participation)| (id, issue_of(id, participation, terms.key)))
            .collect();
        let kept = listing.certificates.keys();
        let kept = kept.filter(|id| ledger.is_done(id)).count() as u64;
        let shown = Shown {
            redated: redated.len() as u64 + beyond,
            filed: kept
                + beyond
                + count(listing.beyond.get(&Class::Reissued))
                + count(listing.counted.get(&Counted::Done)),
            sample: sample(redated, terms.key),
        };
        let redated = shown.redated;
        let is_complete = listing.completeness == Completeness::Complete;
        let dates = shown.judge(known, is_complete, terms.began);
        if !dates.are_trusted {
            let certificates = &mut listing.certificates;
            certificates.retain(|id, participation| !is_redated(id, participation));
            *listing.counted.entry(Counted::Done).or_default() += redated;
        }
        dates
    }
}

#[derive(Clone, Debug)]
struct Shown {
    /// Filed certificates of which nothing but the date is new.
    redated: u64,
    /// All that are filed.
    filed: u64,
    /// Of some that have another date.
    sample: Vec<u64>,
}

impl Shown {
    /// Dates mean nothing if most are others than those that were filed, until they stand still: then somebody has issued
    /// most certificates again, once. A listing that may lack rows does not show that they count again.
    fn judge(
        self,
        known: Option<&CertificateCheckpoint>,
        is_complete: bool,
        now: Timestamp,
    ) -> Dates {
        let did_move = known.is_some_and(|known| known.dates_move);
        let before = known.and_then(|known| known.dates_seen.as_ref());
        let are_most = self.redated >= MANY_REDATED && self.redated * 2 > self.filed;
        if did_move && !is_complete {
            return Dates {
                are_trusted: false,
                newly_redated: None,
                seen: before.cloned(),
            };
        }
        if !are_most {
            return Dates {
                are_trusted: true,
                newly_redated: None,
                seen: None,
            };
        }
        let still = before.filter(|before| !have_moved(&before.sample, &self.sample));
        let since = still.map_or(now, |still| still.since);
        let are_trusted = now.duration_since(since) >= STILL_AFTER;
        Dates {
            are_trusted,
            newly_redated: (!are_trusted && !did_move).then_some(self.redated),
            seen: Some(DatesSeen {
                since,
                sample: self.sample,
            }),
        }
    }
}

/// What the dates of a few certificates are: of the same ones in each listing, as long as these are listed.
fn sample(redated: Vec<(&CertificateId, Issue)>, key: &FingerprintKey) -> Vec<u64> {
    let digests = redated.into_iter().map(|(id, issue)| {
        let certificate = key.digest("sample", id.as_str()) & FIRST_HALF;
        let dated = key.digest("dated", &issue.as_u64().to_string());
        certificate | (dated & !FIRST_HALF)
    });
    let mut digests: Vec<_> = digests.collect();
    digests.sort_unstable();
    digests.truncate(SAMPLE);
    digests
}

/// Whether most of the certificates that are in both samples have another date.
fn have_moved(before: &[u64], now: &[u64]) -> bool {
    let (mut common, mut moved) = (0, 0);
    for digest in now {
        let is_of_it = |before: &&u64| **before & FIRST_HALF == *digest & FIRST_HALF;
        let before = before.iter().find(is_of_it);
        common += usize::from(before.is_some());
        moved += usize::from(before.is_some_and(|before| before != digest));
    }
    moved * 2 > common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-05-11T08:00:00Z".parse().unwrap()
    }

    fn days_ago(days: i64) -> Timestamp {
        now() - SignedDuration::from_hours(24 * days)
    }

    /// Eight certificates, of which so many have another date than in the sample of `0`.
    fn with_others(others: u64) -> Vec<u64> {
        let dated = |number: u64| (number << 32) | u64::from(number <= others);
        (1..=8).map(dated).collect()
    }

    /// Left by a listing since which the dates of the sample of `0` are as they are.
    fn left(dates_move: bool, since: Option<Timestamp>) -> CertificateCheckpoint {
        CertificateCheckpoint {
            dates_move,
            dates_seen: since.map(|since| DatesSeen {
                since,
                sample: with_others(0),
            }),
            ..CertificateCheckpoint::default()
        }
    }

    #[test]
    fn dates_mean_nothing_once_twenty_certificates_and_most_of_all_filed_have_others() {
        for (redated, filed, are_trusted) in [
            (0, 0, true),
            (0, 1_000, true),
            (19, 19, true),
            (20, 20, false),
            (20, 39, false),
            (20, 40, true),
            (499, 1_000, true),
            (501, 1_000, false),
        ] {
            for did_move in [false, true] {
                let shown = Shown {
                    redated,
                    filed,
                    sample: with_others(8),
                };
                let dates = shown.judge(Some(&left(did_move, None)), true, now());
                let expected = Dates {
                    are_trusted,
                    newly_redated: (!are_trusted && !did_move).then_some(redated),
                    seen: (!are_trusted).then(|| DatesSeen {
                        since: now(),
                        sample: with_others(8),
                    }),
                };
                assert_eq!(dates, expected, "{redated} of {filed} {did_move}");
            }
        }
    }

    #[test]
    fn dates_count_again_once_most_have_stood_still_for_eight_days() {
        for (others, days, did_move, are_trusted, since) in [
            // Before they are first judged, and after an earlier release has judged.
            (0, None, false, false, 0),
            (0, None, true, false, 0),
            // They stand still.
            (0, Some(1), true, false, 1),
            (0, Some(7), true, false, 7),
            (0, Some(8), true, true, 8),
            (4, Some(8), true, true, 8),
            // They move.
            (5, Some(1), true, false, 0),
            (5, Some(8), true, false, 0),
            (8, Some(30), true, false, 0),
            // While those that were issued again are noted, and if they move after all.
            (0, Some(9), false, true, 9),
            (8, Some(9), false, false, 0),
        ] {
            let case = format!("{others} {days:?} {did_move}");
            let shown = Shown {
                redated: 30,
                filed: 40,
                sample: with_others(others),
            };
            let known = left(did_move, days.map(days_ago));
            let dates = shown.judge(Some(&known), true, now());
            assert_eq!(dates.are_trusted, are_trusted, "{case}");
            let is_news = dates.newly_redated.is_some();
            assert_eq!(is_news, !are_trusted && !did_move, "{case}");
            let seen = dates.seen.map(|seen| seen.since);
            assert_eq!(seen, Some(days_ago(since)), "{case}");
        }
    }

    #[test]
    fn a_listing_that_may_lack_rows_does_not_make_dates_count_again() {
        for (redated, did_move, are_trusted) in [
            (0, true, false),
            (0, false, true),
            // It may show that they do not.
            (20, false, false),
        ] {
            let shown = Shown {
                redated,
                filed: 30,
                sample: Vec::new(),
            };
            let known = left(did_move, did_move.then(|| days_ago(9)));
            let dates = shown.judge(Some(&known), false, now());
            assert_eq!(dates.are_trusted, are_trusted, "{redated} {did_move}");
            if did_move {
                assert_eq!(dates.seen, known.dates_seen);
            }
        }
    }

    #[test]
    fn samples_of_two_listings_are_of_the_same_certificates() {
        let key = FingerprintKey::from_bytes(&[7; 32]);
        let ids: Vec<_> = (0..100)
            .map(|number| CertificateId::new(format!("c-{number}")))
            .collect();
        let of = |date: &str, ids: &[CertificateId]| {
            let dated = |id| {
                let parts = [None, Some(date.to_owned()), None];
                (id, Issue::new(&key, id, parts))
            };
            sample(ids.iter().map(dated).collect(), &key)
        };
        let first = of("2026-05-09", &ids);
        assert_eq!(first.len(), SAMPLE);
        assert!(!have_moved(&first, &of("2026-05-09", &ids)));
        // Some are revoked.
        assert!(!have_moved(&first, &of("2026-05-09", &ids[10..])));
        assert!(have_moved(&first, &of("2026-05-10", &ids)));
        assert!(have_moved(&first, &of("2026-05-10", &ids[10..])));
        assert!(!have_moved(&first, &[]));
    }
}
