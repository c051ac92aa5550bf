//! `tenants add`

mod current_state;
mod undo;
mod view;

use jiff::Timestamp;
use shared::secrets::TenantSecret;
use shared::state::{StateError, TenantChange, TenantStatus};
use shared::tenant::TenantConfig;

use self::current_state::{CurrentState, StoredSecret};
use self::undo::{RECOVERABLE_DAYS, Step, Undo};
use self::view::{AddedView, RefusedView};
use crate::args::Add;
use crate::check;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::files;
use crate::format;
use crate::output::Output;
use crate::schedule::{JOBS, ScheduleChange};

struct Desired {
    text: String,
    config: TenantConfig,
    secret: TenantSecret,
    status: TenantStatus,
    /// The id of the academy that the credentials belong to, where it is known.
    academy: Option<String>,
    /// Tells what this command writes from what others write.
    revision: String,
}

pub(super) async fn add(context: &CommandContext<'_>, args: &Add) -> Result<Output> {
    let (text, config) = files::tenant(&args.file, context.now())?;
    let given = match &args.credentials {
        Some(path) => {
            let given = files::credentials(path, context.environment)?;
            Some(context.secrets.complete(given).await?)
        }
        None => None,
    };
    let tenant = config.tenant_id.clone();
    let mut current = CurrentState::read(context, &tenant).await?;
    // The credentials of a removed tenant can be read again only once they are restored.
    let restores = given.is_none() && current.stored == StoredSecret::PendingDeletion;
    if restores {
        context.secrets.restore(&tenant).await?;
        current = CurrentState::read(context, &tenant).await?;
    }
    let added = check_and_write(context, args, (text, config), given, &current).await;
    let is_written = matches!(added, Ok((_, Written::Yes)));
    // Another command may have added the tenant meanwhile, and needs them.
    if restores && !is_written && context.store.latest_tenant(&tenant).await?.is_none() {
        context.secrets.delete(&tenant, RECOVERABLE_DAYS).await?;
    }
    added.map(|(output, _)| output)
}

enum Written {
    Yes,
    No,
}

async fn check_and_write(
    context: &CommandContext<'_>,
    args: &Add,
    (text, config): (String, TenantConfig),
    given: Option<TenantSecret>,
    current: &CurrentState,
) -> Result<(Output, Written)> {
    let (text, config) = current.keep_integration(text, config)?;
    current.admit(&config, args.update)?;
    let stored = current.config.as_ref();
    files::check_hosts(&config, stored, &args.allowed_hosts)?;
    let secret = secret(&config, given, current)?;
    let status = status(&config, args, current, context.now())?;
    let mut desired = Desired {
        text,
        config,
        secret,
        status,
        academy: current.academy().map(str::to_owned),
        revision: files::random_tag()?,
    };
    let mut check = None;
    if !args.unchecked {
        let found = check::examine(context, &desired.config, &desired.secret).await?;
        let refused = match current
            .another_academy(context, found.academy.as_ref())
            .await
        {
            None if !args.shared_academy => {
                current
                    .academy_of_others(context, &desired.config, found.academy.as_ref())
                    .await?
            }
            refused => refused,
        };
        let is_new = current.changes(&desired.config, &desired.secret);
        // Stored configuration and credentials are repaired even while a vendor refuses them.
        if refused.is_some() || (found.has_blockers() && is_new) {
            let view = RefusedView {
                tenant_id: &desired.config.tenant_id,
                written: false,
                check: found,
                refused,
            };
            return Ok((Output::of(&view)?, Written::No));
        }
        let academy = found.academy.as_ref().map(|academy| academy.id.clone());
        desired.academy = academy.or(desired.academy);
        check = Some(found);
    }
    let changes = all_or_nothing(context, &desired, current).await?;
    let view = AddedView::new(context, &desired, current, &changes, check);
    Ok((Output::of(&view)?, Written::Yes))
}

/// A stored tenant keeps its status. A new one starts active, or paused with `--paused`.
fn status(
    config: &TenantConfig,
    args: &Add,
    current: &CurrentState,
    now: Timestamp,
) -> Result<TenantStatus> {
    match current.record.as_ref().map(|record| record.status) {
        Some(TenantStatus::Active) if args.paused => Err(Failure::usage(format!(
            "{0} is there already and runs: `tenants pause {0}` stops it",
            config.tenant_id
        ))),
        Some(status) => Ok(status),
        None if args.paused => Ok(TenantStatus::Paused { since: now }),
        None => Ok(TenantStatus::Active),
    }
}

