//! What the three simulators share: requests and replies apart from the network, the route table, faults, the log of what was
//! received, limits, and the server itself.

pub(crate) mod digest;
pub(crate) mod exchange;
pub(crate) mod fault;
mod gzip;
pub(crate) mod limiter;
mod line;
pub(crate) mod log;
mod mangle;
pub(crate) mod multipart;
pub(crate) mod pipeline;
pub(crate) mod route;
pub(crate) mod scissors;
#[cfg(test)]
mod scissors_tests;
pub(crate) mod server;
pub(crate) mod status;
pub(crate) mod streamed;
pub(crate) mod strikes;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes the lock; a test that panicked while it held the lock does not take the others down.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
