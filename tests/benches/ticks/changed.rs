//! The employee function on a tick on which one person in a hundred has changed, beside one with nothing to do.

use std::path::Path;
use std::time::Duration;

use harness::{Harness, people};
use jiff::Timestamp;
use serde::Serialize;
use shared::state::JobKind;
use shared::tenant::Via;

use crate::month::{MEMORY_GB, PROCESSOR_SHARE, SENT_BYTES};
use crate::prices;
use crate::timing::{self, Taken};

/// First runs of more people are too long to wait for.
pub(crate) const UP_TO: u64 = 10_000;

/// Both ticks, in the same process.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Changed {
    /// How many have changed.
    pub(crate) number: u64,
    pub(crate) unchanged: Taken,
    pub(crate) changed: Taken,
}

/// What each person who has changed takes beyond the tick itself.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Each {
    pub(crate) calls: f64,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
    pub(crate) processor_milliseconds: f64,
    /// Of Lambda's time, DynamoDB and data out.
    pub(crate) usd: f64,
}

/// A company after a real first run, whose accounts are there to be changed.
pub(crate) async fn measure(via: Via, size: u64, bootstraps: &Path) -> Changed {
    let harness = Harness::at(&Timestamp::now().to_string(), via, "", people(size)).await;
    harness.first_run().await;
    let bootstrap = bootstraps.join("employee-sync/bootstrap");
    let mut function = timing::start(&harness, JobKind::Employees, &bootstrap, None).await;
    // It logs in and connects.
    timing::run(&harness, &mut function, JobKind::Employees, "unchanged").await;
    let unchanged = timing::run(&harness, &mut function, JobKind::Employees, "unchanged").await;
    let number = (size / 100).max(1);
    for id in 1..=number {
        harness.change(id, |person| person.position = Some("Leitung".to_owned()));
    }
    let changed = timing::run(&harness, &mut function, JobKind::Employees, "done").await;
    Changed {
        number,
        unchanged,
        changed,
    }
}

impl Changed {
    pub(crate) fn each(&self) -> Each {
        let beyond = |of: &dyn Fn(&Taken) -> f64| {
            (of(&self.changed) - of(&self.unchanged)) / self.number as f64
        };
        let processor = beyond(&|taken| taken.processor.unwrap_or_default().as_secs_f64());
        let wall = beyond(&|taken| taken.wall.as_secs_f64());
        let (calls, read_units, write_units) = (
            beyond(&|it| it.all_calls() as f64),
            beyond(&|it| it.units.read),
            beyond(&|it| it.units.write),
        );
        // With 128 MB the processor is slower; the pace of the calls is what it is.
        let billed = wall + processor * (1.0 / PROCESSOR_SHARE - 1.0);
        let usd = billed * MEMORY_GB * prices::GB_SECOND
            + read_units * prices::READ_UNIT
            + write_units * prices::WRITE_UNIT
            + calls * SENT_BYTES / 1e9 * prices::OUT_GB;
        let processor_milliseconds =
            Duration::from_secs_f64(processor.max(0.0)).as_secs_f64() * 1e3;
        Each {
            calls,
            read_units,
            write_units,
            processor_milliseconds,
            usd,
        }
    }
}
