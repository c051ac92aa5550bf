//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use harness::output::Output;
use shared::domain::id::TenantId;
use shared::tenant::Via;

/// Files certificates with the function as a process of its own, and shows what that takes
///
/// Everything is on this machine: DynamoDB, Secrets Manager and the simulators in one process, the function in another.
/// Ends with 1 if the function needed more than 64 MiB, or if its memory grows with the number of certificates by more
/// than the record of each, or with their size.
#[derive(Debug, Parser)]
#[command(
    name = "cargo bench -p end-to-end --bench certificates --",
    max_term_width = 100
)]
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
    /// A few small cases, for every change
    #[arg(long, conflicts_with_all = ["certificates", "size", "route"])]
    pub(crate) quick: bool,
    /// Few certificates of very different sizes alone
    #[arg(long, conflicts_with_all = ["certificates", "size", "route", "quick"])]
    pub(crate) sizes: bool,
    /// Be the function, for this tenant
    #[arg(long, hide = true, value_parser = TenantId::parse)]
    pub(crate) function: Option<TenantId>,
    /// As the function: look at every certificate again
    #[arg(long, hide = true, requires = "function")]
    pub(crate) full_scan: bool,
    /// Be what the function is held against: move the files in this list
    #[arg(long, hide = true, value_name = "FILE", conflicts_with = "function")]
    pub(crate) transfer: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
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
