//! Memory of a run over very many people, in a process of its own: a dry run reads, compares and plans. Applying the plan
//! takes people one by one.

use employee_sync::report::Counts;
use harness::fleet::Fleet;
use harness::person;
use harness::process;
use tokio::runtime::Runtime;

use crate::options::FunctionRun;
use crate::process::Cost;

use super::size::Size;

/// A company that suddenly has this many people.
pub(super) struct SuddenGrowth {
    pub(super) people: u64,
    /// In bytes, with the system's page cache for the program itself.
    pub(super) at_start: Option<u64>,
    pub(super) cost: Cost,
}

pub(super) fn measure(runtime: &Runtime, size: &Size) -> Vec<SuddenGrowth> {
    eprintln!("memory …");
    let sizes = size.single.memory;
    let fleet = runtime.block_on(Fleet::start(sizes.len(), size.people));
    let _ = fleet.first_runs(1);
    let measure = |(number, people): (usize, &u64)| {
        let company = fleet.company(number);
        company.personio.set_pacing(simulators::Pacing::Off);
        company
            .personio
            .put_all((size.people + 1..=*people).map(person));
        let arguments = FunctionRun::PlanEmployees.arguments();
        let run = process::apart::<Counts>(&fleet.stack, &company.tenant, &arguments);
        let told = runtime.block_on(run).runs.pop().unwrap();
        assert_eq!(told.report.counts.people, *people, "{:?}", told.report);
        SuddenGrowth {
            people: *people,
            at_start: told.before.peak,
            cost: Cost::between(&told.before, &told.after, told.wall),
        }
    };
    sizes.iter().enumerate().map(measure).collect()
}
