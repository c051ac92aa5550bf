//! An account goes from one person to another: what is left to do, and doing it.

mod carry_out;
mod steps;

pub(crate) use carry_out::{Carrier, Moved};
pub(crate) use steps::Transfer;
#[cfg(test)]
pub(crate) use steps::{Seen, Step, steps};
