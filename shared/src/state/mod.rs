//! What is remembered between runs: one DynamoDB table behind a small typed store. No names, no mail addresses.

mod brake;
mod certificate;
mod certificate_root;
mod employee;
mod error;
mod held;
mod key;
mod root;
mod store;
mod table;

pub use brake::{Brake, BrakeWindow};
pub use certificate::{CertificateEntry, CertificateState, Intent, Setback, Unknowable};
pub use certificate_root::{CertificateRoot, CertificateStart, Open, OpenReason};
pub use employee::{EmployeeEntry, Failure, LockReason, Locked, Mark, Window};
pub use error::StateError;
pub use held::{Decision, HeldPlan};
pub use key::{Job, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE};
pub use root::Root;
pub use store::{
    Acquisition, CertificateLedger, FencingToken, Inventory, LastRun, Lease, LeaseState, Noted,
    Store, TenantRecord, TenantStatus,
};
pub use table::Units;
