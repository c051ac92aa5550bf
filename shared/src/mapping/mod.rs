//! From the canonical employee to what reteach should hold. Pure: no I/O, no clock but the argument.

#[cfg(test)]
pub(crate) mod arbitrary;
mod attribute;
mod record;

pub use attribute::{Attribute, Text};
pub use record::{DesiredAccount, user_name};

/// Raised whenever the same employee is mapped to another record: the next run then compares everybody.
pub const MAPPING_VERSION: u32 = 1;
