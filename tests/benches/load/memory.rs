//! Memory of two runs over very many people, in a process of their own: the first one brings over as many as it may, the second
//! one compares as many as it may with the academy.

use employee_sync::report::Counts;
use harness::fleet::Fleet;
use harness::process;
use harness::{by_hand, person};
use tokio::runtime::Runtime;

use crate::options::FunctionRun;
use crate::process::Cost;

use super::size::Size;

/// A company of this many people.
pub(super) struct LargeCompany {
    pub(super) people: u64,
    /// Accounts in its academy that are not theirs.
    pub(super) foreign: u64,
    /// In bytes, with the system's page cache for the program itself.
    pub(super) at_start: Option<u64>,
    pub(super) cost: Cost,
}

pub(super) fn measure(runtime: &Runtime, size: &Size) -> Vec<LargeCompany> {
    eprintln!("memory …");
    let sizes = size.single.memory;
    let fleet = runtime.block_on(Fleet::start(sizes.len(), size.people));
    let measure = |(number, (people, foreign)): (usize, &(u64, u64))| {
        let company = fleet.company(number);
        company.personio.set_pacing(simulators::Pacing::Off);
        company
            .personio
            .put_all((size.people + 1..=*people).map(person));
        for number in 0..*foreign {
            company
                .reteach
                .insert(by_hand(&format!("stranger-{number}@customer.example")));
        }
        let arguments = FunctionRun::SyncEmployees.arguments();
        let run = process::apart::<Counts>(&fleet.stack, &company.tenant, &arguments);
        let runs = runtime.block_on(run);
        let (first, last) = (runs.first().unwrap(), runs.last().unwrap());
        assert_eq!(last.report.counts.people, *people, "{:?}", last.report);
        LargeCompany {
            people: *people,
            foreign: *foreign,
            at_start: first.before.peak,
            cost: Cost::between(&first.before, &last.after, first.wall + last.wall),
        }
    };
    sizes.iter().enumerate().map(measure).collect()
}
