//! A run may end anywhere: before and after each request it makes, killed or left without a reply. Whatever the cut, the next
//! runs bring the company to where an uninterrupted one would have brought it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use harness::{Harness, ROUTES, at_every_point, by_hand, date, people, person, unwatched};
use jiff::Timestamp;
use shared::http::Deadline;
use shared::id::SourceId;
use shared::job::{Mode, Outcome};
use shared::state::Brake;
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

/// What must be the same in the end, a line for each account, entry and sum. Ids that reteach makes up, addresses and the moments
/// of the runs themselves are left out.
type Ending = Vec<String>;

async fn ending(harness: &Harness, start: Timestamp) -> Ending {
    let (store, tenant, now) = (harness.world.stack.store(), &harness.company.tenant, harness.moment());
    let plain = |moment: Timestamp| if (start..=now).contains(&moment) { start } else { moment };
    let mut lines = Ending::new();
    let mut owners = BTreeMap::new();
    for mut account in harness.company.reteach.customers() {
        owners.insert(std::mem::take(&mut account.id), account.external_id.clone());
        account.registered_at = None;
        account.set_inactive_at = account.set_inactive_at.map(plain);
        lines.push(format!("{account:?}"));
    }
    let people = harness.company.personio.people();
    let ids: Vec<_> = people.iter().map(|it| SourceId::new(it.id.to_string())).collect();
    for mut entry in store.employees(tenant, &ids).await.unwrap().into_values() {
        let account = entry.customer_id.take().map(|id| owners.remove(id.as_str()));
        entry.window.inactive_at = entry.window.inactive_at.map(plain);
        if let Some(locked) = &mut entry.locked {
            locked.since = plain(locked.since);
        }
        lines.push(format!("{entry:?} of {account:?}"));
    }
    let root = store.root(tenant).await.unwrap().unwrap();
    let counted = Brake::ALL.map(|it| root.brakes.count(it, now));
    lines.push(format!("waiting {}, counted {counted:?}", root.waiting));
    lines.push(format!("pending {:?}, shards {:?}", root.pending, root.shards));
    lines.push(format!("gate {}", store.tenant(tenant).await.unwrap().unwrap().gate.is_some()));
    lines.sort();
    lines.extend(reconciled(harness).await);
    lines
}

/// What a reconcile finds amiss in reteach, and how many accounts it counts: between two of them that number, a brake's
/// measure, is carried on from run to run, and may be off.
async fn reconciled(harness: &Harness) -> Ending {
    harness.forget_requests();
    harness.run(Mode::Reconcile, Deadline::never()).await;
    let root = harness.world.stack.store().root(&harness.company.tenant).await.unwrap().unwrap();
    let writes = harness.writes().into_iter().map(|it| format!("repaired: {} {}", it.method, it.path));
    writes.chain([format!("open accounts: {}", root.open_accounts)]).collect()
}

fn difference(expected: &Ending, got: &Ending) -> Option<String> {
    let only = |these: &Ending, those: &Ending| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n  ")
    };
    (expected != got).then(|| format!("expected\n  {}\nbut\n  {}", only(expected, got), only(got, expected)))
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
    let difference = difference(&expected, &ending(&harness, start).await);
    assert_eq!(difference, None, "{scene:?} {via:?} {point:?}: {step}");
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
    let all = [Scene::Morning, Scene::First].into_iter().flat_map(|scene| ROUTES.map(|via| (scene, via)));
    let cuts = all.map(|(scene, via)| async move {
        let expected = Arc::new(uninterrupted(scene, via).await);
        let cuts = at_every_point(|point| cut(scene, via, point, Arc::clone(&expected))).await;
        eprintln!("{scene:?} {via:?}: {cuts} cuts");
        assert!(cuts > 60, "{cuts}");
    });
    join_all(cuts).await;
}
