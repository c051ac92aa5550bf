//! The ledger's entry of a person who left ends a year later, on every route.

use harness::{Harness, ROUTES, person};
use jiff::SignedDuration;
use shared::domain::id::SourceId;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Person 2 was deleted in the HR system, and their account is locked.
async fn left(harness: &Harness) {
    harness.personio.remove(2);
    if let Some(kombo) = &harness.company.kombo {
        kombo.mirror(local::INTEGRATION);
    }
    harness.tick().await;
    harness.tick().await;
}

async fn knows(harness: &Harness, id: &str) -> bool {
    let id = SourceId::new(id);
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    let entries = store.employees(tenant, None, [&id]).await.unwrap();
    entries.contains_key(&id)
}

#[tokio::test]
async fn who_left_a_year_ago_is_no_longer_in_the_ledger_and_who_comes_back_keeps_the_account() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", harness::people(5)).await;
        left(&harness).await;
        let account = harness.find(2).unwrap().id;
        let is_locked = || harness.reteach.status(&account) == Some("INACTIVE");
        assert!(is_locked(), "{via:?}");
        harness.after(DAY * 364).await;
        assert!(knows(&harness, "2").await, "{via:?}");
        let report = harness.after(DAY * 2).await;
        assert_counts!("{via:?}", report, locked = 0, orphaned = 0);
        assert!(!knows(&harness, "2").await, "{via:?}");
        assert!(is_locked(), "{via:?}");

        harness.after(DAY * 30).await;
        harness.personio.put(person(2));
        let report = harness.tick().await;
        assert_counts!("{via:?}", report, unlocked = 1, created = 0);
        assert_eq!(harness.reteach.status(&account), Some("ADDED"), "{via:?}");
        assert_eq!(harness.reteach.customers().len(), 5, "{via:?}");
    }
}
