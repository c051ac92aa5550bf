//! Runs one after the other over a model of the academy, without any I/O.

mod announced;
mod brakes;
mod sharding;
mod world;
