//! Everything AWS on one machine: DynamoDB and Secrets Manager, embedded in the process and reached over loopback, so
//! that the real SDK talks to them. For tests, for the demo, for trying things out.

mod dynamodb;
mod secrets_manager;
mod server;
mod stack;

pub use stack::{Options, Stack, StartError, State};
