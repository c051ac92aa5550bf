//! `tenants restore`

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::secrets::SecretError;
use shared::state::{Restore as UnderWay, Restored, StateError, Store, TenantRecord, TenantStatus};
use shared::tenant::TenantConfig;

use crate::args::Restore;
use crate::confirm::Confirmation;
use crate::context::{CommandContext, MAX_CONCURRENT_TENANTS};
use crate::failure::{Failure, Result};
use crate::format;
use crate::leases::{HeldLeases, Purpose};
use crate::output::{Output, View};
use crate::schedule::JOBS;

#[derive(Serialize)]
struct RestoreView<'a> {
    table: &'a str,
    since: Timestamp,
    /// Tenants in the restored table.
    tenants: u64,
    resumed: u64,
    /// They were paused before the restore.
    left_paused: BTreeSet<TenantId>,
    /// They have no credentials: they were removed after the restored moment.
    removed_since: BTreeSet<TenantId>,
    /// The table does not have them: they were added after the restored moment.
    added_since: BTreeSet<TenantId>,
    /// Whether the deployment uses the table.
    in_use: bool,
    /// What a restore does not bring back.
    missing: Vec<String>,
}

/// A restored table, and the one that the functions use.
struct Tables<'a> {
    name: &'a str,
    restored: Store,
    /// `None` where the functions use the restored one, or none at all.
    live: Option<&'a Store>,
    in_use: bool,
}

pub(super) async fn restore(context: &CommandContext<'_>, args: &Restore) -> Result<Output> {
    let Restore {
        since,
        table,
        assume_empty,
        yes,
        wait,
    } = args;
    let now = context.now();
    if *since > now {
        return Err(Failure::usage(format!(
            "--since {since} is ahead: give the moment that the table was restored to"
        )));
    }
    let tables = Tables::open(context, table.as_deref()).await?;
    let missing = check_shape(&tables).await?;
    tables.restored.check_version().await?;
    let tenants = tables.restored.list_tenants().await?;
    let restored = Restored {
        to: *since,
        at: now,
        assume_empty: *assume_empty,
    };
    let under_way = begin(context, &tables, &tenants, restored, *yes).await?;
    let wait = Duration::from_secs(u64::from(*wait));
    let stopped = each(&tenants, |tenant| {
        stop(context, &tables, tenant, under_way.restored, wait)
    });
    stopped.await.map_err(Failure::repeatable)?;
    let mut view = RestoreView {
        table: tables.name,
        since: *since,
        tenants: tenants.len() as u64,
        resumed: 0,
        left_paused: under_way.paused,
        removed_since: BTreeSet::new(),
        added_since: added_since(context, &tables, &tenants).await?,
        in_use: tables.in_use,
        missing,
    };
    if tables.in_use {
        let resumed = each(&tenants, |tenant| {
            resume(context, tenant, &view.left_paused)
        });
        let resumed = resumed.await.map_err(Failure::repeatable)?;
        for (tenant, resumed) in tenants.into_iter().zip(resumed) {
            match resumed {
                Resumed::Running => view.resumed += 1,
                Resumed::LeftPaused => {}
                Resumed::Removed => drop(view.removed_since.insert(tenant)),
            }
        }
        tables.restored.end_restore().await?;
    }
    Output::of(&view)
}

impl<'a> Tables<'a> {
    async fn open(context: &'a CommandContext<'_>, table: Option<&'a str>) -> Result<Self> {
        let deployed = context.deployment.table.as_str();
        let name = table.unwrap_or(deployed);
        let in_use = name == deployed;
        let has_live = !in_use
            && match context.store.shape().await {
                Ok(_) => true,
                Err(StateError::NoTable { .. }) => false,
                Err(error) => return Err(error.into()),
            };
        Ok(Self {
            name,
            restored: context.store_in(name),
            live: has_live.then_some(&context.store),
            in_use,
        })
    }
}

/// What has to be set up again. An unusable table is an error.
async fn check_shape(tables: &Tables<'_>) -> Result<Vec<String>> {
    let shape = tables.restored.shape().await?;
    let name = tables.name;
    if !shape.has_our_keys {
        return Err(Failure::attention(format!(
            "the table {name} has other keys: it is not a table of this product"
        )));
    }
    if !shape.is_active {
        return Err(Failure::attention(format!(
            "the table {name} is not ready yet: repeat the command when it is ACTIVE"
        )));
    }
    let settings = [
        (
            shape.expires,
            format!(
                "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification \
                 Enabled=true,AttributeName=expires_at"
            ),
        ),
        (
            shape.is_protected,
            format!("aws dynamodb update-table --table-name {name} --deletion-protection-enabled"),
        ),
    ];
    let missing = settings.into_iter().filter(|(is_set, _)| !is_set);
    Ok(missing.map(|(_, command)| command).collect())
}

