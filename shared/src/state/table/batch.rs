//! Many items at once. DynamoDB may leave some undone: those are asked for again, with growing pauses.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    DeleteRequest, KeysAndAttributes, ReturnConsumedCapacity, WriteRequest,
};
use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Item, StateError, Table, key_item, placeholders, projection};
use crate::state::key::Key;

const READS: usize = 100;
const WRITES: usize = 25;
/// Batches under way at once.
const AT_ONCE: usize = 4;

/// About ten seconds in all.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(25))
        .with_max_delay(Duration::from_secs(2))
        .with_max_times(9)
        .build()
}

impl Table {
    /// The items at these keys, consistently read, in no order; missing ones are left out. A key given twice counts
    /// once.
    pub(in crate::state) async fn batch_get(
        &self,
        keys: impl IntoIterator<Item = Key>,
    ) -> Result<Vec<Item>, StateError> {
        self.batch_get_only(keys, &[]).await
    }

    /// The same, of each item only the attributes at these paths: `checkpoint.parked`. All, where there are none. The price
    /// stays the same.
    pub(in crate::state) async fn batch_get_only(
        &self,
        keys: impl IntoIterator<Item = Key>,
        paths: &'static [&'static str],
    ) -> Result<Vec<Item>, StateError> {
        let keys: Vec<Key> = keys
            .into_iter()
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let batches: Vec<Vec<Item>> = keys
            .chunks(READS)
            .map(|batch| batch.iter().map(key_item).collect())
            .collect();
        let items: Vec<Vec<Item>> = futures::stream::iter(batches)
            .map(|batch| self.read_batch(batch, paths))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(items.into_iter().flatten().collect())
    }

    async fn read_batch(
        &self,
        mut keys: Vec<Item>,
        paths: &[&str],
    ) -> Result<Vec<Item>, StateError> {
        let mut items = Vec::new();
        let mut pauses = pauses();
        loop {
            let (found, left) = self.try_read(keys, paths).await?;
            items.extend(found);
            if left.is_empty() {
                return Ok(items);
            }
            keys = left;
            let pause = pauses.next().ok_or(StateError::Throttled {
                operation: "BatchGetItem",
            })?;
            tokio::time::sleep(pause).await;
        }
    }

    /// What was found, and the keys that DynamoDB left undone.
    async fn try_read(
        &self,
        keys: Vec<Item>,
        paths: &[&str],
    ) -> Result<(Vec<Item>, Vec<Item>), StateError> {
        let names = (!paths.is_empty()).then(|| placeholders(paths).collect());
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .set_projection_expression(projection(paths))
            .set_expression_attribute_names(names)
            .consistent_read(true);
        let wanted = wanted.build().map_err(|_| StateError::Unwritable {
            item: "keys".to_owned(),
        })?;
        let reply = self
            .client
            .batch_get_item()
            .request_items(&*self.name, wanted)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| self.doing("BatchGetItem", "keys").failure(&error))?;
        self.meter.read(reply.consumed_capacity.unwrap_or_default());
        let found = reply
            .responses
            .unwrap_or_default()
            .into_values()
            .flatten()
            .collect();
        let left = reply
            .unprocessed_keys
            .unwrap_or_default()
            .into_values()
            .flat_map(|left| left.keys);
        Ok((found, left.collect()))
    }

    pub(in crate::state) async fn batch_delete(&self, keys: Vec<Key>) -> Result<(), StateError> {
        let requests: Result<Vec<WriteRequest>, StateError> = keys.iter().map(deletion).collect();
        let batches: Vec<Vec<WriteRequest>> = requests?.chunks(WRITES).map(<[_]>::to_vec).collect();
        futures::stream::iter(batches)
            .map(|batch| self.write_batch(batch))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn write_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), StateError> {
        let mut pauses = pauses();
        loop {
            requests = self.try_write(requests).await?;
            if requests.is_empty() {
                return Ok(());
            }
            let pause = pauses.next().ok_or(StateError::Throttled {
                operation: "BatchWriteItem",
            })?;
            tokio::time::sleep(pause).await;
        }
    }

    /// The requests that DynamoDB left undone.
    async fn try_write(
        &self,
        requests: Vec<WriteRequest>,
    ) -> Result<Vec<WriteRequest>, StateError> {
        let reply = self
            .client
            .batch_write_item()
            .request_items(&*self.name, requests)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| self.doing("BatchWriteItem", "keys").failure(&error))?;
        self.meter
            .write(reply.consumed_capacity.unwrap_or_default());
        Ok(reply
            .unprocessed_items
            .unwrap_or_default()
            .into_values()
            .flatten()
            .collect())
    }
}

fn deletion(key: &Key) -> Result<WriteRequest, StateError> {
    let request = DeleteRequest::builder()
        .set_key(Some(key_item(key)))
        .build();
    let request = request.map_err(|_| StateError::Unwritable {
        item: key.sk.clone(),
    })?;
    Ok(WriteRequest::builder().delete_request(request).build())
}
