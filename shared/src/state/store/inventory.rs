//! What the operator asks about a tenant as a whole, and removing it. The functions use none of this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::{StateError, Store, lease};
use crate::domain::id::{RunId, TenantId};
use crate::state::JobKind;
use crate::state::key::{
    CERTIFICATES, EMPLOYEES, Key, LEASES, LOGINS, REPORTS, SORT_KEY, partition,
};
use crate::state::table::{Condition, Freshness, Item, Outcome, Query, sort_key};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub employees: u64,
    pub certificates: u64,
    pub reports: u64,
    /// Everything else: configuration, leases, fingerprints, a held plan.
    pub other: u64,
}

/// A job's lease, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LeaseState {
    /// The run that has it, or had it last.
    pub owner: RunId,
    /// When it expires; long ago where it was released.
    #[serde(deserialize_with = "moment")]
    pub until: Timestamp,
    /// When the last run that succeeded ended.
    #[serde(default)]
    pub last_good_run: Option<Timestamp>,
    #[serde(default)]
    pub last_report_at: Option<Timestamp>,
    /// The endpoints that vendors retire, with the day of the last report of each.
    #[serde(default)]
    pub retirements: BTreeMap<String, Date>,
}

/// What becomes of the ledger of certificates when a tenant is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateLedger {
    /// It stays: a tenant that is added again files none of them twice.
    Keep,
    /// It is deleted too: a tenant that is added again files all of them again.
    Delete,
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    i64::deserialize(from).map(lease::moment)
}

impl LeaseState {
    /// Whether the last run that wrote a report may have failed. A good run counts from its own report on.
    #[must_use]
    pub fn may_have_failed(&self) -> bool {
        self.last_report_at > self.last_good_run
    }
}

impl Inventory {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Store {
    /// Counts what is stored of a tenant. Reads its whole partition.
    pub async fn inventory(&self, tenant: &TenantId) -> Result<Inventory, StateError> {
        let mut inventory = Inventory::default();
        let query = Query::partition(partition(tenant))
            .eventual()
            .only(&[SORT_KEY]);
        let mut pages = self.table.query(query);
        while let Some(page) = pages.next().await? {
            // A login is no state of the tenant's: it is of use with its credentials alone.
            let counted = |item: &&Item| !sort_key(item).starts_with(LOGINS);
            for item in page.iter().filter(counted) {
                *inventory.counter(sort_key(item)) += 1;
            }
        }
        Ok(inventory)
    }

    /// The leases of a tenant's jobs, as far as they were ever taken.
    pub async fn leases(
        &self,
        tenant: &TenantId,
    ) -> Result<BTreeMap<JobKind, LeaseState>, StateError> {
        let mut leases = BTreeMap::new();
        for job in [JobKind::Employees, JobKind::Certificates] {
            let key = Key::lease(tenant, job);
            let lease: Option<LeaseState> =
                self.table.get_record(&key, Freshness::Consistent).await?;
            leases.extend(lease.map(|lease| (job, lease)));
        }
        Ok(leases)
    }

    /// Removes a tenant, with or without its ledger of certificates. Runs see an unknown tenant from the first moment;
    /// the line in the registry goes last, so that an interrupted removal can be seen and repeated.
    ///
    /// With the ledger the leases stay: its entries carry fencing tokens, and a lease that began again at the first
    /// token could not write them any more. Logins stay too: with the same credentials, the client code may be used up.
    /// So does the mark of a restore: what the restored table has lost of the ledger may be filed all the same.
    pub async fn remove_tenant_and(
        &self,
        tenant: &TenantId,
        ledger: CertificateLedger,
    ) -> Result<(), StateError> {
        let keeps_ledger = ledger == CertificateLedger::Keep;
        self.table
            .delete(&Key::config(tenant), Condition::default())
            .await?;
        let checkpoint = Key::certificate_checkpoint(tenant);
        if keeps_ledger {
            self.forget_checkpoint(&checkpoint).await?;
        }
        let mut pages = self
            .table
            .query(Query::partition(partition(tenant)).only(&[SORT_KEY]));
        while let Some(page) = pages.next().await? {
            let goes = |item: &&Item| {
                let name = sort_key(item);
                let is_of_ledger = name == checkpoint.sk
                    || [CERTIFICATES, LEASES, LOGINS]
                        .iter()
                        .any(|prefix| name.starts_with(prefix));
                !(keeps_ledger && is_of_ledger)
            };
            let keys = page.iter().filter(goes);
            let keys = keys.map(|item| Key::of(tenant, sort_key(item)));
            self.table.batch_delete(keys.collect()).await?;
        }
        self.table
            .delete(&Key::registry(tenant), Condition::default())
            .await?;
        Ok(())
    }

    /// Removes what certificate runs begin with, except the mark of a restore.
    async fn forget_checkpoint(&self, key: &Key) -> Result<(), StateError> {
        let unmarked = Condition::when("attribute_not_exists(#restored)").names(["restored"]);
        if let Outcome::Refused(_) = self.table.delete(key, unmarked).await? {
            let names = ["checkpoint", "started_at"];
            let update = Condition::update("REMOVE #checkpoint, #started_at").names(names);
            self.table.update(key, update).await?;
        }
        Ok(())
    }

    /// Leaves nothing in the leases but their tokens: a tenant that is added again has not run yet.
    pub async fn forget_runs(&self, tenant: &TenantId) -> Result<(), StateError> {
        let update = "REMOVE #first_run, #last_good_run, #last_report_at, #retirements, #notices";
        for job in [JobKind::Employees, JobKind::Certificates] {
            let condition = Condition::update(update)
                .only_if("attribute_exists(#until)")
                .names([
                    "first_run",
                    "last_good_run",
                    "last_report_at",
                    "retirements",
                    "notices",
                    "until",
                ]);
            self.table
                .update(&Key::lease(tenant, job), condition)
                .await?;
        }
        Ok(())
    }
}

impl Inventory {
    fn counter(&mut self, name: &str) -> &mut u64 {
        if name.starts_with(EMPLOYEES) {
            &mut self.employees
        } else if name.starts_with(CERTIFICATES) {
            &mut self.certificates
        } else if name.starts_with(REPORTS) {
            &mut self.reports
        } else {
            &mut self.other
        }
    }
}
