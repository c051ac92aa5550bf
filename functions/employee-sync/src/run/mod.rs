//! One run of the job.

#[cfg(test)]
pub(crate) mod academy;
mod commit;
mod halt;
mod load;
mod pipeline;
mod summary;
#[cfg(test)]
mod tests;

use shared::runtime::{Cause, Finding, FindingKind, HeldNote, JobResult, Mode, Outcome};

use crate::EmployeeSync;
use crate::apply::ApplyAbort;
use crate::plan::Plan;
use crate::report::Counts;

/// What a run came to.
#[derive(Debug, Default)]
struct Ended {
    counts: Counts,
    findings: Vec<Finding>,
    held: Option<HeldNote>,
    stop: Option<ApplyAbort>,
    plan: Option<Plan>,
    nothing_to_do: bool,
}

impl Ended {
    /// Whether the reading was not complete: nobody could be taken for gone.
    fn is_incomplete(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.kind == FindingKind::Incomplete)
    }

    fn concluded(self, mode: Mode) -> JobResult<EmployeeSync> {
        use shared::reteach::Error as Reteach;
        let outcome = match &self.stop {
            _ if mode == Mode::DryRun => Outcome::Planned,
            None if self.nothing_to_do => Outcome::Unchanged,
            None if self.counts.left > 0 || self.is_incomplete() => Outcome::Partly,
            None => Outcome::Done,
            Some(ApplyAbort::OutOfTime) => Outcome::Partly,
            Some(ApplyAbort::State(_)) => Outcome::StateUnavailable,
            Some(ApplyAbort::Reteach(Reteach::Credential(_) | Reteach::Forbidden(_))) => {
                Outcome::AccessDenied
            }
            Some(ApplyAbort::Reteach(_)) => Outcome::ReteachUnavailable,
        };
        // reteach may be asked for the first time when changes are applied.
        let refused = matches!(self.stop, Some(ApplyAbort::Reteach(Reteach::Credential(_))));
        let cause = if refused {
            Cause::Credentials
        } else {
            Cause::Other
        };
        let message = self
            .stop
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let Self {
            counts,
            findings,
            held,
            stop: _,
            plan,
            nothing_to_do: _,
        } = self;
        JobResult {
            outcome,
            message,
            cause,
            counts,
            findings,
            held,
            plan,
        }
    }
}
