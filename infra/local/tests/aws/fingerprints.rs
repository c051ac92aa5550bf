use std::collections::{BTreeMap, BTreeSet};

use shared::fingerprint::{
    EntryStatus, FingerprintKey, Part, SHARDS, Shard, ShardDigest, ShardEntry, ShardNumber,
};
use shared::state::{Brake, BrakeWindow, FencingToken, StateError, SyncState};

use crate::support::{acme, at, id, stack};

const FIRST: FencingToken = FencingToken(1);
const SECOND: FencingToken = FencingToken(2);

fn shard(people: usize) -> Shard {
    let key = FingerprintKey::from_bytes(&[7; 32]);
    let person = |number: usize| {
        let fingerprint = key.fingerprint([Part::Value(&number.to_string())]);
        let status = match number % 3 {
            0 => EntryStatus::Synced,
            1 => EntryStatus::MissingOnce,
            _ => EntryStatus::RetryAt(at("09:00:00")),
        };
        (
            id(number),
            ShardEntry {
                fingerprint,
                status,
            },
        )
    };
    Shard((0..people).map(person).collect())
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
        shards: vec![
            ShardDigest {
                digest: u64::MAX,
                due: 0,
            },
            ShardDigest::default(),
            shard(3).digest(),
        ],
        people: 0,
        open_accounts: 1000,
        brakes,
        pending: BTreeMap::from([(Brake::Unlock, BTreeSet::from([0, u64::MAX]))]),
        waiting: 1,
        reconciled_at: at("03:00:00"),
        ..SyncState::default()
    }
}

#[tokio::test]
async fn there_is_no_root_before_the_first_run() {
    assert_eq!(stack().await.store().sync_state(&acme()).await, Ok(None));
}

#[tokio::test]
async fn reads_the_root_back() {
    let stack = stack().await;
    let store = stack.store();
    store.put_sync_state(&acme(), FIRST, &root()).await.unwrap();
    assert_eq!(store.sync_state(&acme()).await, Ok(Some(root())));
    store
        .put_sync_state(&acme(), SECOND, &root())
        .await
        .unwrap();
    let fenced = Err(StateError::Fenced {
        item: "FINGERPRINTS".to_owned(),
    });
    assert_eq!(store.put_sync_state(&acme(), FIRST, &root()).await, fenced);
}

#[tokio::test]
async fn a_root_of_all_shards_is_one_read_unit() {
    let stack = stack().await;
    let line = ShardDigest {
        digest: u64::MAX,
        due: u32::MAX,
    };
    let root = SyncState {
        shards: vec![line; usize::from(SHARDS)],
        ..root()
    };
    stack
        .store()
        .put_sync_state(&acme(), FIRST, &root)
        .await
        .unwrap();
    let store = stack.store();
    assert_eq!(store.sync_state(&acme()).await, Ok(Some(root)));
    assert!(store.units().read <= 1.0, "{:?}", store.units());
}

#[tokio::test]
async fn only_the_requested_shards_are_read() {
    let stack = stack().await;
    let store = stack.store();
    for number in 0..3 {
        store
            .put_shard(
                &acme(),
                FIRST,
                ShardNumber(number),
                &shard(usize::from(number) + 1),
            )
            .await
            .unwrap();
    }
    let wanted = [
        ShardNumber(0),
        ShardNumber(2),
        ShardNumber(2),
        ShardNumber(60),
    ];
    let read = store.shards(&acme(), &wanted).await.unwrap();
    assert_eq!(read.len(), 3);
    assert_eq!(read[&ShardNumber(0)], shard(1));
    assert_eq!(read[&ShardNumber(2)], shard(3));
    assert_eq!(
        read[&ShardNumber(60)],
        Shard::default(),
        "never written: empty"
    );
}

#[tokio::test]
async fn reads_all_shards() {
    let stack = stack().await;
    let store = stack.store();
    let all: Vec<ShardNumber> = ShardNumber::all().collect();
    for number in &all {
        store
            .put_shard(&acme(), FIRST, *number, &shard(2))
            .await
            .unwrap();
    }
    let read = store.shards(&acme(), &all).await.unwrap();
    assert!(all.iter().all(|number| read[number] == shard(2)));
}

#[tokio::test]
async fn a_shard_of_64_people_is_a_few_write_units() {
    let stack = stack().await;
    let store = stack.store();
    store
        .put_shard(&acme(), FIRST, ShardNumber(0), &shard(64))
        .await
        .unwrap();
    assert!(store.units().write <= 4.0, "{:?}", store.units());
}

#[tokio::test]
async fn a_shard_above_400_kilobytes_is_refused_by_name() {
    let stack = stack().await;
    let store = stack.store();
    let too_large = Err(StateError::TooLarge {
        item: "FINGERPRINTS#5".to_owned(),
    });
    assert_eq!(
        store
            .put_shard(&acme(), FIRST, ShardNumber(5), &shard(20_000))
            .await,
        too_large
    );
    store
        .put_shard(&acme(), FIRST, ShardNumber(5), &shard(9_000))
        .await
        .unwrap();
    let read = store.shards(&acme(), &[ShardNumber(5)]).await.unwrap();
    assert_eq!(read[&ShardNumber(5)], shard(9_000));
}
