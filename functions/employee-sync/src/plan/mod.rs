//! From what was read and what is known to what should be done. Pure: the plan is a value that cannot act.

mod build;
mod change;
mod compare;
mod display;
mod split;
mod subject;
#[cfg(test)]
pub(crate) mod tests;

#[cfg(test)]
pub(crate) use compare::mark_of;

pub use build::{Context, Plan, Skip};
pub use change::{Access, Baseline, Before, Cause, Change, Doing, Extent, SOON, ValueChange, WindowChange};
pub use display::{Details, Kind, Shown};
pub use split::{Consent, Harm, Held, Part};
pub use subject::{Account, AccountView, Link, Subject, View};
