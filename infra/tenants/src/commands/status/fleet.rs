//! All tenants, one line each.

use std::pin::pin;

use futures::future::{BoxFuture, Either, select};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::{JobKind, Store};

use super::drift::{by_tenant, orphaned, unlisted};
use super::health::{self, TenantHealth};
use super::last_day::LastDays;
use crate::context::{CommandContext, in_task};
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::View;
use crate::schedule::ListedSchedule;

#[derive(Clone, Serialize)]
pub(crate) struct FleetView {
    pub(crate) tenants: Vec<TenantHealth>,
    pub(crate) orphaned_schedules: Vec<String>,
    /// Why nobody can say whether the schedules are as they should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schedules_unread: Option<String>,
    /// The schedules are still being listed: their problems are not in this view.
    #[serde(skip)]
    pub(crate) schedules_pending: bool,
    /// A restore has not come to its end, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unfinished_restore: Option<String>,
    /// Of each tenant whose reports can be read, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_day: Option<LastDays>,
    /// When the reading began.
    #[serde(skip)]
    pub(crate) now: Timestamp,
}

/// All tenants, and the list of schedules if it is not complete.
pub(crate) struct PendingFleet {
    pub(crate) view: FleetView,
    /// [`FleetView::compare`] takes its result.
    pub(crate) listing: Option<BoxFuture<'static, Result<Vec<ListedSchedule>>>>,
}

/// Tenants whose items three full calls read.
const TENANTS_PER_GROUP: usize = 50;

/// Fifteen calls under way.
const GROUPS_AT_ONCE: usize = 5;

pub(crate) async fn read(context: &CommandContext<'_>) -> Result<FleetView> {
    let PendingFleet { mut view, listing } = begin(context).await?;
    if let Some(listing) = listing {
        view.compare(listing.await);
    }
    Ok(view)
}

/// The same, as soon as the tenants are read.
pub(crate) async fn begin(context: &CommandContext<'_>) -> Result<PendingFleet> {
    let tenants = pin!(without_schedules(context));
    let Some(schedules) = context.schedules.clone() else {
        let view = tenants.await?;
        return Ok(PendingFleet {
            view,
            listing: None,
        });
    };
    // Its many pages follow one another: none should wait until answers about tenants are decoded.
    let listing = in_task(async move { schedules.list().await });
    let listing: BoxFuture<'static, _> = Box::pin(listing);
    let (view, listing) = match select(listing, tenants).await {
        Either::Left((listed, tenants)) => {
            let mut view = tenants.await?;
            view.compare(listed);
            (view, None)
        }
        Either::Right((view, listing)) => {
            let mut view = view?;
            view.schedules_pending = true;
            (view, Some(listing))
        }
    };
    Ok(PendingFleet { view, listing })
}

async fn without_schedules(context: &CommandContext<'_>) -> Result<FleetView> {
    let now = context.now();
    let ids = async { context.store.list_tenants().await.map_err(Failure::from) };
    let (ids, unfinished_restore) = tokio::try_join!(ids, unfinished_restore(context))?;
    let groups = healths(context, &ids).await?;
    Ok(FleetView {
        tenants: groups.into_iter().flatten().collect(),
        orphaned_schedules: Vec::new(),
        schedules_unread: None,
        schedules_pending: false,
        unfinished_restore,
        last_day: None,
        now,
    })
}

/// That a restore has not come to its end. Nothing else says that its tenants are not paused on purpose.
pub(in crate::commands) async fn unfinished_restore(
    context: &CommandContext<'_>,
) -> Result<Option<String>> {
    let restore = context.store.restore_under_way().await?;
    Ok(restore.map(|restore| {
        let to = restore.restored.to;
        format!(
            "a restore to {to} has not come to its end, and tenants may be paused by it: `tenants restore --since {to}` \
             goes on from there"
        )
    }))
}

/// Schedules that are missing, or on or off when they should not be, and those of nobody.
pub(in crate::commands) async fn schedule_findings(
    context: &CommandContext<'_>,
) -> Result<Vec<String>> {
    let Some(schedules) = &context.schedules else {
        return Err(Failure::attention("this deployment has no scheduler"));
    };
    let ids = context.store.list_tenants().await?;
    let (listed, groups) = tokio::try_join!(schedules.list(), healths(context, &ids))?;
    let by_tenant = by_tenant(&listed);
    let mut findings = Vec::new();
    for health in groups.iter().flatten() {
        let drifted = unlisted(&by_tenant, health);
        let tenant = &health.tenant_id;
        findings.extend(drifted.iter().map(|problem| format!("{tenant}: {problem}")));
    }
    findings.extend(orphaned(ids.iter(), &listed));
    Ok(findings)
}

