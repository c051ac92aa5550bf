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
/// `cold`, `ticks`, `limits`, `baselines` and `certificates --archive` measure the functions as Lambda gets them, each in its
/// own process. They are built first, unless --bootstraps names a folder that has them.
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
    /// Also write the JSON to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Build nothing for Lambda: use the bootstraps in this folder, as `cargo lambda build` leaves them
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) bootstraps: Option<PathBuf>,
    /// With --bootstraps: the folder with the functions that trust one more root, for cold starts over TLS
    #[arg(long, global = true, value_name = "FOLDER", requires = "bootstraps")]
    pub(crate) tls: Option<PathBuf>,
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
    Cold {
        /// How often each function is started; the median counts [default: 21, with --quick 7]
        #[arg(long, value_name = "N")]
        starts: Option<usize>,
    },
    /// Each kind of run: calls, units, log, storage; time and memory; USD a month
    ///
    /// Calls, units and bytes are counted with both jobs in this process, on a simulated clock. Time, processor and memory
    /// are those of the functions as Lambda gets them.
    Ticks(TickOptions),
    /// A first run and certificates at the vendors' own pace
    Limits(LimitOptions),
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
    Load(LoadOptions),
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
    ScanCertificates,
}

impl FunctionRun {
    /// The arguments that start this program as the function.
    pub(crate) fn arguments(self) -> [&'static str; 2] {
        let run = match self {
            Self::SyncEmployees => "sync-employees",
            Self::FileCertificates => "file-certificates",
            Self::ScanCertificates => "scan-certificates",
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
    /// Time only, without counting each kind of run: for many people
    #[arg(long, conflicts_with = "counts_only")]
    pub(crate) timings_only: bool,
    /// Processor time of a TLS handshake, as `cold` measures it [default: recorded]
    #[arg(long, value_name = "MS")]
    pub(crate) handshake: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct LimitOptions {
    /// Number of people [default: 300, with --quick 30]
    #[arg(long, value_name = "N")]
    pub(crate) people: Option<u64>,
    /// Number of certificates: up to 60 the limit takes no time [default: 181, with --quick 61]
    #[arg(long, value_name = "N")]
    pub(crate) certificates: Option<u64>,
    /// The size of each PDF
    #[arg(long, value_name = "BYTES", default_value_t = 200_000)]
    pub(crate) size: u64,
    /// How long each vendor takes to answer; can be repeated
    #[arg(long, value_name = "MS", default_values_t = [20, 100])]
    pub(crate) latency: Vec<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct CertificateOptions {
    /// Number of certificates; without this and --size a set of comparable cases
    #[arg(long, value_name = "N")]
    pub(crate) certificates: Option<u64>,
    /// The size of each PDF, 60 to 31457280
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(60..=31_457_280))]
    pub(crate) size: Option<u64>,
    /// Only this route; can be repeated
    #[arg(long, value_name = "ROUTE", value_parser = route)]
    pub(crate) route: Vec<Via>,
    /// Only few certificates of very different sizes
    #[arg(long, conflicts_with_all = ["certificates", "size", "route"])]
    pub(crate) sizes: bool,
    /// An academy with so many certificates: the first run of the function as Lambda gets it, a listing of all of them once
    /// they are filed, and an unchanged tick
    #[arg(long, value_name = "N", conflicts_with_all = ["certificates", "size", "route", "sizes"])]
    pub(crate) archive: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct LoadOptions {
    /// Number of tenants [default: 1000, with --quick 100]
    #[arg(long, value_name = "N")]
    pub(crate) tenants: Option<usize>,
    /// Number of people in each tenant [default: 100, with --quick 20]
    #[arg(long, value_name = "N")]
    pub(crate) people: Option<u64>,
    /// Number of hostile tenants [default: one in a hundred, and at least three]
    #[arg(long, value_name = "N")]
    pub(crate) hostile: Option<usize>,
    /// Number of environments of each function
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) environments: usize,
    /// Number of rounds without hostile tenants that are followed by one with them [default: 3, with --quick 1]
    #[arg(long, value_name = "N")]
    pub(crate) pairs: Option<usize>,
    /// Within this many seconds every tenant has its tick of either job [default: 20, with --quick 5]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) window: Option<u64>,
    /// How long each vendor takes to answer
    #[arg(long, value_name = "MS", default_value_t = 200)]
    pub(crate) latency: u64,
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
