//! `tenants restore`

mod tables;
mod view;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use shared::domain::id::TenantId;
use shared::secrets::SecretError;
use shared::state::{Restore as UnderWay, Restored, TenantRecord, TenantStatus};
use shared::tenant::TenantConfig;

use self::tables::{Tables, has_readable_leases, scheduled};
use self::view::RestoreView;
use crate::args::Restore;
use crate::confirm::Confirmation;
use crate::context::{CommandContext, MAX_CONCURRENT_TENANTS};
use crate::failure::{Failure, Result};
use crate::format;
use crate::leases::{HeldLeases, Purpose};
use crate::output::Output;
use crate::schedule::JOBS;

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
    let missing = tables.check_shape().await?;
    tables.restored.check_version().await?;
    let mut tenants = tables.restored.list_tenants().await?;
    let added = tables.added(&tenants).await?;
    tenants.extend(added.iter().cloned());
    let restored = Restored {
        to: *since,
        at: now,
        assume_empty: *assume_empty,
    };
    let under_way = begin(context, &tables, &tenants, restored, *yes).await?;
    // Before any run is waited for: then all of them end within the longest run's time.
    let began = under_way.restored.at;
    let paused = each(&tenants, |tenant| pause(context, &tables, tenant, began));
    paused.await.map_err(Failure::repeatable)?;
    let wait = Duration::from_secs(u64::from(*wait));
    let stopped = each(&tenants, |tenant| {
        let is_added = added.contains(tenant);
        stop(context, &tables, tenant, is_added, under_way.restored, wait)
    });
    let stopped = stopped.await.map_err(Failure::repeatable)?;
    let mut added_since = scheduled(context, &tenants).await?;
    for tenant in &added_since {
        // Added again, it must not file again what its lost ledger had.
        let restored = Restored {
            at: context.now(),
            ..under_way.restored
        };
        tables.restored.mark_restored(tenant, restored).await?;
    }
    let (mut taken_over, mut unreadable) = (BTreeSet::new(), BTreeSet::new());
    for (tenant, stopped) in tenants.iter().zip(stopped) {
        match stopped {
            Stopped::Known => {}
            Stopped::TakenOver => drop(taken_over.insert(tenant.clone())),
            Stopped::LeftBehind => drop(added_since.insert(tenant.clone())),
            Stopped::Unreadable => drop(unreadable.insert(tenant.clone())),
        }
    }
    let mut view = RestoreView {
        table: tables.name,
        since: *since,
        tenants: tenants.len() as u64,
        resumed: 0,
        left_paused: under_way.paused,
        status_changed: under_way.status_changed,
        file_changed: under_way.file_changed,
        without_credentials: BTreeSet::new(),
        taken_over,
        unreadable,
        added_since,
        in_use: tables.in_use,
        missing,
    };
    if tables.in_use {
        let left_paused: BTreeSet<_> = view.left_paused.union(&view.unreadable).cloned().collect();
        let resumed = each(&tenants, |tenant| {
            resume(context, tenant, &left_paused, began)
        });
        let resumed = resumed.await.map_err(Failure::repeatable)?;
        for (tenant, resumed) in tenants.into_iter().zip(resumed) {
            match resumed {
                Resumed::Running => view.resumed += 1,
                Resumed::LeftPaused if view.unreadable.contains(&tenant) => {}
                Resumed::LeftPaused => drop(view.left_paused.insert(tenant)),
                Resumed::WithoutCredentials => drop(view.without_credentials.insert(tenant)),
            }
        }
        tables.restored.end_restore().await?;
    }
    Output::of(&view)
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
        // The flag of the first call counts for those that go on from there.
        let restored = Restored {
            at: found.restored.at,
            assume_empty: restored.assume_empty || found.restored.assume_empty,
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
    let compared = each(tenants, |tenant| async {
        let stored = tables.stored(tenant).await?;
        let current = tables.current(tenant).await?;
        Ok(Compared::of(stored.as_ref(), current.as_ref()))
    });
    let compared = compared.await?;
    let those = |is_so: fn(&Compared) -> bool| {
        let found = tenants.iter().zip(&compared);
        let found = found.filter(|(_, compared)| is_so(compared));
        found.map(|(tenant, _)| tenant.clone()).collect()
    };
    let under_way = UnderWay {
        restored,
        paused: those(|compared| compared.is_paused),
        status_changed: those(|compared| compared.status_changed),
        file_changed: those(|compared| compared.file_changed),
    };
    let store = &tables.restored;
    // One whose reply was lost is this one.
    if !store.begin_restore(&under_way).await?
        && store.restore_under_way().await?.as_ref() != Some(&under_way)
    {
        return Err(Failure::attention(
            "another `tenants restore` has begun meanwhile: repeat the command to go on from there",
        ));
    }
    Ok(under_way)
}

/// A tenant in the table in use, compared with the restored one.
struct Compared {
    is_paused: bool,
    status_changed: bool,
    file_changed: bool,
}

