//! The ledger of people.

use std::collections::HashMap;

use super::{FencingToken, StateError, Store};
use crate::domain::id::{SourceId, TenantId};
use crate::state::EmployeeEntry;
use crate::state::key::{EMPLOYEES, Key, partition};
use crate::state::table::{Query, attributes, records};

impl Store {
    /// The entries of these people; who has none is left out. An id given twice counts once.
    pub async fn employees<'a>(
        &self,
        tenant: &TenantId,
        ids: impl IntoIterator<Item = &'a SourceId>,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let keys: Vec<Key> = ids
            .into_iter()
            .map(|id| Key::employee(tenant, id))
            .collect();
        records(self.table.batch_get(keys).await?)
            .map(by_id)
            .collect()
    }

    /// Everybody's entry.
    pub async fn all_employees(
        &self,
        tenant: &TenantId,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let mut entries = HashMap::new();
        let mut pages = self
            .table
            .query(Query::partition(partition(tenant)).prefix(EMPLOYEES));
        while let Some(page) = pages.next().await? {
            for entry in records(page).map(by_id) {
                entries.extend([entry?]);
            }
        }
        Ok(entries)
    }

    /// Writes a person's entry.
    ///
    /// # Errors
    /// [`StateError::Fenced`] if a newer run has written it, or DynamoDB fails.
    pub async fn put_employee(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        entry: &EmployeeEntry,
    ) -> Result<(), StateError> {
        let key = Key::employee(tenant, &entry.source_id);
        self.put_fenced(&key, token, attributes(entry, &key.sk)?)
            .await
    }
}

fn by_id(
    entry: Result<EmployeeEntry, StateError>,
) -> Result<(SourceId, EmployeeEntry), StateError> {
    entry.map(|entry| (entry.source_id.clone(), entry))
}
