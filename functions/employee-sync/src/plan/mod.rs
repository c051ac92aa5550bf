//! From what was read and what is known to what should be done. Pure: the plan is a value that cannot act.

#[cfg(test)]
pub(crate) mod arbitrary;
mod build;
#[cfg(test)]
pub(crate) mod builders;
mod candidate;
mod change;
mod claim;
mod compare;
mod condensed;
mod display;
mod hold;
#[cfg(test)]
mod tests;
mod verdict;

pub use build::{Context, Plan};
pub use candidate::{Account, AccountView, Candidate, Holder, MatchedBy, SourceState};
pub use change::{
    Access, Action, Baseline, Before, Change, Extent, SOON, ValueChange, WindowCause, WindowChange,
};
pub(crate) use compare::{digest_of, folded, is_kept_trimmed, with_account, with_account_given};
pub use display::{Details, Kind, Shown};
pub use hold::{Part, RiskyChange};
pub use verdict::{Numbering, SkipReason};
