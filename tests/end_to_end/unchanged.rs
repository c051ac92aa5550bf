//! Runs without changes.

use employee_sync::report::Counts;
use harness::{Harness, ROUTES, TICK, people};
use jiff::SignedDuration;
use shared::runtime::Outcome;
use shared::state::Units;
use shared::tenant::Via;
use simulators::Person;
use simulators::reteach::Customer;

/// Checks one unchanged tick of a company of any size.
async fn costs_next_to_nothing(harness: &Harness, people: u64, label: &str) {
    harness.forget_requests();
    let report = harness.tick().await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{label}: {report:#?}");
    assert_eq!(harness.asked().len(), 0, "{label}");
    assert_eq!(report.calls.reteach, 0, "{label}");
    let counts = Counts {
        people,
        readings: 1,
        unchanged: people,
        ..Counts::default()
    };
    assert_eq!(report.counts, counts, "{label}");
    assert!(
        report.findings.is_empty() && report.message.is_empty(),
        "{label}"
    );
    // The tenant and the root are read; the lease is taken and released.
    let Units {
        read, write, calls, ..
    } = report.dynamodb;
    assert!(read <= 2.0, "{label}: {read} read units");
    assert_eq!((write, calls), (2.0, 4), "{label}");
    assert_eq!(
        harness.last_good_run().await,
        Some(harness.moment()),
        "{label}"
    );
}

#[tokio::test]
async fn an_unchanged_tick_calls_no_academy_and_the_state_four_times() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(10)).await;
        for _ in 0..3 {
            costs_next_to_nothing(&harness, 10, &format!("{via:?}")).await;
        }
    }
}

/// A run that takes no lease leaves word of its failure too.
#[tokio::test]
async fn the_first_good_run_after_a_bad_file_leaves_a_report_and_the_next_one_none() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    let file = store.tenant(tenant).await.unwrap().unwrap().config;
    let reports = async || store.inventory(tenant).await.unwrap().reports;
    harness.tick().await;
    let before = reports().await;
    harness.store_file("tenant_id = 4").await;
    assert_eq!(harness.tick().await.outcome, Outcome::BadConfiguration);
    harness.store_file(&file).await;
    for _ in 0..2 {
        assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
        assert_eq!(reports().await, before + 2);
    }
}

/// The account of `person` after the first run.
fn account_of(person: &Person) -> Customer {
    Customer {
        external_id: Some(format!("personio:{}", person.id)),
        email: person.email.clone(),
        first_name: Some(person.first_name.clone()),
        last_name: Some(person.last_name.clone()),
        position: person.position.clone(),
        company: person.subcompany.clone(),
        location: person.office.clone(),
        gender: Some("FEMALE".to_owned()),
        set_active_at: Some("2019-12-31T23:00:00Z".parse().unwrap()),
        ..Customer::default()
    }
}

#[tokio::test]
async fn an_unchanged_tick_costs_the_same_for_3000_people() {
    let off = "[employees]\nemployment_type = \"off\"\n";
    let harness = Harness::new(Via::Kombo, off, people(3_000)).await;
    for person in people(3_000) {
        harness.reteach.insert(account_of(&person));
    }
    harness.first_run().await;
    costs_next_to_nothing(&harness, 3_000, "3,000 people").await;
}

#[tokio::test]
async fn an_unchanged_tenant_stores_a_report_once_an_hour() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let mut kept = harness.reports().await.len();
    let mut written = Vec::new();
    for minute in (5..=180).step_by(5) {
        assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
        let now = harness.reports().await;
        if now.len() > kept {
            written.push(minute);
            assert_eq!(now[0].outcome, Outcome::Unchanged);
        }
        kept = now.len();
    }
    assert_eq!(written, [60, 120, 180]);
}

#[tokio::test]
async fn the_daily_reconcile_of_an_unchanged_company_writes_nothing() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    harness.after(SignedDuration::from_hours(24) - TICK).await;
    assert_eq!(harness.asked().len(), 0);
    let report = harness.tick().await;
    assert_eq!(harness.summary(), [("GET /customer".to_owned(), 1)]);
    assert_run!(report, Outcome::Done, unchanged = 3);
    harness.forget_requests();
    costs_next_to_nothing(&harness, 3, "after the reconcile").await;
}
