//! The employee job: read → plan → judge → apply → ledger → report.

pub mod accounts;
pub mod apply;
pub mod known;
pub mod lease;
pub mod lint;
pub mod plan;
pub mod read;
