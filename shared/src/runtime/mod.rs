//! What a run of either job is: an event, a lease, an attempt at the work, a report.
//!
//! [`App`] takes a tenant through all of it; a job only says what its work is ([`Job`]).

mod app;
mod circuit_breaker;
mod event;
mod function;
mod job;
mod lateness;
mod lease;
mod notify;
mod observation;
mod report;
mod retirements;
mod run;
mod run_error;
mod telemetry;

pub use app::App;
pub use circuit_breaker::CircuitBreaker;
pub use event::{Event, EventError, Mode};
pub use function::serve;
pub use job::{Counts, Job, JobResult, Progress, ProgressFn, Ran, Reached, Request};
pub use lateness::late_after;
pub use lease::{LeaseGuard, LeaseTerms};
pub use report::{Finding, FindingKind, HeldNote, MOST_FINDINGS, NoticesSent, Outcome, Report};
pub use run::{Run, Tenant};
pub use run_error::RunError;
pub use telemetry::emit;
