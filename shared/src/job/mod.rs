//! What a run of either job is: an event, a lease, an attempt at the work, a report.
//!
//! [`App`] takes a tenant through all of it; a job only says what its work is ([`Work`]).

mod app;
mod event;
mod function;
mod halt;
mod lease;
mod report;
mod run;
mod switch;
mod telemetry;
mod work;

pub use app::App;
pub use event::{Event, EventError, Mode};
pub use function::serve;
pub use halt::{Cause, Halt};
pub use lease::{Guard, LeaseTerms};
pub use report::{Finding, FindingKind, HeldNote, MOST_FINDINGS, Outcome, Report};
pub use run::{Run, Tenant};
pub use switch::StopSwitch;
pub use telemetry::tell;
pub use work::{Counts, Finished, Progress, Ran, Request, Watch, Work};
