//! What is remembered between runs: one DynamoDB table behind a small typed store. No names, no mail addresses.

mod brake;
mod certificate;
mod certificate_checkpoint;
mod decided_by;
mod employee;
mod error;
mod held;
mod held_source;
mod key;
mod store;
mod sync_state;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub use brake::{Brake, BrakeWindow};
pub use certificate::{
    CertificateEntry, CertificateState, Intent, Issue, OnUnverifiable, Refiled, Reissued,
    RetryState,
};
pub use certificate_checkpoint::{
    CertificateCheckpoint, CertificateStart, DatesSeen, DayCheckpoint, EqualRefusals, ListAccess,
    RefusedHosts, Restored, Unsettled,
};
pub use decided_by::DecidedBy;
pub use employee::{Drift, EmployeeEntry, Failure, FailureKind, ValueDigest};
pub use error::StateError;
pub use held::{
    Choice, ChoiceError, Decision, HeldPart, HeldParts, HeldPattern, HeldPlan, PartKey,
};
pub use held_source::HeldSource;
pub use key::{JobKind, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE};
pub use store::{
    Acquisition, CertificateLedger, CertificateSummary, FencingToken, Inventory, LastRun, Lease,
    LeaseState, PeopleSummary, PutOutcome, Restore, STATE_VERSION, Store, TenantChange,
    TenantRecord, TenantSnapshot, TenantStatus,
};
pub use sync_state::{AgreedReading, Comparing, SyncState};
pub use table::{TableShape, Units};
