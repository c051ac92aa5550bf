//! The employee job: read → plan → judge → apply → ledger → report.

pub mod known;
pub mod lint;
pub mod plan;
pub mod read;