async fn healths(context: &CommandContext<'_>, ids: &[TenantId]) -> Result<Vec<Vec<TenantHealth>>> {
    let now = context.now();
    let groups: Vec<Vec<TenantId>> = ids.chunks(TENANTS_PER_GROUP).map(<[_]>::to_vec).collect();
    stream::iter(groups)
        .map(|group| in_task(healths_of(context.store.clone(), group, now)))
        .buffered(GROUPS_AT_ONCE)
        .try_collect()
        .await
}

async fn healths_of(
    store: Store,
    group: Vec<TenantId>,
    now: Timestamp,
) -> Result<Vec<TenantHealth>> {
    let mut healths = Vec::with_capacity(group.len());
    for (tenant, snapshot) in store.snapshots(&group).await? {
        let health = match snapshot {
            Ok(snapshot) => health::judge(&store, &tenant, snapshot, now).await,
            Err(error) => Err(error.into()),
        };
        let health = health.unwrap_or_else(|failure| health::unreadable(tenant, &failure));
        healths.push(health);
    }
    Ok(healths)
}

impl FleetView {
    /// Adds what the group's list of schedules shows.
    pub(crate) fn compare(&mut self, listed: Result<Vec<ListedSchedule>>) {
        self.schedules_pending = false;
        match listed {
            Ok(listed) => {
                let by_tenant = by_tenant(&listed);
                for health in &mut self.tenants {
                    let drifted = unlisted(&by_tenant, health);
                    health.problems.extend(drifted);
                }
                let ids = self.tenants.iter().map(|health| &health.tenant_id);
                self.orphaned_schedules = orphaned(ids, &listed);
            }
            Err(failure) => self.schedules_unread = Some(failure.text),
        }
    }

    /// Whether problems of schedules are in this view.
    pub(crate) fn has_schedules(&self) -> bool {
        !self.schedules_pending && self.schedules_unread.is_none()
    }

    /// Whether there is neither a tenant nor anything that is left of one.
    pub(crate) fn is_empty(&self) -> bool {
        self.tenants.is_empty()
            && !self.schedules_pending
            && self.orphaned_schedules.is_empty()
            && self.unfinished_restore.is_none()
    }

    fn text_of(&self, days: &LastDays) -> String {
        let mut table = terminal::table(["tenant", "changes of the last day", "failed runs"]);
        for TenantHealth { tenant_id, .. } in &self.tenants {
            let (changes, failed) = match days.get(tenant_id) {
                Some(day) => (day.changes.to_string(), day.failed.to_string()),
                None => ("cannot be read".to_owned(), String::new()),
            };
            table.add_row([tenant_id.as_str(), &changes, &failed]);
        }
        format!("{}\n", table.trim_fmt())
    }
}

impl View for FleetView {
    fn text(&self) -> String {
        if self.is_empty() && self.schedules_unread.is_none() {
            return format::NO_TENANTS.to_owned();
        }
        let mut table =
            terminal::table(["tenant", "status", "people", "certificates", "to look at"]);
        for tenant in &self.tenants {
            let problems = match tenant.problems.len() {
                0 => "nothing".to_owned(),
                problems => problems.to_string(),
            };
            table.add_row([
                tenant.tenant_id.as_str(),
                tenant.state.as_str(),
                &tenant.last_good_run(JobKind::Employees, self.now),
                &tenant.last_good_run(JobKind::Certificates, self.now),
                &problems,
            ]);
        }
        let mut text = format!("{}\n", table.trim_fmt());
        if let Some(days) = &self.last_day {
            text.push_str(&self.text_of(days));
        }
        if let Some(restore) = &self.unfinished_restore {
            text.push_str(&format::point(restore));
        }
        for tenant in &self.tenants {
            for problem in &tenant.problems {
                text.push_str(&format::point(&format!("{}: {problem}", tenant.tenant_id)));
            }
        }
        for schedule in &self.orphaned_schedules {
            text.push_str(&format::point(&format!("orphaned: {schedule}")));
        }
        if let Some(reason) = &self.schedules_unread {
            text.push_str(&format::point(&format!(
                "the schedules were not compared: {reason}"
            )));
        }
        text
    }

    fn needs_attention(&self) -> bool {
        let mut tenants = self.tenants.iter();
        !self.orphaned_schedules.is_empty()
            || self.schedules_unread.is_some()
            || self.unfinished_restore.is_some()
            || tenants.any(|tenant| !tenant.problems.is_empty())
    }
}
