//! What a run over a hundred people may take at most: what it took when it was last looked at. Where less is enough, lower
//! the bound; where more is needed, raise it with the reason in the commit. And what an unchanged one may take at any size.

use std::time::Duration;

use harness::units::{UNITS, renewals};
use shared::http;
use shared::state::{JobKind, Units};
use shared::tenant::Via;

use crate::Measured;
use crate::count::{Count, What};

/// The size that the bounds are for.
pub(crate) const PEOPLE: u64 = 100;

/// The most for one kind of run.
struct Bound {
    what: What,
    /// Requests to vendors: direct, through the passthrough, through Kombo's model.
    calls: [u64; 3],
    read_units: f64,
    write_units: f64,
    /// Requests to Secrets Manager.
    secrets: u64,
}

const fn bound(
    what: What,
    calls: [u64; 3],
    read_units: f64,
    write_units: f64,
    secrets: u64,
) -> Bound {
    Bound {
        what,
        calls,
        read_units,
        write_units,
        secrets,
    }
}

const BOUNDS: [Bound; 14] = [
    bound(What::First, [204, 203, 203], 3.5, 116.0, 1),
    bound(What::Unchanged, [1, 1, 1], 1.5, 2.0, 0),
    bound(What::UnchangedCold, [2, 1, 1], 1.5, 2.0, 1),
    bound(What::UnchangedHourly, [1, 1, 1], 1.5, 3.0, 1),
    bound(What::OneChanged, [3, 3, 3], 4.5, 7.0, 0),
    bound(What::OnePercentChanged, [2, 2, 2], 4.5, 7.0, 0),
    bound(What::Reconcile, [4, 3, 3], 15.5, 4.0, 1),
    bound(What::NoCertificates, [1, 1, 1], 1.5, 2.0, 0),
    bound(What::NoCertificatesCold, [2, 2, 2], 1.5, 2.0, 1),
    bound(What::NoCertificatesHourly, [1, 1, 1], 1.5, 3.0, 1),
    bound(What::OneCertificate, [6, 5, 6], 2.5, 5.0, 1),
    bound(What::TenCertificates, [22, 22, 32], 12.5, 23.0, 1),
    bound(What::FirstCertificates, [181, 181, 270], 101.5, 181.0, 1),
    bound(What::FullScan, [1, 1, 1], 6.5, 3.0, 0),
];

/// What a run without findings may log.
const LOG_BYTES: u64 = 1_650;

/// Everything that takes more than it may, in words.
pub(crate) fn exceeded(measured: &Measured) -> Vec<String> {
    let Measured { via, people, .. } = *measured;
    let is_unchanged = |what| matches!(what, What::Unchanged | What::UnchangedCold);
    let counts = measured.counts.iter().flat_map(|count| {
        let recorded = if people == PEOPLE {
            recorded(count, via)
        } else {
            Vec::new()
        };
        let unchanged = if is_unchanged(count.what) {
            unchanged(via, people, count.calls, count.units, Duration::ZERO)
        } else {
            Vec::new()
        };
        let all = recorded.into_iter().chain(unchanged);
        all.map(move |excess| format!("{:?}: {excess}", count.what))
    });
    let employees = measured
        .timings
        .iter()
        .filter(|timing| timing.job == JobKind::Employees);
    let timings = employees.flat_map(|timing| [("cold", timing.cold), ("warm", timing.warm)]);
    let timings = timings.flat_map(|(which, taken)| {
        let logins = (taken.logins > logins(via)).then(|| format!("{} logins", taken.logins));
        let all = unchanged(via, people, taken.calls, taken.units, taken.wall)
            .into_iter()
            .chain(logins);
        all.map(move |excess| format!("timed {which}: {excess}"))
    });
    let route = local::route(via);
    counts
        .chain(timings)
        .map(|excess| format!("{route}, {people} people, {excess}"))
        .collect()
}

fn recorded(count: &Count, via: Via) -> Vec<String> {
    let bound = BOUNDS.iter().find(|bound| bound.what == count.what);
    bound.map_or_else(
        || vec!["has no bound".to_owned()],
        |bound| bound.exceeded_by(count, via),
    )
}

/// What an unchanged tick takes beyond its pages, a login, and the units that are the same at any size.
fn unchanged(
    via: Via,
    people: u64,
    calls: http::Counts,
    units: Units,
    took: Duration,
) -> Vec<String> {
    let figures = [
        (
            "calls for people",
            (calls.personio + calls.kombo) as f64,
            (pages(via, people) + logins(via)) as f64,
        ),
        ("calls to reteach", calls.reteach as f64, 0.0),
        ("read units", units.read, UNITS),
        ("write units", units.write, UNITS + renewals(took)),
    ];
    above(figures)
}

/// Personio's pages have 100 people, Kombo's own 250.
pub(crate) fn pages(via: Via, people: u64) -> u64 {
    match via {
        Via::Direct | Via::KomboPassthrough => people.div_ceil(100),
        Via::Kombo => people.div_ceil(250),
    }
}

/// Kombo takes a key.
fn logins(via: Via) -> u64 {
    u64::from(via == Via::Direct)
}

fn above<const N: usize>(figures: [(&str, f64, f64); N]) -> Vec<String> {
    let above = figures.into_iter().filter(|(_, took, most)| took > most);
    above
        .map(|(name, took, most)| format!("{took} {name}, at most {most} are allowed"))
        .collect()
}

impl Bound {
    fn exceeded_by(&self, count: &Count, via: Via) -> Vec<String> {
        let [direct, passthrough, kombo] = self.calls;
        let calls = match via {
            Via::Direct => direct,
            Via::KomboPassthrough => passthrough,
            Via::Kombo => kombo,
        };
        above([
            ("calls", count.calls() as f64, calls as f64),
            ("read units", count.units.read, self.read_units),
            ("write units", count.units.write, self.write_units),
            (
                "reads of the secret",
                count.secrets as f64,
                self.secrets as f64,
            ),
            ("bytes of log", count.log_bytes as f64, LOG_BYTES as f64),
        ])
    }
}
