//! What is remembered between runs: one DynamoDB table behind a small typed store. No names, no mail addresses.

mod brake;
mod employee;
mod held;
mod root;

pub use brake::{Brake, BrakeWindow};
pub use employee::{EmployeeEntry, Failure, LockReason, Locked, Mark, Window};
pub use held::{Decision, HeldPlan};
pub use root::Root;
