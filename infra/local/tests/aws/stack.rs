use shared::fingerprint::ShardNumber;

use crate::support::{acme, id, stack};

#[tokio::test]
async fn stacks_are_isolated_from_each_other() {
    let (one, two) = tokio::join!(stack(), stack());
    one.store().put_tenant(&acme(), "config").await.unwrap();
    assert!(one.store().tenant(&acme()).await.unwrap().is_some());
    assert!(two.store().tenant(&acme()).await.unwrap().is_none());
}

#[tokio::test]
async fn all_work_can_be_spawned_on_other_threads() {
    let stack = stack().await;
    let (store, secrets) = (stack.store(), stack.secrets());
    let work = async move {
        let ids = [id(1), id(2)];
        store.employees(&acme(), None, &ids).await.unwrap();
        store.shards(&acme(), &[ShardNumber(1)]).await.unwrap();
        store.remove_tenant(&acme()).await.unwrap();
        secrets.get(&acme()).await.unwrap_err();
    };
    tokio::spawn(work).await.unwrap();
}
