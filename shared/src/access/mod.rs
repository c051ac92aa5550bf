//! Who has access when: the one place where a lock or an unlock is decided. Pure: the clock is an argument.

mod access_window;
mod employment;
mod lock_reason;
#[cfg(test)]
mod tests;

pub use access_window::{AccessWindow, DesiredAccess, FARTHEST, desired_access, has_left};
pub use employment::{Employment, EmploymentStatus, Scoped};
pub use lock_reason::{LockReason, Locked};
