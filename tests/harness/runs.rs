//! Runs of either job, and their reports without what differs between two equal runs.

use std::time::Duration;

use shared::http::{Counts, Deadline};
use shared::runtime::{Mode, Outcome, ProgressFn, Report};
use shared::state::JobKind;
use simulators::FaultEngine;

use crate::{CERTIFICATE_TIMEOUT, EMPLOYEE_TIMEOUT, Harness};

#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    pub outcome: Outcome,
    pub message: String,
    findings: Vec<String>,
    /// The hash of the held plan.
    pub held: Option<String>,
    calls: Counts,
    dynamodb: [u64; 2],
}

/// The time that the function of `job` has for a run.
#[must_use]
pub fn time_limit(job: JobKind) -> Duration {
    match job {
        JobKind::Employees => EMPLOYEE_TIMEOUT,
        JobKind::Certificates => CERTIFICATE_TIMEOUT,
    }
}

impl RunSummary {
    /// A command of the operator, in the place of a run.
    #[must_use]
    pub fn of_command(outcome: Outcome, message: String) -> Self {
        Self {
            outcome,
            message,
            findings: Vec::new(),
            held: None,
            calls: Counts::default(),
            dynamodb: [0; 2],
        }
    }
}

impl Harness {
    pub async fn run_job(
        &self,
        (job, mode): (JobKind, Mode),
        deadline: Deadline,
        progress: ProgressFn<'_>,
    ) -> RunSummary {
        let (world, company) = (&self.world, &self.company);
        match job {
            JobKind::Employees => {
                summary(world.run(company, mode, deadline, progress).await.report)
            }
            JobKind::Certificates => {
                let ran = world.run_certificates(company, mode, deadline, progress);
                summary(ran.await.report)
            }
        }
    }

    /// The engine for faults of any call of this world.
    #[must_use]
    pub fn fault_engine(&self) -> &FaultEngine {
        self.world.stack.faults().unwrap()
    }
}

fn summary<C>(report: Report<C>) -> RunSummary {
    let findings = report.findings.iter().map(|finding| {
        let (kind, person, certificate) = (&finding.kind, &finding.person, &finding.certificate);
        format!("{kind:?} {person:?} {certificate:?} {}", finding.text)
    });
    RunSummary {
        outcome: report.outcome,
        findings: findings.collect(),
        message: report.message,
        held: report.held.map(|held| held.hash),
        calls: report.calls,
        dynamodb: [report.dynamodb.calls, report.dynamodb.retries],
    }
}
