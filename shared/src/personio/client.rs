//! The calls, over any transport.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::direct::Direct;
use super::transport::Transport;
use crate::http::{Deadline, RateLimiter};

/// Personio's API for one company; copies share token and pace.
#[derive(Clone, Debug)]
pub struct Client<T = Direct> {
    pub(super) transport: T,
    /// Whether the account refuses attributes by their newer names.
    pub(super) refuses_newer_names: Arc<AtomicBool>,
    /// Whether the account refuses lists of documents as long as we ask for.
    pub(super) refuses_long_lists: Arc<AtomicBool>,
}

impl<T: Transport> Client<T> {
    #[must_use]
    pub fn new(transport: T) -> Self {
        Self {
            transport,
            refuses_newer_names: Arc::default(),
            refuses_long_lists: Arc::default(),
        }
    }

    pub fn transport(&self) -> &T {
        &self.transport
    }

    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.transport = self.transport.until(deadline);
        self
    }

    /// The same client with another pace: for a simulator without limits.
    #[must_use]
    pub fn with_pace(mut self, pace: RateLimiter) -> Self {
        self.transport = self.transport.with_pace(pace);
        self
    }
}
