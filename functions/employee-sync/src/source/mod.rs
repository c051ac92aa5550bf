//! What the HR system reports: everybody, each once, and whether the reading is complete.

mod completeness;
mod read;
mod snapshot;
mod unreadable;

pub use completeness::{Completeness, IncompleteReason};
pub(crate) use read::read_even_unusable;
pub use read::{People, read};
pub use snapshot::{Person, Snapshot};
#[cfg(test)]
pub(crate) use unreadable::UnreadableAttributes;
