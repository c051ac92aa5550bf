//! Both jobs over the local stack, rule by rule and, where routes can differ, route by route.
//! Tests assert what the simulators hold and received, and that the report agrees.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[macro_use]
mod assertions;

mod academy_lists;
mod alarms;
mod bad_input;
mod blame;
mod brakes;
mod broken_connections;
mod certificates;
mod changes;
mod complete_reads;
mod credentials;
mod dates;
mod dry_run;
mod expiry;
mod first_sync;
mod incident_regressions;
mod interruption;
mod isolation;
mod locks;
mod missing_without_flag;
mod notices;
mod ownership;
mod privacy;
mod privacy_all_commands;
mod repair;
mod retirements;
mod scope;
mod source_identity;
mod stale_integration;
mod state_versions;
mod tags;
mod unchanged;
mod waiting;
