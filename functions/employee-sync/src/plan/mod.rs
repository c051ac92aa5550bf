//! From what was read and what is known to what should be done. Pure: the plan is a value that cannot act.

#[cfg(test)]
pub(crate) mod arbitrary;
mod build;
#[cfg(test)]
pub(crate) mod builders;
mod change;
mod claim;
mod compare;
mod display;
mod split;
mod subject;
#[cfg(test)]
mod tests;

pub use build::{Context, Plan, Skip};
pub use change::{
    Access, Baseline, Before, Cause, Change, Doing, Extent, SOON, ValueChange, WindowChange,
};
pub use display::{Details, Kind, Shown};
pub use split::{Consent, Harm, Held, Part};
pub use subject::{Account, AccountView, Link, Subject, View};