impl Compared {
    fn of(stored: Option<&TenantRecord>, current: Option<&TenantRecord>) -> Self {
        let is_paused = |record: &TenantRecord| record.status != TenantStatus::Active;
        let (before, now) = (stored.map(is_paused), current.map(is_paused));
        let both = stored.zip(current);
        Self {
            is_paused: now == Some(true),
            status_changed: before.is_some() && before != now,
            file_changed: both.is_some_and(|(stored, current)| stored.config != current.config),
        }
    }
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

enum Stopped {
    Known,
    /// The restored table has it now: it was added after the restored moment.
    TakenOver,
    /// Its record in the table in use cannot be read.
    LeftBehind,
    /// The restored table has it, and it cannot be read there.
    Unreadable,
}

/// Pauses a tenant in both tables, since the restore `began` if nobody else has.
async fn pause(
    context: &CommandContext<'_>,
    tables: &Tables<'_>,
    tenant: &TenantId,
    began: Timestamp,
) -> Result<()> {
    let status = TenantStatus::Paused { since: began };
    tables.pause(tenant, status).await?;
    match tables.current(tenant).await? {
        Some(record) => set_schedules(context, &record, status).await,
        None => Ok(()),
    }
}

/// Marks a paused tenant once its last run has ended.
async fn stop(
    context: &CommandContext<'_>,
    tables: &Tables<'_>,
    tenant: &TenantId,
    is_added: bool,
    restored: Restored,
    wait: Duration,
) -> Result<Stopped> {
    let purpose = Purpose {
        command: "restore",
        jobs: &JOBS,
        wait,
        otherwise: "the restore is not complete",
    };
    let has_table = tables.in_use || tables.live.is_some();
    let leases = match has_table && has_readable_leases(&context.store, tenant).await? {
        true => Some(HeldLeases::acquire(context, tenant, purpose).await?),
        false => None,
    };
    // Until now it may have filed certificates that this table does not know.
    let restored = Restored {
        at: context.now(),
        ..restored
    };
    let marked = mark(tables, tenant, is_added, restored).await;
    if let Some(leases) = leases {
        leases.release().await;
    }
    marked
}

async fn mark(
    tables: &Tables<'_>,
    tenant: &TenantId,
    is_added: bool,
    restored: Restored,
) -> Result<Stopped> {
    let store = &tables.restored;
    if let Some(live) = tables.live {
        store.take_logins(live, tenant).await?;
    }
    store.forget_decisions(tenant).await?;
    store.mark_restored(tenant, restored).await?;
    Ok(match tables.live {
        // Last: until then another pass finds it missing.
        Some(live) if is_added => match store.take_tenant(live, tenant).await? {
            true => Stopped::TakenOver,
            false => Stopped::LeftBehind,
        },
        _ if tables.is_readable(tenant).await? => Stopped::Known,
        _ => Stopped::Unreadable,
    })
}

enum Resumed {
    Running,
    LeftPaused,
    /// Or without a configuration, where its removal has not ended.
    WithoutCredentials,
}

/// Lets a tenant run again that the restore, which began at `began`, has paused, and brings its schedules back.
async fn resume(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    left_paused: &BTreeSet<TenantId>,
    began: Timestamp,
) -> Result<Resumed> {
    if left_paused.contains(tenant) {
        return Ok(Resumed::LeftPaused);
    }
    match context.secrets.refresh(tenant).await {
        Ok(_) | Err(SecretError::Malformed { .. }) => {}
        Err(SecretError::NotFound { .. }) => return Ok(Resumed::WithoutCredentials),
        Err(error) if error.is_marked_for_deletion() => return Ok(Resumed::WithoutCredentials),
        Err(error) => return Err(error.into()),
    }
    let Some(record) = context.store.latest_tenant(tenant).await? else {
        return Ok(Resumed::WithoutCredentials);
    };
    // Somebody else has added it paused meanwhile.
    if matches!(record.status, TenantStatus::Paused { since } if since > began) {
        return Ok(Resumed::LeftPaused);
    }
    let status = TenantStatus::Active;
    context.store.set_status(tenant, status, None).await?;
    set_schedules(context, &record, status).await?;
    Ok(Resumed::Running)
}

/// Switches both schedules. A configuration of another version has no schedules to derive: its status alone stops it.
async fn set_schedules(
    context: &CommandContext<'_>,
    record: &TenantRecord,
    status: TenantStatus,
) -> Result<()> {
    let config = TenantConfig::parse_stored(&record.config);
    if let (Some(schedules), Ok(config)) = (&context.schedules, config) {
        for (_, desired) in schedules.desired(&config, status, context.now()) {
            schedules.put(&desired).await?;
        }
    }
    Ok(())
}

/// What `call` gives for each tenant, in order, for several at the same time.
async fn each<'t, T, F: Future<Output = Result<T>>>(
    tenants: &'t [TenantId],
    call: impl Fn(&'t TenantId) -> F,
) -> Result<Vec<T>> {
    let calls = stream::iter(tenants).map(call);
    calls.buffered(MAX_CONCURRENT_TENANTS).try_collect().await
}
