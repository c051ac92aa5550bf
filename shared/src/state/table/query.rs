//! Reading along a partition.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::{Freshness, Item, StateError, Table, placeholders, projection};
use crate::state::key::{PARTITION_KEY, SORT_KEY};

/// Which items of a partition, in which order.
#[derive(Clone, Debug)]
pub(in crate::state) struct Query {
    partition: String,
    prefix: Option<&'static str>,
    from: Option<String>,
    freshness: Freshness,
    newest_first: bool,
    only: &'static [&'static str],
    limit: Option<usize>,
}

impl Query {
    /// Everything in the partition, in the order of the sort keys, read consistently.
    pub(in crate::state) fn partition(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            prefix: None,
            from: None,
            freshness: Freshness::Consistent,
            newest_first: false,
            only: &[],
            limit: None,
        }
    }

    pub(in crate::state) fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// Only sort keys from `key` on, which begins with the prefix.
    pub(in crate::state) fn from(mut self, key: String) -> Self {
        self.from = Some(key);
        self
    }

    /// At half the price, maybe a moment behind.
    pub(in crate::state) fn eventual(self) -> Self {
        Self {
            freshness: Freshness::Eventual,
            ..self
        }
    }

    pub(in crate::state) fn newest(self, limit: usize) -> Self {
        Self {
            newest_first: true,
            limit: Some(limit),
            ..self
        }
    }

    /// Only the attributes at these paths: `report.outcome`. The price stays the same.
    pub(in crate::state) fn only(mut self, paths: &'static [&'static str]) -> Self {
        self.only = paths;
        self
    }

    fn condition(&self) -> &'static str {
        match (&self.prefix, &self.from) {
            (None, _) => "#pk = :pk",
            (Some(_), None) => "#pk = :pk AND begins_with(#sk, :sk)",
            (Some(_), Some(_)) => "#pk = :pk AND #sk BETWEEN :from AND :last",
        }
    }

    /// What the placeholders stand for; DynamoDB refuses those that no expression uses.
    fn names(&self) -> HashMap<String, String> {
        let keys: &[&str] = match self.prefix {
            None => &[PARTITION_KEY],
            Some(_) => &[PARTITION_KEY, SORT_KEY],
        };
        [keys, self.only]
            .into_iter()
            .flat_map(placeholders)
            .collect()
    }

    fn values(&self) -> Item {
        let mut values = vec![(":pk", self.partition.clone())];
        match (self.prefix, &self.from) {
            (None, _) => {}
            (Some(prefix), None) => values.push((":sk", prefix.to_owned())),
            // Sort keys are ASCII, whose last printable character is `~`.
            (Some(prefix), Some(from)) => {
                values.extend([(":from", from.clone()), (":last", format!("{prefix}~"))]);
            }
        }
        values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
            .collect()
    }
}

/// What a query finds, page by page: only one page of items (1 MB) has to be held at a time.
#[derive(Debug)]
pub(in crate::state) struct Pages<'a> {
    table: &'a Table,
    query: Query,
    next: Next,
}

#[derive(Debug)]
enum Next {
    First,
    After(Item),
    Over,
}

impl Table {
    pub(in crate::state) fn query(&self, query: Query) -> Pages<'_> {
        Pages {
            table: self,
            query,
            next: Next::First,
        }
    }
}

impl Pages<'_> {
    /// The next page, which may be empty; `None` after the last one.
    pub(in crate::state) async fn next(&mut self) -> Result<Option<Vec<Item>>, StateError> {
        let start = match std::mem::replace(&mut self.next, Next::Over) {
            _ if self.query.limit == Some(0) => return Ok(None),
            Next::Over => return Ok(None),
            Next::First => None,
            Next::After(key) => Some(key),
        };
        let (page, next) = self.read(start).await?;
        self.query.limit = self
            .query
            .limit
            .map(|limit| limit.saturating_sub(page.len()));
        self.next = next.map_or(Next::Over, Next::After);
        Ok(Some(page))
    }

    /// All items at once, where they are few or small.
    pub(in crate::state) async fn all(mut self) -> Result<Vec<Item>, StateError> {
        let mut items = Vec::new();
        while let Some(page) = self.next().await? {
            items.extend(page);
        }
        Ok(items)
    }

    async fn read(&self, start: Option<Item>) -> Result<(Vec<Item>, Option<Item>), StateError> {
        let Self { table, query, .. } = self;
        let reply = table
            .client
            .query()
            .table_name(&*table.name)
            .key_condition_expression(query.condition())
            .set_expression_attribute_names(Some(query.names()))
            .set_expression_attribute_values(Some(query.values()))
            .set_projection_expression(projection(query.only))
            .consistent_read(query.freshness.is_consistent())
            .scan_index_forward(!query.newest_first)
            .set_limit(query.limit.and_then(|limit| i32::try_from(limit).ok()))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| {
                table
                    .doing("Query", query.prefix.unwrap_or("*"))
                    .failure(&error)
            })?;
        table.meter.read(reply.consumed_capacity);
        Ok((
            reply.items.unwrap_or_default(),
            reply.last_evaluated_key.filter(|key| !key.is_empty()),
        ))
    }
}
