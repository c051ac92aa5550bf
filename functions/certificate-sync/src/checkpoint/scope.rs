//! How much of the academy's list a run reads.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::reteach::Filter;
use shared::runtime::Mode;
use shared::state::{CertificateCheckpoint, CertificateStart, Issue, Unsettled};

use super::conclude::FEW_WAITING;
use super::day_of;

/// A certificate that is back-dated by at most this much arrives with the next run.
const WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Everything is listed this often.
const LIST_ALL_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// Another machine's clock may be this far from ours.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// How much of the list a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whether all certificates ever issued are read, or those of the window.
    pub everything: bool,
    pub window_start: Date,
    /// Whether a certificate's date says that it was issued again.
    pub trusts_dates: bool,
}

impl Scope {
    /// Everything on the first run, once a day, on request, and when something older than the window is due, has left it
    /// without a PDF or is on a host that was refused before others were allowed. `allowed_hosts` is their digest.
    #[must_use]
    pub fn of(start: &CertificateStart, mode: Mode, allowed_hosts: u64, now: Timestamp) -> Self {
        let window_start = day_of(Some(now - WINDOW));
        let asked_at = start.scan_asked_at;
        let is_enough = start.checkpoint.as_ref().is_some_and(|checkpoint| {
            let refused = checkpoint.refused_hosts.as_ref();
            is_recent(checkpoint, asked_at, now)
                && !is_older_due(checkpoint, window_start, now)
                && refused.is_none_or(|refused| refused.allowed == allowed_hosts)
        });
        let checkpoint = start.checkpoint.as_ref();
        let dates_move = checkpoint.is_some_and(|checkpoint| checkpoint.dates_move);
        Self {
            everything: matches!(mode, Mode::FullScan | Mode::Verify) || !is_enough,
            window_start,
            trusts_dates: !dates_move,
        }
    }

    /// What counts of what a certificate is issued as.
    #[must_use]
    pub fn compared(self, issue: Issue) -> Issue {
        match self.trusts_dates {
            true => issue,
            false => issue.without_date(),
        }
    }

    #[must_use]
    pub fn filter(self) -> Filter {
        let start = self.window_start.at(0, 0, 0, 0);
        let since = TimeZone::UTC.to_timestamp(start).ok();
        Filter {
            completed_since: since.filter(|_| !self.everything),
        }
    }

    /// Whether the window contains a certificate completed then.
    #[must_use]
    pub fn contains(self, completed_at: Option<Timestamp>) -> bool {
        day_of(completed_at) >= self.window_start
    }
}

/// Whether everything was listed within a day, and since the operator asked. A moment ahead of our clock is no proof.
fn is_recent(
    checkpoint: &CertificateCheckpoint,
    asked_at: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    checkpoint.listed_all_at.is_some_and(|listed_at| {
        let age = now.duration_since(listed_at);
        let is_since_asked = asked_at.is_none_or(|asked_at| asked_at + SKEW < listed_at);
        (-SKEW..LIST_ALL_EVERY).contains(&age) && is_since_asked
    })
}

fn is_older_due(checkpoint: &CertificateCheckpoint, window_start: Date, now: Timestamp) -> bool {
    let left_window = checkpoint.days.range(..window_start);
    // Which of them wait for a PDF is known once everything was listed.
    let is_due = |unsettled: Unsettled| unsettled.is_due(now) || unsettled.waiting_for_pdf > 0;
    checkpoint.earlier.is_due(now)
        || left_window
            .into_iter()
            .any(|(_, day)| is_due(day.unsettled))
}

/// Whether PDFs of certificates older than the window are still being made: one was filed in the last 30 days, or
/// everything was first listed then.
pub(crate) fn are_late_pdfs_made(checkpoint: &CertificateCheckpoint, now: Timestamp) -> bool {
    let last = checkpoint.earlier_filed_at.max(checkpoint.first_listed_at);
    last.is_none_or(|last| now.duration_since(last) <= WINDOW)
}

/// Whether so few of them have no PDF that each tick asks for them for good.
pub(crate) fn are_few_waiting(checkpoint: &CertificateCheckpoint) -> bool {
    u64::from(checkpoint.earlier.waiting_for_pdf) <= FEW_WAITING
}

/// Whether more certificates older than the window have no PDF than are asked for one by one.
pub(crate) fn is_any_unasked(checkpoint: &CertificateCheckpoint) -> bool {
    checkpoint.earlier.waiting_for_pdf as usize > checkpoint.waiting.len()
}
