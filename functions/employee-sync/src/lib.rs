//! The employee job: read → plan → judge → apply → ledger → report.

pub mod accounts;
pub mod apply;
pub mod known;
pub mod lint;
pub mod plan;
pub mod read;
pub mod report;
pub mod roll;
mod run;
mod unreadable;

/// The job: people from the HR system to reteach.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmployeeSync;
