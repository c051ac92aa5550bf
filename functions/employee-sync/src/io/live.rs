//! The edges of a run in production: DynamoDB and reteach.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use shared::domain::clock::Clock;
use shared::domain::id::{CustomerId, ExternalId, SourceId, TenantId};
use shared::fingerprint::{FingerprintKey, Shard, ShardNumber, ShardRange};
use shared::http::{Deadline, Effect};
use shared::reteach::{self, Client, Customer, CustomerInput, Tag, TagId};
use shared::runtime::{LeaseGuard, Tenant};
use shared::state::{EmployeeEntry, HeldPlan, HeldSource, StateError, Store, SyncState};

use super::{Reader, WriteError, Writer};
use crate::accounts::{
    self, AccountFilter, AccountIndex, AccountQuery, AccountsError, LookUps, MailHolders,
    ReadAccount,
};

/// A pause after which the lease may have been renewed.
const RENEWED_WITHIN: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveReader<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) store: &'a Store,
    pub(crate) key: &'a FingerprintKey,
    pub(crate) reteach: &'a Client,
    /// The list of all accounts is given up then.
    pub(crate) list_ends: Deadline,
    /// Nobody is looked up after this.
    pub(crate) look_ups_end: Deadline,
}

/// The same with the lease that every write needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveWriter<'a> {
    pub(crate) reader: LiveReader<'a>,
    pub(crate) lease: &'a LeaseGuard<'a>,
    pub(crate) clock: &'a dyn Clock,
    /// No new change is begun after this.
    pub(crate) stop_at: Deadline,
    /// Calls under way end by then: what came of them is still written down.
    pub(crate) calls_end: Deadline,
    pub(crate) concurrency: usize,
}

impl LiveReader<'_> {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant.config.tenant_id
    }
}

impl Reader for LiveReader<'_> {
    async fn is_our_academy(&self) -> Result<bool, reteach::Error> {
        let Some(academy) = &self.tenant.record.academy else {
            return Ok(true);
        };
        match self.reteach.is_of(academy).await {
            // One endpoint that fails keeps no lock waiting. Missing rights may be other credentials.
            Err(error)
                if !matches!(
                    error,
                    reteach::Error::Credential(_) | reteach::Error::Forbidden(_)
                ) =>
            {
                Ok(true)
            }
            answer => answer,
        }
    }

    async fn shards(
        &self,
        numbers: &[ShardNumber],
    ) -> Result<BTreeMap<ShardNumber, Shard>, StateError> {
        self.store.shards(self.tenant_id(), numbers).await
    }

    async fn entries_of(
        &self,
        portion: ShardRange,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        let keeps = |id: &SourceId| portion.contains(id);
        self.store
            .employees_where(self.tenant_id(), Some(self.key), &keeps)
            .await
    }

    async fn entries(
        &self,
        ids: &BTreeSet<&SourceId>,
    ) -> Result<HashMap<SourceId, EmployeeEntry>, StateError> {
        self.store
            .employees(self.tenant_id(), Some(self.key), ids.iter().copied())
            .await
    }

    async fn held(&self) -> Result<Option<HeldPlan>, StateError> {
        self.store.held(self.tenant_id()).await
    }

    async fn held_source(&self) -> Result<Option<HeldSource>, StateError> {
        self.store.held_source(self.tenant_id()).await
    }

    async fn list_accounts(&self, filter: AccountFilter) -> Result<AccountIndex, AccountsError> {
        let client = self.reteach.clone().until(self.list_ends);
        accounts::list(&client, filter).await
    }

    async fn look_up_accounts(
        &self,
        queries: &[AccountQuery<'_>],
    ) -> Result<LookUps, AccountsError> {
        let client = self.reteach.clone().until(self.look_ups_end);
        Ok(accounts::look_up(&client, queries).await?)
    }

    async fn read_accounts(
        &self,
        ids: &[&CustomerId],
    ) -> Result<HashMap<CustomerId, ReadAccount>, AccountsError> {
        let client = self.reteach.clone().until(self.look_ups_end);
        Ok(accounts::read(&client, ids).await?)
    }

    async fn holders_of(&self, mails: &[&str]) -> MailHolders {
        let client = self.reteach.clone().until(self.look_ups_end);
        accounts::holders_of(&client, mails).await
    }
}