/// The restore that is under way, or a new one after a confirmation. The first of them knows who was paused before.
async fn begin(
    context: &CommandContext<'_>,
    tables: &Tables<'_>,
    tenants: &[TenantId],
    restored: Restored,
    yes: bool,
) -> Result<UnderWay> {
    if let Some(found) = tables.restored.restore_under_way().await? {
        if found.restored.to != restored.to {
            return Err(Failure::attention(format!(
                "a restore to {} is under way: repeat it with --since {0}",
                found.restored.to
            )));
        }
        let restored = Restored {
            at: found.restored.at,
            ..restored
        };
        let under_way = UnderWay { restored, ..found };
        tables.restored.put_restore(&under_way).await?;
        return Ok(under_way);
    }
    let announcement = announcement(tables, tenants.len() as u64, restored);
    let confirmation = Confirmation {
        announcement: &announcement,
        yes,
        word: (tables.name, "the table's name"),
        otherwise: "nothing was changed",
    };
    confirmation.ask(context.environment)?;
    let statuses = each(tenants, |tenant| async {
        let record = tables.restored.tenant(tenant).await?;
        Ok(record.is_some_and(|record| record.status != TenantStatus::Active))
    });
    let paused = tenants.iter().zip(statuses.await?);
    let under_way = UnderWay {
        restored,
        paused: paused
            .filter(|(_, is_paused)| *is_paused)
            .map(|(tenant, _)| tenant.clone())
            .collect(),
    };
    tables.restored.put_restore(&under_way).await?;
    Ok(under_way)
}

fn announcement(tables: &Tables<'_>, tenants: u64, restored: Restored) -> String {
    let tenants = format::number(tenants, "tenant", "tenants");
    let since = restored.to;
    let mut points = vec![
        format!("{tenants} stop, and runs that are under way are waited for"),
        format!(
            "certificates that the table {} does not know are looked up in Personio before they are filed, those since \
             {since:.0} also after a full scan",
            tables.name
        ),
        "held plans and approvals from before are forgotten".to_owned(),
    ];
    if restored.assume_empty {
        points.push(
            "where documents cannot be listed, certificates are FILED: those that were filed since are there twice"
                .to_owned(),
        );
    }
    points.push(match tables.in_use {
        true => "then the tenants run again".to_owned(),
        false => "the tenants stay paused until the table is deployed".to_owned(),
    });
    let points: String = points.iter().map(|point| format::point(point)).collect();
    format!("Putting the table {} to use:\n{points}", tables.name)
        .trim_end()
        .to_owned()
}

