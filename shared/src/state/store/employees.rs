//! The ledger of people.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{FencingToken, StateError, Store};
use crate::domain::id::{SourceId, TenantId};
use crate::fingerprint::FingerprintKey;
use crate::secrets::SealKey;
use crate::state::key::{EMPLOYEES, Key, partition};
use crate::state::table::{
    Condition, Item, Outcome, Query, attribute, attributes, part, record, sort_key,
};
use crate::state::{EmployeeEntry, Failure};

/// The attribute that holds a [`Failure`].
const FAILURE: &str = "failure";

/// The attribute that holds window and lock, encrypted.
const DATES: &str = "dates";

impl Store {
    /// The entries of these people; who has none is left out. An id given twice counts once. Without the tenant's key, all
    /// are sealed.
    pub async fn employees<'a>(
        &self,
        tenant: &TenantId,
        key: Option<&FingerprintKey>,
        ids: impl IntoIterator<Item = &'a SourceId>,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let keys: Vec<Key> = ids
            .into_iter()
            .map(|id| Key::employee(tenant, id))
            .collect();
        let dates = key.and_then(FingerprintKey::of_dates);
        let items = self.table.batch_get(keys).await?;
        let entries = items.into_iter();
        entries
            .map(|item| opened(tenant, dates.as_ref(), item))
            .collect()
    }

    /// Everybody's entry.
    pub async fn all_employees(
        &self,
        tenant: &TenantId,
        key: Option<&FingerprintKey>,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        self.employees_where(tenant, key, &|_| true).await
    }

    /// The entries of everybody whom `keeps` lets through.
    pub async fn employees_where(
        &self,
        tenant: &TenantId,
        key: Option<&FingerprintKey>,
        keeps: &(dyn Fn(&SourceId) -> bool + Sync),
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let dates = key.and_then(FingerprintKey::of_dates);
        let mut entries = HashMap::new();
        let mut pages = self
            .table
            .query(Query::partition(partition(tenant)).prefix(EMPLOYEES));
        while let Some(page) = pages.next().await? {
            for item in page {
                let (id, entry) = opened(tenant, dates.as_ref(), item)?;
                if keeps(&id) {
                    entries.insert(id, entry);
                }
            }
        }
        Ok(entries)
    }

    /// Writes a person's entry.
    pub async fn put_employee(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        key: &FingerprintKey,
        entry: &EmployeeEntry,
    ) -> Result<(), StateError> {
        let dates = entry.sealed(key, tenant);
        let key = Key::employee(tenant, &entry.source_id);
        let mut item = attributes(entry, &key.sk)?;
        let Some(dates) = dates else {
            return Err(StateError::Unwritable { item: key.sk });
        };
        item.insert(DATES.to_owned(), AttributeValue::B(Blob::new(dates)));
        self.put_fenced(&key, token, item).await
    }

    /// Lets the record of `entry` be tried again at once, at the operator's word: pauses grow from the shortest one again.
    /// Safe to repeat. The fence stays: it is the runs'.
    ///
    /// Returns whether the failure is still the one of `entry`, as the caller read it.
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
    pub async fn forget_employee(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        id: &SourceId,
    ) -> Result<(), StateError> {
        let key = Key::employee(tenant, id);
        let deleted = self.table.delete(&key, token.condition()).await?;
        deleted.or(StateError::Fenced { item: key.sk })
    }
}

fn opened(
    tenant: &TenantId,
    key: Option<&SealKey>,
    mut item: Item,
) -> Result<(SourceId, EmployeeEntry), StateError> {
    let dates = item.remove(DATES);
    let name = sort_key(&item).to_owned();
    let entry: EmployeeEntry = record(item, &name)?;
    let dates = dates.as_ref().and_then(|dates| dates.as_b().ok());
    let entry = match key {
        Some(key) => entry.opened(key, tenant, dates.map_or(&[], AsRef::as_ref)),
        None => EmployeeEntry {
            is_sealed: true,
            ..entry
        },
    };
    Ok((entry.source_id.clone(), entry))
}
