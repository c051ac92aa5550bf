#![doc = include_str!("../README.md")]

pub mod aws;
pub mod dialects;
mod engine;
pub mod kombo;
mod loopback_names;
pub mod people;
pub mod personio;
mod proxy;
pub mod reteach;
#[cfg(test)]
mod testing;
mod webhook;

use std::sync::Arc;

pub use aws::Aws;
pub use engine::fault::{Behaviour, Body, Fault, Moment, RetryAfter};
pub use engine::fault_engine::{CallId, FaultEngine, Interrupted};
pub use engine::limiter::Pacing;
pub use engine::log::{Origin, Received};
pub use engine::tape::{Recorded, Tape};
pub use kombo::Kombo;
pub use loopback_names::loopback_names;
pub use people::Person;
pub use personio::Personio;
pub use proxy::{ForwardedCall, Forwarding, Proxy};
pub use reteach::Reteach;
pub use webhook::{Post, Webhook};

/// Where a simulator takes the present moment from: token lifetimes, locks, deletions and time stamps follow it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;
