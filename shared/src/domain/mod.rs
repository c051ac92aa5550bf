//! What the jobs talk about: employees, identifiers, calendar days and time. Knows no vendor and does no I/O.

mod calendar_day;
pub mod clock;
pub mod employee;
pub mod id;

pub use calendar_day::{calendar_day, end_of_contract};
