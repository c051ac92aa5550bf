//! Every benchmark of the project: one table of what was measured, compared with what is wanted.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing that is wrong"
)]

mod all;
mod baselines;
mod bootstraps;
mod certificates;
mod check;
mod cold;
mod figure;
mod limits;
mod load;
mod measurements;
mod options;
mod process;
mod ticks;

use std::io::{self, Write as _};
use std::process::ExitCode;

use certificate_sync::CertificateSync;
use clap::Parser as _;
use employee_sync::EmployeeSync;
use harness::process::{self as harness_process, in_repository};
use shared::domain::id::TenantId;
use shared::http::RateLimiter;
use shared::runtime::Mode;
use tokio::runtime::Runtime;

use bootstraps::Bootstraps;
use measurements::Measurements;
use options::{Command, Common, FunctionRun, Options};

fn main() -> ExitCode {
    let Options { command, common } = Options::parse();
    in_repository();
    let runtime = Runtime::new().unwrap();
    let bootstraps = Bootstraps::new(&common);
    let is_quick = common.quick;
    let measurements = match command {
        Command::All { only, python } => {
            runtime.block_on(all::measure(is_quick, &only, &python.program, &bootstraps))
        }
        Command::Cold => runtime.block_on(cold::measure(is_quick, &bootstraps)),
        Command::Ticks(options) => {
            let plan = ticks::Plan::new(&options, is_quick);
            runtime.block_on(ticks::measure(&plan, &bootstraps))
        }
        Command::Certificates(options) if options.archive.is_some() => {
            let certificates = options.archive.unwrap_or_default();
            runtime.block_on(certificates::archive(certificates, &bootstraps))
        }
        Command::Certificates(options) => {
            let cases = certificates::cases(&options, is_quick);
            runtime.block_on(certificates::measure(&cases))
        }
        Command::Baselines { python, people } => {
            let people = if people.is_empty() {
                vec![1_000]
            } else {
                people
            };
            runtime.block_on(baselines::measure(&people, &python.program, &bootstraps))
        }
        Command::Load => load::measure(&runtime, is_quick),
        Command::Function { run, tenant } => return function(run, &tenant),
        Command::Transfer { list } => return certificates::transfer(&list),
    };
    show(&measurements, &common)
}

fn show(measurements: &Measurements, options: &Common) -> ExitCode {
    let text = if options.json {
        format!("{}\n", measurements.json(options.quick))
    } else {
        measurements.text(options.quick)
    };
    // A closed pipe is no failure: the exit status still says whether the targets are met.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    if measurements.has_failed(options.judge) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Is a function for one run, as fast as it goes: with the vendors' limits most of the time would be waiting.
fn function(run: FunctionRun, tenant: &TenantId) -> ExitCode {
    let pace = Some(RateLimiter::new(&[]));
    let certificates = CertificateSync::new().unwrap();
    match run {
        FunctionRun::SyncEmployees => {
            let modes = [Mode::Scheduled, Mode::Reconcile];
            harness_process::run(EmployeeSync, tenant, &modes, pace);
        }
        FunctionRun::FileCertificates => {
            harness_process::run(certificates, tenant, &[Mode::Scheduled], pace);
        }
    }
    ExitCode::SUCCESS
}
