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

    pub async fn all_employees(
        &self,
        tenant: &TenantId,
        key: Option<&FingerprintKey>,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        self.employees_where(tenant, key, &|_| true).await
    }

    /// The entries that can be read, sealed, and [`StateError::Damaged`] for each of the others.
    pub async fn readable_employees(
        &self,
        tenant: &TenantId,
    ) -> Result<(HashMap<SourceId, EmployeeEntry>, Vec<StateError>), StateError> {
        let query = Query::partition(partition(tenant)).prefix(EMPLOYEES);
        let (mut readable, mut damaged) = (HashMap::new(), Vec::new());
        let mut pages = self.table.query(query);
        while let Some(page) = pages.next().await? {
            for item in page {
                match opened(tenant, None, item) {
                    Ok((id, entry)) => drop(readable.insert(id, entry)),
                    Err(error) => damaged.push(error),
                }
            }
        }
        Ok((readable, damaged))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{AccessWindow, LockReason, Locked};
    use crate::domain::id::CustomerId;
    use crate::fingerprint::Fingerprint;
    use crate::state::FailureKind;
    use crate::state::employee::tests::{at, key, tenant};
    use crate::state::testing::Emulator;
    use crate::state::testing::Fault::LostReply;

    const TOKEN: FencingToken = FencingToken(10);

    fn failure(attempts: u32) -> Failure {
        Failure {
            kind: FailureKind::Conflict,
            reason: "why".to_owned(),
            fingerprint: Fingerprint::default(),
            attempts,
            retry_at: at("12:00:00"),
            is_personal: true,
            is_of_look_up: true,
        }
    }

    fn entry(id: &str) -> EmployeeEntry {
        let locked = Locked {
            since: at("06:00:00"),
            reason: LockReason::Vanished,
        };
        EmployeeEntry {
            customer_id: Some(CustomerId::new(format!("c{id}"))),
            fingerprint: Some(Fingerprint::default()),
            window: AccessWindow {
                active_at: None,
                inactive_at: Some(at("08:00:00")),
            },
            locked: Some(locked),
            ..EmployeeEntry::new(SourceId::new(id))
        }
    }

    async fn put(store: &Store, tenant: &TenantId, entry: &EmployeeEntry) {
        let written = store.put_employee(tenant, TOKEN, &key(7), entry).await;
        assert_eq!(written, Ok(()));
    }

    /// The ids of these entries, in order, which have to be as they were written.
    fn ids(entries: Result<HashMap<SourceId, EmployeeEntry>, StateError>) -> Vec<String> {
        let mut ids = Vec::new();
        for (id, found) in entries.unwrap() {
            assert_eq!(found, entry(id.as_str()));
            ids.push(id.to_string());
        }
        ids.sort_unstable();
        ids
    }

    #[tokio::test]
    async fn entries_are_read_by_id_of_everybody_and_of_those_who_are_let_through() {
        let store = Emulator::start().await.store;
        let (acme, key) = (tenant("acme"), key(7));
        for id in ["1", "2", "3"] {
            put(&store, &acme, &entry(id)).await;
        }
        put(&store, &tenant("other"), &entry("4")).await;
        let asked = ["1", "3", "4", "1"].map(SourceId::new);
        let some = store.employees(&acme, Some(&key), &asked).await;
        assert_eq!(ids(some), ["1", "3"]);
        let none = store.employees(&acme, Some(&key), []).await;
        assert_eq!(none, Ok(HashMap::new()));
        let all = store.all_employees(&acme, Some(&key)).await;
        assert_eq!(ids(all), ["1", "2", "3"]);
        let keeps = |id: &SourceId| id.as_str() != "2";
        let kept = store.employees_where(&acme, Some(&key), &keeps).await;
        assert_eq!(ids(kept), ["1", "3"]);
    }

    #[tokio::test]
    async fn window_and_lock_are_read_with_the_key_they_were_sealed_with_alone() {
        let (store, acme) = (Emulator::start().await.store, tenant("acme"));
        put(&store, &acme, &entry("1")).await;
        let id = SourceId::new("1");
        let without_dates = EmployeeEntry {
            window: AccessWindow::default(),
            locked: None,
            is_sealed: true,
            ..entry("1")
        };
        let of_another_key = EmployeeEntry {
            fingerprint: None,
            ..without_dates.clone()
        };
        for (key, expected) in [
            (Some(key(7)), entry("1")),
            (Some(key(8)), of_another_key),
            (None, without_dates),
        ] {
            let read = store.employees(&acme, key.as_ref(), [&id]).await;
            assert_eq!(read.unwrap().get(&id), Some(&expected));
            let all = store.all_employees(&acme, key.as_ref()).await;
            assert_eq!(all.unwrap().get(&id), Some(&expected));
        }
    }

    #[tokio::test]
    async fn an_older_run_neither_writes_an_entry_nor_deletes_it() {
        let (store, acme) = (Emulator::start().await.store, tenant("acme"));
        let (id, key) = (SourceId::new("1"), key(7));
        let moved = EmployeeEntry {
            customer_id: None,
            ..entry("1")
        };
        put(&store, &acme, &entry("1")).await;
        let older = FencingToken(9);
        let fenced = Err(StateError::Fenced {
            item: "EMPLOYEE#1".to_owned(),
        });
        let written = store.put_employee(&acme, older, &key, &moved).await;
        assert_eq!(written, fenced);
        assert_eq!(store.forget_employee(&acme, older, &id).await, fenced);
        assert_eq!(ids(store.all_employees(&acme, Some(&key)).await), ["1"]);
        for token in [TOKEN, FencingToken(11)] {
            let written = store.put_employee(&acme, token, &key, &moved).await;
            assert_eq!(written, Ok(()));
        }
        let read = store.employees(&acme, Some(&key), [&id]).await.unwrap();
        assert_eq!(read.get(&id), Some(&moved));
        assert_eq!(store.forget_employee(&acme, TOKEN, &id).await, fenced);
        // The second one finds nothing to delete.
        for _ in 0..2 {
            let forgotten = store.forget_employee(&acme, FencingToken(11), &id).await;
            assert_eq!(forgotten, Ok(()));
            let left = store.all_employees(&acme, Some(&key)).await.unwrap();
            assert!(left.is_empty());
        }
    }

    #[tokio::test]
    async fn a_pause_ends_for_the_failure_that_was_read_and_for_no_other() {
        let table = Emulator::start().await;
        let (store, acme, now) = (&table.store, tenant("acme"), at("09:00:00"));
        let with = |failure| EmployeeEntry {
            failure: Some(failure),
            ..entry("1")
        };
        let read = async || {
            let all = store.all_employees(&acme, Some(&key(7))).await;
            all.unwrap().remove(&SourceId::new("1"))
        };
        let ended = Failure {
            attempts: 0,
            retry_at: now,
            ..failure(3)
        };
        table.lose(&[LostReply]);
        put(store, &acme, &with(failure(3))).await;
        for other in [entry("1"), with(failure(2)), with(ended.clone())] {
            assert_eq!(store.end_pause(&acme, &other, now).await, Ok(false));
            assert_eq!(read().await, Some(with(failure(3))));
        }
        table.lose(&[LostReply]);
        for _ in 0..2 {
            let failed = with(failure(3));
            assert_eq!(store.end_pause(&acme, &failed, now).await, Ok(true));
            assert_eq!(read().await, Some(with(ended.clone())));
        }
        // Nobody has such a person.
        let nobody = EmployeeEntry {
            failure: Some(failure(3)),
            ..entry("2")
        };
        assert_eq!(store.end_pause(&acme, &nobody, now).await, Ok(false));
    }
}
