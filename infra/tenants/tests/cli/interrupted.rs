//! An `add` or a `remove` that ends anywhere.

use http::Method;
use serde_json::json;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Cut, CutRun, Fault, Moment, Point};
use tenants::{Exit, Somebody};

use crate::support::{Desk, Done, GROUP, run};

const FULL: [&str; 2] = [
    "acme.certificates ENABLED rate(30 minutes)",
    "acme.employees ENABLED rate(5 minutes)",
];

/// Runs the command cut at each step, in a world of its own; returns how many steps there were.
async fn at_each_step(cut: Cut, moment: Moment, check: impl AsyncFn(Point) -> bool) -> usize {
    let mut step = 0;
    while check(Point { step, moment, cut }).await {
        step += 1;
    }
    step
}

/// An `add` of a new company, cut at `point`; returned with the command, to be repeated.
async fn cut_add(desk: &Desk, point: Point) -> ([String; 6], CutRun<Done>) {
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    let add = [
        "add",
        "--unchecked",
        "--file",
        &file,
        "--credentials",
        &credentials,
    ];
    let here = desk.surroundings(desk.variables(), Somebody::Nobody, "");
    let cut = desk.scissors.cut_at(point, run(&add, &here)).await;
    (add.map(str::to_owned), cut)
}

#[tokio::test]
async fn an_add_that_is_killed_anywhere_is_completed_by_repeating_it_or_ended_by_a_removal() {
    for moment in [Moment::Before, Moment::After] {
        let steps = at_each_step(Cut::Kill, moment, async |point| {
            let desk = Desk::new().await;
            let (add, cut) = cut_add(&desk, point).await;
            if cut.cut.is_none() {
                return false;
            }
            let add: Vec<&str> = add.iter().map(String::as_str).collect();
            assert!(cut.ran.is_none());
            if point.step % 2 == 0 {
                let done = desk.json(&add).await;
                assert_eq!(
                    done.exit,
                    Exit::Done,
                    "{:?} {point:?}: {}",
                    cut.cut,
                    done.out
                );
                assert_eq!(desk.schedules(), FULL, "{:?}", cut.cut);
                let status = desk.json(&["status", "acme"]).await;
                let problems = status.json()["health"]["problems"].clone();
                assert_eq!(
                    problems.as_array().unwrap().len(),
                    1,
                    "only that it has not run: {problems}"
                );
            } else {
                let done = desk.json(&["remove", "acme", "--yes"]).await;
                // Where nothing had been written there is nothing to remove.
                assert!(matches!(done.exit, Exit::Done | Exit::Look), "{}", done.out);
                assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
                assert_eq!(desk.schedules(), [""; 0]);
            }
            true
        })
        .await;
        assert!(steps >= 7, "{steps}");
    }
}

#[tokio::test]
async fn an_add_whose_connection_breaks_anywhere_is_whole_or_taken_back() {
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
async fn an_add_that_fails_leaves_nothing_half_made() {
    for nth in [1, 2] {
        let desk = Desk::new().await;
        let company = desk.company(Via::Direct).await;
        let (file, credentials) = desk.files(&company, "");
        let refused = Fault::new(Behaviour::Status(403, Body::Vendor));
        desk.aws.fail(
            refused
                .method(Method::POST)
                .path("/schedules/{name}")
                .nth(nth),
        );
        let done = desk
            .json(&["add", "--file", &file, "--credentials", &credentials])
            .await;
        assert_eq!(done.exit, Exit::Look);
        assert!(
            done.error()
                .contains("do not allow scheduler:CreateSchedule"),
            "{}",
            done.error()
        );
        assert!(
            done.error().contains("all is as it was"),
            "{}",
            done.error()
        );
        assert_eq!(desk.schedules(), [""; 0]);
        assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
        assert!(
            desk.stack
                .store()
                .inventory(&company.tenant)
                .await
                .unwrap()
                .is_empty()
        );

        desk.aws.clear_faults();
        let done = desk
            .json(&["add", "--file", &file, "--credentials", &credentials])
            .await;
        assert_eq!(done.exit, Exit::Done, "{}", done.out);
        assert_eq!(desk.schedules(), FULL);
    }
}

#[tokio::test]
async fn a_removal_that_is_killed_anywhere_is_completed_by_repeating_it() {
    let steps = at_each_step(Cut::Kill, Moment::After, async |point| {
        let desk = Desk::new().await;
        let company = desk.tenant(Via::Direct).await;
        let remove = ["remove", "acme", "--yes", "--json"];
        let here = desk.surroundings(desk.variables(), Somebody::Nobody, "");
        let cut = desk.scissors.cut_at(point, run(&remove, &here)).await;
        if cut.cut.is_none() {
            return false;
        }
        // The leases of the removal that was killed last for some minutes.
        desk.clock().advance(jiff::SignedDuration::from_mins(4));
        let done = desk.json(&["remove", "acme", "--yes"]).await;
        let left = desk.stack.store().inventory(&company.tenant).await.unwrap();
        assert!(
            matches!(done.exit, Exit::Done | Exit::Look),
            "{:?}: {}",
            cut.cut,
            done.out
        );
        assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
        assert_eq!((left.employees, left.reports), (0, 0));
        assert_eq!(json!(desk.aws.schedules(GROUP)), json!({}));
        true
    })
    .await;
    assert!(steps >= 10, "{steps}");
}
