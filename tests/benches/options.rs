//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use harness::ROUTES;
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::tenant::Via;

/// Measures what both functions take, and compares it with its targets
///
/// Counts (calls, capacity units, bytes, log) and memory are judged: the command ends with 1 if one of them misses its
/// target, or if a benchmark fails. Times, and ratios of times, are judged only with --judge. What could not be measured is
/// shown with the reason.
///
/// `cold`, `ticks`, `all --only limits`, `baselines` and `certificates --archive` measure the functions as Lambda gets them,
/// each in its own process. They are built first, unless --bootstraps names a folder that has them.
#[derive(Debug, Parser)]
#[command(
    name = "cargo measure",
    bin_name = "cargo measure",
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Options of every benchmark.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// A small set that takes minutes
    #[arg(long, global = true)]
    pub(crate) quick: bool,
    /// Judge times too, on an otherwise idle machine
    #[arg(long, global = true)]
    pub(crate) judge: bool,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Build nothing for Lambda: use the bootstraps in this folder, as `cargo lambda build` leaves them
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) bootstraps: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Everything that has a target, except `load`: about an hour
    All {
        /// Only these
        #[arg(long, value_enum, value_name = "NAME", num_args = 1..)]
        only: Vec<Benchmark>,
        #[command(flatten)]
        python: PythonOption,
    },
    /// Cold starts, compared with a function that does nothing
    ///
    /// Measures up to the first request for an event, and up to the first answer: that of an unchanged tick over ten
    /// people. At full speed, and with the 7 % of a core that come with 128 MB, where control groups can be made.
    Cold,
    /// Each kind of run: calls, units, log, storage; time and memory; USD a month
    ///
    /// Calls, units and bytes are counted with both jobs in this process, on a simulated clock. Time, processor and memory
    /// are those of the functions as Lambda gets them.
    Ticks(TickOptions),
    /// Certificates without Personio's limit, and memory by their size
    Certificates(CertificateOptions),
    /// Reading people, compared with Python with requests, and dlt
    Baselines {
        #[command(flatten)]
        python: PythonOption,
        /// Number of people; can be repeated [default: 1000]
        #[arg(long, value_name = "N")]
        people: Vec<u64>,
    },
    /// Both jobs for 1,000 tenants with hostile ones among them: 8 minutes on two free cores
    ///
    /// Fails if a tenant starves, an account or a document is not as it should be, a limit is broken, an honest tenant is
    /// answered 429, or a hostile tenant does not end in time, keeps its lease or does not recover.
    Load,
    /// Be a function in a process of its own
    #[command(hide = true)]
    Function {
        run: FunctionRun,
        #[arg(value_parser = TenantId::parse)]
        tenant: TenantId,
    },
    /// Be the baseline of certificates: fetch and send the files in this list
    #[command(hide = true)]
    Transfer { list: PathBuf },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Benchmark {
    Cold,
    Ticks,
    Limits,
    Certificates,
    Baselines,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FunctionRun {
    SyncEmployees,
    FileCertificates,
}

impl FunctionRun {
    /// The arguments that start this program as the function.
    pub(crate) fn arguments(self) -> [&'static str; 2] {
        let run = match self {
            Self::SyncEmployees => "sync-employees",
            Self::FileCertificates => "file-certificates",
        };
        ["function", run]
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PythonOption {
    /// A Python that has requests and dlt
    #[arg(long = "python", value_name = "FILE", default_value = "python3")]
    pub(crate) program: PathBuf,
}

#[derive(Debug, Default, Args)]
pub(crate) struct TickOptions {
    /// Number of people; can be repeated [default: 100, 1000 and 10000]
    #[arg(long, value_name = "N")]
    pub(crate) people: Vec<u64>,
    /// Only this route; can be repeated
    #[arg(long, value_name = "ROUTE", value_parser = route)]
    pub(crate) route: Vec<Via>,
    /// Count only, which is the same on every machine; implied by --quick
    #[arg(long)]
    pub(crate) counts_only: bool,
}

#[derive(Debug, Default, Args)]
pub(crate) struct CertificateOptions {
    /// Number of certificates of 2 MB on each route; without this the cases that have targets
    #[arg(long, value_name = "N")]
    pub(crate) certificates: Option<u64>,
    /// Only few certificates of very different sizes
    #[arg(long, conflicts_with = "certificates")]
    pub(crate) sizes: bool,
    /// An academy with so many certificates: the first run of the function as Lambda gets it, a listing of all of them once
    /// they are filed, and an unchanged tick
    #[arg(long, value_name = "N", conflicts_with_all = ["certificates", "sizes"])]
    pub(crate) archive: Option<u64>,
}

fn route(text: &str) -> Result<Via, String> {
    let route = ROUTES.into_iter().find(|via| local::route(*via) == text);
    route.ok_or_else(|| format!("one of {}", ROUTES.map(local::route).join(", ")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }
}
