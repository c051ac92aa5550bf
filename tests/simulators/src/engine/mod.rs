//! What the three simulators share: requests and replies apart from the network, the route table, faults, the log of what was
//! received, limits, and the server itself.

mod corrupt;
pub(crate) mod digest;
pub(crate) mod exchange;
pub(crate) mod fault;
pub(crate) mod fault_engine;
#[cfg(test)]
mod fault_engine_tests;
mod gzip;
pub(crate) mod limiter;
mod line;
pub(crate) mod log;
pub(crate) mod multipart;
pub(crate) mod pipeline;
pub(crate) mod route;
pub(crate) mod server;
pub(crate) mod status;
pub(crate) mod streamed;
pub(crate) mod tape;
#[cfg(test)]
mod tests;
pub(crate) mod watch;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes the lock; a test that panicked while it held the lock does not take the others down.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
