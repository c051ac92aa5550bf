//! Whose account it is where another system, or a former profile, has had it before.

use employee_sync::report::Report;
use harness::{Harness, ROUTES, numbered, people};
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::state::Brake;
use shared::tenant::Via;
use simulators::Person;
use simulators::people::Status;
use simulators::reteach::Customer;

use crate::brakes::PLAIN;

async fn reconcile(harness: &Harness) -> Report {
    harness.advance(harness::TICK);
    harness.run(Mode::Reconcile, Deadline::never()).await.report
}

/// Somebody new with this person's names and mail address.
fn rehired(harness: &Harness, new: u64, former: u64) -> Person {
    let people = harness.personio.people();
    let former = people.into_iter().find(|it| it.id == former).unwrap();
    Person {
        id: new,
        status: Status::Active,
        termination_date: None,
        ..former
    }
}

#[tokio::test]
async fn a_reconcile_gives_an_account_without_its_id_to_the_rehire_and_not_to_the_former_profile() {
    for is_gone in [false, true] {
        let harness = Harness::synced(Via::Direct, PLAIN, people(6)).await;
        let id = harness.account(1).id;
        let rehired = rehired(&harness, 7, 1);
        if is_gone {
            harness.personio.remove(1);
            harness.tick().await;
        } else {
            harness.change(1, |person| person.status = Status::Inactive);
        }
        harness.tick().await;
        assert!(harness.is_locked(1), "{is_gone}");
        harness
            .reteach
            .edit(&id, |account| account.external_id = None);
        harness.personio.put(rehired);
        let report = reconcile(&harness).await;
        assert_run!("{is_gone}", report, Outcome::Done, adopted = 1);
        assert_eq!(harness.account(7).id, id, "{is_gone}");
        assert!(!harness.is_locked(7), "{is_gone}");
        let before = harness.account(7);
        if !is_gone {
            harness.change(1, |person| person.office = Some("Ulm".to_owned()));
        }
        for _ in 0..3 {
            harness.tick().await;
            reconcile(&harness).await;
        }
        assert_eq!(harness.account(7), before, "{is_gone}");
        assert_eq!(harness.reteach.customers().len(), 6, "{is_gone}");
    }
}

/// HR empties the leaver's address and gives it to somebody else. Kombo's model shows no empty address: the account keeps it.
#[tokio::test]
async fn an_address_that_a_leaver_lost_is_free_and_over_kombos_model_waits_for_a_decision() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(6)).await;
        let former = harness.account(1).id;
        let mut new = harness::person(7);
        harness.change(1, |person| {
            person.status = Status::Inactive;
            new.email = person.email.take();
        });
        harness.tick().await;
        harness.personio.put(new);
        let report = harness.tick().await;
        let is_held = via == Via::Kombo;
        let (created, held) = (u64::from(!is_held), u64::from(is_held));
        assert_counts!("{via:?}", report, created = created, held = held);
        if let Some(held) = report.held {
            let at = harness.moment();
            let dismissed = shared::state::Decision::Dismissed { at };
            harness.decide(&held.hash, dismissed).await;
            harness.reteach.edit(&former, |account| {
                account.email = Some("frueher@muster.example".to_owned());
            });
            assert_counts!("{via:?}", harness.tick().await, created = 1, held = 0);
        }
        assert!(harness.is_locked(1) && !harness.is_locked(7), "{via:?}");
        assert_eq!(harness.account(1).id, former, "{via:?}");
        assert_eq!(harness.reteach.customers().len(), 7, "{via:?}");
    }
}

#[tokio::test]
async fn an_account_of_another_system_goes_to_its_person_only_after_approval() {
    let harness = Harness::new(Via::Direct, "", people(4)).await;
    let foreign = Customer {
        tags: vec!["Brandschutz".to_owned()],
        ..numbered("sap:77", "person-2@muster.example")
    };
    let id = harness.reteach.insert(foreign);
    let before = harness.reteach.customer(&id);
    let report = harness.now().await;
    assert_run!(report, Outcome::Done, created = 3, held = 1);
    assert_run!(reconcile(&harness).await, Outcome::Done, held = 1);
    assert_eq!(harness.reteach.customer(&id), before);
    assert_eq!(harness.reteach.customers().len(), 4);

    let held = report.held.unwrap();
    assert_eq!(held.counts, [(Brake::TakeOver, 1)].into());
    harness.approve(&held.hash).await;
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, handed_over = 1, held = 0);
    let account = harness.account(2);
    assert_eq!(account.id, id);
    assert_eq!(account.tags, ["Brandschutz", "Anstellungsart: intern"]);
    assert_run!(harness.tick().await, Outcome::Unchanged);
    assert_eq!(harness.reteach.customers().len(), 4);
}

#[tokio::test]
async fn a_dismissed_take_over_leaves_the_account_to_the_other_system() {
    let harness = Harness::synced(Via::Direct, "", people(4)).await;
    let foreign = numbered("sap:77", "person-5@muster.example");
    let id = harness.reteach.insert(foreign);
    let before = harness.reteach.customer(&id);
    harness.personio.put(harness::person(5));
    let held = harness.tick().await.held.unwrap();
    let at = harness.moment();
    let dismissed = shared::state::Decision::Dismissed { at };
    harness.decide(&held.hash, dismissed).await;
    for _ in 0..3 {
        let report = harness.tick().await;
        assert!(report.outcome.is_good(), "{report:#?}");
        assert!(report.held.as_ref().is_none_or(|held| held.dismissed));
        // Who was dismissed waits for nothing, and raises no alarm.
        assert_eq!(report.counts.waiting, 0, "{report:#?}");
    }
    reconcile(&harness).await;
    assert_eq!(harness.reteach.customer(&id), before);
}

#[tokio::test]
async fn more_handovers_than_the_limit_wait_for_approval_and_stop_nothing_else() {
    let harness = Harness::synced(Via::Direct, "", people(40)).await;
    let ids: Vec<String> = (1..=6).map(|id| harness.account(id).id).collect();
    let rehired = |new: u64| rehired(&harness, new, new - 100);
    let rehires: Vec<Person> = (101..=106).map(rehired).collect();
    for id in 1..=6 {
        harness.change(id, |person| person.status = Status::Inactive);
    }
    // More locks than their limit, too.
    let locks = harness.tick().await.held.unwrap();
    harness.approve(&locks.hash).await;
    assert_counts!(harness.tick().await, locked = 6, held = 0);

    harness.personio.put_all(rehires);
    harness.change(9, |person| person.office = Some("Ulm".to_owned()));
    let report = harness.tick().await;
    assert_run!(
        report,
        Outcome::Done,
        handed_over = 0,
        held = 6,
        updated = 1
    );
    let held = report.held.unwrap();
    assert_eq!(held.counts, [(Brake::Handover, 6)].into());
    assert_says!(held.text, "limit without approval: 5");
    assert_eq!(harness.locked(1..=6), 6);

    harness.approve(&held.hash).await;
    let report = harness.tick().await;
    assert_run!(
        report,
        Outcome::Done,
        handed_over = 6,
        held = 0,
        created = 0
    );
    let after: Vec<String> = (101..=106).map(|id| harness.account(id).id).collect();
    assert_eq!(after, ids);
    assert_eq!(harness.locked(101..=106), 0);
    assert_eq!(harness.reteach.customers().len(), 40);
}
