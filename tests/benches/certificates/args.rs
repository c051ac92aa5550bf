//! The command line.

use clap::{Parser, ValueEnum};
use shared::id::TenantId;
use shared::tenant::Via;

/// Files certificates with the function as a process of its own, and shows what that takes
///
/// Everything is on this machine: DynamoDB, Secrets Manager and the simulators in one process, the function in another.
/// Ends with 1 if the function needed more than 64 MiB.
#[derive(Debug, Parser)]
#[command(name = "cargo bench -p end-to-end --bench certificates --", max_term_width = 100)]
pub(crate) struct Args {
    /// How many certificates; without this and --size a set of cases that can be compared
    #[arg(long, value_name = "N")]
    pub(crate) certificates: Option<u64>,
    /// The size of each PDF, 60 to 31457280
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(60..=31_457_280))]
    pub(crate) size: Option<u64>,
    /// Only this route; may be given several times
    #[arg(long, value_enum, value_name = "ROUTE")]
    pub(crate) route: Vec<Route>,
    /// A few seconds: 200 certificates of 2 MB and 2,000 small ones on the routes whose bytes pass through the function
    #[arg(long, conflicts_with_all = ["certificates", "size"])]
    pub(crate) quick: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Be the function, for this tenant
    #[arg(long, hide = true, value_parser = TenantId::parse)]
    pub(crate) function: Option<TenantId>,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// A route to Personio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Route {
    Direct,
    KomboPassthrough,
    Kombo,
}

impl Route {
    pub(crate) fn via(self) -> Via {
        match self {
            Self::Direct => Via::Direct,
            Self::KomboPassthrough => Via::KomboPassthrough,
            Self::Kombo => Via::Kombo,
        }
    }
}
