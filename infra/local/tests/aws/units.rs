//! What calls cost, by the rules of DynamoDB's price list: a read unit for each 4 KB (half for an eventually
//! consistent read), a write unit for each KB, twice that in a transaction.

use shared::state::{LastRun, Store, TenantStatus, Units};

use crate::support::{
    FIRST, SECOND, acme, at, id, put_employees, put_one, read, read_all, state, take,
};

/// Expects what `work` costs: read units, write units, calls.
async fn assert_cost<T>(
    store: &Store,
    expected: (f64, f64, u64),
    work: impl AsyncFnOnce(&Store) -> T,
) {
    let store = store.with_fresh_units();
    work(&store).await;
    let Units {
        read,
        write,
        calls,
        retries,
    } = store.units();
    assert_eq!(((read, write, calls), retries), (expected, 0));
}

#[tokio::test]
async fn an_unchanged_run_costs_two_writes_and_one_and_a_half_reads() {
    let (_stack, store) = state().await;
    store.put_tenant(&acme(), "config").await.unwrap();
    let (good_run, reported) = (Some(at("08:00:01")), None);
    let run = LastRun {
        good_run,
        reported,
        retirements: None,
        notices: None,
    };
    assert_cost(&store, (1.5, 2.0, 4), async |store| {
        store.tenant(&acme()).await.unwrap();
        let lease = take(store, "one", at("08:00:00")).await;
        store.sync_state(&acme()).await.unwrap();
        store.release(&lease, run).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn reads_cost_by_size_and_freshness() {
    let (_stack, store) = state().await;
    let tenant = async |store: &Store| store.tenant(&acme()).await.unwrap();
    assert_cost(&store, (0.5, 0.0, 1), tenant).await;
    for (bytes, units) in [(100, 0.5), (3_900, 0.5), (4_200, 1.0), (9_000, 1.5)] {
        store.put_tenant(&acme(), &"x".repeat(bytes)).await.unwrap();
        assert_cost(&store, (units, 0.0, 1), tenant).await;
    }
    let root = async |store: &Store| store.sync_state(&acme()).await.unwrap();
    assert_cost(&store, (1.0, 0.0, 1), root).await;
}

#[tokio::test]
async fn a_batch_costs_a_unit_for_each_item_and_a_query_for_each_4_kilobytes() {
    let (_stack, store) = state().await;
    put_employees(&store, 10).await;
    let ids: Vec<_> = (0..10).map(id).collect();
    let some = async |store: &Store| read(store, &ids).await;
    assert_cost(&store, (10.0, 0.0, 1), some).await;
    let all = async |store: &Store| read_all(store).await;
    assert_cost(&store, (1.0, 0.0, 1), all).await;
}

#[tokio::test]
async fn writes_cost_by_size_even_if_refused() {
    let (_stack, store) = state().await;
    let put = async |store: &Store| put_one(store, SECOND).await.unwrap();
    assert_cost(&store, (0.0, 1.0, 1), put).await;
    let fenced = async |store: &Store| put_one(store, FIRST).await.unwrap_err();
    assert_cost(&store, (0.0, 1.0, 1), fenced).await;
    let other = async |store: &Store| store.set_status(&acme(), TenantStatus::Active, None).await;
    assert_cost(&store, (0.0, 1.0, 1), other).await;
    let add = async |store: &Store| store.put_tenant(&acme(), &"x".repeat(1_500)).await;
    assert_cost(&store, (0.0, 7.0, 2), add).await;
}

#[tokio::test]
async fn reading_missing_items_costs_units() {
    let (_stack, store) = state().await;
    let tenant = async |store: &Store| store.tenant(&acme()).await.unwrap();
    assert_cost(&store, (0.5, 0.0, 1), tenant).await;
    let ids = [id(1), id(2)];
    let some = async |store: &Store| read(store, &ids).await;
    assert_cost(&store, (2.0, 0.0, 1), some).await;
    let all = async |store: &Store| read_all(store).await;
    assert_cost(&store, (1.0, 0.0, 1), all).await;
    let reports = async |store: &Store| store.reports::<u32>(&acme(), 1).await.unwrap();
    assert_cost(&store, (0.5, 0.0, 1), reports).await;
}

#[tokio::test]
async fn an_update_costs_by_the_larger_of_before_and_after() {
    let (_stack, store) = state().await;
    store.put_tenant(&acme(), &"x".repeat(2_500)).await.unwrap();
    let pause = async |store: &Store| store.set_status(&acme(), TenantStatus::Active, None).await;
    assert_cost(&store, (0.0, 3.0, 1), pause).await;
    let shrink = async |store: &Store| store.put_tenant(&acme(), "x").await;
    assert_cost(&store, (0.0, 9.0, 2), shrink).await;
}

#[tokio::test]
async fn clones_share_the_count() {
    let (_stack, store) = state().await;
    store.clone().tenant(&acme()).await.unwrap();
    let before = store.units();
    assert_eq!((before.read, before.calls), (0.5, 1));
    store.tenant(&acme()).await.unwrap();
    assert_eq!(store.units() - before, before);
}
