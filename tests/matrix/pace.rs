//! Academies that take few calls, in virtual time: nothing is lost, nearly all calls are accepted, and they are asked near
//! their limit. Their runs take minutes; the other cells compare with the moment of a run.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use harness::{Harness, ROUTES, TICK, completed, ignore_progress, people, pool, virtual_time};
use local::FunctionOptions;
use shared::domain::clock::{Clock as _, ManualClock};
use shared::domain::id::RunId;
use shared::http::Deadline;
use shared::runtime::{Event, Job, Mode, Outcome, Ran, Request};
use shared::tenant::Via;
use simulators::Pacing;

/// A new person needs this many calls.
const CALLS_A_PERSON: u64 = 2;

/// What an academy takes, and the people of its company.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    calls: usize,
    within: Duration,
    people: u64,
    /// The highest pace that the tenant's file allows.
    highest: Option<u32>,
}

pub(crate) const ROWS: [Row; 2] = [
    Row {
        calls: 2,
        within: Duration::from_secs(1),
        people: 350,
        highest: None,
    },
    Row {
        calls: 60,
        within: Duration::from_secs(60),
        people: 400,
        highest: None,
    },
];

/// A first run at the highest pace: reteach's own limit.
const LARGE: Row = Row {
    calls: 50,
    within: Duration::from_secs(1),
    people: 10_000,
    highest: None,
};
/// How much longer it may take than the calls that are needed at that limit.
const SLACK: f64 = 1.2;

/// Academies that take few calls are asked at least at this share of their limit.
const LEAST_SHARE: f64 = 0.8;
/// A call is late by this at most, and by less where calls are less than a second apart.
const STEP: Duration = Duration::from_millis(80);

/// A run may end early where the machine is busy; the next tick goes on.
const MAX_TICKS: usize = 5;

/// What a first run asked of the academy.
struct Asked {
    /// Calls of both jobs.
    all: usize,
    /// Calls of the employee job.
    of_people: usize,
    /// Calls that were answered with 429.
    limited: usize,
    /// Virtual time of the employee job's runs.
    took: Duration,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            all,
            of_people,
            limited,
            took,
        } = self;
        write!(
            f,
            "{all} calls, {limited} of them 429; {of_people} for people in {} s",
            took.as_secs()
        )
    }
}

/// Both jobs at the product's own pace, until everybody is there and the certificates are filed.
async fn live(clock: ManualClock, row: Row, via: Via) -> Result<Asked, String> {
    let highest = row
        .highest
        .map(|most| format!("max_calls_per_second = {most}\n"));
    let file = highest.unwrap_or_default();
    let harness = Harness::in_order(clock.clone(), via, &file, people(row.people)).await;
    harness.personio.set_pacing(Pacing::Off);
    harness.personio.add_category("Bildungszertifikate");
    harness.issue([1, 2, 3].map(|person| {
        completed(
            &format!("90{person}"),
            person,
            "Erste Hilfe",
            "2026-05-08T09:30:00Z",
        )
    }));
    harness.reteach.set_pacing(Pacing::Simulated);
    harness.reteach.limit(Some((row.calls, row.within)));
    let options = FunctionOptions {
        clock: Arc::new(clock.clone()),
        limits: None,
        sleeper: None,
    };
    let employees = local::app(EmployeeSync, &harness.world.stack, &options).unwrap();
    let certificates = CertificateSync::new().unwrap();
    let certificates = local::app(certificates, &harness.world.stack, &options).unwrap();
    let mut ticks = 0;
    let mut took = Duration::ZERO;
    loop {
        ticks += 1;
        let name = format!("employees-{ticks}");
        let began = clock.now();
        let report = run(&employees, &harness, &name).await.report;
        took += clock.now().duration_since(began).unsigned_abs();
        if report.outcome == Outcome::Done {
            break;
        }
        if report.outcome != Outcome::Partly || ticks == MAX_TICKS {
            return Err(format!("{:?} {}", report.outcome, report.message));
        }
        harness.advance(TICK);
    }
    let of_people = harness.reteach.requests().len();
    let filed = run(&certificates, &harness, "certificates").await.report;
    let documents = harness.personio.documents().len();
    if (filed.outcome, documents) != (Outcome::Done, 3) {
        return Err(format!(
            "{:?} {}: {documents} documents",
            filed.outcome, filed.message
        ));
    }
    let missing = (1..=row.people)
        .filter(|person| harness.find(*person).is_none())
        .count();
    let requests = harness.reteach.requests();
    let limited = requests
        .iter()
        .filter(|call| call.status.is_some_and(|it| it == 429))
        .count();
    let asked = Asked {
        all: requests.len(),
        of_people,
        limited,
        took,
    };
    if missing == 0 && limited * 100 < asked.all {
        Ok(asked)
    } else {
        Err(format!("{asked}, {missing} people missing"))
    }
}

