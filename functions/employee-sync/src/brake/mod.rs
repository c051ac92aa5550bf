//! The brakes: what is harm about a plan, the limits, and what is held until somebody approves it.

pub(crate) mod classify;
pub(crate) mod consent;
pub(crate) mod hold;
pub(crate) mod limits;
mod patterns;
#[cfg(test)]
mod tests;

pub(crate) use limits::{BrakeVerdict, LimitExceeded, Limits, check_limits};
