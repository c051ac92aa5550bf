//! Runs one after the other over a model of the academy, without any I/O.

mod academies;
mod announced;
mod another_academy;
mod brakes;
mod comparison;
mod contested;
mod expiry;
mod leavers;
mod lists;
mod look_ups;
mod lost_accounts;
mod lost_state;
mod mail_moves;
mod portions;
mod protocol;
mod rehires;
mod renumbered;
mod repairs;
mod sharding;
mod twins;
mod world;
