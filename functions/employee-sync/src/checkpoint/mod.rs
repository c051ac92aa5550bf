//! What the last run left of each person, and who needs a look because of it. Pure.

mod advance;
mod identity;
mod portion;
mod preregister;
mod select;
#[cfg(test)]
mod tests;

pub use advance::{DUE_NOW, Resolution, next_shard, waits_until};
pub(crate) use advance::{resolve, with_left_open};
pub use identity::Identity;
pub use portion::{Limited, PORTION, Turn, in_progress, in_turn, limited, portion};
pub(crate) use preregister::register;
pub use select::{Classification, Reason, Selection, Sharding, classify, select, waits_for_list};
