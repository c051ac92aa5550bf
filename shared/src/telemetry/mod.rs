//! What is said to the outside: JSON log lines and CloudWatch metrics, both on standard output. No names, mail
//! addresses, tokens or bodies in either.

mod emf;
mod log;

pub use emf::{Metric, Metrics, Unit};
#[cfg(test)]
pub(crate) use log::tests::Lines;
pub use log::{init, init_to};
