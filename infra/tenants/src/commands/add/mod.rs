//! `tenants add`

mod before;
mod integration;
mod undo;

use jiff::Timestamp;
use serde_json::json;
use shared::secrets::TenantSecret;
use shared::state::TenantStatus;
use shared::tenant::TenantConfig;

pub(super) use integration::with_integration;

use self::before::{Before, StoredSecret};
use self::undo::{Step, Undo};
use super::check;
use crate::answer::{Answer, Verdict};
use crate::args::Add;
use crate::failure::Failure;
use crate::files;
use crate::operator::Operator;
use crate::schedule::{Firing, Written};
use crate::words;

/// What is to be written.
struct Wanted {
    text: String,
    config: TenantConfig,
    secret: TenantSecret,
    status: TenantStatus,
}

pub(super) async fn add(operator: &Operator<'_>, args: &Add) -> Result<Answer, Failure> {
    let (text, config) = files::tenant(&args.file)?;
    let given = match &args.credentials {
        Some(path) => Some(files::credentials(path, operator.surroundings)?),
        None => None,
    };
    let before = Before::read(operator, &config.tenant_id).await?;
    let (text, config) = before.keep_integration(text, config)?;
    before.admit(&config, args.update)?;
    let secret = secret(&config, given, &before)?;
    let status = status(&config, args, &before, operator.now())?;
    let wanted = Wanted {
        text,
        config,
        secret,
        status,
    };
    let mut checked = None;
    if !args.unchecked {
        let examined = check::examine(operator, &wanted.config, &wanted.secret).await?;
        let strangers = before
            .another_academy(operator, &wanted.config, &wanted.secret)
            .await?;
        // What was stored before is repaired whatever the vendors say today.
        if strangers.is_some()
            || (examined.has_blockers() && before.changes(&wanted.config, &wanted.secret))
        {
            return refused(&wanted.config, &examined, strangers);
        }
        checked = Some(examined);
    }
    let written = all_or_nothing(operator, &wanted, &before).await?;
    answer(operator, &wanted, &before, written, checked.as_ref())
}

