//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use harness::output::Output;
use shared::tenant::Via;

use crate::bounds;

/// Counts and measures what a tenant's ticks take, and works out what that costs on AWS in a month
///
/// Calls, capacity units and bytes are counted with both jobs in this process, on a clock that is moved by hand; time,
/// processor and memory are those of the functions as Lambda gets them, each a process of its own. Ends with 1 if a run over
/// 100 people takes more calls, units, reads of the secret or bytes of log than its recorded bound, or an unchanged one over
/// any number more calls or units than it may at any size.
#[derive(Debug, Parser)]
#[command(
    name = "cargo bench --workspace --bench ticks --",
    max_term_width = 100
)]
pub(crate) struct Args {
    /// How many people; may be given several times [default: 100, 1000 and 10000]
    #[arg(long, value_name = "N")]
    people: Vec<u64>,
    /// Only this route; may be given several times
    #[arg(long, value_enum, value_name = "ROUTE")]
    route: Vec<Route>,
    /// The folder with employee-sync/bootstrap and certificate-sync/bootstrap, as `cargo lambda build` leaves them:
    /// these are timed. Without it everything is counted only, which is the same on every machine
    #[arg(long, value_name = "FOLDER")]
    pub(crate) bootstraps: Option<PathBuf>,
    /// Time only, without counting every kind of run: for many people
    #[arg(long, requires = "bootstraps")]
    pub(crate) timings_only: bool,
    /// What a TLS handshake takes of a whole processor, as `cold --tls` measures it [default: what it was when last looked at]
    #[arg(long, value_name = "MS")]
    pub(crate) handshake: Option<f64>,
    /// 100 people, and an unchanged run over 1,000, counted only: for every change
    #[arg(long, conflicts_with_all = ["people", "bootstraps", "timings_only"])]
    quick: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A company, and how much of its life is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    pub(crate) people: u64,
    pub(crate) via: Via,
    pub(crate) runs: Runs,
}

/// Which runs are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runs {
    /// One of each kind.
    All,
    /// Those with nothing to do: they are to take the same at any size.
    Unchanged,
    /// None.
    None,
}

/// A route to Personio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Route {
    Direct,
    KomboPassthrough,
    Kombo,
}

impl Route {
    const ALL: [Self; 3] = [Self::Direct, Self::KomboPassthrough, Self::Kombo];

    fn via(self) -> Via {
        match self {
            Self::Direct => Via::Direct,
            Self::KomboPassthrough => Via::KomboPassthrough,
            Self::Kombo => Via::Kombo,
        }
    }
}

impl Args {
    /// Each size on each route.
    pub(crate) fn companies(&self) -> Vec<Company> {
        let sizes = match (self.people.as_slice(), self.quick) {
            ([], true) => vec![(bounds::PEOPLE, Runs::All), (1_000, Runs::Unchanged)],
            ([], false) => [100, 1_000, 10_000]
                .map(|people| (people, self.runs()))
                .to_vec(),
            (people, _) => people.iter().map(|people| (*people, self.runs())).collect(),
        };
        let routes = if self.route.is_empty() {
            Route::ALL.to_vec()
        } else {
            self.route.clone()
        };
        let on_each = |(people, runs)| {
            routes
                .iter()
                .map(move |route| Company {
                    people,
                    via: route.via(),
                    runs,
                })
                .collect::<Vec<_>>()
        };
        sizes.into_iter().flat_map(on_each).collect()
    }

    fn runs(&self) -> Runs {
        if self.timings_only {
            Runs::None
        } else {
            Runs::All
        }
    }
}
