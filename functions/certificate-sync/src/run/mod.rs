//! One run of the job.

mod attempt;
mod gather;
mod open;
mod scope;
mod tally;