/// Stops a tenant in both tables, and marks it once its last run has ended.
async fn stop(
    context: &CommandContext<'_>,
    tables: &Tables<'_>,
    tenant: &TenantId,
    restored: Restored,
    wait: Duration,
) -> Result<()> {
    let status = TenantStatus::Paused { since: restored.at };
    if let Some(record) = tables.restored.tenant(tenant).await? {
        if record.status == TenantStatus::Active {
            tables.restored.set_status(tenant, status).await?;
        }
        set_schedules(context, &record, status).await?;
    }
    if let Some(live) = tables.live {
        match live.set_status(tenant, status).await {
            Ok(()) | Err(StateError::UnknownTenant { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let purpose = Purpose {
        command: "restore",
        jobs: &JOBS,
        wait,
        otherwise: "the restore is not complete",
    };
    let leases = match tables.in_use || tables.live.is_some() {
        true => Some(HeldLeases::acquire(context, tenant, purpose).await?),
        false => None,
    };
    // Until now it may have filed certificates that this table does not know.
    let restored = Restored {
        at: context.now(),
        ..restored
    };
    let marked = mark(tables, tenant, restored).await;
    if let Some(leases) = leases {
        leases.release().await;
    }
    marked
}

async fn mark(tables: &Tables<'_>, tenant: &TenantId, restored: Restored) -> Result<()> {
    let store = &tables.restored;
    if let Some(live) = tables.live {
        store.take_logins(live, tenant).await?;
    }
    store.forget_decisions(tenant).await?;
    store.mark_restored(tenant, restored).await?;
    Ok(())
}

enum Resumed {
    Running,
    LeftPaused,
    /// There are no credentials of it any more.
    Removed,
}

/// Lets a tenant run again, and brings its schedules back.
async fn resume(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    left_paused: &BTreeSet<TenantId>,
) -> Result<Resumed> {
    if left_paused.contains(tenant) {
        return Ok(Resumed::LeftPaused);
    }
    match context.secrets.refresh(tenant).await {
        Ok(_) | Err(SecretError::Malformed { .. }) => {}
        Err(SecretError::NotFound { .. }) => return Ok(Resumed::Removed),
        Err(error) if error.is_marked_for_deletion() => return Ok(Resumed::Removed),
        Err(error) => return Err(error.into()),
    }
    let Some(record) = context.store.tenant(tenant).await? else {
        return Ok(Resumed::Removed);
    };
    let status = TenantStatus::Active;
    context.store.set_status(tenant, status).await?;
    set_schedules(context, &record, status).await?;
    Ok(Resumed::Running)
}

/// Switches both schedules. A configuration of another version has no schedules to derive: its status alone stops it.
async fn set_schedules(
    context: &CommandContext<'_>,
    record: &TenantRecord,
    status: TenantStatus,
) -> Result<()> {
    let config = TenantConfig::parse(&record.config);
    if let (Some(schedules), Ok(config)) = (&context.schedules, config) {
        for (_, desired) in schedules.desired(&config, status, context.now()) {
            schedules.put(&desired).await?;
        }
    }
    Ok(())
}

/// Tenants of the table in use so far that the restored one does not have.
async fn added_since(
    context: &CommandContext<'_>,
    tables: &Tables<'_>,
    tenants: &[TenantId],
) -> Result<BTreeSet<TenantId>> {
    let mut others: BTreeSet<TenantId> = match tables.live {
        Some(live) => live.list_tenants().await?.into_iter().collect(),
        None => BTreeSet::new(),
    };
    if let Some(schedules) = &context.schedules {
        let listed = schedules.list().await?;
        let names = listed
            .iter()
            .filter_map(|schedule| crate::schedule::parse_name(&schedule.name));
        others.extend(names.map(|(tenant, _)| tenant));
    }
    others.retain(|tenant| !tenants.contains(tenant));
    Ok(others)
}

/// What `call` gives for each tenant, in order, for several at the same time.
async fn each<'t, T, F: Future<Output = Result<T>>>(
    tenants: &'t [TenantId],
    call: impl Fn(&'t TenantId) -> F,
) -> Result<Vec<T>> {
    let calls = stream::iter(tenants).map(call);
    calls.buffered(MAX_CONCURRENT_TENANTS).try_collect().await
}

impl View for RestoreView<'_> {
    fn text(&self) -> String {
        let Self {
            table,
            since,
            tenants,
            resumed,
            left_paused,
            removed_since,
            added_since,
            in_use,
            missing,
        } = self;
        let number = |count: u64| format::number(count, "tenant", "tenants");
        let mut text = match in_use {
            true => format::paragraph(&format!(
                "The table {table}, as of {since:.0}, is in use. {} run again.",
                number(*resumed)
            )),
            false => format::paragraph(&format!(
                "The table {table}, as of {since:.0}, is ready, and {} are paused. Deploy it with `sam deploy \
                 --parameter-overrides ExistingTable={table}`, then repeat this command.",
                number(*tenants)
            )),
        };
        let names = |tenants: &BTreeSet<TenantId>| {
            let names: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
            names.join(", ")
        };
        for (tenants, what) in [
            (left_paused, "paused before the restore, and stays so"),
            (
                removed_since,
                "removed after the restored moment, and stays paused: `tenants remove` ends it",
            ),
            (
                added_since,
                "added after the restored moment: repeat `tenants add`",
            ),
        ] {
            if !tenants.is_empty() {
                text.push_str(&format::point(&format!("{what}: {}", names(tenants))));
            }
        }
        for command in missing {
            text.push_str(&format::point(&format!(
                "not set on the table: `{command}`"
            )));
        }
        text
    }

    fn needs_attention(&self) -> bool {
        !self.removed_since.is_empty() || !self.added_since.is_empty() || !self.missing.is_empty()
    }
}
