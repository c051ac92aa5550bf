//! How many actions of one integration may be under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// 30 since March 2026, unless Kombo has agreed on fewer.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) limit: usize,
    taken: Arc<AtomicUsize>,
}

/// A place that is free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place(Places);

impl Default for Places {
    fn default() -> Self {
        Self {
            limit: 30,
            taken: Arc::default(),
        }
    }
}

impl Places {
    /// A place, where there is one.
    pub(super) fn take(&self) -> Option<Place> {
        // The place gives back what was taken here, also where it is one too many.
        let place = Place(self.clone());
        let before = self.taken.fetch_add(1, Ordering::SeqCst);
        (before < self.limit).then_some(place)
    }

    /// `Concurrency-Limit` and `Concurrency-Remaining`.
    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let left = self.limit.saturating_sub(self.taken.load(Ordering::SeqCst));
        vec![
            ("concurrency-limit", self.limit.to_string()),
            ("concurrency-remaining", left.to_string()),
        ]
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::SeqCst);
    }
}
