//! The ledger of people.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{FencingToken, StateError, Store};
use crate::domain::id::{SourceId, TenantId};
use crate::state::key::{EMPLOYEES, Key, partition};
use crate::state::table::{Condition, Outcome, Query, attribute, attributes, part, records};
use crate::state::{EmployeeEntry, Failure};

/// The attribute that holds a [`Failure`].
const FAILURE: &str = "failure";

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
        self.employees_where(tenant, &|_| true).await
    }

    /// The entries of everybody whom `keeps` lets through.
    pub async fn employees_where(
        &self,
        tenant: &TenantId,
        keeps: &(dyn Fn(&SourceId) -> bool + Sync),
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let mut entries = HashMap::new();
        let mut pages = self
            .table
            .query(Query::partition(partition(tenant)).prefix(EMPLOYEES));
        while let Some(page) = pages.next().await? {
            for entry in records(page).map(by_id) {
                let (id, entry) = entry?;
                if keeps(&id) {
                    entries.insert(id, entry);
                }
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

    /// Lets the record of `entry` be tried again at once, at the operator's word: pauses grow from the shortest one again.
    /// Safe to repeat. The fence stays: it is the runs'.
    ///
    /// Returns whether the failure is still the one of `entry`, as the caller read it.
    ///
    /// # Errors
    /// If DynamoDB fails.
    pub async fn end_pause(
        &self,
        tenant: &TenantId,
        entry: &EmployeeEntry,
        now: Timestamp,
    ) -> Result<bool, StateError> {
        let Some(failure) = &entry.failure else {
            return Ok(false);
        };
        let key = Key::employee(tenant, &entry.source_id);
        let ended = Failure {
            attempts: 0,
            retry_at: now,
            ..failure.clone()
        };
        let condition = Condition::update("SET #failure = :ended")
            .only_if("#failure = :read")
            .names([FAILURE])
            .value("ended", attribute(&ended, &key.sk)?)
            .value("read", attribute(failure, &key.sk)?);
        match self.table.update(&key, condition).await? {
            Outcome::Written(_) => Ok(true),
            // Our own write, its reply lost, or another run's.
            Outcome::Refused(standing) => {
                let standing = standing.and_then(|mut item| part(item.remove(FAILURE)?));
                Ok(standing == Some(ended))
            }
        }
    }

    /// Deletes a person's entry. That there is none is no error.
    ///
    /// # Errors
    /// [`StateError::Fenced`] if a newer run has written it, or DynamoDB fails.
    pub async fn forget_employee(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        id: &SourceId,
    ) -> Result<(), StateError> {
        let key = Key::employee(tenant, id);
        match self.table.delete(&key, token.condition()).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Refused(_) => Err(StateError::Fenced { item: key.sk }),
        }
    }
}

fn by_id(
    entry: Result<EmployeeEntry, StateError>,
) -> Result<(SourceId, EmployeeEntry), StateError> {
    entry.map(|entry| (entry.source_id.clone(), entry))
}
