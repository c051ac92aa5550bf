//! A real tenant's plan, and on demand the real thing, over a state that lives only as long as the command.

use std::io::{IsTerminal as _, Read as _, Write};
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use employee_sync::EmployeeSync;
use employee_sync::plan::Details;
use employee_sync::report::Report;
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::SecretString;
use shared::clock::SystemClock;
use shared::http::{self, Calls, Context, Deadline};
use shared::id::{RunId, TenantId};
use shared::job::{App, Event, Mode, Outcome, Ran, Request as RunRequest};
use shared::secrets::TenantSecret;
use shared::tenant::{TenantConfig, Via};

use super::args::{Apply, Request};
use super::bars::Bars;
use super::{BAD, Failed, GOOD, print, write_json};
use crate::stack::{Options, Stack};

const STANDARD_INPUT: &str = "-";

/// A tenant's files, read and checked.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) id: TenantId,
    file: String,
    pub(super) secret: TenantSecret,
}

pub(super) async fn run(request: &Request, json: bool, out: &mut (dyn Write + Send)) -> Result<u8, Failed> {
    let tenant = read(request)?;
    let stack = Stack::start(Options::default()).await?;
    stack.store().put_tenant(&tenant.id, &tenant.file).await?;
    stack.secrets().put(&tenant.id, &tenant.secret).await?;
    let context = Context::new(http::client()?, Arc::new(SystemClock), Calls::default());
    let app = App::new(EmployeeSync, stack.store(), stack.secrets(), context);

    let planned = once(&app, &tenant.id, Mode::DryRun).await;
    let is_planned = planned.report.outcome == Outcome::Planned;
    let details = if request.details { Details::Values } else { Details::Names };
    let plan = planned.plan.as_ref().map(|plan| plan.shown(Timestamp::now(), details).to_string());
    if !json {
        out.write_all(text(&planned.report, plan.as_deref()).as_bytes())?;
        out.flush()?;
    }
    let applied = if is_planned && asked(request, &tenant.id)? {
        let report = once(&app, &tenant.id, Mode::Scheduled).await.report;
        if !json {
            out.write_all(applied_text(&report).as_bytes())?;
        }
        Some(report)
    } else {
        None
    };
    if json {
        write_json(out, &serde_json::json!({"planned": planned.report, "plan": plan, "applied": applied}))?;
    }
    out.flush()?;
    let is_good = match &applied {
        None => is_planned && request.apply == Apply::No,
        Some(report) => report.outcome.is_good() && report.held.is_none(),
    };
    Ok(if is_good { GOOD } else { BAD })
}

async fn once(app: &App<EmployeeSync>, tenant: &TenantId, mode: Mode) -> Ran<EmployeeSync> {
    let bar = Bars::default().bar(tenant.as_str(), shared::state::Job::Employees);
    let event = Event { tenant_id: tenant.clone(), mode };
    let run_id = RunId::new(format!("demo-{}", Timestamp::now().as_nanosecond()));
    let request = RunRequest { event, run_id, deadline: Deadline::never() };
    let ran = app.run(&request, &|progress| bar.show(progress)).await;
    bar.end();
    ran
}

/// Reads both files. Every problem names its file and field.
fn read(request: &Request) -> Result<Tenant, Failed> {
    let asks = request.apply == Apply::AfterAsking;
    if asks && (request.credentials == Path::new(STANDARD_INPUT) || !std::io::stdin().is_terminal()) {
        let text = "--apply asks for the tenant's name, which takes a terminal on standard input: give --yes, or the \
                    credentials as a file";
        return Err(Failed::usage(text));
    }
    let file = std::fs::read_to_string(&request.tenant)
        .map_err(|error| Failed::usage(format!("{}: {error}", request.tenant.display())))?;
    let credentials = credentials(&request.credentials)
        .map_err(|error| Failed::usage(format!("{}: {error}", request.credentials.display())))?;
    tenant(file, &credentials)
}

