//! AWS and the vendors on one machine: DynamoDB and Secrets Manager in this process, reached over loopback by the real SDK;
//! functions as Lambda runs them; companies with simulated vendors. For tests, `cargo demo` and `cargo local`.
//!
//! Bottom up: [`Stack`] is what `template.yaml` deploys, [`Functions`] run on it, [`Company`] has the vendors.
//! [`Fixture`] puts them together by a clock that is moved by hand, [`TenantFixture`] adds people and the oracle.
//! [`region`] and [`vendors`] are what `cargo local` keeps between starts.

pub mod args;
pub mod command;
mod company;
mod fixture;
mod function_process;
mod functions;
pub mod region;
mod shutdown;
mod stack;
mod state_file;
mod tenant_fixture;
pub mod vendors;

pub use company::{Company, INTEGRATION, route};
pub use fixture::{Fixture, FixtureError, ignore_progress};
pub use function_process::{Function, NoAnswer};
pub use functions::{CallOrder, FunctionOptions, Functions, app};
pub use region::Region;
pub use simulators::aws::Answer;
pub use stack::{Options, Stack, StartError, State, Threads};
pub use state_file::FileError;
pub use tenant_fixture::TenantFixture;
