//! Reading along a partition.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::{Freshness, Item, StateError, Table};
use crate::state::key::{PARTITION_KEY, SORT_KEY};

/// Which items of a partition, in which order.
#[derive(Clone, Debug)]
pub(in crate::state) struct Query {
    partition: String,
    prefix: Option<&'static str>,
    freshness: Freshness,
    newest_first: bool,
    keys_only: bool,
    limit: Option<usize>,
}

impl Query {
    /// Everything in the partition, in the order of the sort keys, read consistently.
    pub(in crate::state) fn partition(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            prefix: None,
            freshness: Freshness::Consistent,
            newest_first: false,
            keys_only: false,
            limit: None,
        }
    }

    /// Only sort keys that begin so.
    pub(in crate::state) fn prefix(self, prefix: &'static str) -> Self {
        Self { prefix: Some(prefix), ..self }
    }

    /// At half the price, maybe a moment behind.
    pub(in crate::state) fn eventual(self) -> Self {
        Self { freshness: Freshness::Eventual, ..self }
    }

    /// The last `limit` items, backwards.
    pub(in crate::state) fn newest(self, limit: usize) -> Self {
        Self { newest_first: true, limit: Some(limit), ..self }
    }

    /// Only the keys. The price stays the same.
    pub(in crate::state) fn keys_only(self) -> Self {
        Self { keys_only: true, ..self }
    }
}

impl Table {
    /// All items that `query` names, page by page.
    pub(in crate::state) async fn query(&self, query: &Query) -> Result<Vec<Item>, StateError> {
        let mut items: Vec<Item> = Vec::new();
        let mut start = None;
        loop {
            let missing = query.limit.map(|limit| limit.saturating_sub(items.len()));
            if missing == Some(0) {
                return Ok(items);
            }
            let (page, next) = self.page(query, missing, start).await?;
            items.extend(page);
            match next {
                Some(key) => start = Some(key),
                None => return Ok(items),
            }
        }
    }

    async fn page(
        &self,
        query: &Query,
        limit: Option<usize>,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StateError> {
        let condition =
            if query.prefix.is_some() { "#pk = :pk AND begins_with(#sk, :sk)" } else { "#pk = :pk" };
        let sort_key_is_named = query.prefix.is_some() || query.keys_only;
        let reply = self
            .client
            .query()
            .table_name(&*self.name)
            .key_condition_expression(condition)
            .set_expression_attribute_names(Some(names(sort_key_is_named)))
            .expression_attribute_values(":pk", AttributeValue::S(query.partition.clone()))
            .set_projection_expression(query.keys_only.then(|| "#pk, #sk".to_owned()))
            .consistent_read(query.freshness.is_consistent())
            .scan_index_forward(!query.newest_first)
            .set_limit(limit.and_then(|limit| i32::try_from(limit).ok()))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let reply = match query.prefix {
            Some(prefix) => reply.expression_attribute_values(":sk", AttributeValue::S(prefix.to_owned())),
            None => reply,
        };
        let reply = reply
            .send()
            .await
            .map_err(|error| self.doing("Query", query.prefix.unwrap_or("*")).failure(&error))?;
        self.meter.read(reply.consumed_capacity.and_then(|consumed| consumed.capacity_units));
        Ok((reply.items.unwrap_or_default(), reply.last_evaluated_key.filter(|key| !key.is_empty())))
    }
}

/// Placeholders that no expression uses are refused.
fn names(sort_key: bool) -> std::collections::HashMap<String, String> {
    let sort_key = sort_key.then_some(("#sk", SORT_KEY));
    let names = [Some(("#pk", PARTITION_KEY)), sort_key].into_iter().flatten();
    names.map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned())).collect()
}
