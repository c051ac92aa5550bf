//! The last day of each tenant, hour by hour.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Outcome;

use crate::context::{CommandContext, MAX_CONCURRENT_TENANTS, in_task};

const HOURS: i64 = 24;

/// What is read of a run.
#[derive(Deserialize)]
struct Run {
    started_at: Timestamp,
    outcome: Outcome,
    counts: Value,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct LastDay {
    pub(crate) changes: u64,
    pub(crate) failed: u64,
    /// The last one is the hour before now.
    pub(crate) hours: Vec<Hour>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Hour {
    pub(crate) changes: u64,
    /// A failure if there was one; `None` without a run.
    pub(crate) worst: Option<Outcome>,
}

pub(crate) type LastDays = BTreeMap<TenantId, LastDay>;

/// One query for each of `tenants`. One whose reports cannot be read is left out.
pub(crate) async fn read(context: &CommandContext<'_>, tenants: Vec<TenantId>) -> LastDays {
    let now = context.now();
    let since = now - SignedDuration::from_hours(HOURS);
    stream::iter(tenants)
        .map(|tenant| {
            let store = context.store.clone();
            in_task(async move {
                let runs: Vec<Run> = store.outcomes_since(&tenant, since).await?;
                Ok((tenant, LastDay::of(&runs, now)))
            })
        })
        .buffer_unordered(MAX_CONCURRENT_TENANTS)
        .filter_map(|day| std::future::ready(day.ok()))
        .collect()
        .await
}

impl LastDay {
    fn of(runs: &[Run], now: Timestamp) -> Self {
        let mut hours = vec![Hour::default(); HOURS as usize];
        for run in runs {
            let ago = now.duration_since(run.started_at).as_hours();
            let place = usize::try_from(HOURS - 1 - ago);
            let Some(hour) = place.ok().and_then(|place| hours.get_mut(place)) else {
                continue;
            };
            hour.changes += changes(&run.counts);
            if hour.worst.is_none_or(|worst| !worst.is_failure()) {
                hour.worst = Some(run.outcome);
            }
        }
        let failed = runs.iter().filter(|run| run.outcome.is_failure());
        Self {
            changes: runs.iter().map(|run| changes(&run.counts)).sum(),
            failed: failed.count() as u64,
            hours,
        }
    }
}

/// What a run with these counts changed, whichever job it was.
pub(crate) fn changes(counts: &Value) -> u64 {
    const CHANGES: [&str; 8] = [
        "created",
        "adopted",
        "handed_over",
        "updated",
        "locked",
        "unlocked",
        "uploaded",
        "verified",
    ];
    let changes = CHANGES.iter().filter_map(|name| counts.get(name)?.as_u64());
    changes.sum()
}
