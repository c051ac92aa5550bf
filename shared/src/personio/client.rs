//! The calls of v1, over either transport.

use super::transport::Transport;
use crate::http::{Deadline, RateLimiter};

/// Personio's v1 API for one company; copies share token and pace.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) transport: Transport,
}

impl Client {
    /// A client over `transport`.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { transport }
    }

    /// The same client, but nothing goes past `deadline`.
    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        Self {
            transport: self.transport.until(deadline),
        }
    }

    /// The same client with another pace: for a simulator without limits.
    #[must_use]
    pub fn with_pace(self, pace: RateLimiter) -> Self {
        Self {
            transport: self.transport.with_pace(pace),
        }
    }
}
