//! The last day of a company in a cell: a bar an hour, in the colour of its worst run, as high as what changed.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use maud::Markup;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Outcome;

use super::runs::{changes, class};
use crate::commands::status::health::TenantHealth;
use crate::context::{MAX_CONCURRENT_TENANTS, in_task};
use crate::web::plots::{self, Bar};
use crate::web::visit::Visit;

const HOURS: i64 = 24;

/// What a bar shows of a run.
#[derive(Deserialize)]
pub(super) struct Run {
    started_at: Timestamp,
    outcome: Outcome,
    counts: Value,
}

pub(super) type Runs = BTreeMap<TenantId, Vec<Run>>;

/// The runs of the last day. A company whose reports cannot be read has none here.
pub(super) async fn read(visit: &Visit, tenants: &[&TenantHealth]) -> Runs {
    let context = visit.context();
    let since = context.now() - SignedDuration::from_hours(HOURS);
    let tenants: Vec<TenantId> = tenants
        .iter()
        .map(|tenant| tenant.tenant_id.clone())
        .collect();
    stream::iter(tenants)
        .map(|tenant| {
            let store = context.store.clone();
            in_task(async move {
                let runs: Vec<Run> = store.outcomes_since(&tenant, since).await?;
                Ok((tenant, runs))
            })
        })
        .buffer_unordered(MAX_CONCURRENT_TENANTS)
        .filter_map(|runs| std::future::ready(runs.ok()))
        .collect()
        .await
}

pub(super) fn plot(visit: &Visit, runs: &[Run]) -> Markup {
    let mut bars = vec![
        Bar {
            label: String::new(),
            value: 0.0,
            shown: String::new(),
            class: "none",
            outcome: String::new(),
        };
        HOURS as usize
    ];
    for run in runs {
        let ago = visit.now().duration_since(run.started_at).as_hours();
        let place = usize::try_from(HOURS - 1 - ago);
        let Some(bar) = place.ok().and_then(|place| bars.get_mut(place)) else {
            continue;
        };
        bar.value += changes(&run.counts) as f64;
        if bar.class != "bad" {
            bar.class = class(run.outcome);
        }
    }
    plots::strip(&text(visit, runs), &bars)
}

fn text(visit: &Visit, runs: &[Run]) -> String {
    let failed = runs.iter().filter(|run| run.outcome.is_failure());
    let changes = runs.iter().map(|run| changes(&run.counts));
    let (all, failed) = (changes.sum(), failed.count() as u64);
    let changed = visit
        .language
        .counted(all, ("Änderung", "Änderungen"), ("change", "changes"));
    let failed = visit.language.counted(
        failed,
        ("Lauf misslang", "Läufe misslangen"),
        ("run failed", "runs failed"),
    );
    format!("{changed}, {failed}")
}
