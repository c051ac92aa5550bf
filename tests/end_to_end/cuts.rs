//! A run may end anywhere: before and after each request it makes, killed or left without a reply. Whatever the cut, the next
//! runs bring the company to where an uninterrupted one would have brought it.

use std::sync::Arc;

use futures::future::join_all;
use harness::{
    Ending, Harness, ROUTES, at_every_point, by_hand, date, difference, people, person, unwatched,
};
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::tenant::Via;
use simulators::people::{EmploymentType, Status};
use simulators::{Person, Point};

/// A company before the run that is cut.
#[derive(Clone, Copy, Debug)]
enum Scene {
    /// Everybody is in step but four: somebody is new, one has another position and contract, one has left, one is inactive
    /// without a date. A fifth is as before.
    Morning,
    /// Nobody is there yet: one to be created, one without a mail address, one who has not begun, one whom an admin has added
    /// by hand.
    First,
}

impl Scene {
    async fn set(self, via: Via) -> Harness {
        match self {
            Self::Morning => {
                let harness = Harness::to_be_cut(via, "", people(4)).await;
                harness.first_run().await;
                harness.change(2, |person| {
                    person.position = Some("Leiterin".to_owned());
                    person.employment_type = Some(EmploymentType::External);
                });
                harness.change(3, |person| person.termination_date = date("2026-05-10"));
                harness.change(4, |person| person.status = Status::Inactive);
                harness.company.personio.put(person(5));
                harness.world.clock.advance(harness::TICK);
                harness
            }
            Self::First => {
                let without_mail = Person {
                    email: None,
                    ..person(2)
                };
                let not_begun = Person {
                    hire_date: date("2026-06-01"),
                    ..person(3)
                };
                let harness =
                    Harness::to_be_cut(via, "", [person(1), without_mail, not_begun, person(4)])
                        .await;
                let email = person(4).email.unwrap_or_default();
                harness.company.reteach.insert(by_hand(&email));
                harness
            }
        }
    }
}

/// Ticks until there is nothing left to do.
async fn quiet(harness: &Harness) {
    let mut reports = Vec::new();
    for _ in 0..4 {
        harness.forget_requests();
        let report = harness.tick().await;
        if (report.outcome, harness.asked().len()) == (Outcome::Unchanged, 0) {
            return;
        }
        reports.push(report);
    }
    panic!("no end: {reports:#?}");
}

/// Cuts the run at `point`, lets the next ones go on and compares. Returns whether the run was cut.
async fn cut(scene: Scene, via: Via, point: Point, expected: Arc<Ending>) -> bool {
    let harness = scene.set(via).await;
    let start = harness.moment();
    let run = harness.world.run(
        &harness.company,
        Mode::Scheduled,
        Deadline::never(),
        &unwatched,
    );
    let Some(step) = harness.cut_at(point, run).await.cut else {
        return false;
    };
    quiet(&harness).await;
    let difference = difference(&expected, &harness.ending(start).await);
    assert_eq!(difference, None, "{scene:?} {via:?} {point:?}: {step}");
    true
}

async fn uninterrupted(scene: Scene, via: Via) -> Ending {
    let harness = scene.set(via).await;
    let start = harness.moment();
    assert_eq!(harness.now().await.outcome, Outcome::Done);
    quiet(&harness).await;
    harness.ending(start).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two minutes: runs in `cargo prove`"]
async fn wherever_a_run_is_cut_the_next_ones_end_where_it_would_have() {
    let all = [Scene::Morning, Scene::First]
        .into_iter()
        .flat_map(|scene| ROUTES.map(|via| (scene, via)));
    let cuts = all.map(|(scene, via)| async move {
        let expected = Arc::new(uninterrupted(scene, via).await);
        let cuts = at_every_point(|point| cut(scene, via, point, Arc::clone(&expected))).await;
        eprintln!("{scene:?} {via:?}: {cuts} cuts");
        assert!(cuts > 60, "{cuts}");
    });
    join_all(cuts).await;
}

/// Cuts the run at `point`; whoever is new is deleted before the next one. Returns whether the run was cut.
async fn cut_and_deleted(scene: Scene, via: Via, point: Point) -> bool {
    let harness = scene.set(via).await;
    let run = harness.world.run(
        &harness.company,
        Mode::Scheduled,
        Deadline::never(),
        &unwatched,
    );
    let Some(step) = harness.cut_at(point, run).await.cut else {
        return false;
    };
    let new: &[u64] = match scene {
        Scene::Morning => &[5],
        Scene::First => &[1, 4],
    };
    for id in new {
        harness.company.personio.remove(*id);
    }
    harness.world.clock.advance(harness::TICK);
    quiet(&harness).await;
    let now = harness.moment();
    let theirs: Vec<_> = new
        .iter()
        .map(|id| Some(format!("personio:{id}")))
        .collect();
    let accounts = harness.company.reteach.customers();
    let open = accounts
        .iter()
        .filter(|account| theirs.contains(&account.external_id) && !account.is_locked(now));
    assert_eq!(open.count(), 0, "{scene:?} {via:?} {point:?}: {step}");
    true
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two minutes: runs in `cargo prove`"]
async fn wherever_a_run_is_cut_nobody_who_is_deleted_then_keeps_an_account() {
    let all = [Scene::Morning, Scene::First]
        .into_iter()
        .flat_map(|scene| ROUTES.map(|via| (scene, via)));
    join_all(
        all.map(|(scene, via)| at_every_point(move |point| cut_and_deleted(scene, via, point))),
    )
    .await;
}
