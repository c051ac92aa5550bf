//! Which of the listed certificates need a look into the ledger.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use shared::domain::id::CertificateId;
use shared::fingerprint::{Fingerprint, FingerprintKey, Part};
use shared::reteach::Participation;
use shared::state::CertificateCheckpoint;

use super::{Scope, day_of};

/// What came of comparing a listing with the checkpoint.
#[derive(Debug, Default)]
pub struct Selection {
    /// Listed certificates that may need something.
    pub selected: BTreeMap<CertificateId, Participation>,
    /// How many are on days that are as the last run left them.
    pub unchanged: u64,
    /// The window's days that were listed.
    pub days: BTreeMap<Date, ListedDay>,
    /// Something is due on a day whose listing has changed: it may not be listed any more, and then only the whole
    /// ledger shows it.
    pub has_lost_due: bool,
    /// The days of the selected certificates in the window.
    pub day_of: HashMap<CertificateId, Date>,
}

/// A day of the window as reteach lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedDay {
    pub digest: Fingerprint,
    /// Whether the ledger has to be read for it.
    pub selected: bool,
}

/// Selects all where everything was read, else the days that have changed or hold something due.
#[must_use]
pub fn select(
    listed: BTreeMap<CertificateId, Participation>,
    checkpoint: Option<&CertificateCheckpoint>,
    scope: Scope,
    key: &FingerprintKey,
    now: Timestamp,
) -> Selection {
    let mut selection = Selection::default();
    let mut by_day: BTreeMap<Date, Vec<(CertificateId, Participation)>> = BTreeMap::new();
    for (id, participation) in listed {
        let day = day_of(participation.completed_at);
        if day >= scope.window_start {
            by_day.entry(day).or_default().push((id, participation));
        } else {
            selection.selected.insert(id, participation);
        }
    }
    for (day, certificates) in by_day {
        let digest = digest(key, &certificates);
        let known = checkpoint.and_then(|checkpoint| checkpoint.days.get(&day));
        let is_settled =
            known.is_some_and(|known| known.digest == digest && !known.unsettled.is_due(now));
        let selected = scope.everything || !is_settled;
        selection.days.insert(day, ListedDay { digest, selected });
        if selected {
            let ids = certificates.iter().map(|(id, _)| (id.clone(), day));
            selection.day_of.extend(ids);
            selection.selected.extend(certificates);
        } else {
            selection.unchanged += certificates.len() as u64;
        }
    }
    selection.has_lost_due = checkpoint.is_some_and(|checkpoint| {
        checkpoint.days.iter().any(|(day, known)| {
            let listed = selection.days.get(day).map(|day| day.digest);
            known.unsettled.is_due(now) && listed != Some(known.digest)
        })
    });
    selection
}

/// Of everything that a decision depends on, in the order of the ids.
fn digest(key: &FingerprintKey, certificates: &[(CertificateId, Participation)]) -> Fingerprint {
    fn part(text: Option<&str>) -> Part<'_> {
        text.map_or(Part::Absent, Part::Value)
    }
    key.fingerprint(certificates.iter().flat_map(|(id, participation)| {
        let Participation {
            id: _,
            customer,
            course_name: _,
            completed_at: _,
            certificate,
        } = participation;
        let customer = customer.as_ref();
        let external_id = customer.and_then(|customer| customer.external_id.as_ref());
        let url = certificate
            .as_ref()
            .and_then(|certificate| certificate.url.as_ref());
        [
            Part::Value(id.as_str()),
            part(customer.map(|customer| customer.id.as_str())),
            part(external_id.map(|id| id.as_str())),
            part(url.map(|_| "pdf")),
        ]
    }))
}
