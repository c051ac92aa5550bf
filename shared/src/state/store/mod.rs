//! The store: typed reads and writes over the table.

mod certificate_checkpoint;
mod certificates;
mod employees;
mod fenced;
mod fingerprints;
mod held;
mod held_source;
mod inventory;
mod lease;
mod login;
mod probe;
mod reports;
mod restore;
mod snapshots;
mod tenant_change;
mod tenants;
mod version;

use super::StateError;
use super::table::{Table, Units};
use crate::aws::Aws;

pub use certificates::PutOutcome;
pub use fenced::FencingToken;
pub use inventory::{CertificateLedger, Inventory, LeaseState};
pub use lease::{Acquisition, LastRun, Lease};
pub use restore::Restore;
pub use snapshots::{CertificateSummary, PeopleSummary, TenantSnapshot};
pub use tenant_change::TenantChange;
pub use tenants::{TenantRecord, TenantStatus};
pub use version::STATE_VERSION;

/// The table, behind typed methods. Copies share connections and the count of units.
///
/// Reads fail with [`StateError::Damaged`] if an item is not what it should be, writes under a fencing token with
/// [`StateError::Fenced`] if a newer run has written the item. A method names the errors that are its own.
#[derive(Clone, Debug)]
pub struct Store {
    table: Table,
}

impl Store {
    /// The store in the table of this name.
    #[must_use]
    pub fn new(aws: &Aws, table: &str) -> Self {
        Self {
            table: Table::new(aws.dynamodb().clone(), table),
        }
    }

    /// The same store through other clients, with other rights.
    #[must_use]
    pub fn over(&self, aws: &Aws) -> Self {
        Self {
            table: self.table.over(aws.dynamodb().clone()),
        }
    }

    /// What this store and its copies have used so far.
    #[must_use]
    pub fn units(&self) -> Units {
        self.table.units()
    }

    /// The same store with a count of its own that begins at zero: for one run.
    #[must_use]
    pub fn with_fresh_units(&self) -> Self {
        Self {
            table: self.table.with_fresh_meter(),
        }
    }
}
