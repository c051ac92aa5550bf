//! The ledger's entry of a person who left ends a year later.

use harness::{Harness, person};
use jiff::SignedDuration;
use shared::domain::id::SourceId;
use shared::tenant::Via;

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn knows(harness: &Harness, id: &str) -> bool {
    let id = SourceId::new(id);
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    let entries = store.employees(tenant, None, [&id]).await.unwrap();
    entries.contains_key(&id)
}

#[tokio::test]
async fn who_left_a_year_ago_is_no_longer_in_the_ledger_and_who_comes_back_keeps_the_account() {
    let harness = Harness::synced(Via::Direct, "", harness::people(5)).await;
    harness.personio.remove(2);
    harness.tick().await;
    harness.tick().await;
    let account = harness.find(2).unwrap().id;
    let is_locked = || harness.reteach.status(&account) == Some("INACTIVE");
    assert!(is_locked());
    harness.after(DAY * 364).await;
    assert!(knows(&harness, "2").await);
    let report = harness.after(DAY * 2).await;
    assert_counts!(report, locked = 0, orphaned = 0);
    assert!(!knows(&harness, "2").await);
    assert!(is_locked());

    harness.after(DAY * 30).await;
    harness.personio.put(person(2));
    let report = harness.tick().await;
    assert_counts!(report, unlocked = 1, created = 0);
    assert_eq!(harness.reteach.status(&account), Some("ADDED"));
    assert_eq!(harness.reteach.customers().len(), 5);
}