/// The credentials to be stored: those given, else those stored, with the key of the fingerprints.
fn secret(
    config: &TenantConfig,
    given: Option<TenantSecret>,
    current: &CurrentState,
) -> Result<TenantSecret> {
    let stored = current.secret.as_ref();
    let mut secret = match (given, stored) {
        (Some(given), _) => given,
        (None, Some(stored)) => stored.clone(),
        (None, None) => {
            return Err(Failure::usage(format!(
                "no credentials of {} are stored yet: give --credentials FILE, or - for standard input",
                config.tenant_id
            )));
        }
    };
    let missing = files::missing(config, &secret);
    if !missing.is_empty() {
        return Err(Failure::usage(format!(
            "the credentials lack what the route {} needs: {}",
            format::route(config.personio.via),
            missing.join(", ")
        )));
    }
    // A new key would change every fingerprint.
    let kept = stored.and_then(|stored| stored.fingerprint_key.clone());
    secret.fingerprint_key = match kept.or(secret.fingerprint_key) {
        Some(key) => Some(key),
        None => Some(files::random_key()?),
    };
    Ok(secret)
}

/// Writes everything, or takes back all written steps.
async fn all_or_nothing(
    context: &CommandContext<'_>,
    desired: &Desired,
    current: &CurrentState,
) -> Result<Vec<ScheduleChange>> {
    let mut undo = Undo::default();
    let interrupted = async {
        // Where no signal handler can be installed, Ctrl-C ends the process as usual.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let written = tokio::select! {
        written = write(context, desired, current, &mut undo) => written,
        () = interrupted => Err(Failure::attention("interrupted")),
    };
    let Err(failure) = written else {
        return written;
    };
    let tenant = &desired.config.tenant_id;
    let text = match undo.all(context, current, desired).await {
        Ok(undone) => format!("{}. {}", failure.text, undone.text(tenant)),
        Err(again) => format!(
            "{}. The steps before it could not be taken back either ({}): repeat `tenants add`, or end it with `tenants \
             remove {tenant}`",
            failure.text, again.text
        ),
    };
    Err(Failure { text, ..failure })
}

/// The order matters: first the tenant, which can be seen and removed even if a later step fails; then the credentials that
/// its runs need; then the schedules that start runs.
async fn write(
    context: &CommandContext<'_>,
    desired: &Desired,
    current: &CurrentState,
    undo: &mut Undo,
) -> Result<Vec<ScheduleChange>> {
    let tenant = &desired.config.tenant_id;
    // Also where nothing differs: another `add` that fails must see that its tenant is this one's by now.
    undo.expect(Step::Config);
    let change = TenantChange {
        config: &desired.text,
        status: desired.status,
        academy: desired.academy.as_deref(),
        revision: &desired.revision,
        read: current.record.as_ref(),
    };
    context.store.change_tenant(tenant, &change).await?;
    // Leases outlive a removed tenant.
    if current.record.is_none() {
        context.store.forget_runs(tenant).await?;
    }
    let same = current
        .secret
        .as_ref()
        .is_some_and(|stored| current_state::is_same(stored, &desired.secret));
    if !same || matches!(current.stored, StoredSecret::PendingDeletion) {
        undo.expect(Step::Secret);
        if matches!(current.stored, StoredSecret::PendingDeletion) {
            context.secrets.restore(tenant).await?;
        }
        context.secrets.put(tenant, &desired.secret).await?;
    }
    let Some(schedules) = &context.schedules else {
        return Ok(Vec::new());
    };
    // `pause` and `resume` change the status while `add` is at it: the schedules fit the last one that was written. After
    // a `remove` there are none.
    let mut status = desired.status;
    loop {
        let mut written = Vec::new();
        for (job, schedule) in schedules.desired(&desired.config, status, context.now()) {
            let was_there = schedules.differences(&schedule).await?.is_some();
            undo.expect(Step::Schedule(job, was_there));
            written.push(schedules.put(&schedule).await?);
        }
        match context.store.latest_tenant(tenant).await? {
            Some(record) if record.status != status => status = record.status,
            Some(_) => return Ok(written),
            None => {
                for job in JOBS {
                    schedules.delete(tenant, job).await?;
                }
                let tenant = tenant.to_string();
                return Err(StateError::Changed { tenant }.into());
            }
        }
    }
}
