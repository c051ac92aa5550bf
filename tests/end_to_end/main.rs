//! The employee job over the local stack, rule by rule and, where it can differ, route by route. What counts is what the
//! simulators hold and were asked; the program's own report is checked against it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bad_input;
mod brakes;
mod broken_connections;
mod certificates;
mod changes;
mod complete_reads;
mod credentials;
mod dry_run;
mod first_sync;
mod held_plans;
mod incident_regressions;
mod interruption;
mod isolation;
mod locks;
mod missing_without_flag;
mod overload;
mod privacy;
mod privacy_all_commands;
mod repair;
mod scope;
mod threat_model;
mod unchanged;
mod waiting;
