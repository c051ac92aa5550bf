use std::collections::{BTreeMap, BTreeSet};

use shared::fingerprint::{
    EntryStatus, FingerprintKey, Part, SHARDS, Shard, ShardDigest, ShardEntry, ShardNumber,
};
use shared::state::{Brake, BrakeWindow, StateError, Store, SyncState};

use crate::support::{FIRST, acme, at, id, stack, state};

fn shard(people: usize) -> Shard {
    let key = FingerprintKey::from_bytes(&[7; 32]);
    let person = |number: usize| {
        let fingerprint = key.fingerprint([Part::Value(&number.to_string())]);
        let status = match number % 3 {
            0 => EntryStatus::Synced,
            1 => EntryStatus::MissingOnce,
            _ => EntryStatus::RetryAt(at("09:00:00")),
        };
        let entry = ShardEntry {
            fingerprint,
            status,
        };
        (id(number), entry)
    };
    Shard((0..people).map(person).collect())
}

async fn put(store: &Store, number: u16, people: usize) -> Result<(), StateError> {
    let (number, shard) = (ShardNumber(number), shard(people));
    store.put_shard(&acme(), FIRST, number, &shard).await
}

async fn read(store: &Store, numbers: &[u16]) -> BTreeMap<ShardNumber, Shard> {
    let numbers: Vec<_> = numbers.iter().copied().map(ShardNumber).collect();
    store.shards(&acme(), &numbers).await.unwrap()
}

fn root() -> SyncState {
    let mut brakes = BrakeWindow::default();
    for kind in Brake::ALL {
        brakes.add(kind, 3, at("08:00:00"));
    }
    SyncState {
        by_reteach_id: true,
        mapping_version: 1,
        configuration: "digest".to_owned(),
        people: 0,
        open_accounts: 1000,
        brakes,
        pending: BTreeMap::from([(Brake::Unlock, BTreeSet::from([0, u64::MAX]))]),
        waiting: 1,
        waiting_gone: 1,
        reconciled_at: at("03:00:00"),
        ..SyncState::default()
    }
}

#[tokio::test]
async fn a_root_of_all_shards_is_one_read_unit() {
    let stack = stack().await;
    let (digest, due) = (u64::MAX, u32::MAX);
    let root = SyncState {
        shards: vec![ShardDigest { digest, due }; usize::from(SHARDS)],
        ..root()
    };
    let written = stack.store().put_sync_state(&acme(), FIRST, &root).await;
    assert_eq!(written, Ok(()));
    let store = stack.store();
    assert_eq!(store.sync_state(&acme()).await, Ok(Some(root)));
    assert!(store.units().read <= 1.0, "{:?}", store.units());
}

#[tokio::test]
async fn only_the_requested_shards_are_read() {
    let (_stack, store) = state().await;
    for number in 0..3 {
        put(&store, number, usize::from(number) + 1).await.unwrap();
    }
    let read = read(&store, &[0, 2, 2, 60]).await;
    assert_eq!(read.len(), 3);
    // The last one was never written: it is empty.
    for (number, people) in [(0, 1), (2, 3), (60, 0)] {
        assert_eq!(read[&ShardNumber(number)], shard(people));
    }
}

#[tokio::test]
async fn reads_all_shards() {
    let (_stack, store) = state().await;
    let all: Vec<ShardNumber> = ShardNumber::all().collect();
    for number in &all {
        put(&store, number.0, 2).await.unwrap();
    }
    let read = store.shards(&acme(), &all).await.unwrap();
    assert!(all.iter().all(|number| read[number] == shard(2)));
}

#[tokio::test]
async fn a_shard_of_64_people_is_a_few_write_units() {
    let (_stack, store) = state().await;
    put(&store, 0, 64).await.unwrap();
    assert!(store.units().write <= 4.0, "{:?}", store.units());
}

#[tokio::test]
async fn a_shard_above_400_kilobytes_is_refused_by_name() {
    let (_stack, store) = state().await;
    let item = "FINGERPRINTS#5".to_owned();
    let too_large = Err(StateError::TooLarge { item });
    assert_eq!(put(&store, 5, 20_000).await, too_large);
    put(&store, 5, 9_000).await.unwrap();
    assert_eq!(read(&store, &[5]).await[&ShardNumber(5)], shard(9_000));
}
