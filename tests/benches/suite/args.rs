//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use harness::output::Output;
use serde::Serialize;

/// Measures everything that has a target, and shows what was measured beside it
///
/// Both functions and the bare one, which their cold starts are held against, are built as Lambda gets them, by the same
/// toolchain: `cargo lambda build --release`, of which nothing is done twice. A second build of the functions, in target/lambda-tls, trusts
/// one more root certificate, for the cold starts over TLS. Then come the benchmarks, alone but for those that mostly wait. In full that
/// takes about an hour, with `--quick` minutes.
///
/// Counts (calls, capacity units, bytes) are the same on every machine and are judged: the command ends with 1 if one of them is
/// above its target, or if a benchmark fails. Times and memory are shown beside their targets and not judged. What could not be
/// measured is shown with the reason. `cargo bench --workspace --bench load` is not among them: it needs a machine with nothing else
/// to do.
#[derive(Debug, Parser)]
#[command(
    name = "cargo measure",
    bin_name = "cargo measure",
    max_term_width = 100
)]
pub(crate) struct Args {
    /// A small set, in minutes: sizes are in the table
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these
    #[arg(long, value_enum, value_name = "NAME", num_args = 1..)]
    pub(crate) only: Vec<Bench>,
    /// A Python that has requests and dlt, for `baselines`
    #[arg(long, value_name = "FILE", default_value = "python3")]
    pub(crate) python: PathBuf,
    /// Build nothing for Lambda: take employee-sync/bootstrap, certificate-sync/bootstrap and bare/bootstrap from this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) bootstraps: Option<PathBuf>,
    /// With --bootstraps: the folder with those that trust one more root
    #[arg(long, value_name = "FOLDER", requires = "bootstraps")]
    pub(crate) tls: Option<PathBuf>,
    /// What the benchmarks and simulators are built with: the functions are the same with any
    #[arg(long, value_name = "PROFILE", default_value = "dev")]
    pub(crate) profile: String,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A benchmark, as `cargo bench --bench` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bench {
    /// Cold starts
    Cold,
    /// Ticks with nothing to do, and with one person in a hundred changed
    Ticks,
    /// A first run and certificates at the vendors' own pace
    Limits,
    /// Certificates without Personio's limit, and what their size does to memory
    Certificates,
    /// Beside Python with requests, and dlt
    Baselines,
}

impl Bench {
    /// As the command line has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Ticks => "ticks",
            Self::Limits => "limits",
            Self::Certificates => "certificates",
            Self::Baselines => "baselines",
        }
    }
}

impl Args {
    /// Which of them are asked for.
    pub(crate) fn is_wanted(&self, bench: Bench) -> bool {
        self.only.is_empty() || self.only.contains(&bench)
    }

    /// All that are.
    pub(crate) fn benches(&self) -> Vec<Bench> {
        Bench::value_variants()
            .iter()
            .copied()
            .filter(|bench| self.is_wanted(*bench))
            .collect()
    }
}
