//! The employee job over the local stack, rule by rule and, where it can differ, route by route. What counts is what the
//! simulators hold and were asked; the program's own report is checked against it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bad_input;
mod brakes;
mod certificates;
mod changes;
mod complete_reads;
mod credentials;
mod cuts;
mod dry_run;
mod everything;
mod first_sync;
mod held_plans;
mod interruption;
mod isolation;
mod left_out;
mod locks;
mod overload;
mod privacy;
mod repair;
mod scope;
mod threat_model;
mod troubles;
mod unchanged;
mod waiting;
mod worst_days;
