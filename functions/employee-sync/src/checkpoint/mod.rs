//! What the last run left of each person, and who needs a look because of it. Pure.

mod advance;
mod preregister;
mod select;
#[cfg(test)]
mod tests;

pub(crate) use advance::resolve;
pub use advance::{DUE_NOW, Resolution, next_shard};
pub(crate) use preregister::register;
pub use select::{Classification, Reason, Selection, Sharding, classify, select};
