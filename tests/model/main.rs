//! A model of the certificate job's protocol: lease, fencing, ledger, vendor, operator and restore.
//!
//! stateright visits every state that the bounds of a [`Protocol`](world::Protocol) allow.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod agreement;
mod protocol;
mod run;
mod table;
mod vendor;
mod world;
