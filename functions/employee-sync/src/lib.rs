//! The employee job: read → plan → judge → apply → ledger → report.

pub mod accounts;
pub mod apply;
pub mod event;
pub mod known;
pub mod lease;
pub mod lint;
pub mod plan;
pub mod read;
pub mod report;
pub mod run;
pub mod telemetry;
pub mod unreadable;
