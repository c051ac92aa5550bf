//! What is left out, what is held, and what is looked up before it is filed.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::runtime::Mode;
use shared::state::{CertificateStart, CertificateState, Intent, Restored};
use shared::tenant::{Backfill, TenantConfig};

use super::VERIFY_AFTER;
use crate::outcome::SkipReason;

/// A certificate that is back-dated by at most this much counts as new.
const BACK_DATED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An academy may date a completion ahead by at most this much: it writes local time as UTC, or the end of a training.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The tenant's rules for certificates that the ledger does not know.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When the first complete listing began; `None`: this one may be the first.
    pub first_listed_at: Option<Timestamp>,
    pub restored: Option<Restored>,
    pub mode: Mode,
    pub backfill: Backfill,
    pub time_zone: TimeZone,
}

/// How a certificate is looked up among its employee's documents before it is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Look {
    /// Whether a document with the same title and day counts as well: somebody else may have filed it.
    pub by_title: bool,
    /// Since when it may be filed without the ledger's knowing: where documents cannot be listed, it is parked.
    pub lost_since: Option<Timestamp>,
}

impl Policy {
    #[must_use]
    pub fn new(start: &CertificateStart, mode: Mode, config: &TenantConfig) -> Self {
        let checkpoint = start.checkpoint.as_ref();
        let first_listed_at = checkpoint.and_then(|checkpoint| checkpoint.first_listed_at);
        let backfill = match config.certificates.backfill() {
            Backfill::Hold if start.started_at.is_some() => Backfill::All,
            backfill => backfill,
        };
        Self {
            first_listed_at,
            restored: start.restored,
            mode,
            backfill,
            time_zone: config.time_zone.clone(),
        }
    }

    /// Why the backfill leaves out a certificate that is not in the ledger.
    pub(crate) fn left_out(&self, completed_at: Option<Timestamp>) -> Option<SkipReason> {
        match (self.backfill, self.first_listed_at) {
            (Backfill::All, _) => None,
            (Backfill::Since(since), _) => {
                let day = completed_at.map(|at| self.time_zone.to_datetime(at).date());
                day.is_some_and(|day| day < since)
                    .then_some(SkipReason::BeforeSince)
            }
            (Backfill::Hold, None) => Some(SkipReason::Held),
            (Backfill::Hold, Some(first)) => completed_at
                .is_some_and(|at| at < first - BACK_DATED)
                .then_some(SkipReason::Held),
        }
    }

    /// Whether the ledger has to keep that it is held: by its day it could be a later one.
    pub(crate) fn is_noted_as_held(&self, completed_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.first_listed_at.is_none() && completed_at.is_none_or(|at| at >= now - BACK_DATED)
    }

    /// From when on an upload of unknown outcome is looked for. Before a restore it may have been sent again, of which the
    /// table knows nothing.
    pub(super) fn check_at(&self, intent: Intent) -> Timestamp {
        let restored = self.restored.map(|restored| restored.at);
        restored.map_or(intent.at, |at| at.max(intent.at)) + VERIFY_AFTER
    }

    /// How a certificate is looked up that is about to be filed.
    pub(super) fn look(
        &self,
        entry: Option<&CertificateState>,
        completed_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Look> {
        let is_before = |moment: Timestamp| completed_at.is_none_or(|at| at < moment);
        let is_ahead = completed_at.is_some_and(|at| at > now);
        let may_be_before =
            |moment: Timestamp| is_before(moment) || is_ahead && now.duration_since(moment) < AHEAD;
        let is_unlisted = matches!(entry, Some(CertificateState::Failed(retry)) if retry.unlisted);
        let is_new = is_unlisted || matches!(entry, None | Some(CertificateState::Held { .. }));
        let is_of_backfill = is_new && self.first_listed_at.is_none_or(is_before);
        let lost = self.restored.filter(|restored| match entry {
            Some(CertificateState::Failed(retry)) if retry.since < restored.at => true,
            // However old: its PDF may have been made, and filed, after the restored moment.
            _ => is_new && may_be_before(restored.at),
        });
        // Its moment may have come since, as that of any newer one: where documents cannot be listed, it is filed.
        let was_ahead = is_new
            && self
                .restored
                .is_some_and(|restored| is_before(restored.at + AHEAD));
        let verifies = is_new && matches!(self.mode, Mode::FullScan | Mode::Verify);
        let looks = is_of_backfill || lost.is_some() || was_ahead || verifies || is_unlisted;
        looks.then(|| Look {
            by_title: is_of_backfill || is_new && self.mode == Mode::Verify,
            lost_since: lost
                .filter(|restored| !restored.assume_empty)
                .map(|restored| restored.at),
        })
    }
}
