//! A run may end anywhere: before and after each request it makes, killed or left without a reply. Whatever the cut, the next
//! runs bring the company to where an uninterrupted one would have brought it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use employee_sync::event::Mode;
use employee_sync::report::Outcome;
use harness::{Harness, ROUTES, at_every_point, by_hand, date, people, person, unwatched};
use jiff::Timestamp;
use shared::http::Deadline;
use shared::id::SourceId;
use shared::state::{Brake, EmployeeEntry};
use shared::tenant::Via;
use simulators::people::{EmploymentType, Status};
use simulators::reteach::Customer;
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
                harness.change(2, |it| {
                    it.position = Some("Leiterin".to_owned());
                    it.employment_type = Some(EmploymentType::External);
                });
                harness.change(3, |it| it.termination_date = date("2026-05-10"));
                harness.change(4, |it| it.status = Status::Inactive);
                harness.company.personio.put(person(5));
                harness.world.clock.advance(harness::TICK);
                harness
            }
            Self::First => {
                let without_mail = Person { email: None, ..person(2) };
                let not_begun = Person { hire_date: date("2026-06-01"), ..person(3) };
                let harness =
                    Harness::to_be_cut(via, "", [person(1), without_mail, not_begun, person(4)]).await;
                let email = person(4).email.unwrap_or_default();
                harness.company.reteach.insert(by_hand(&email));
                harness
            }
        }
    }
}

/// What must be the same in the end. Ids that reteach makes up and moments of the runs themselves are left out.
#[derive(Debug, PartialEq)]
struct Ending {
    accounts: BTreeMap<Option<String>, Customer>,
    number: usize,
    ledger: Vec<EmployeeEntry>,
    root: String,
    is_gate_open: bool,
}

async fn ending(harness: &Harness, start: Timestamp) -> Ending {
    let store = harness.world.stack.store();
    let tenant = &harness.company.tenant;
    let during = |moment: Option<Timestamp>| {
        moment.map(|it| if it >= start && it <= harness.moment() { start } else { it })
    };
    let accounts = harness.company.reteach.customers();
    let number = accounts.len();
    let by_id: BTreeMap<_, _> = accounts.iter().map(|it| (it.id.clone(), it.external_id.clone())).collect();
    let ids: Vec<_> =
        harness.company.personio.people().iter().map(|it| SourceId::new(it.id.to_string())).collect();
    let mut ledger: Vec<_> = store.employees(tenant, &ids).await.unwrap().into_values().collect();
    ledger.sort_by(|one, other| one.source_id.cmp(&other.source_id));
    for entry in &mut ledger {
        let account = entry.customer_id.take().and_then(|id| by_id.get(id.as_str()).cloned().flatten());
        assert_eq!(account, Some(format!("personio:{}", entry.source_id)), "the ledger knows the account");
        entry.window.inactive_at = during(entry.window.inactive_at);
        if let Some(locked) = &mut entry.locked {
            locked.since = during(Some(locked.since)).unwrap();
        }
    }
    let root = store.root(tenant).await.unwrap().unwrap();
    let counted: Vec<_> =
        Brake::ALL.iter().map(|it| (it, root.brakes.count(*it, harness.moment()))).collect();
    let root = format!(
        "{:?} {:?} {} {} {counted:?}",
        root.configuration, root.pending, root.open_accounts, root.waiting
    );
    let accounts = accounts.into_iter().map(|mut it| {
        (it.id, it.registered_at) = (String::new(), None);
        it.set_inactive_at = during(it.set_inactive_at);
        (it.external_id.clone(), it)
    });
    let is_gate_open = store.tenant(tenant).await.unwrap().unwrap().gate.is_some();
    Ending { accounts: accounts.collect(), number, ledger, root, is_gate_open }
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
    let run = harness.world.run(&harness.company, Mode::Scheduled, Deadline::never(), &unwatched);
    let Some(step) = harness.cut_at(point, run).await.cut else { return false };
    quiet(&harness).await;
    let ending = ending(&harness, start).await;
    assert_eq!(ending, *expected, "{scene:?} {via:?} {point:?}: {step}");
    true
}

async fn uninterrupted(scene: Scene, via: Via) -> Ending {
    let harness = scene.set(via).await;
    let start = harness.moment();
    assert_eq!(harness.now().await.outcome, Outcome::Done);
    quiet(&harness).await;
    ending(&harness, start).await
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_run_is_cut_the_next_ones_end_where_it_would_have() {
    for scene in [Scene::Morning, Scene::First] {
        for via in ROUTES {
            let begun = Instant::now();
            let expected = Arc::new(uninterrupted(scene, via).await);
            let cuts = at_every_point(|point| cut(scene, via, point, Arc::clone(&expected))).await;
            println!("{scene:?} {via:?}: {cuts} cuts in {:.1?}", begun.elapsed());
            assert!(cuts > 60, "{cuts}");
        }
    }
}
