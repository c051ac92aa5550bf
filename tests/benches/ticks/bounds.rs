//! What a run over a hundred people may take: what it took when it was last looked at. Where less is enough, lower the bound;
//! where more is needed, raise it with the reason in the commit. And what an unchanged run may take at any size.

use std::time::Duration;

use harness::units::{UNITS, renewals};
use shared::http;
use shared::state::Units;
use shared::tenant::Via;

use super::CompanyTicks;
use super::counted::{RunCount, RunKind};

/// The size that the bounds are for. A page that has so many may count itself alone: whole lists take one more call.
pub(super) const PEOPLE: u64 = 100;

/// For one kind of run: requests to vendors (direct, through the passthrough, through Kombo's model), read units, write
/// units, requests to Secrets Manager.
type Bound = (RunKind, [u64; 3], f64, f64, u64);

const BOUNDS: [Bound; 14] = [
    (RunKind::First, [205, 205, 205], 4.5, 209.0, 1),
    (RunKind::Unchanged, [1, 1, 2], 1.5, 2.0, 0),
    (RunKind::UnchangedCold, [2, 1, 2], 1.5, 2.0, 1),
    (RunKind::UnchangedHourly, [1, 2, 2], 1.5, 3.0, 1),
    (RunKind::OneChanged, [5, 5, 6], 5.5, 6.0, 0),
    (RunKind::OnePercentChanged, [4, 4, 5], 4.5, 6.0, 0),
    (RunKind::Reconcile, [6, 6, 6], 66.5, 4.0, 1),
    (RunKind::NoCertificates, [1, 1, 1], 1.5, 2.0, 0),
    (RunKind::NoCertificatesCold, [2, 2, 2], 2.5, 2.0, 1),
    (RunKind::NoCertificatesHourly, [1, 1, 1], 1.5, 3.0, 1),
    (RunKind::OneCertificate, [6, 5, 6], 4.5, 6.0, 1),
    (RunKind::TenCertificates, [22, 22, 32], 13.5, 24.0, 1),
    (RunKind::FirstCertificates, [182, 182, 271], 103.5, 182.0, 1),
    (RunKind::FullScan, [2, 2, 2], 7.5, 3.0, 0),
];

/// What a run without findings may log.
const LOG_BYTES: u64 = 1_850;

/// Every counted run that takes more than it may.
pub(super) fn exceeded(ticks: &CompanyTicks) -> Vec<String> {
    let CompanyTicks { via, people, .. } = *ticks;
    let of = |count: &RunCount| {
        let mut all = Vec::new();
        if people == PEOPLE {
            all.extend(recorded(count, via));
        }
        if matches!(count.kind, RunKind::Unchanged | RunKind::UnchangedCold) {
            all.extend(unchanged(
                via,
                people,
                count.calls,
                count.units,
                Duration::ZERO,
            ));
        }
        all.into_iter()
            .map(|excess| format!("{:?}: {excess}", count.kind))
            .collect::<Vec<_>>()
    };
    ticks.counts.iter().flat_map(of).collect()
}

fn recorded(count: &RunCount, via: Via) -> Vec<String> {
    let Some((_, calls, read, write, secrets)) = BOUNDS.iter().find(|bound| bound.0 == count.kind)
    else {
        return vec!["has no bound".to_owned()];
    };
    let [direct, passthrough, kombo] = calls;
    let calls = match via {
        Via::Direct => direct,
        Via::KomboPassthrough => passthrough,
        Via::Kombo => kombo,
    };
    above([
        ("calls", count.calls() as f64, *calls as f64),
        ("read units", count.units.read, *read),
        ("write units", count.units.write, *write),
        ("reads of the secret", count.secrets as f64, *secrets as f64),
        ("bytes of log", count.log_bytes as f64, LOG_BYTES as f64),
    ])
}

/// What an unchanged tick takes beyond its pages, a login, and the units that are the same at any size.
fn unchanged(
    via: Via,
    people: u64,
    calls: http::Counts,
    units: Units,
    took: Duration,
) -> Vec<String> {
    let for_people = (calls.personio + calls.kombo) as f64;
    above([
        (
            "calls for people",
            for_people,
            (pages(via, people) + logins(via)) as f64,
        ),
        ("calls to reteach", calls.reteach as f64, 0.0),
        ("read units", units.read, UNITS),
        ("write units", units.write, UNITS + renewals(took)),
    ])
}

/// Personio's pages have 100 people, Kombo's own 250, after a look at what it syncs.
pub(super) fn pages(via: Via, people: u64) -> u64 {
    match via {
        Via::Direct | Via::KomboPassthrough => people.div_ceil(100),
        Via::Kombo => 1 + people.div_ceil(250),
    }
}

pub(super) fn logins(via: Via) -> u64 {
    u64::from(via == Via::Direct)
}

fn above<const N: usize>(figures: [(&str, f64, f64); N]) -> Vec<String> {
    let above = figures.into_iter().filter(|(_, took, most)| took > most);
    above
        .map(|(name, took, most)| format!("{took} {name}, at most {most} are allowed"))
        .collect()
}
