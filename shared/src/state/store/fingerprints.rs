//! The root and the shards of fingerprints.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{FencingToken, StateError, Store};
use crate::domain::id::TenantId;
use crate::fingerprint::{Shard, ShardNumber};
use crate::state::SyncState;
use crate::state::key::Key;
use crate::state::table::{Freshness, Item, sort_key};

/// The attribute that holds a packed shard.
const PEOPLE: &str = "people";

impl Store {
    /// The root, as the last run left it; `None` before the first run.
    pub async fn sync_state(&self, tenant: &TenantId) -> Result<Option<SyncState>, StateError> {
        self.table
            .get_record(&Key::root(tenant), Freshness::Consistent)
            .await
    }

    /// Writes the root: the last write of a run, after everything it speaks of.
    pub async fn put_sync_state(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        root: &SyncState,
    ) -> Result<(), StateError> {
        self.put_fenced_record(&Key::root(tenant), token, root)
            .await
    }

    /// These shards; one that was never written is empty.
    pub async fn shards(
        &self,
        tenant: &TenantId,
        numbers: &[ShardNumber],
    ) -> Result<BTreeMap<ShardNumber, Shard>, StateError> {
        let (shards, damaged) = self.readable_shards(tenant, numbers).await?;
        damaged.into_iter().next().map_or(Ok(shards), Err)
    }

    /// These shards, and [`StateError::Damaged`] for each that cannot be read: it is empty, as one that was never written.
    pub async fn readable_shards(
        &self,
        tenant: &TenantId,
        numbers: &[ShardNumber],
    ) -> Result<(BTreeMap<ShardNumber, Shard>, Vec<StateError>), StateError> {
        let names: HashMap<String, ShardNumber> = numbers
            .iter()
            .map(|number| (Key::shard(tenant, *number).sk, *number))
            .collect();
        let mut shards: BTreeMap<_, _> = numbers
            .iter()
            .map(|number| (*number, Shard::default()))
            .collect();
        let mut damaged = Vec::new();
        let keys = numbers.iter().map(|number| Key::shard(tenant, *number));
        for item in self.table.batch_get(keys).await? {
            if let Some(number) = names.get(sort_key(&item)) {
                match unpack(&item) {
                    Ok(shard) => drop(shards.insert(*number, shard)),
                    Err(error) => damaged.push(error),
                }
            }
        }
        Ok((shards, damaged))
    }

    /// Writes a shard. A write costs one unit for each KB.
    ///
    /// # Errors
    /// [`StateError::TooLarge`] above DynamoDB's 400 KB, which is about 9,000 people in one shard and cannot happen
    /// below half a million people in one company; [`StateError::Fenced`] if a newer run has written it, or DynamoDB fails.
    pub async fn put_shard(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        number: ShardNumber,
        shard: &Shard,
    ) -> Result<(), StateError> {
        let key = Key::shard(tenant, number);
        let bytes = shard.to_bytes().map_err(|_| StateError::Unwritable {
            item: key.sk.clone(),
        })?;
        let item = Item::from([(PEOPLE.to_owned(), AttributeValue::B(Blob::new(bytes)))]);
        self.put_fenced(&key, token, item).await
    }
}

fn unpack(item: &Item) -> Result<Shard, StateError> {
    let bytes = item.get(PEOPLE).and_then(|value| value.as_b().ok());
    let shard = bytes.and_then(|bytes| Shard::from_bytes(bytes.as_ref()).ok());
    shard.ok_or_else(|| StateError::Damaged {
        item: sort_key(item).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::SourceId;
    use crate::fingerprint::{EntryStatus, Fingerprint, ShardEntry};
    use crate::state::table::Condition;
    use crate::state::testing::Emulator;

    const TOKENS: [FencingToken; 2] = [FencingToken(9), FencingToken(10)];

    fn shard() -> Shard {
        let entry = ShardEntry {
            fingerprint: Fingerprint::default(),
            status: EntryStatus::Synced,
        };
        Shard([(SourceId::new("1"), entry)].into())
    }

    #[tokio::test]
    async fn the_root_is_the_last_one_that_a_run_with_the_newest_lease_wrote() {
        let store = Emulator::start().await.store;
        let acme = TenantId::parse("acme").unwrap();
        assert_eq!(store.sync_state(&acme).await, Ok(None));
        let [older, newer] = TOKENS;
        let runs = [(newer, 1, true), (older, 2, false), (newer, 3, true)];
        for (token, people, is_written) in runs {
            let root = SyncState {
                people,
                ..SyncState::default()
            };
            let written = store.put_sync_state(&acme, token, &root).await;
            assert_eq!(written.is_ok(), is_written, "{people}");
            let read = store.sync_state(&acme).await.unwrap().unwrap();
            assert_eq!(read == root, is_written, "{people}");
        }
    }

    #[tokio::test]
    async fn a_shard_that_was_never_written_is_empty_and_a_damaged_one_is_refused() {
        let store = Emulator::start().await.store;
        let acme = TenantId::parse("acme").unwrap();
        let [older, newer] = TOKENS;
        let numbers = [5, 6].map(ShardNumber);
        let [written, empty] = numbers;
        let put = store.put_shard(&acme, newer, written, &shard()).await;
        assert_eq!(put, Ok(()));
        let item = "FINGERPRINTS#5".to_owned();
        let nothing = Shard::default();
        let put = store.put_shard(&acme, older, written, &nothing).await;
        assert_eq!(put, Err(StateError::Fenced { item }));
        let expected = [(written, shard()), (empty, nothing)].into();
        assert_eq!(store.shards(&acme, &numbers).await, Ok(expected));
        let (key, text) = (
            Key::shard(&acme, empty),
            AttributeValue::S("people".to_owned()),
        );
        for damaged in [Item::new(), Item::from([(PEOPLE.to_owned(), text)])] {
            let put = store.table.put(&key, damaged, Condition::default()).await;
            assert!(put.is_ok());
            let item = "FINGERPRINTS#6".to_owned();
            let read = store.shards(&acme, &numbers).await;
            assert_eq!(read, Err(StateError::Damaged { item }));
        }
    }
}
