//! Notices: who learns when a tenant's trouble begins, lasts a day, or ends.
//!
//! Pure, but for [`Senders`]. A run is reduced to an [`Observation`]; [`Memory`] says what is due; a [`Notice`] has the words.
//! One message per cause, recipient and day. Counts and codes only: no names, no personal data.

mod cause;
mod memory;
mod send;
mod shape;
#[cfg(test)]
mod tests;
mod text;

pub use cause::{Cause, Observation};
pub use memory::{DAY, Delivery, Due, Kind, Memory, Recipient};
pub use send::{ATTEMPT, Address, Refusal, Senders};
pub use shape::{Message, body};
pub use text::{Notice, Text, damaged_item};
