//! How a run gets by with little: most runs list the last 30 days, and read the ledger only for days whose listing has
//! changed or that hold something due. Pure.

mod conclude;
mod scope;
mod select;
#[cfg(test)]
mod tests;

pub use conclude::{Conclusion, RunFacts, conclude};
pub use scope::Scope;
pub(crate) use scope::{are_few_waiting, are_late_pdfs_made, is_any_unasked};
pub use select::{ListedDay, Selection, digest, select};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The day of completion in UTC. A completion without a moment has a day of its own, which never leaves the window.
pub(crate) fn day_of(completed_at: Option<Timestamp>) -> Date {
    completed_at.map_or(Date::MAX, |at| TimeZone::UTC.to_datetime(at).date())
}
