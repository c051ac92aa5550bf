//! Everything AWS and vendor on one machine: DynamoDB and Secrets Manager, embedded in the process and reached over
//! loopback, so that the real SDK talks to them; functions as Lambda runs them; and companies with simulated vendors. For
//! tests, for the demo, for trying things out.

pub mod args;
pub mod demo;
mod dynamodb;
pub mod ending;
mod file;
mod functions;
mod lambda;
pub mod life;
pub mod region;
mod secrets_manager;
mod server;
mod stack;
pub mod vendors;
mod world;

pub use file::FileError;
pub use functions::{Functions, Order};
pub use lambda::{Function, NoAnswer};
pub use region::Region;
pub use simulators::aws::Answer;
pub use stack::{Options, Stack, StartError, State, Threads};
pub use world::{Company, INTEGRATION, World, WorldError, route, unwatched};
