//! The status of many tenants in few calls, for the operator. The functions use none of this.

use std::collections::{BTreeMap, HashMap};

use futures::future::try_join;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::inventory::LeaseState;
use super::tenants::TenantRecord;
use super::version;
use super::{StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::{Key, PARTITION_KEY, SORT_KEY};
use crate::state::table::{Item, records, sort_key};
use crate::state::{HeldPlan, JobKind};

/// What is read of the two large items. A status shows neither the digests of shards nor those of days, which are most of them.
const SUMMARIES: &[&str] = &[
    PARTITION_KEY,
    SORT_KEY,
    // The state of the employee job.
    "people",
    "open_accounts",
    "waiting",
    "source_held",
    // The state of the certificate job.
    "checkpoint.parked",
    "checkpoint.reissued",
];

/// The items that a tenant's status is made of, without its reports.
#[derive(Clone, Debug, Default)]
pub struct TenantSnapshot {
    pub record: Option<TenantRecord>,
    /// The leases of its jobs, as far as they were ever taken.
    pub leases: BTreeMap<JobKind, LeaseState>,
    pub people: PeopleSummary,
    pub certificates: CertificateSummary,
    pub held: Option<HeldPlan>,
}

/// As much of a [`SyncState`](crate::state::SyncState) as a status shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct PeopleSummary {
    #[serde(default)]
    pub people: u32,
    pub open_accounts: u32,
    #[serde(default)]
    pub waiting: u32,
    #[serde(default)]
    pub source_held: bool,
}

/// As much of a [`CertificateCheckpoint`](crate::state::CertificateCheckpoint) as a status shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct CertificateSummary {
    pub parked: u32,
    #[serde(default)]
    pub reissued: u32,
}

#[derive(Default, Deserialize)]
struct StoredCertificates {
    #[serde(default)]
    checkpoint: Option<CertificateSummary>,
}

impl Store {
    /// What is stored of `tenants` as a whole, in no order, as far as it can be read.
    pub async fn tenant_records(
        &self,
        tenants: &[TenantId],
    ) -> Result<Vec<TenantRecord>, StateError> {
        let items = self
            .table
            .batch_get(tenants.iter().map(Key::config))
            .await?;
        Ok(records(items).filter_map(Result::ok).collect())
    }

    /// The snapshots of `tenants`, in their order; [`StateError::Damaged`] for each of which an item cannot be read. Reads six
    /// items of each: two calls for up to 25 tenants, three for 50. Small items are read whole: DynamoDB local takes longer to
    /// leave out their few other attributes.
    pub async fn snapshots(
        &self,
        tenants: &[TenantId],
    ) -> Result<Vec<(TenantId, Result<TenantSnapshot, StateError>)>, StateError> {
        let small = tenants.iter().flat_map(small_items);
        let large = tenants.iter().flat_map(large_items);
        let small = self.table.batch_get(small);
        let large = self.table.batch_get_only(large, SUMMARIES);
        let (small, large) = try_join(small, large).await?;
        let mut items: HashMap<(String, String), Item> = small
            .into_iter()
            .chain(large)
            .map(|item| ((partition_key(&item), sort_key(&item).to_owned()), item))
            .collect();
        let snapshots = tenants.iter().map(|tenant| {
            let mut take = |key: Key| items.remove(&(key.pk, key.sk));
            (tenant.clone(), TenantSnapshot::read(tenant, &mut take))
        });
        Ok(snapshots.collect())
    }
}

fn small_items(tenant: &TenantId) -> [Key; 4] {
    [
        Key::config(tenant),
        Key::lease(tenant, JobKind::Employees),
        Key::lease(tenant, JobKind::Certificates),
        Key::held(tenant),
    ]
}

fn large_items(tenant: &TenantId) -> [Key; 2] {
    [Key::root(tenant), Key::certificate_checkpoint(tenant)]
}

fn partition_key(item: &Item) -> String {
    let key = item.get(PARTITION_KEY).and_then(|value| value.as_s().ok());
    key.cloned().unwrap_or_default()
}

impl TenantSnapshot {
    fn read(
        tenant: &TenantId,
        take: &mut impl FnMut(Key) -> Option<Item>,
    ) -> Result<Self, StateError> {
        let mut leases = BTreeMap::new();
        for job in [JobKind::Employees, JobKind::Certificates] {
            let lease: Option<LeaseState> = read(take(Key::lease(tenant, job)))?;
            leases.extend(lease.map(|lease| (job, lease)));
        }
        let config = take(Key::config(tenant));
        version::check(config.as_ref())?;
        let start: Option<StoredCertificates> = read(take(Key::certificate_checkpoint(tenant)))?;
        // A plan that was cleared leaves its fence behind.
        let held = take(Key::held(tenant)).filter(|item| item.contains_key("hash"));
        Ok(Self {
            record: read(config)?,
            leases,
            people: read(take(Key::root(tenant)))?.unwrap_or_default(),
            certificates: start.unwrap_or_default().checkpoint.unwrap_or_default(),
            held: read(held)?,
        })
    }
}

fn read<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, StateError> {
    records(item).next().transpose()
}
