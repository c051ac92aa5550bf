//! Writes that carry the lease's fencing token: a run that lost its lease cannot overwrite what its successor wrote.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::{StateError, Store};
use crate::state::key::Key;
use crate::state::table::{Condition, Item, Outcome, attributes};

/// Grows by one with each new owner of a lease.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct FencingToken(pub u64);

/// The attribute that keeps the token of the last writer.
pub(super) const FENCE: &str = "fence";

impl FencingToken {
    pub(super) fn condition(self) -> Condition {
        Condition::when("attribute_not_exists(#fence) OR #fence <= :token")
            .names([FENCE])
            .number("token", self.0)
    }
}

impl Store {
    /// Puts an item unless a newer run has written it.
    pub(super) async fn put_fenced(
        &self,
        key: &Key,
        token: FencingToken,
        item: Item,
    ) -> Result<(), StateError> {
        let written = self.put_under(key, token, item, token.condition()).await?;
        written.or(StateError::Fenced {
            item: key.sk.clone(),
        })
    }

    /// Puts a record unless a newer run has written it.
    pub(super) async fn put_fenced_record(
        &self,
        key: &Key,
        token: FencingToken,
        record: &impl Serialize,
    ) -> Result<(), StateError> {
        let item = attributes(record, &key.sk)?;
        self.put_fenced(key, token, item).await
    }

    /// Puts a record in place of the one before.
    pub(super) async fn replace(
        &self,
        key: &Key,
        record: &impl Serialize,
    ) -> Result<(), StateError> {
        let item = attributes(record, &key.sk)?;
        let put = self.table.put(key, item, Condition::default());
        put.await.map(drop)
    }

    /// Puts an item that carries the token, under these condition.
    pub(super) async fn put_under(
        &self,
        key: &Key,
        token: FencingToken,
        mut item: Item,
        condition: Condition,
    ) -> Result<Outcome, StateError> {
        item.insert(FENCE.to_owned(), AttributeValue::N(token.0.to_string()));
        self.table.put(key, item, condition).await
    }
}
