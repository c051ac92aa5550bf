//! What a run over very many people has in memory, in a process of its own: read, compared, planned, as a dry run does. Applying
//! the plan takes people one by one.

use employee_sync::EmployeeSync;
use employee_sync::report::Counts;
use harness::fleet::Fleet;
use harness::person;
use harness::process;
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::http::RateLimiter;
use shared::runtime::Mode;
use tokio::runtime::Runtime;

use crate::args::Size;

/// A company of `known` people that has `people` all of a sudden.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) people: u64,
    /// In bytes, with the system's page cache for the program itself.
    pub(crate) at_start: Option<u64>,
    pub(crate) peak: Option<u64>,
    /// In milliseconds of processor time.
    pub(crate) processor: u128,
}

/// Be the function: one dry run, as fast as it goes.
pub(crate) fn function(tenant: &TenantId) {
    process::run(
        EmployeeSync,
        tenant,
        &[Mode::DryRun],
        Some(RateLimiter::new(&[])),
    );
}

pub(crate) fn measure(runtime: &Runtime, size: &Size) -> Vec<Memory> {
    eprintln!("memory …");
    let fleet = runtime.block_on(Fleet::start(size.beside.memory.len(), size.people));
    let _ = fleet.first_runs(1);
    (0..)
        .zip(size.beside.memory)
        .map(|(number, people)| {
            let company = fleet.company(number);
            company.personio.set_pacing(simulators::Pacing::Off);
            company
                .personio
                .put_all((size.people + 1..=*people).map(person));
            let apart = process::apart::<Counts>(&fleet.stack, &company.tenant, &[]);
            let told = runtime.block_on(apart).runs.pop().unwrap();
            assert_eq!(told.report.counts.people, *people, "{:?}", told.report);
            let processor = told.after.processor.unwrap_or_default()
                - told.before.processor.unwrap_or_default();
            Memory {
                people: *people,
                at_start: told.before.peak,
                peak: told.after.peak,
                processor: processor.as_millis(),
            }
        })
        .collect()
}
