//! What certificate runs begin with.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::fenced::FENCE;
use super::{FencingToken, StateError, Store};
use crate::domain::id::{CustomerId, SourceId, TenantId};
use crate::state::key::{EMPLOYEES, Key, SORT_KEY, partition};
use crate::state::table::{Condition, Freshness, Query, attribute, records};
use crate::state::{CertificateCheckpoint, CertificateStart, Restored};

/// As much of a person's entry as tells whose account it is.
#[derive(Deserialize)]
struct Owner {
    source_id: SourceId,
    customer_id: Option<CustomerId>,
}

impl Store {
    /// What a run begins with; empty before the first run.
    pub async fn certificate_start(
        &self,
        tenant: &TenantId,
    ) -> Result<CertificateStart, StateError> {
        let start = self
            .table
            .get_record(&Key::certificate_checkpoint(tenant), Freshness::Consistent)
            .await?;
        Ok(start.unwrap_or_default())
    }

    /// Writes what the next run begins with: the last write of a run, after everything it speaks of. What the operator
    /// has asked for stays.
    pub async fn put_certificate_checkpoint(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        checkpoint: &CertificateCheckpoint,
    ) -> Result<(), StateError> {
        let key = Key::certificate_checkpoint(tenant);
        let condition = token
            .condition()
            .set("SET #checkpoint = :checkpoint, #fence = :token")
            .names(["checkpoint", FENCE])
            .value("checkpoint", attribute(checkpoint, &key.sk)?);
        let written = self.table.update(&key, condition).await?;
        written.or(StateError::Fenced { item: key.sk })
    }

    /// Asks for a full scan: a run does one unless its last one began after `at`.
    pub async fn ask_full_scan(&self, tenant: &TenantId, at: Timestamp) -> Result<(), StateError> {
        self.ask(tenant, at, Condition::update("SET #scan_asked_at = :at"))
            .await
    }

    /// Starts a backfill that is on hold, and asks for a full scan. Safe to repeat.
    pub async fn start_backfill(&self, tenant: &TenantId, at: Timestamp) -> Result<(), StateError> {
        let started = "SET #scan_asked_at = :at, #started_at = if_not_exists(#started_at, :at)";
        let condition = Condition::update(started).names(["started_at"]);
        self.ask(tenant, at, condition).await
    }

    /// Says that the table was restored, and asks for a full scan: what the ledger does not know is looked up before it
    /// is filed. No run may be under way.
    pub async fn mark_restored(
        &self,
        tenant: &TenantId,
        restored: Restored,
    ) -> Result<(), StateError> {
        let condition = Condition::update("SET #scan_asked_at = :at, #restored = :restored")
            .names(["restored"])
            .value("restored", attribute(&restored, "CERTIFICATES")?);
        self.ask(tenant, restored.at, condition).await
    }

    async fn ask(
        &self,
        tenant: &TenantId,
        at: Timestamp,
        condition: Condition,
    ) -> Result<(), StateError> {
        let key = Key::certificate_checkpoint(tenant);
        let condition = condition
            .names(["scan_asked_at"])
            .value("at", attribute(&at, &key.sk)?);
        self.table.update(&key, condition).await.map(drop)
    }

    /// Whose the accounts in reteach are, as far as the ledger of people knows. May be a moment behind, at half the
    /// price.
    pub async fn owners(
        &self,
        tenant: &TenantId,
    ) -> Result<HashMap<CustomerId, SourceId>, StateError> {
        let query = Query::partition(partition(tenant))
            .prefix(EMPLOYEES)
            .eventual();
        let mut pages = self
            .table
            .query(query.only(&[SORT_KEY, "source_id", "customer_id"]));
        let mut owners = HashMap::new();
        while let Some(page) = pages.next().await? {
            for owner in records::<Owner>(page) {
                let Owner {
                    source_id,
                    customer_id,
                } = owner?;
                owners.extend(customer_id.map(|account| (account, source_id)));
            }
        }
        Ok(owners)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::FingerprintKey;
    use crate::state::EmployeeEntry;
    use crate::state::testing::Emulator;
    use crate::state::testing::Fault::LostReply;

    fn at(time: &str) -> Timestamp {
        format!("2026-05-11T{time}Z").parse().unwrap()
    }

    fn acme() -> TenantId {
        TenantId::parse("acme").unwrap()
    }

    #[tokio::test]
    async fn what_the_operator_asks_for_stays_when_a_run_writes_and_the_other_way_round() {
        let table = Emulator::start().await;
        let (store, acme) = (&table.store, acme());
        let start = async || store.certificate_start(&acme).await.unwrap();
        assert_eq!(start().await, CertificateStart::default());
        let checkpoint = |parked| CertificateCheckpoint {
            parked,
            ..CertificateCheckpoint::default()
        };
        let (token, older) = (FencingToken(10), FencingToken(9));
        let write = async |token, parked| {
            let checkpoint = checkpoint(parked);
            let written = store.put_certificate_checkpoint(&acme, token, &checkpoint);
            written.await
        };
        assert_eq!(write(older, 0).await, Ok(()));
        table.lose(&[LostReply]);
        assert_eq!(store.ask_full_scan(&acme, at("07:00:00")).await, Ok(()));
        table.lose(&[LostReply]);
        assert_eq!(write(token, 1).await, Ok(()));
        let fenced = StateError::Fenced {
            item: "CERTIFICATES".to_owned(),
        };
        assert_eq!(write(older, 2).await, Err(fenced.clone()));
        let asked = CertificateStart {
            checkpoint: Some(checkpoint(1)),
            scan_asked_at: Some(at("07:00:00")),
            ..CertificateStart::default()
        };
        assert_eq!(start().await, asked);
        // A second start does not move the first.
        for time in ["08:00:00", "09:00:00"] {
            assert_eq!(store.start_backfill(&acme, at(time)).await, Ok(()));
            let started = CertificateStart {
                scan_asked_at: Some(at(time)),
                started_at: Some(at("08:00:00")),
                ..asked.clone()
            };
            assert_eq!(start().await, started);
        }
        let restored = Restored {
            to: at("06:00:00"),
            at: at("10:00:00"),
            assume_empty: true,
        };
        assert_eq!(store.mark_restored(&acme, restored).await, Ok(()));
        // What the operator asks for does not lower the fence.
        assert_eq!(write(older, 2).await, Err(fenced));
        assert_eq!(write(token, 3).await, Ok(()));
        let expected = CertificateStart {
            checkpoint: Some(checkpoint(3)),
            scan_asked_at: Some(restored.at),
            started_at: Some(at("08:00:00")),
            restored: Some(restored),
        };
        assert_eq!(start().await, expected);
    }

    #[tokio::test]
    async fn an_account_is_whose_entry_names_it() {
        let (store, acme) = (Emulator::start().await.store, acme());
        let key = FingerprintKey::from_bytes(&[7; 32]);
        for (id, account) in [("1", Some("c1")), ("2", None), ("3", Some("c3"))] {
            let entry = EmployeeEntry {
                customer_id: account.map(CustomerId::new),
                ..EmployeeEntry::new(SourceId::new(id))
            };
            let put = store.put_employee(&acme, FencingToken(1), &key, &entry);
            assert_eq!(put.await, Ok(()));
        }
        let owner = |account, id| (CustomerId::new(account), SourceId::new(id));
        let expected = HashMap::from([owner("c1", "1"), owner("c3", "3")]);
        assert_eq!(store.owners(&acme).await, Ok(expected));
    }
}
