use local::{Options, Stack, State};
use shared::fingerprint::ShardNumber;

use crate::support::{FIRST, acme, entry, id, put_one, read, stack};

#[tokio::test]
async fn stacks_are_isolated_from_each_other() {
    let (one, two) = tokio::join!(stack(), stack());
    one.store().put_tenant(&acme(), "config").await.unwrap();
    assert!(one.store().tenant(&acme()).await.unwrap().is_some());
    assert!(two.store().tenant(&acme()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_keeps_the_table() {
    let path = std::env::temp_dir().join(format!("local-stack-{}.db", std::process::id()));
    let options = Options {
        state: State::File(path.clone()),
        ..Options::default()
    };
    let stack = Stack::start(options.clone()).await.unwrap();
    put_one(&stack.store(), FIRST).await.unwrap();
    drop(stack);

    let stack = Stack::start(options).await.unwrap();
    assert_eq!(read(&stack.store(), [&id(1)]).await[&id(1)], entry(1));
    drop(stack);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
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