/// What is there keeps its status; a new tenant begins as it was asked to.
fn status(
    config: &TenantConfig,
    args: &Add,
    before: &Before,
    now: Timestamp,
) -> Result<TenantStatus, Failure> {
    match before.record.as_ref().map(|record| record.status) {
        Some(TenantStatus::Active) if args.paused => Err(Failure::usage(format!(
            "{0} is there already, and runs: `tenants pause {0}` stops it",
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
    before: &Before,
) -> Result<TenantSecret, Failure> {
    let stored = before.secret.as_ref();
    let mut secret = match (given, stored) {
        (Some(given), _) => given,
        (None, Some(stored)) => stored.clone(),
        (None, None) => {
            return Err(Failure::usage(format!(
                "there are no credentials of {} yet: give --credentials FILE, or - for standard input",
                config.tenant_id
            )));
        }
    };
    let missing = files::missing(config, &secret);
    if !missing.is_empty() {
        return Err(Failure::usage(format!(
            "the credentials lack what the route {} needs: {}",
            words::route(config.personio.via),
            missing.join(", ")
        )));
    }
    // Another key would make every fingerprint another one.
    let kept = stored.and_then(|stored| stored.fingerprint_key.clone());
    secret.fingerprint_key = match kept.or(secret.fingerprint_key) {
        Some(key) => Some(key),
        None => Some(files::random_key()?),
    };
    Ok(secret)
}

fn refused(
    config: &TenantConfig,
    examined: &check::Examined,
    strangers: Option<String>,
) -> Result<Answer, Failure> {
    let mut text = examined.text();
    if let Some(strangers) = &strangers {
        text.push_str(&words::point(strangers));
    }
    text.push_str(&words::paragraph(&format!(
        "Nothing was written for {}. Put right what is missing and repeat, or give --unchecked.",
        config.tenant_id
    )));
    let json = json!({"tenant_id": config.tenant_id, "written": false, "check": examined, "refused": strangers});
    Answer::new(Verdict::Look, text, json)
}

/// What the steps came to: one for each schedule.
type Schedules = Vec<Written>;

/// Writes everything, or takes back what was written.
async fn all_or_nothing(
    operator: &Operator<'_>,
    wanted: &Wanted,
    before: &Before,
) -> Result<Schedules, Failure> {
    let mut undo = Undo::default();
    let interrupted = async {
        // Where the signal cannot be listened for, it ends the process as it always does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let written = tokio::select! {
        written = write(operator, wanted, before, &mut undo) => written,
        () = interrupted => Err(Failure::look("interrupted")),
    };
    let Err(failure) = written else {
        return written;
    };
    let tenant = &wanted.config.tenant_id;
    let text = match undo.all(operator, before, tenant).await {
        Ok(()) => format!(
            "{}. What was written before is taken back: all is as it was",
            failure.text
        ),
        Err(again) => format!(
            "{}. What was written before could not be taken back either ({}): repeat `tenants add`, or end it with `tenants \
             remove {tenant}`",
            failure.text, again.text
        ),
    };
    Err(Failure { text, ..failure })
}

/// In this order: a tenant that can be seen and removed, whatever comes next; what its runs need; what makes them run.
async fn write(
    operator: &Operator<'_>,
    wanted: &Wanted,
    before: &Before,
    undo: &mut Undo,
) -> Result<Schedules, Failure> {
    let tenant = &wanted.config.tenant_id;
    if before
        .record
        .as_ref()
        .is_none_or(|record| record.config != wanted.text)
        || !before.is_registered
    {
        undo.expect(Step::Config);
        operator
            .store
            .put_tenant_as(tenant, &wanted.text, wanted.status)
            .await?;
    }
    let same = before
        .secret
        .as_ref()
        .is_some_and(|stored| before::is_same(stored, &wanted.secret));
    if !same || matches!(before.stored, StoredSecret::Marked) {
        undo.expect(Step::Secret);
        if matches!(before.stored, StoredSecret::Marked) {
            operator.secrets.restore(tenant).await?;
        }
        operator.secrets.put(tenant, &wanted.secret).await?;
    }
    let mut written = Vec::new();
    if let Some(schedules) = &operator.schedules {
        for (job, schedule) in schedules.wanted(&wanted.config, wanted.status, operator.now()) {
            undo.expect(Step::Schedule(
                job,
                schedules.differences(&schedule).await?.is_some(),
            ));
            written.push(schedules.put(&schedule).await?);
        }
    }
    Ok(written)
}

fn answer(
    operator: &Operator<'_>,
    wanted: &Wanted,
    before: &Before,
    written: Schedules,
    checked: Option<&check::Examined>,
) -> Result<Answer, Failure> {
    let Wanted { config, status, .. } = wanted;
    let tenant = &config.tenant_id;
    let mut text = checked.map(check::Examined::text).unwrap_or_default();
    let is_new = before.record.is_none();
    text.push_str(&if is_new {
        format!("{tenant} is added.\n")
    } else {
        format!("{tenant} is as it should be.\n")
    });
    let count = |what| written.iter().filter(|it| **it == what).count();
    let (made, repaired) = (count(Written::Created), count(Written::Updated));
    if made + repaired > 0 && !is_new {
        text.push_str(&words::point(&format!(
            "schedules made: {made}, put right: {repaired}"
        )));
    }
    let schedules = operator
        .schedules
        .as_ref()
        .map(|it| it.wanted(config, *status, operator.now()));
    for (job, schedule) in schedules.iter().flatten() {
        let fires = match schedule.firing {
            Firing::On => format!(
                "{}, first after {}",
                schedule.expression,
                words::moment(schedule.start)
            ),
            Firing::Off => "off for now".to_owned(),
        };
        text.push_str(&words::point(&format!("{job}: {fires}")));
    }
    if schedules.is_none() {
        text.push_str(&words::point(
            "no schedules: this deployment has no scheduler",
        ));
    }
    let ledger = before.ledger.filter(|_| is_new);
    if let Some(ledger) = ledger {
        text.push_str(&words::point(&format!(
            "its ledger of {} from before is still there: these are not filed again",
            words::number(ledger, "certificate", "certificates")
        )));
    }
    let next = next_steps(config, *status, is_new);
    for step in &next {
        text.push_str(&words::point(step));
    }
    let firing = schedules.iter().flatten().map(|(job, schedule)| {
        let (fires, first) = (schedule.firing == Firing::On, words::moment(schedule.start));
        json!({"job": job, "expression": schedule.expression, "fires": fires, "first_after": fires.then_some(first)})
    });
    let json = json!({
        "tenant_id": tenant,
        "written": true,
        "new": is_new,
        "status": status,
        "schedules": {"created": made, "updated": repaired, "unchanged": count(Written::Unchanged)},
        "firing": firing.collect::<Vec<_>>(),
        "certificates_from_before": ledger,
        "next": next,
        "check": checked,
    });
    Answer::new(
        Verdict::look_if(checked.is_some_and(check::Examined::has_misses)),
        text,
        json,
    )
}

fn next_steps(config: &TenantConfig, status: TenantStatus, is_new: bool) -> Vec<String> {
    let tenant = &config.tenant_id;
    let mut steps = Vec::new();
    if !crate::schedule::is_connected(config) {
        steps.push(format!(
            "next: `tenants connect {tenant} --email HR-ADMIN --company NAME`; nothing runs before the company has connected"
        ));
    } else if status != TenantStatus::Active {
        steps.push(format!(
            "it is paused: `tenants plan {tenant}` shows what the first run would do, `tenants resume {tenant}` lets it begin"
        ));
    } else if is_new {
        steps.push(format!(
            "next: `tenants plan {tenant}` shows what the first run does, `tenants sync {tenant}` does it"
        ));
    }
    if let (Some(academy), true) = (&config.reteach.academy, is_new) {
        steps.push(format!(
            "academy: https://{academy}, to be put on the Personio dashboard"
        ));
    }
    steps
}
