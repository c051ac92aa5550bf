//! Academies that take few calls, in virtual time: nothing is lost, and nearly all calls are accepted.

use std::sync::Arc;
use std::time::Duration;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use harness::{Harness, ROUTES, TICK, completed, ignore_progress, people, pool, virtual_time};
use local::FunctionOptions;
use shared::domain::clock::ManualClock;
use shared::domain::id::RunId;
use shared::http::Deadline;
use shared::runtime::{Event, Job, Mode, Outcome, Ran, Request};
use shared::tenant::Via;
use simulators::Pacing;

/// What an academy takes, and the people of its company. A new person is two calls.
#[derive(Clone, Copy)]
struct Row {
    calls: usize,
    within: Duration,
    people: u64,
}

const ROWS: [Row; 2] = [
    Row {
        calls: 2,
        within: Duration::from_secs(1),
        people: 800,
    },
    Row {
        calls: 60,
        within: Duration::from_secs(60),
        people: 400,
    },
];

/// A run may end early where the machine is busy; the next tick goes on.
const MAX_TICKS: usize = 5;

/// Both jobs at the product's own pace, until everybody is there and the certificates are filed.
async fn live(clock: ManualClock, row: Row, via: Via) -> Result<String, String> {
    let harness = Harness::in_order(clock.clone(), via, "", people(row.people)).await;
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
    loop {
        ticks += 1;
        let name = format!("employees-{ticks}");
        let report = run(&employees, &harness, &name).await.report;
        if report.outcome == Outcome::Done {
            break;
        }
        if report.outcome != Outcome::Partly || ticks == MAX_TICKS {
            return Err(format!("{:?} {}", report.outcome, report.message));
        }
        harness.advance(TICK);
    }
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
    let asked = harness.reteach.requests();
    let limited = asked
        .iter()
        .filter(|call| call.status.is_some_and(|it| it == 429))
        .count();
    let text = format!(
        "{} calls, {limited} of them 429, {missing} people missing",
        asked.len()
    );
    if missing == 0 && limited * 100 < asked.len() {
        Ok(text)
    } else {
        Err(text)
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

#[test]
fn an_academy_that_takes_few_calls_loses_nothing_and_refuses_fewer_than_one_in_a_hundred() {
    let cells: Vec<_> = ROWS
        .into_iter()
        .flat_map(|row| ROUTES.map(|via| (row, via)))
        .collect();
    let results = pool::all(&cells, |(row, via)| {
        let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
        virtual_time::run(
            |time| virtual_time::advance(&clock, time),
            live(clock.clone(), *row, *via),
        )
    });
    let mut wrong = Vec::new();
    for ((row, via), result) in cells.iter().zip(results) {
        let Row { calls, within, .. } = row;
        let name = format!(
            "reteach takes {calls} in {} s, {}",
            within.as_secs(),
            local::route(*via)
        );
        match result {
            Ok(text) => println!("{name}: {text}"),
            Err(text) => wrong.push(format!("{name}: {text}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
