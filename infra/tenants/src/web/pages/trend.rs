//! The last day of a company in a cell: a bar an hour, in the colour of its worst run, as high as what changed.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use jiff::SignedDuration;
use maud::Markup;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Report;

use super::runs::{changes, class};
use crate::commands::status::health::TenantHealth;
use crate::context::MAX_CONCURRENT_TENANTS;
use crate::web::plots::{self, Bar};
use crate::web::visit::Visit;

const HOURS: i64 = 24;

pub(super) type Reports = BTreeMap<TenantId, Vec<Report<Value>>>;

/// The reports of the last day. A company whose reports cannot be read has none here.
pub(super) async fn read(visit: &Visit, tenants: &[&TenantHealth]) -> Reports {
    let context = visit.context();
    let since = context.now() - SignedDuration::from_hours(HOURS);
    let tenants: Vec<TenantId> = tenants
        .iter()
        .map(|tenant| tenant.tenant_id.clone())
        .collect();
    stream::iter(tenants)
        .map(|tenant| async move {
            let reports = context.store.reports_since(&tenant, since).await;
            (tenant, reports.unwrap_or_default())
        })
        .buffer_unordered(MAX_CONCURRENT_TENANTS)
        .collect()
        .await
}

pub(super) fn plot(visit: &Visit, reports: &[Report<Value>]) -> Markup {
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
    for report in reports {
        let ago = visit.now().duration_since(report.started_at).as_hours();
        let place = usize::try_from(HOURS - 1 - ago);
        let Some(bar) = place.ok().and_then(|place| bars.get_mut(place)) else {
            continue;
        };
        bar.value += changes(report) as f64;
        if bar.class != "bad" {
            bar.class = class(report.outcome);
        }
    }
    plots::strip(&text(visit, reports), &bars)
}

fn text(visit: &Visit, reports: &[Report<Value>]) -> String {
    let failed = reports.iter().filter(|report| report.outcome.is_failure());
    let (all, failed) = (reports.iter().map(changes).sum(), failed.count() as u64);
    let changed = visit
        .language
        .counted(all, ("Änderung", "Änderungen"), ("change", "changes"));
    let failed = visit.language.number(failed);
    visit.pick(
        format!("{changed}, {failed} Läufe misslangen"),
        format!("{changed}, {failed} runs failed"),
    )
}
