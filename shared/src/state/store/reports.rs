//! What runs leave behind.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StateError, Store};
use crate::domain::id::{RunId, TenantId};
use crate::state::JobKind;
use crate::state::key::{Key, REPORTS, TIME_TO_LIVE, partition};
use crate::state::table::{Condition, Item, Outcome, Query, attribute, part, sort_key};

/// The attribute that holds the report itself.
const REPORT: &str = "report";

impl Store {
    /// Keeps a run's report until `expires_at` (DynamoDB deletes it within a few days of that).
    ///
    /// # Errors
    /// [`StateError::TooLarge`] above 400 KB, or DynamoDB fails.
    pub async fn put_report(
        &self,
        tenant: &TenantId,
        job: JobKind,
        at: Timestamp,
        run: &RunId,
        expires_at: Timestamp,
        report: &impl Serialize,
    ) -> Result<(), StateError> {
        let key = Key::report(tenant, job, at);
        let item = Item::from([
            (REPORT.to_owned(), attribute(report, &key.sk)?),
            ("run_id".to_owned(), AttributeValue::S(run.to_string())),
            (
                TIME_TO_LIVE.to_owned(),
                AttributeValue::N(expires_at.as_second().to_string()),
            ),
        ]);
        match self.table.put(&key, item, Condition::default()).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Refused(_) => Err(StateError::Unwritable { item: key.sk }),
        }
    }

    /// The last `limit` reports of both jobs, newest first.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if one cannot be read as `T`, or DynamoDB fails.
    pub async fn reports<T: DeserializeOwned>(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Vec<T>, StateError> {
        let query = Query::partition(partition(tenant))
            .prefix(REPORTS)
            .eventual()
            .newest(limit);
        let items = self.table.query(query).all().await?;
        items.into_iter().map(read).collect()
    }
}

fn read<T: DeserializeOwned>(mut item: Item) -> Result<T, StateError> {
    let report = item.remove(REPORT).and_then(part);
    report.ok_or_else(|| StateError::Damaged {
        item: sort_key(&item).to_owned(),
    })
}
