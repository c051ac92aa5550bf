//! The edges of a run: what its stages read, and what they write. The stages see these traits alone.

mod error;
mod live;
#[cfg(test)]
pub(crate) mod memory;

pub(crate) use error::{ApplyAbort, Problem, Refusal, WriteError};
pub(crate) use live::{LiveReader, LiveWriter};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;

use jiff::Timestamp;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::{Shard, ShardNumber, ShardRange};
use shared::reteach::{self, Customer, CustomerInput, Tag, TagId};
use shared::state::{EmployeeEntry, HeldPlan, HeldSource, StateError, SyncState};

use crate::accounts::{
    AccountFilter, AccountIndex, AccountQuery, AccountsError, LookUps, MailHolders, ReadAccount,
};

/// What a run reads after the HR system: the state, and the academy's accounts.
pub(crate) trait Reader: Sync {
    /// Whether the credentials belong to the academy that the tenant was added with; true where that is not known, or where the
    /// academy does not say it now.
    fn is_our_academy(&self) -> impl Future<Output = Result<bool, reteach::Error>> + Send;

    fn shards(
        &self,
        numbers: &[ShardNumber],
    ) -> impl Future<Output = Result<BTreeMap<ShardNumber, Shard>, StateError>> + Send;

    fn entries_of(
        &self,
        portion: ShardRange,
    ) -> impl Future<Output = Result<HashMap<SourceId, EmployeeEntry>, StateError>> + Send;

    fn entries(
        &self,
        ids: &BTreeSet<&SourceId>,
    ) -> impl Future<Output = Result<HashMap<SourceId, EmployeeEntry>, StateError>> + Send;

    fn held(&self) -> impl Future<Output = Result<Option<HeldPlan>, StateError>> + Send;

    fn list_accounts(
        &self,
        filter: AccountFilter,
    ) -> impl Future<Output = Result<AccountIndex, AccountsError>> + Send;

    fn held_source(&self) -> impl Future<Output = Result<Option<HeldSource>, StateError>> + Send;

    fn look_up_accounts(
        &self,
        queries: &[AccountQuery<'_>],
    ) -> impl Future<Output = Result<LookUps, AccountsError>> + Send;

    fn read_accounts(
        &self,
        ids: &[&CustomerId],
    ) -> impl Future<Output = Result<HashMap<CustomerId, ReadAccount>, AccountsError>> + Send;

    /// The accounts that have these mail addresses, as far as reteach answers.
    fn holders_of(&self, mails: &[&str]) -> impl Future<Output = MailHolders> + Send;
}

/// What a run writes. A dry run has no writer. Each write to the academy makes sure of the lease first.
pub(crate) trait Writer: Sync {
    fn create(
        &self,
        input: &CustomerInput,
    ) -> impl Future<Output = Result<Customer, WriteError>> + Send;

    fn update(
        &self,
        id: &CustomerId,
        input: &CustomerInput,
    ) -> impl Future<Output = Result<Customer, WriteError>> + Send;

    fn update_by_external_id(
        &self,
        id: &ExternalId,
        input: &CustomerInput,
    ) -> impl Future<Output = Result<Customer, WriteError>> + Send;

    fn get(&self, id: &CustomerId) -> impl Future<Output = Result<Customer, WriteError>> + Send;

    /// Returns the tags of the reply.
    fn add_tags(
        &self,
        id: &CustomerId,
        names: &[String],
    ) -> impl Future<Output = Result<Vec<Tag>, WriteError>> + Send;

    fn remove_tag(
        &self,
        id: &CustomerId,
        tag: &TagId,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Fails if another run has the lease: nothing more may be written.
    fn check_lease(&self) -> impl Future<Output = Result<(), StateError>> + Send;

    fn put_entry(
        &self,
        entry: &EmployeeEntry,
    ) -> impl Future<Output = Result<(), StateError>> + Send;

    fn forget_entry(&self, id: &SourceId) -> impl Future<Output = Result<(), StateError>> + Send;

    fn put_shard(
        &self,
        number: ShardNumber,
        shard: &Shard,
    ) -> impl Future<Output = Result<(), StateError>> + Send;

    fn put_state(&self, state: &SyncState) -> impl Future<Output = Result<(), StateError>> + Send;

    fn put_held(&self, held: &HeldPlan) -> impl Future<Output = Result<(), StateError>> + Send;

    fn clear_held(&self) -> impl Future<Output = Result<(), StateError>> + Send;

    fn put_held_source(
        &self,
        source: &HeldSource,
    ) -> impl Future<Output = Result<(), StateError>> + Send;

    fn clear_held_source(&self) -> impl Future<Output = Result<(), StateError>> + Send;

    /// Lets certificates follow. Does nothing if they may already.
    fn open_gate(&self, now: Timestamp) -> impl Future<Output = Result<(), StateError>> + Send;

    fn now(&self) -> Timestamp;

    /// Whether the time for new changes is over.
    fn is_out_of_time(&self) -> bool;

    fn concurrency(&self) -> usize;
}
