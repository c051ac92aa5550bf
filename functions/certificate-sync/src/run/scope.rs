//! How much of reteach's list a run reads.

use jiff::{SignedDuration, Timestamp};
use shared::reteach::Filter;
use shared::runtime::Mode;
use shared::state::CertificateStart;

/// Most runs read what was completed since the last reading began, and this much before: reteach's clock is not ours,
/// and a certificate may be made a while after the course was completed.
const OVERLAP: SignedDuration = SignedDuration::from_hours(6);
/// A request for a full scan bears the operator's clock, which may be this far behind ours.
const SKEW: SignedDuration = SignedDuration::from_mins(1);
/// Everything is read this often.
const FULL_SCAN_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All certificates ever issued.
    Full,
    /// Those of courses completed since then.
    Since(Timestamp),
}

impl Scope {
    /// Everything on the first run, once a day, when the last run left something over, and when somebody asks for it.
    pub(super) fn of(start: &CertificateStart, mode: Mode, now: Timestamp) -> Self {
        let Some((root, scanned_at, read_at)) = start
            .root
            .as_ref()
            .and_then(|root| Some((root, root.scanned_at?, root.read_at?)))
        else {
            return Self::Full;
        };
        let asked = start
            .scan_asked_at
            .is_some_and(|at| at + SKEW >= scanned_at);
        let due = now.duration_since(scanned_at) >= FULL_SCAN_EVERY;
        if mode == Mode::FullScan || asked || due || root.remaining > 0 {
            Self::Full
        } else {
            Self::Since(read_at - OVERLAP)
        }
    }

    pub(super) fn filter(self) -> Filter {
        match self {
            Self::Full => Filter::default(),
            Self::Since(moment) => Filter {
                completed_since: Some(moment),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use shared::state::CertificateRoot;

    use super::*;

    #[test]
    fn everything_is_read_at_first_daily_on_request_and_while_something_is_left_over() {
        let at: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
        let root = CertificateRoot {
            read_at: Some(at),
            scanned_at: Some(at),
            ..CertificateRoot::default()
        };
        let start = |root: CertificateRoot| CertificateStart {
            root: Some(root),
            scan_asked_at: None,
        };
        let known = start(root.clone());
        let since = Scope::Since(at - 6.hours());
        for (start, mode, now, expected) in [
            (
                CertificateStart::default(),
                Mode::Scheduled,
                at,
                Scope::Full,
            ),
            (
                start(CertificateRoot {
                    scanned_at: None,
                    ..root.clone()
                }),
                Mode::Scheduled,
                at,
                Scope::Full,
            ),
            (
                start(CertificateRoot {
                    read_at: None,
                    ..root.clone()
                }),
                Mode::Scheduled,
                at,
                Scope::Full,
            ),
            (known.clone(), Mode::Scheduled, at + 30.minutes(), since),
            (known.clone(), Mode::DryRun, at + 30.minutes(), since),
            (
                known.clone(),
                Mode::FullScan,
                at + 30.minutes(),
                Scope::Full,
            ),
            (known.clone(), Mode::Scheduled, at + 23.hours(), since),
            (known.clone(), Mode::Scheduled, at + 24.hours(), Scope::Full),
            (
                start(CertificateRoot {
                    remaining: 1,
                    ..root
                }),
                Mode::Scheduled,
                at + 30.minutes(),
                Scope::Full,
            ),
            (
                CertificateStart {
                    scan_asked_at: Some(at),
                    ..known.clone()
                },
                Mode::Scheduled,
                at,
                Scope::Full,
            ),
            (
                CertificateStart {
                    scan_asked_at: Some(at - 2.minutes()),
                    ..known
                },
                Mode::Scheduled,
                at,
                since,
            ),
        ] {
            assert_eq!(
                Scope::of(&start, mode, now),
                expected,
                "{start:?} {mode:?} {now}"
            );
        }
    }
}
