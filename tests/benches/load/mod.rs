//! A thousand tenants on one machine, through both functions' own code, with and without hostile ones among them.
//!
//! Everything is real but the vendors and AWS: HTTP over loopback, the machine's clock, the vendors' own pace, an embedded
//! DynamoDB and Secrets Manager. Each environment is a thread with a handler of its own, which takes one event at a time, as
//! on Lambda. Two things are smaller than in production: the time within which every tenant has its ticks (20 s for 5 and 30
//! minutes), and a hostile tenant's deadline (30 s for employees, not 240; 50 s for certificates, not 900). Limits are
//! Personio's own, and latency is the one that `ticks` assumes.
//!
//! Environments, simulators and DynamoDB share the machine's processors, which they do not on AWS. So each run is broken
//! down: how long it took, how much of a processor it had, and how long it waited for one. What a hostile tenant costs others
//! in waiting alone comes from this machine; what it costs them in processor, calls or capacity units comes from our code.

mod checks;
mod figures;
mod memory;
mod neighbours;
mod rounds;
mod size;

use tokio::runtime::Runtime;

use crate::check::Check;
use crate::figure::Figure;
use crate::measurements::Measurements;

use figures::JobRuns;
use size::Size;

/// The others' 99th percentile with hostile tenants, compared with rounds without.
const MOST_P99: f64 = 1.05;

/// The functions have 128 MB. A program that is not optimised takes more for its own code.
const MOST_MEMORY: u64 = if cfg!(debug_assertions) { 132 } else { 120 } << 20;

pub(crate) fn measure(runtime: &Runtime, is_quick: bool) -> Measurements {
    let size = Size::new(is_quick);
    let load = rounds::run(runtime, &size);
    let single = neighbours::run(runtime, &size);
    let memory = memory::measure(runtime, &size);
    for violation in load.violations.iter().chain(&single.violations) {
        eprintln!("violated: {violation}");
    }
    let runs = figures::job_runs(&load, size.hostile);
    let mut checks = vec![
        Check::none(
            "rounds: runs, leases, accounts, documents, limits",
            &load.violations,
        ),
        Check::none(
            "neighbours, and single tenants at the limits",
            &single.violations,
        ),
        Check::new("everybody's first runs", load.first),
        Check::new(
            "memory of everything together",
            load.peak.map(Figure::Memory),
        ),
    ];
    checks.extend(memory.iter().map(|company| {
        let peak = company.cost.peak.map(Figure::Memory);
        let (people, foreign) = (company.people, company.foreign);
        Check::new(
            format!("{people} people, {foreign} foreign accounts: memory"),
            peak,
        )
        .at_most(Figure::Memory(MOST_MEMORY))
        .judged()
    }));
    checks.extend(
        runs.chunks_exact(2)
            .map(|pair| p99(&pair[0], &pair[1], is_quick)),
    );
    let tables = vec![
        figures::others(&size, &runs),
        figures::hostile(&size, &load),
        figures::neighbours(&single),
        figures::limits(&load, &single),
        figures::memory(&memory),
    ];
    Measurements { tables, checks }
}

/// Rounds that differ as much without anybody hostile say nothing about hostile tenants, nor does the quick set: two of its
/// hundred runs decide the percentile.
fn p99(calm: &JobRuns, hostile: &JobRuns, is_quick: bool) -> Check {
    let noise = Figure::ratio(calm.p99_most, calm.p99_least);
    let check = Check::new(
        format!(
            "{}: others' p99 with hostile tenants, compared with calm rounds",
            calm.job.function()
        ),
        Figure::ratio(hostile.p99, calm.p99),
    );
    if is_quick || !calm.p99_agree {
        return check.note(format!(
            "no target: too few runs, or calm rounds differ by {noise}"
        ));
    }
    let check = check.note(format!("calm rounds differ by {noise}"));
    check.at_most(Figure::Times(MOST_P99))
}
