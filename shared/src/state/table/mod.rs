//! One DynamoDB table, call by call: keys and items in, our own errors out, every unit counted.

mod batch;
mod condition;
mod describe;
mod failure;
mod meter;
mod query;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StateError;
use super::key::{Key, PARTITION_KEY, SORT_KEY};
use failure::Doing;
use meter::Meter;

pub(super) use condition::Condition;
pub use describe::TableShape;
pub use meter::Units;
pub(super) use query::Query;
pub(super) use write::Outcome;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Sees every write that was confirmed before.
    Consistent,
    /// May be a moment behind, at half the price.
    Eventual,
}

impl Freshness {
    fn is_consistent(self) -> bool {
        self == Self::Consistent
    }
}

/// The table. Copies share the count of units.
#[derive(Clone, Debug)]
pub(super) struct Table {
    client: Client,
    name: Arc<str>,
    meter: Meter,
}

impl Table {
    pub(super) fn new(client: Client, name: &str) -> Self {
        Self {
            client,
            name: name.into(),
            meter: Meter::default(),
        }
    }

    pub(super) fn over(&self, client: Client) -> Self {
        Self {
            client,
            ..self.clone()
        }
    }

    /// The same table with a count that begins at zero.
    pub(super) fn with_fresh_meter(&self) -> Self {
        Self {
            meter: Meter::default(),
            ..self.clone()
        }
    }

    pub(super) fn units(&self) -> Units {
        self.meter.units()
    }

    fn doing<'a>(&'a self, operation: &'static str, item: &'a str) -> Doing<'a> {
        Doing {
            operation,
            table: &self.name,
            item,
        }
    }

    /// The item at `key`, if there is one.
    pub(super) async fn get(
        &self,
        key: &Key,
        freshness: Freshness,
    ) -> Result<Option<Item>, StateError> {
        let reply = self
            .client
            .get_item()
            .table_name(&*self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(freshness.is_consistent())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| self.doing("GetItem", &key.sk).failure(&error))?;
        self.meter.read(reply.consumed_capacity);
        Ok(reply.item)
    }

    /// The record at `key`, if there is one.
    pub(super) async fn get_record<T: DeserializeOwned>(
        &self,
        key: &Key,
        freshness: Freshness,
    ) -> Result<Option<T>, StateError> {
        self.get(key, freshness)
            .await?
            .map(|item| record(item, &key.sk))
            .transpose()
    }
}

fn key_item(key: &Key) -> Item {
    HashMap::from([
        (PARTITION_KEY.to_owned(), AttributeValue::S(key.pk.clone())),
        (SORT_KEY.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

/// The expression for these paths: `#report.#outcome, #sk`. Each name has a placeholder: it may be a reserved word.
fn projection(paths: &[&str]) -> Option<String> {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| format!("#{}", path.replace('.', ".#")))
        .collect();
    (!paths.is_empty()).then(|| paths.join(", "))
}

/// What the placeholders in the expression for these paths stand for.
fn placeholders<'a>(paths: &'a [&'a str]) -> impl Iterator<Item = (String, String)> + 'a {
    let names = paths.iter().flat_map(|path| path.split('.'));
    names.map(|name| (format!("#{name}"), name.to_owned()))
}

/// The sort key of an item, empty where it has none.
pub(super) fn sort_key(item: &Item) -> &str {
    item.get(SORT_KEY)
        .and_then(|value| value.as_s().ok())
        .map_or("", String::as_str)
}

/// The record that an item holds. Attributes that the record does not know are passed over.
pub(super) fn record<T: DeserializeOwned>(item: Item, name: &str) -> Result<T, StateError> {
    let damaged = || StateError::Damaged {
        item: name.to_owned(),
    };
    // serde_dynamo panics at a type that the SDK does not know.
    if !item.values().all(is_known) {
        return Err(damaged());
    }
    serde_dynamo::from_item(item).map_err(|_| damaged())
}

/// The value of one attribute; `None` if it is something else.
pub(super) fn part<T: DeserializeOwned>(value: AttributeValue) -> Option<T> {
    is_known(&value)
        .then(|| serde_dynamo::from_attribute_value(value).ok())
        .flatten()
}

fn is_known(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::M(members) => members.values().all(is_known),
        AttributeValue::L(values) => values.iter().all(is_known),
        other => !other.is_unknown(),
    }
}

/// The records that items hold, each named by its sort key.
pub(super) fn records<T: DeserializeOwned>(
    items: impl IntoIterator<Item = Item>,
) -> impl Iterator<Item = Result<T, StateError>> {
    items.into_iter().map(|item: Item| {
        let name = sort_key(&item).to_owned();
        record(item, &name)
    })
}

/// A record as the attributes of an item.
pub(super) fn attributes(record: &impl Serialize, name: &str) -> Result<Item, StateError> {
    serde_dynamo::to_item(record).map_err(|_| StateError::Unwritable {
        item: name.to_owned(),
    })
}

/// A moment as DynamoDB's time to live wants it.
pub(super) fn unix_seconds(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_second().to_string())
}

pub(super) fn attribute(value: &impl Serialize, name: &str) -> Result<AttributeValue, StateError> {
    serde_dynamo::to_attribute_value(value).map_err(|_| StateError::Unwritable {
        item: name.to_owned(),
    })
}
