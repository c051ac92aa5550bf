#![doc = include_str!("../README.md")]

pub mod aws;
mod beside;
mod engine;
pub mod kombo;
pub mod people;
pub mod personio;
mod proxy;
pub mod reteach;
#[cfg(test)]
mod testing;

use std::sync::Arc;

pub use aws::Aws;
pub use beside::names_beside_us;
pub use engine::fault::{Behaviour, Body, Fault, RetryAfter};
pub use engine::limiter::Pacing;
pub use engine::log::{Origin, Received};
pub use engine::scissors::{Cut, CutRun, Moment, Point, Scissors};
pub use engine::strikes::{CallId, Rule, Strikes, Stroke};
pub use kombo::Kombo;
pub use people::Person;
pub use personio::Personio;
pub use proxy::Proxy;
pub use reteach::Reteach;

/// Where a simulator takes the present moment from: token lifetimes, locks, deletions and time stamps follow it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;
