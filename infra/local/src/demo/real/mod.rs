//! A real tenant's plan, and on demand the real thing.

mod files;
mod preview;
mod text;

use std::io::Write;
use std::sync::Arc;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use employee_sync::plan::Details;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::domain::clock::SystemClock;
use shared::domain::id::{RunId, TenantId};
use shared::http::{self, Calls, Context, Deadline};
use shared::runtime::{App, Event, Job, Mode, Outcome, Ran, Request as RunRequest};

use super::args::{Apply, Request};
use super::{BAD, Failed, GOOD, write_json};
use crate::stack::{Options, Stack, State};
use terminal::Bars;

#[cfg(test)]
pub(super) use files::tenant;
use files::{Tenant, read};

/// Both functions over one stack, as AWS would have them.
#[derive(Debug)]
struct Functions {
    stack: Stack,
    employees: App<EmployeeSync>,
    certificates: App<CertificateSync>,
}

impl Functions {
    async fn start(tenant: &Tenant, state: State) -> Result<Self, Failed> {
        let stack = Stack::start(Options {
            state,
            ..Options::default()
        })
        .await?;
        stack.store().put_tenant(&tenant.id, &tenant.file).await?;
        stack.secrets().put(&tenant.id, &tenant.secret).await?;
        let context = Context::new(http::client()?, Arc::new(SystemClock), Calls::default())
            .with_simulators();
        let employees = App::new(
            EmployeeSync,
            stack.store(),
            stack.secrets(),
            context.clone(),
        );
        let work = CertificateSync::new()?;
        let certificates = App::new(work, stack.store(), stack.secrets(), context);
        Ok(Self {
            stack,
            employees,
            certificates,
        })
    }
}

/// The result as it is told: as text when it comes, or as one JSON document at the end.
struct Telling<'a> {
    out: &'a mut (dyn Write + Send),
    json: bool,
}

impl Telling<'_> {
    fn say(&mut self, text: &str) -> Result<(), Failed> {
        if !self.json {
            self.out.write_all(text.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }
}

pub(super) async fn run(
    request: &Request,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<u8, Failed> {
    let tenant = read(request)?;
    let keeps = request.apply != Apply::No || request.state.exists();
    let state = if keeps {
        State::File(request.state.clone())
    } else {
        State::Memory
    };
    let functions = Functions::start(&tenant, state).await?;
    let mut telling = Telling { out, json };

    let planned = once(&functions.employees, &tenant.id, Mode::DryRun).await;
    let details = if request.details {
        Details::Values
    } else {
        Details::Names
    };
    let plan = planned
        .plan
        .as_ref()
        .map(|plan| plan.shown(Timestamp::now(), details).to_string());
    telling.say(&text::employees(&planned.report, plan.as_deref()))?;
    let is_planned = planned.report.outcome == Outcome::Planned;
    let mut document =
        json!({"planned": planned.report, "plan": plan, "applied": null, "certificates": null});
    let mut is_good = is_planned && request.apply == Apply::No;
    if is_planned {
        let filing = preview::of(&functions, &tenant, planned.plan.as_ref()).await?;
        let list = filing
            .plan
            .as_ref()
            .filter(|_| request.details)
            .map(text::plan);
        telling.say(&text::certificates(&filing.report, list.as_deref()))?;
        is_good &= matches!(filing.report.outcome, Outcome::Planned | Outcome::Disabled);
        let (certificates, uploads) = (&filing.report, filing.report.counts.remaining);
        set(
            &mut document,
            "certificates",
            json!({"planned": certificates, "plan": list, "applied": null}),
        );
        if asked(request, &tenant.id, uploads)? {
            is_good = apply(&functions, &tenant.id, &mut telling, &mut document).await?;
            telling.say(&text::kept(&request.state))?;
        }
    }
    if json {
        write_json(telling.out, &document)?;
    }
    telling.out.flush()?;
    Ok(if is_good { GOOD } else { BAD })
}

/// Carries out what both jobs would do. Returns whether all of it is done.
async fn apply(
    functions: &Functions,
    tenant: &TenantId,
    telling: &mut Telling<'_>,
    document: &mut Value,
) -> Result<bool, Failed> {
    let people = once(&functions.employees, tenant, Mode::Scheduled)
        .await
        .report;
    telling.say(&format!("\n{}", text::employees(&people, None)))?;
    set(document, "applied", json!(people));
    let filed = once(&functions.certificates, tenant, Mode::Scheduled)
        .await
        .report;
    telling.say(&text::certificates(&filed, None))?;
    if let Some(certificates) = document.get_mut("certificates") {
        set(certificates, "applied", json!(filed));
    }
    let is_filed = filed.outcome.is_good() || filed.outcome == Outcome::Disabled;
    Ok(people.outcome.is_good() && people.held.is_none() && is_filed)
}

fn set(document: &mut Value, key: &str, value: Value) {
    if let Some(document) = document.as_object_mut() {
        document.insert(key.to_owned(), value);
    }
}

async fn once<W: Job>(app: &App<W>, tenant: &TenantId, mode: Mode) -> Ran<W> {
    let bar = Bars::default().bar(tenant.as_str(), W::JOB);
    let event = Event {
        tenant_id: tenant.clone(),
        mode,
    };
    let run_id = RunId::new(format!("demo-{}", Timestamp::now().as_nanosecond()));
    let request = RunRequest {
        event,
        run_id,
        deadline: Deadline::never(),
    };
    let ran = app.run(&request, &|progress| bar.show(progress)).await;
    bar.end();
    ran
}

fn asked(request: &Request, tenant: &TenantId, uploads: u64) -> Result<bool, Failed> {
    match request.apply {
        Apply::No => Ok(false),
        Apply::Unasked => Ok(true),
        Apply::AfterAsking => confirmed(tenant, uploads),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a question to somebody at a terminal, whatever becomes of the results"
)]
fn confirmed(tenant: &TenantId, uploads: u64) -> Result<bool, Failed> {
    eprintln!("\n{}", text::warning(uploads));
    eprint!("Type the tenant's name ({tenant}) to go on: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    let is_confirmed = answer.trim() == tenant.as_str();
    if !is_confirmed {
        eprintln!("Nothing was written.");
    }
    Ok(is_confirmed)
}
