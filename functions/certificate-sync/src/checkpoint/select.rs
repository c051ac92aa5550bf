//! Which of the listed certificates need a look into the ledger.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use shared::domain::id::CertificateId;
use shared::fingerprint::{Fingerprint, FingerprintKey, Part};
use shared::reteach::Participation;
use shared::state::CertificateCheckpoint;

use super::{Scope, day_of};
use crate::plan::issue_of;

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

/// Selects all where everything was read, else those of days that have changed or hold something due. `digests` are of
/// all certificates of the window, by day: some of them may not be among the `listed`.
#[must_use]
pub fn select(
    listed: BTreeMap<CertificateId, Participation>,
    digests: BTreeMap<Date, Vec<u64>>,
    checkpoint: Option<&CertificateCheckpoint>,
    scope: Scope,
    key: &FingerprintKey,
    now: Timestamp,
) -> Selection {
    let mut selection = Selection::default();
    for (day, digests) in digests {
        let count = digests.len() as u64;
        let digest = of_day(key, digests);
        let known = checkpoint.and_then(|checkpoint| checkpoint.days.get(&day));
        let is_settled =
            known.is_some_and(|known| known.digest == digest && !known.unsettled.is_due(now));
        let selected = scope.everything || !is_settled;
        selection.days.insert(day, ListedDay { digest, selected });
        if !selected {
            selection.unchanged += count;
        }
    }
    for (id, participation) in listed {
        let day = day_of(participation.completed_at);
        match selection.days.get(&day) {
            Some(ListedDay {
                selected: false, ..
            }) => continue,
            Some(_) => {
                selection.day_of.insert(id.clone(), day);
            }
            None => {}
        }
        selection.selected.insert(id, participation);
    }
    selection.has_lost_due = checkpoint.is_some_and(|checkpoint| {
        checkpoint.days.iter().any(|(day, known)| {
            let listed = selection.days.get(day).map(|day| day.digest);
            known.unsettled.is_due(now) && listed != Some(known.digest)
        })
    });
    selection
}

/// The day of the window that a certificate belongs to, and the digest of everything that a decision depends on;
/// `None`: it is older.
#[must_use]
pub fn digest(
    id: &CertificateId,
    participation: &Participation,
    scope: Scope,
    key: &FingerprintKey,
) -> Option<(Date, u64)> {
    let Participation {
        id: _,
        customer,
        course_name: _,
        completed_at,
        certificate,
    } = participation;
    let day = day_of(*completed_at);
    if day < scope.window_start {
        return None;
    }
    let customer = customer.as_ref();
    let external_id = customer.and_then(|customer| customer.external_id.as_ref());
    let url = certificate
        .as_ref()
        .and_then(|certificate| certificate.url.as_ref());
    let part = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let parts = [
        id.as_str().to_owned(),
        part(customer.map(|customer| customer.id.as_str())),
        part(external_id.map(|id| id.as_str())),
        part(url.map(|_| "pdf")),
        scope
            .compared(issue_of(id, participation, key))
            .as_u64()
            .to_string(),
    ];
    Some((day, key.digest("certificate", &parts.join("\n"))))
}

/// Of a day's certificates, in whatever order they came.
fn of_day(key: &FingerprintKey, mut digests: Vec<u64>) -> Fingerprint {
    digests.sort_unstable();
    let digests: Vec<String> = digests.iter().map(u64::to_string).collect();
    key.fingerprint(digests.iter().map(|digest| Part::Value(digest)))
}
