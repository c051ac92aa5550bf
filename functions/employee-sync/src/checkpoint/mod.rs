//! What the last run left of each person, and who needs a look because of it. Pure.

mod preregister;
mod select;

pub(crate) use preregister::announce;
#[cfg(test)]
pub(crate) use preregister::prepare;
pub use select::{
    Classification, DUE_NOW, Reason, Resolution, Selection, Sharding, classify, next_shard, select,
};
