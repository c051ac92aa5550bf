//! The employee function on a tick on which one person in a hundred has changed, compared with one with nothing to do.

use std::path::Path;
use std::time::Duration;

use harness::{Harness, people};
use jiff::Timestamp;
use shared::state::JobKind;
use shared::tenant::Via;

use crate::process::LambdaProcess;

use super::month::{MEMORY_GB, PROCESSOR_SHARE, SENT_BYTES};
use super::prices;
use super::timed::{TimedRun, run};

/// First runs of more people are too long to wait for.
pub(super) const UP_TO: u64 = 10_000;

/// Both ticks, in the same process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed {
    pub(super) number: u64,
    pub(super) unchanged: TimedRun,
    pub(super) changed: TimedRun,
}

/// What each person who has changed costs beyond the tick itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Each {
    pub(super) calls: f64,
    pub(super) read_units: f64,
    pub(super) write_units: f64,
    pub(super) processor: Duration,
    /// Of Lambda's time, DynamoDB and data out.
    pub(super) usd: f64,
}

/// A company after a real first run, whose accounts are there to be changed.
pub(super) async fn measure(via: Via, size: u64, bootstraps: &Path) -> Changed {
    let harness = Harness::at(&Timestamp::now().to_string(), via, "", people(size)).await;
    harness.first_run().await;
    let job = JobKind::Employees;
    let mut process = LambdaProcess::start(&harness, job.function(), bootstraps, None).await;
    // It logs in and connects.
    run(&harness, &mut process, job, "unchanged").await;
    let unchanged = run(&harness, &mut process, job, "unchanged").await;
    let number = (size / 100).max(1);
    for id in 1..=number {
        harness.change(id, |person| person.position = Some("Leitung".to_owned()));
    }
    let changed = run(&harness, &mut process, job, "done").await;
    Changed {
        number,
        unchanged,
        changed,
    }
}

impl Changed {
    pub(super) fn each(&self) -> Each {
        let beyond = |of: fn(&TimedRun) -> f64| {
            (of(&self.changed) - of(&self.unchanged)) / self.number as f64
        };
        let processor = beyond(|run| run.cost.processor.unwrap_or_default().as_secs_f64());
        let wall = beyond(|run| run.cost.wall.as_secs_f64());
        let calls = beyond(|run| run.all_calls() as f64);
        let read_units = beyond(|run| run.units.read);
        let write_units = beyond(|run| run.units.write);
        // With 128 MB the processor is slower; the pace of the calls stays.
        let billed = wall + processor * (1.0 / PROCESSOR_SHARE - 1.0);
        let usd = billed * MEMORY_GB * prices::GB_SECOND
            + read_units * prices::READ_UNIT
            + write_units * prices::WRITE_UNIT
            + calls * SENT_BYTES / 1e9 * prices::OUT_GB;
        Each {
            calls,
            read_units,
            write_units,
            processor: Duration::from_secs_f64(processor.max(0.0)),
            usd,
        }
    }
}