impl Asked {
    /// Calls a second of the employee job.
    fn pace(&self) -> f64 {
        self.of_people as f64 / self.took.as_secs_f64()
    }
}

async fn run<W: Job>(app: &shared::runtime::App<W>, harness: &Harness, name: &str) -> Ran<W> {
    let request = Request {
        event: Event {
            tenant_id: harness.company.tenant.clone(),
            mode: Mode::Scheduled,
        },
        run_id: RunId::new(name),
        deadline: Deadline::never(),
    };
    app.run(&request, &ignore_progress).await
}

/// Those of `rows` on each route: the name of the cell, and what is wrong with it. The figures are printed.
pub(crate) fn cells(rows: &[Row]) -> Vec<(String, Result<(), String>)> {
    let cells: Vec<_> = rows
        .iter()
        .flat_map(|row| ROUTES.map(|via| (*row, via)))
        .collect();
    let results = pool::all(&cells, |(row, via)| in_virtual_time(*row, *via));
    let of = |((row, via), result): (&(Row, Via), Result<Asked, String>)| {
        let Row { calls, within, .. } = row;
        let name = format!(
            "reteach takes {calls} in {} s, {}",
            within.as_secs(),
            local::route(*via)
        );
        let result = result.and_then(|asked| {
            let share = asked.pace() * within.as_secs_f64() / *calls as f64;
            let line = format!("{asked}, {share:.2} of the limit");
            println!("{name}: {line}");
            if share < LEAST_SHARE {
                return Err(line);
            }
            Ok(())
        });
        (name, result)
    };
    cells.iter().zip(results).map(of).collect()
}

fn in_virtual_time(row: Row, via: Via) -> Result<Asked, String> {
    let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
    virtual_time::run_in_steps(
        STEP.min(row.within / 50),
        |time| virtual_time::advance(&clock, time),
        live(clock.clone(), row, via),
    )
}

#[test]
fn the_tenants_highest_pace_is_kept_and_bounds_what_a_run_learns() {
    for (highest, people) in [(3, 40), (20, 300)] {
        // One more for a call that is late and stays in the window of the next ones, one for a login.
        let little_more = Row {
            calls: highest + 2,
            within: Duration::from_secs(1),
            people,
            highest: u32::try_from(highest).ok(),
        };
        let asked = in_virtual_time(little_more, Via::Direct).unwrap();
        let line = format!("at most {highest} calls a second: {asked}");
        println!("{line}");
        assert_eq!(asked.limited, 0, "{line}");
        let share = asked.pace() / highest as f64;
        assert!((0.7..=1.01).contains(&share), "{line}: {share:.2}");
    }
}

#[test]
#[ignore = "takes minutes; `cargo prove` runs it"]
fn a_first_run_over_10_000_people_takes_at_most_1_2_times_what_the_limit_allows() {
    let asked = in_virtual_time(LARGE, Via::Direct).unwrap();
    println!("reteach takes 50 in 1 s: {asked}");
    let allowed = (LARGE.people * CALLS_A_PERSON) as f64 / LARGE.calls as f64;
    let took = asked.took.as_secs_f64();
    assert!(took <= SLACK * allowed, "{took} s, {allowed} s are needed");
}