impl LiveWriter<'_> {
    /// Makes `call` with the time that the lease leaves for it. A call that was not sent within that time, because the pace
    /// did not allow it, goes on under the renewed lease.
    async fn under_lease<T, F: Future<Output = Result<T, reteach::Error>> + Send>(
        &self,
        call: impl Fn(Client) -> F + Send + Sync,
    ) -> Result<T, WriteError> {
        loop {
            let deadline = self.lease.check().await?.earlier(self.calls_end);
            match call(self.reader.reteach.clone().until(deadline)).await {
                Err(reteach::Error::OutOfTime {
                    effect: Effect::None,
                    ..
                }) if self.stop_at.sleep(RENEWED_WITHIN).await.is_ok() => {}
                result => return Ok(result?),
            }
        }
    }
}

impl Writer for LiveWriter<'_> {
    async fn create(&self, input: &CustomerInput) -> Result<Customer, WriteError> {
        self.under_lease(|client| async move { client.create(input).await })
            .await
    }

    async fn update(&self, id: &CustomerId, input: &CustomerInput) -> Result<Customer, WriteError> {
        self.under_lease(|client| async move { client.update(id, input).await })
            .await
    }

    async fn update_by_external_id(
        &self,
        id: &ExternalId,
        input: &CustomerInput,
    ) -> Result<Customer, WriteError> {
        self.under_lease(|client| async move { client.update_by_external_id(id, input).await })
            .await
    }

    async fn get(&self, id: &CustomerId) -> Result<Customer, WriteError> {
        self.under_lease(|client| async move { client.get(id).await })
            .await
    }

    async fn add_tags(&self, id: &CustomerId, names: &[String]) -> Result<Vec<Tag>, WriteError> {
        self.under_lease(|client| async move { client.add_tags(id, names).await })
            .await
    }

    async fn remove_tag(&self, id: &CustomerId, tag: &TagId) -> Result<(), WriteError> {
        self.under_lease(|client| async move { client.remove_tag(id, tag).await })
            .await
    }

    async fn check_lease(&self) -> Result<(), StateError> {
        self.lease.check().await.map(drop)
    }

    async fn put_entry(&self, entry: &EmployeeEntry) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        let LiveReader { store, key, .. } = self.reader;
        store.put_employee(tenant, token, key, entry).await
    }

    async fn forget_entry(&self, id: &SourceId) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        self.reader.store.forget_employee(tenant, token, id).await
    }

    async fn put_shard(&self, number: ShardNumber, shard: &Shard) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        self.reader
            .store
            .put_shard(tenant, token, number, shard)
            .await
    }

    async fn put_state(&self, state: &SyncState) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        self.reader.store.put_sync_state(tenant, token, state).await
    }

    async fn put_held(&self, held: &HeldPlan) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        self.reader.store.put_held(tenant, token, held).await
    }

    async fn clear_held(&self) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        self.reader.store.clear_held(tenant, token).await
    }

    async fn put_held_source(&self, source: &HeldSource) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        self.reader
            .store
            .put_held_source(tenant, token, source)
            .await
    }

    async fn clear_held_source(&self) -> Result<(), StateError> {
        let (tenant, token) = (self.reader.tenant_id(), self.lease.token());
        self.reader.store.clear_held_source(tenant, token).await
    }

    async fn open_gate(&self, now: Timestamp) -> Result<(), StateError> {
        match self.reader.tenant.record.gate {
            Some(_) => Ok(()),
            None => {
                self.reader
                    .store
                    .open_gate(self.reader.tenant_id(), now)
                    .await
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn is_out_of_time(&self) -> bool {
        self.stop_at.remaining().is_some_and(|left| left.is_zero())
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }
}
