//! What the end-to-end tests and benchmarks stand on: a local world with companies, ready to tick.

pub use local::{Company, World};
