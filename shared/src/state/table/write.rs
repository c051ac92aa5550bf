//! Writes, with and without a condition.

use std::borrow::Cow;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{
    Put, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::{Condition, Item, StateError, Table, key_item};
use crate::state::key::Key;

#[derive(Debug)]
pub(in crate::state) enum Outcome {
    /// Written. With an update: the new item.
    Written(Item),
    /// The condition does not hold. With an update or a put: the item that stood in the way, if there is one.
    Refused(Option<Item>),
}

impl Outcome {
    pub(in crate::state) fn or(self, refusal: StateError) -> Result<(), StateError> {
        match self {
            Self::Written(_) => Ok(()),
            Self::Refused(_) => Err(refusal),
        }
    }
}

impl Table {
    /// Puts an item, replacing the one at `key`.
    pub(in crate::state) async fn put(
        &self,
        key: &Key,
        mut item: Item,
        condition: Condition,
    ) -> Result<Outcome, StateError> {
        item.extend(key_item(key));
        let (names, values) = condition.placeholders();
        let reply = self
            .client
            .put_item()
            .table_name(&*self.name)
            .set_item(Some(item))
            .set_condition_expression(condition.condition.map(str::to_owned))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match reply {
            Ok(reply) => {
                self.meter.write(reply.consumed_capacity);
                Ok(Outcome::Written(Item::new()))
            }
            Err(error) => self.refused(error, "PutItem", key),
        }
    }

    /// Changes attributes of the item at `key`, making it if there is none.
    pub(in crate::state) async fn update(
        &self,
        key: &Key,
        condition: Condition,
    ) -> Result<Outcome, StateError> {
        let (names, values) = condition.placeholders();
        let reply = self
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key_item(key)))
            .set_update_expression(condition.update.clone().map(Cow::into_owned))
            .set_condition_expression(condition.condition.map(str::to_owned))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match reply {
            Ok(reply) => {
                self.meter.write(reply.consumed_capacity);
                Ok(Outcome::Written(reply.attributes.unwrap_or_default()))
            }
            Err(error) => self.refused(error, "UpdateItem", key),
        }
    }

    /// Deletes the item at `key`. That there is none is no error, unless the condition say so.
    pub(in crate::state) async fn delete(
        &self,
        key: &Key,
        condition: Condition,
    ) -> Result<Outcome, StateError> {
        let (names, values) = condition.placeholders();
        let reply = self
            .client
            .delete_item()
            .table_name(&*self.name)
            .set_key(Some(key_item(key)))
            .set_condition_expression(condition.condition.map(str::to_owned))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match reply {
            Ok(reply) => {
                self.meter.write(reply.consumed_capacity);
                Ok(Outcome::Written(Item::new()))
            }
            Err(error) => self.refused(error, "DeleteItem", key),
        }
    }

    /// Updates one item and puts another, both or neither. Twice the price of two single writes. A repeated attempt of the
    /// SDK counts as the same call, so a lost reply does not refuse it.
    pub(in crate::state) async fn update_and_put(
        &self,
        (updated, condition): (&Key, Condition),
        put: &Key,
    ) -> Result<Outcome, StateError> {
        let (names, values) = condition.placeholders();
        let unwritable = |_| StateError::Unwritable {
            item: updated.sk.clone(),
        };
        let update = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(key_item(updated)))
            .update_expression(condition.update.clone().unwrap_or_default())
            .set_condition_expression(condition.condition.map(str::to_owned))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build()
            .map_err(unwritable)?;
        let put = Put::builder()
            .table_name(&*self.name)
            .set_item(Some(key_item(put)));
        let put = put.build().map_err(unwritable)?;
        let reply = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(TransactWriteItem::builder().put(put).build())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) if is_condition(&error) => {
                self.meter.refused(4.0);
                return Ok(Outcome::Refused(None));
            }
            Err(error) => {
                let doing = self.doing("TransactWriteItems", &updated.sk);
                return Err(doing.failure(&error));
            }
        };
        self.meter
            .write(reply.consumed_capacity.unwrap_or_default());
        Ok(Outcome::Written(Item::new()))
    }

    fn refused<E: Conditional>(
        &self,
        error: SdkError<E, HttpResponse>,
        operation: &'static str,
        key: &Key,
    ) -> Result<Outcome, StateError> {
        let failure = self.doing(operation, &key.sk).failure(&error);
        match error {
            SdkError::ServiceError(reply) => match reply.into_err().condition_failed() {
                Some(refusal) => {
                    self.meter.refused(1.0);
                    Ok(Outcome::Refused(refusal.item))
                }
                None => Err(failure),
            },
            _ => Err(failure),
        }
    }
}

/// Whether a transaction was cancelled because its condition does not hold.
fn is_condition(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return false;
    };
    let mut reasons = cancelled.cancellation_reasons().iter();
    reasons.any(|reason| reason.code() == Some("ConditionalCheckFailed"))
}

/// The three operations whose condition may fail.
trait Conditional: aws_sdk_dynamodb::error::ProvideErrorMetadata {
    fn condition_failed(self) -> Option<ConditionalCheckFailedException>;
}

macro_rules! conditional {
    ($($error:ident),*) => {$(
        impl Conditional for $error {
            fn condition_failed(self) -> Option<ConditionalCheckFailedException> {
                match self {
                    Self::ConditionalCheckFailedException(refusal) => Some(refusal),
                    _ => None,
                }
            }
        }
    )*};
}

conditional!(PutItemError, UpdateItemError, DeleteItemError);
