//! What calls cost, by the rules of DynamoDB's price list: a read unit for each 4 KB (half for an eventually
//! consistent read), a write unit for each KB, twice that in a transaction.

use shared::state::{FencingToken, LastRun, Store, TenantStatus, Units};

use crate::support::{acme, at, entry, id, put_employees, stack, take};

fn read(units: f64, calls: u64) -> Units {
    Units {
        read: units,
        calls,
        ..Units::default()
    }
}

fn write(units: f64, calls: u64) -> Units {
    Units {
        write: units,
        calls,
        ..Units::default()
    }
}

async fn cost<T>(store: &Store, work: impl AsyncFnOnce(&Store) -> T) -> Units {
    let store = store.with_fresh_units();
    work(&store).await;
    store.units()
}

#[tokio::test]
async fn an_unchanged_run_costs_two_writes_and_one_and_a_half_reads() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), "config").await.unwrap();
    let run = LastRun {
        good_run: Some(at("08:00:01")),
        reported: None,
    };
    let used = cost(&store, async |store| {
        store.tenant(&acme()).await.unwrap();
        let lease = take(store, "one", at("08:00:00")).await;
        store.sync_state(&acme()).await.unwrap();
        store.release(&lease, run).await.unwrap();
    });
    assert_eq!(
        used.await,
        Units {
            read: 1.5,
            write: 2.0,
            calls: 4,
            retries: 0
        }
    );
}

#[tokio::test]
async fn reads_cost_by_size_and_freshness() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(
        cost(&store, async |store| store.tenant(&acme()).await).await,
        read(0.5, 1)
    );
    for (bytes, units) in [(100, 0.5), (3_900, 0.5), (4_200, 1.0), (9_000, 1.5)] {
        store.put_tenant(&acme(), &"x".repeat(bytes)).await.unwrap();
        let used = cost(&store, async |store| store.tenant(&acme()).await).await;
        assert_eq!(used, read(units, 1), "{bytes} bytes");
    }
    assert_eq!(
        cost(&store, async |store| store.sync_state(&acme()).await).await,
        read(1.0, 1)
    );
}

#[tokio::test]
async fn a_batch_costs_a_unit_for_each_item_and_a_query_for_each_4_kilobytes() {
    let stack = stack().await;
    let store = stack.store();
    put_employees(&store, 10).await;
    let ids: Vec<_> = (0..10).map(id).collect();
    let used = cost(&store, async |store| {
        store.employees(&acme(), &ids).await.unwrap()
    })
    .await;
    assert_eq!(used, read(10.0, 1));
    let used = cost(&store, async |store| {
        store.all_employees(&acme()).await.unwrap()
    })
    .await;
    assert_eq!(used, read(1.0, 1));
}

#[tokio::test]
async fn writes_cost_by_size_even_if_refused() {
    let stack = stack().await;
    let store = stack.store();
    let put = async |store: &Store| {
        store
            .put_employee(&acme(), FencingToken(2), &entry(1))
            .await
    };
    assert_eq!(cost(&store, put).await, write(1.0, 1));
    let fenced = async |store: &Store| {
        store
            .put_employee(&acme(), FencingToken(1), &entry(1))
            .await
    };
    assert_eq!(cost(&store, fenced).await, write(1.0, 1));
    let unknown = async |store: &Store| store.set_status(&acme(), TenantStatus::Active).await;
    assert_eq!(cost(&store, unknown).await, write(1.0, 1));
    let add = async |store: &Store| store.put_tenant(&acme(), &"x".repeat(1_500)).await;
    assert_eq!(cost(&store, add).await, write(6.0, 1));
}

#[tokio::test]
async fn reading_missing_items_costs_units() {
    let stack = stack().await;
    let store = stack.store();
    let used = cost(&store, async |store| store.tenant(&acme()).await.unwrap()).await;
    assert_eq!(used, read(0.5, 1));
    let ids = [id(1), id(2)];
    let used = cost(&store, async |store| {
        store.employees(&acme(), &ids).await.unwrap()
    })
    .await;
    assert_eq!(used, read(2.0, 1));
    let used = cost(&store, async |store| {
        store.all_employees(&acme()).await.unwrap()
    })
    .await;
    assert_eq!(used, read(1.0, 1));
    let used = cost(&store, async |store| {
        store.reports::<u32>(&acme(), 1).await.unwrap()
    })
    .await;
    assert_eq!(used, read(0.5, 1));
}

#[tokio::test]
async fn an_update_costs_by_the_larger_of_before_and_after() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), &"x".repeat(2_500)).await.unwrap();
    let pause = async |store: &Store| store.set_status(&acme(), TenantStatus::Active).await;
    assert_eq!(cost(&store, pause).await, write(3.0, 1));
    let shrink = async |store: &Store| store.put_tenant(&acme(), "x").await;
    assert_eq!(cost(&store, shrink).await, write(8.0, 1));
}

#[tokio::test]
async fn clones_share_the_count() {
    let stack = stack().await;
    let store = stack.store();
    store.clone().tenant(&acme()).await.unwrap();
    let before = store.units();
    assert_eq!(before, read(0.5, 1));
    store.tenant(&acme()).await.unwrap();
    assert_eq!(store.units() - before, read(0.5, 1));
}
