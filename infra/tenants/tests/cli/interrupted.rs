//! `add` and `remove` interrupted at every step.

use http::Method;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Cut, CutRun, Fault, Moment, Point};
use tenants::{Exit, Interactivity};

use crate::support::{Desk, Done, run};

const FULL: [&str; 2] = [
    "acme.certificates ENABLED rate(30 minutes)",
    "acme.employees ENABLED rate(5 minutes)",
];

/// Runs the command cut at each step, each in a new world; returns the number of steps.
async fn at_each_step(cut: Cut, moment: Moment, check: impl AsyncFn(Point) -> bool) -> usize {
    let mut step = 0;
    while check(Point { step, moment, cut }).await {
        step += 1;
    }
    step
}

async fn cut_at(desk: &Desk, point: Point, line: &str) -> CutRun<Done> {
    let environment = desk.environment(Interactivity::NonInteractive, "");
    desk.scissors.cut_at(point, run(line, &environment)).await
}

/// An `add` of a new company, cut at `point`, with its command line.
async fn cut_add(desk: &Desk, point: Point) -> (String, CutRun<Done>) {
    let company = desk.company(Via::Direct).await;
    let add = format!("{} --unchecked", desk.add(&company, ""));
    let cut = cut_at(desk, point, &add).await;
    (add, cut)
}

#[tokio::test]
async fn an_add_killed_anywhere_is_completed_by_repeating_it_or_ended_by_a_removal() {
    for moment in [Moment::Before, Moment::After] {
        let steps = at_each_step(Cut::Kill, moment, async |point| {
            let desk = Desk::new().await;
            let (add, cut) = cut_add(&desk, point).await;
            if cut.cut.is_none() {
                return false;
            }
            assert!(cut.ran.is_none());
            if point.step % 2 == 0 {
                desk.done(&add).await;
                assert_eq!(desk.schedules(), FULL, "{:?}", cut.cut);
                let status = desk.json("status acme").await.json();
                let problems = status["health"]["problems"].as_array().unwrap();
                assert_eq!(problems.len(), 1, "only that it has not run: {problems:?}");
            } else {
                let done = desk.json("remove acme --yes").await;
                // Where nothing had been written there is nothing to remove.
                assert_ne!(done.exit, Exit::Usage, "{}", done.out);
                desk.assert_no_tenants().await;
            }
            true
        })
        .await;
        assert!(steps >= 7, "{steps}");
    }
}

#[tokio::test]
async fn an_add_with_a_broken_connection_is_complete_or_taken_back() {
    for moment in [Moment::Before, Moment::After] {
        let steps = at_each_step(Cut::CloseConnection, moment, async |point| {
            let desk = Desk::new().await;
            let (_, cut) = cut_add(&desk, point).await;
            let Some(step) = cut.cut else { return false };
            let expected: &[&str] = match cut.ran.unwrap().exit {
                Exit::Done => &FULL,
                _ => &[],
            };
            assert_eq!(desk.schedules(), expected, "{step}");
            let tenants = desk.stack.store().list_tenants().await.unwrap();
            assert_eq!(tenants.len() * 2, expected.len(), "{step}");
            true
        })
        .await;
        assert!(steps >= 7, "{steps}");
    }
}

#[tokio::test]
async fn a_failed_add_leaves_nothing_half_made() {
    for nth in [1, 2] {
        let desk = Desk::new().await;
        let company = desk.company(Via::Direct).await;
        let add = desk.add(&company, "");
        let create = Fault::new(Behaviour::Status(403, Body::Vendor)).method(Method::POST);
        desk.aws.fail(create.path("/schedules/{name}").nth(nth));
        let hints = ["do not allow scheduler:CreateSchedule", "all is as it was"];
        desk.fails(&add, Exit::Attention, &hints).await;
        desk.assert_empty(&company).await;

        desk.aws.clear_faults();
        desk.done(&add).await;
        assert_eq!(desk.schedules(), FULL);
    }
}

#[tokio::test]
async fn a_removal_killed_anywhere_is_completed_by_repeating_it() {
    let steps = at_each_step(Cut::Kill, Moment::After, async |point| {
        let desk = Desk::new().await;
        let company = desk.tenant(Via::Direct).await;
        let cut = cut_at(&desk, point, "remove acme --yes --json").await;
        if cut.cut.is_none() {
            return false;
        }
        // The leases of the killed removal last for some minutes.
        desk.pass_minutes(4);
        let done = desk.json("remove acme --yes").await;
        assert_ne!(done.exit, Exit::Usage, "{:?}: {}", cut.cut, done.out);
        let left = desk.inventory(&company).await;
        assert_eq!((left.employees, left.reports), (0, 0));
        desk.assert_no_tenants().await;
        true
    })
    .await;
    assert!(steps >= 10, "{steps}");
}
