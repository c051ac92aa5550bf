//! What a run over a hundred people may take at most: what it took when it was last looked at. Where less is enough, lower
//! the bound; where more is needed, raise it with the reason in the commit.

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

const fn bound(what: What, calls: [u64; 3], read_units: f64, write_units: f64, secrets: u64) -> Bound {
    Bound { what, calls, read_units, write_units, secrets }
}

const BOUNDS: [Bound; 14] = [
    bound(What::First, [204, 203, 203], 3.5, 109.0, 1),
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
    let route = local::route(measured.via);
    let of = |count: &Count| {
        let bound = BOUNDS.iter().find(|bound| bound.what == count.what);
        bound.map_or_else(|| vec!["has no bound".to_owned()], |bound| bound.exceeded_by(count, measured.via))
    };
    let all = measured.counts.iter().flat_map(|count| {
        of(count).into_iter().map(move |excess| format!("{route}, {:?}: {excess}", count.what))
    });
    all.collect()
}

impl Bound {
    fn exceeded_by(&self, count: &Count, via: Via) -> Vec<String> {
        let [direct, passthrough, kombo] = self.calls;
        let calls = match via {
            Via::Direct => direct,
            Via::KomboPassthrough => passthrough,
            Via::Kombo => kombo,
        };
        let figures = [
            ("calls", count.calls() as f64, calls as f64),
            ("read units", count.units.read, self.read_units),
            ("write units", count.units.write, self.write_units),
            ("reads of the secret", count.secrets as f64, self.secrets as f64),
            ("bytes of log", count.log_bytes as f64, LOG_BYTES as f64),
        ];
        let above = figures.into_iter().filter(|(_, took, most)| took > most);
        above.map(|(name, took, most)| format!("{took} {name}, at most {most} are allowed")).collect()
    }
}
