//! What a tenant's ticks take, counted and measured, and what that costs on AWS in a month.

mod bounds;
mod changed;
mod checks;
mod cost;
mod counted;
mod log;
mod month;
mod pages;
mod prices;
mod reference;
mod schedule;
mod stored;
mod tables;
mod timed;

use std::path::Path;
use std::time::Duration;

use harness::ROUTES;
use shared::tenant::Via;

use crate::bootstraps::{self, Bootstraps, Unavailable};
use crate::measurements::Measurements;
use crate::options::TickOptions;

use changed::Changed;
use counted::RunCount;
use timed::Timing;

/// Companies and what of their ticks is looked at.
#[derive(Debug)]
pub(crate) struct Plan {
    companies: Vec<Company>,
    is_timed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Company {
    people: u64,
    via: Via,
    counted: Counted,
}

/// Which kinds of runs are counted.
#[derive(Clone, Copy, Debug)]
enum Counted {
    All,
    /// Those with nothing to do: they take the same at any size.
    Unchanged,
    None,
}

impl Plan {
    pub(crate) fn new(options: &TickOptions, is_quick: bool) -> Self {
        let sizes = match options.people.as_slice() {
            [] if is_quick => vec![(bounds::PEOPLE, Counted::All), (1_000, Counted::Unchanged)],
            [] => [100, 1_000, 10_000]
                .map(|people| (people, Counted::All))
                .to_vec(),
            people => people
                .iter()
                .map(|people| (*people, Counted::All))
                .collect(),
        };
        let routes = if options.route.is_empty() {
            &ROUTES
        } else {
            options.route.as_slice()
        };
        Self {
            companies: on_each(routes, &sizes),
            is_timed: !options.counts_only && !is_quick,
        }
    }

    /// Each kind of run over 100 people, and an unchanged one over 1,000, without timing.
    pub(crate) fn counted() -> Self {
        Self::new(&TickOptions::default(), true)
    }

    /// Unchanged and changed ticks, without counting.
    pub(crate) fn timed(people: &[u64]) -> Self {
        let sizes: Vec<_> = people.iter().map(|size| (*size, Counted::None)).collect();
        Self {
            companies: on_each(&ROUTES, &sizes),
            is_timed: true,
        }
    }
}

fn on_each(routes: &[Via], sizes: &[(u64, Counted)]) -> Vec<Company> {
    let company = |(people, counted), via| Company {
        people,
        via,
        counted,
    };
    let companies = sizes
        .iter()
        .flat_map(|size| routes.iter().map(|via| company(*size, *via)));
    companies.collect()
}

#[derive(Debug)]
struct CompanyTicks {
    via: Via,
    people: u64,
    counts: Vec<RunCount>,
    stored: Vec<stored::Kind>,
    timings: Vec<Timing>,
    changed: Option<Changed>,
    /// Parsing and hashing the same pages with serde alone, where this program is optimised, as the functions are.
    reference: Option<Duration>,
}

impl CompanyTicks {
    /// Whether each kind of run was counted.
    fn is_counted(&self) -> bool {
        !self.stored.is_empty()
    }

    fn is_timed(&self) -> bool {
        !self.timings.is_empty()
    }

    fn route(&self) -> &'static str {
        local::route(self.via)
    }
}

pub(crate) async fn measure(plan: &Plan, programs: &Bootstraps<'_>) -> Measurements {
    log::init();
    let functions = if plan.is_timed {
        programs.get(&bootstraps::FUNCTIONS)
    } else {
        Err(Unavailable::NotBuilt("counts only".to_owned()))
    };
    let mut all = Vec::new();
    for company in &plan.companies {
        eprintln!("{}, {} people …", local::route(company.via), company.people);
        let mut ticks = count(*company).await;
        if let Ok(functions) = &functions {
            time(&mut ticks, functions).await;
        }
        all.push(ticks);
    }
    let mut checks = checks::of(&all);
    if let (true, Err(missing)) = (plan.is_timed, &functions) {
        checks.push(missing.check("ticks, timed"));
    }
    Measurements {
        tables: tables::of(&all),
        checks,
    }
}

async fn count(
    Company {
        people,
        via,
        counted,
    }: Company,
) -> CompanyTicks {
    let (counts, stored) = match counted {
        Counted::All => {
            let harness = counted::company(via, people).await;
            let counts = schedule::count_all(&harness, people).await;
            (counts, stored::of(&harness).await)
        }
        Counted::Unchanged => {
            let harness = counted::company(via, people).await;
            (schedule::count_unchanged(&harness).await, Vec::new())
        }
        Counted::None => (Vec::new(), Vec::new()),
    };
    CompanyTicks {
        via,
        people,
        counts,
        stored,
        timings: Vec::new(),
        changed: None,
        reference: None,
    }
}

async fn time(ticks: &mut CompanyTicks, functions: &Path) {
    let (via, people) = (ticks.via, ticks.people);
    let harness = timed::company(via, people).await;
    ticks.timings = timed::measure(&harness, people, functions).await;
    if !cfg!(debug_assertions) {
        ticks.reference = Some(reference::measure(&harness, people).await);
    }
    if people <= changed::UP_TO {
        ticks.changed = Some(changed::measure(via, people, functions).await);
    }
}