fn credentials(path: &Path) -> std::io::Result<SecretString> {
    if path != Path::new(STANDARD_INPUT) {
        return std::fs::read_to_string(path).map(SecretString::from);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text.into())
}

/// A tenant of these texts, with a key for its fingerprints if the credentials have none.
pub(super) fn tenant(file: String, credentials: &SecretString) -> Result<Tenant, Failed> {
    let config = TenantConfig::parse(&file).map_err(|error| {
        let problems: Vec<String> = error.0.iter().map(|problem| format!("\n  {problem}")).collect();
        Failed::usage(format!("the tenant file is not valid:{}", problems.concat()))
    })?;
    let mut secret = TenantSecret::parse(credentials)
        .map_err(|error| Failed::usage(format!("the credentials are not valid: {error}")))?;
    let missing = missing(&config, &secret);
    if !missing.is_empty() {
        return Err(Failed::usage(format!("not enough for this route:\n  {}", missing.join("\n  "))));
    }
    if secret.fingerprint_key.is_none() {
        secret.fingerprint_key = Some(random_key()?);
    }
    Ok(Tenant { id: config.tenant_id, file, secret })
}

/// What the route needs and the files do not have.
fn missing(config: &TenantConfig, secret: &TenantSecret) -> Vec<&'static str> {
    let direct = config.personio.via == Via::Direct;
    let integration = config.kombo.as_ref().and_then(|kombo| kombo.integration_id.as_ref());
    let checks = [
        (direct && secret.personio.is_none(), "credentials: personio is missing (client_id, client_secret)"),
        (!direct && secret.kombo.is_none(), "credentials: kombo is missing (api_key)"),
        (secret.reteach.is_none(), "credentials: reteach is missing (client_id, client_secret, client_code)"),
        (!direct && integration.is_none(), "tenant file: kombo.integration_id is missing"),
    ];
    checks.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, text)| text).collect()
}

fn random_key() -> Result<SecretString, Failed> {
    let mut key = [0; 32];
    SystemRandom::new()
        .fill(&mut key)
        .map_err(|_| Failed { code: BAD, text: "the system gives no random numbers".to_owned() })?;
    Ok(STANDARD.encode(key).into())
}

fn asked(request: &Request, tenant: &TenantId) -> Result<bool, Failed> {
    match request.apply {
        Apply::No => Ok(false),
        Apply::Unasked => Ok(true),
        Apply::AfterAsking => confirmed(tenant),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a question to somebody at a terminal, whatever becomes of the results"
)]
fn confirmed(tenant: &TenantId) -> Result<bool, Failed> {
    eprint!("This writes to the academy. Type the tenant's name ({tenant}) to go on: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    let is_confirmed = answer.trim() == tenant.as_str();
    if !is_confirmed {
        eprintln!("Nothing was written.");
    }
    Ok(is_confirmed)
}

fn text(report: &Report, plan: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(plan) = plan {
        text.push_str(&format!("{plan}\n\n"));
    }
    text.push_str(&summary(report));
    text
}

fn applied_text(report: &Report) -> String {
    let note = "The state of this run is thrown away now; the accounts stay in reteach. The next run, here or deployed, finds \
                them by their external id.";
    format!("\n{}{}\n", summary(report), print::wrapped(note, "", ""))
}

fn summary(report: &Report) -> String {
    let counts = print::counts::employees(&report.counts, report.findings_total);
    let counts = if counts.is_empty() { counts } else { format!("; {counts}") };
    let calls = print::calls(report.calls).replace('\n', ", ");
    let took = report.duration_ms;
    let mut text = format!(
        "{}: {:?}. {} people{counts}. Calls: {calls}. {}.{:03} s\n",
        report.tenant_id,
        report.outcome,
        report.counts.people,
        took / 1000,
        took % 1000
    );
    if !report.message.is_empty() {
        text.push_str(&print::wrapped(&report.message, "", ""));
        text.push('\n');
    }
    for finding in print::findings(report.into()) {
        text.push_str(&print::wrapped(&finding, "  ", "    "));
        text.push('\n');
    }
    text
}
