//! `add` and `remove` interrupted at every step.

use http::Method;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault, Interrupted, Moment};
use tenants::{Exit, Interactivity};

use crate::add::RUNNING;
use crate::support::{Desk, Done, run};

/// Checks the command with this behaviour at each of its calls, each in a new world; returns the number of calls.
pub(crate) async fn at_each_call(
    behaviour: Behaviour,
    check: impl AsyncFn(usize, Fault) -> bool,
) -> usize {
    let mut calls = 0;
    while check(calls, Fault::new(behaviour.clone()).nth(calls + 1)).await {
        calls += 1;
    }
    calls
}

pub(crate) async fn interrupted(desk: &Desk, fault: Fault, line: &str) -> Interrupted<Done> {
    let environment = desk.environment(Interactivity::NonInteractive, "");
    desk.faults.interrupt(fault, run(line, &environment)).await
}

/// An `add` of a new company, interrupted by `fault`, with its command line.
async fn interrupted_add(desk: &Desk, fault: Fault) -> (String, Interrupted<Done>) {
    let company = desk.company(Via::Direct).await;
    let add = format!("{} --unchecked", desk.add(&company, ""));
    let done = interrupted(desk, fault, &add).await;
    (add, done)
}

#[tokio::test]
async fn an_add_killed_anywhere_is_completed_by_repeating_it_or_ended_by_a_removal() {
    for moment in [Moment::Before, Moment::After] {
        let steps = at_each_call(Behaviour::Kill(moment), async |call, fault| {
            let desk = Desk::new().await;
            let (add, killed) = interrupted_add(&desk, fault).await;
            if killed.at.is_none() {
                return false;
            }
            assert!(killed.ran.is_none());
            if call % 2 == 0 {
                desk.done(&add).await;
                assert_eq!(desk.schedules(), RUNNING, "{:?}", killed.at);
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
    for behaviour in [Behaviour::Close, Behaviour::LoseReply] {
        let steps = at_each_call(behaviour, async |_, fault| {
            let desk = Desk::new().await;
            let (_, interrupted) = interrupted_add(&desk, fault).await;
            let Some(call) = interrupted.at else {
                return false;
            };
            let expected: &[&str] = match interrupted.ran.unwrap().exit {
                Exit::Done => &RUNNING,
                _ => &[],
            };
            assert_eq!(desk.schedules(), expected, "{call}");
            let tenants = desk.stack.store().list_tenants().await.unwrap();
            assert_eq!(tenants.len() * 2, expected.len(), "{call}");
            true
        })
        .await;
        assert!(steps >= 7, "{steps}");
    }
}

#[tokio::test]
async fn a_failed_add_takes_nothing_from_one_that_has_completed_meanwhile() {
    let steps = at_each_call(Behaviour::Hold(Moment::Before), async |_, fault| {
        let (desk, company) = Desk::new_company().await;
        let add = format!("{} --unchecked --json", desk.add(&company, ""));
        let environment = desk.environment(Interactivity::NonInteractive, "");
        desk.faults.begin(Some(fault));
        let mut first = std::pin::pin!(run(&add, &environment));
        let is_held = tokio::select! {
            biased;
            () = desk.faults.held() => true,
            _ = &mut first => false,
        };
        if !is_held {
            return false;
        }
        let second = desk.run(&add).await;
        assert_eq!(second.exit, Exit::Done, "{}", second.out);
        let get = Fault::new(Behaviour::Status(403, Body::Vendor)).method(Method::GET);
        desk.aws.fail(get.nth(1));
        desk.faults.release();
        let first = first.await;
        desk.aws.clear_faults();
        let (_, at) = desk.faults.end();
        assert_eq!(desk.schedules(), RUNNING, "{at:?}: {}", first.out);
        desk.stored(&company).await;
        desk.stack.secrets().refresh(&company.tenant).await.unwrap();
        true
    })
    .await;
    assert!(steps >= 7, "{steps}");
}

#[tokio::test]
async fn schedules_fit_a_status_that_changes_while_add_is_at_it() {
    for (before, meanwhile, expected) in [
        ("pause acme", "resume acme", "ENABLED"),
        ("resume acme", "pause acme", "DISABLED"),
        ("resume acme", "remove acme --yes", "ENABLED"),
    ] {
        let steps = at_each_call(Behaviour::Hold(Moment::Before), async |_, fault| {
            let (desk, company) = Desk::acme().await;
            desk.done(before).await;
            let add = format!("{} --update --unchecked --json", desk.add(&company, ""));
            let environment = desk.environment(Interactivity::NonInteractive, "");
            desk.faults.begin(Some(fault));
            let mut add = std::pin::pin!(run(&add, &environment));
            let is_held = tokio::select! {
                biased;
                () = desk.faults.held() => true,
                _ = &mut add => false,
            };
            if !is_held {
                return false;
            }
            desk.done(meanwhile).await;
            desk.faults.release();
            let added = add.await;
            let (_, at) = desk.faults.end();
            let schedules = desk.schedules();
            let fit = schedules.iter().all(|line| line.contains(expected));
            assert!(fit, "{at:?}: {schedules:?} after {}", added.out);
            let stored = desk.stack.store().tenant(&company.tenant).await.unwrap();
            if stored.is_none() {
                assert_eq!(schedules, [""; 0], "{at:?}: {}", added.out);
                assert_ne!(added.exit, Exit::Done, "{at:?}: {}", added.out);
            }
            true
        })
        .await;
        assert!(steps >= 7, "{steps}");
    }
}

#[tokio::test]
async fn a_failed_add_leaves_nothing_half_made() {
    for nth in [1, 2] {
        let (desk, company) = Desk::new_company().await;
        let add = desk.add(&company, "");
        let create = Fault::new(Behaviour::Status(403, Body::Vendor)).method(Method::POST);
        desk.aws.fail(create.path("/schedules/{name}").nth(nth));
        let hints = ["do not allow scheduler:CreateSchedule", "all is as it was"];
        desk.fails(&add, Exit::Attention, &hints).await;
        desk.assert_empty(&company).await;

        desk.aws.clear_faults();
        desk.done(&add).await;
        assert_eq!(desk.schedules(), RUNNING);
    }
}

#[tokio::test]
async fn a_removal_killed_anywhere_is_completed_by_repeating_it() {
    let steps = at_each_call(Behaviour::Kill(Moment::After), async |_, fault| {
        let (desk, company) = Desk::acme().await;
        let killed = interrupted(&desk, fault, "remove acme --yes --json").await;
        if killed.at.is_none() {
            return false;
        }
        // The leases of the killed removal last for some minutes.
        desk.pass_minutes(4);
        let done = desk.json("remove acme --yes").await;
        assert_ne!(done.exit, Exit::Usage, "{:?}: {}", killed.at, done.out);
        let left = desk.inventory(&company).await;
        assert_eq!((left.employees, left.reports), (0, 0));
        desk.assert_no_tenants().await;
        true
    })
    .await;
    assert!(steps >= 10, "{steps}");
}
