//! The command line.

use clap::{Parser, ValueEnum};
use shared::id::TenantId;
use shared::tenant::Via;

/// Counts and measures what a tenant's ticks take, and works out what that costs on AWS in a month
///
/// Calls, capacity units and bytes are counted with both jobs in this process, on a clock that is moved by hand; time,
/// processor and memory are those of the employee function in a process of its own.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --workspace --bench ticks --", max_term_width = 100)]
pub(crate) struct Args {
    /// How many people; may be given several times [default: 100, 1000 and 10000]
    #[arg(long, value_name = "N")]
    people: Vec<u64>,
    /// Only this route; may be given several times
    #[arg(long, value_enum, value_name = "ROUTE")]
    route: Vec<Route>,
    /// Count only: the same on every machine
    #[arg(long)]
    counts: bool,
    /// 100 people, counted only: for every change
    #[arg(long, conflicts_with_all = ["people", "route"])]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Be the function, for this tenant
    #[arg(long, hide = true, value_parser = TenantId::parse)]
    pub(crate) function: Option<TenantId>,
    /// As the function: no faster than the vendors allow
    #[arg(long, hide = true, requires = "function")]
    pub(crate) paced: bool,
    /// As the function: be the one for certificates
    #[arg(long, hide = true, requires = "function")]
    pub(crate) certificates: bool,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
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
    pub(crate) fn companies(&self) -> Vec<(u64, Via)> {
        let people = match (self.people.as_slice(), self.quick) {
            ([], true) => vec![100],
            ([], false) => vec![100, 1_000, 10_000],
            (people, _) => people.to_vec(),
        };
        let routes = if self.route.is_empty() { Route::ALL.to_vec() } else { self.route.clone() };
        people.iter().flat_map(|people| routes.iter().map(|route| (*people, route.via()))).collect()
    }

    /// Whether time, processor and memory are left out.
    pub(crate) fn is_counted_only(&self) -> bool {
        self.counts || self.quick
    }
}
