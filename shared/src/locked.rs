//! Values that several tasks change.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value, also after a panic of its holder.
pub(crate) fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
