//! An operator at a local stack with simulated companies.

use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use jiff::{SignedDuration, Timestamp};
use local::{Company, Fixture, Options, Stack};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use shared::domain::clock::{Clock as _, ManualClock};
use shared::domain::id::RunId;
use shared::http::RateLimiter;
use shared::state::{Acquisition, Inventory, JobKind, Lease, TenantRecord};
use shared::tenant::Via;
use simulators::people::{Gender, Status};
use simulators::reteach::{Certificate, Customer, Participation};
use simulators::{Aws, FaultEngine, Person};
use tenants::{Cli, Environment, Exit, Interactivity};

pub(crate) use simulators::aws::deployment::{CERTIFICATES, EMPLOYEES, GROUP};

/// The deployment, the companies, and a folder for files.
pub(crate) struct Desk {
    /// The companies' vendors; their own stack is not used.
    pub(crate) vendors: Fixture,
    pub(crate) stack: Stack,
    pub(crate) aws: Aws,
    pub(crate) faults: FaultEngine,
    folder: PathBuf,
    /// Simulators stop with their last handle.
    companies: Mutex<Vec<Company>>,
}

#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) errors: String,
}

#[derive(Clone, Default)]
pub(crate) struct Errors(Arc<Mutex<Vec<u8>>>);

impl Errors {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Errors {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Done {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// The error of a command that was run with `--json`.
    pub(crate) fn error(&self) -> String {
        self.json()["error"]
            .as_str()
            .unwrap_or_else(|| panic!("no error: {}", self.out))
            .to_owned()
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

impl Desk {
    pub(crate) async fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let vendors = Box::pin(Fixture::start(now())).await.unwrap();
        let faults = FaultEngine::default();
        let clock = Arc::new(vendors.clock.clone());
        let options = Options {
            clock,
            faults: Some(faults.clone()),
            ..Options::default()
        };
        let stack = Stack::start(options).await.unwrap();
        let clock = vendors.clock.clone();
        let aws = Aws::start(Arc::new(move || clock.now())).await.unwrap();
        aws.join(&faults);
        aws.add_group(GROUP);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("desk-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            vendors,
            stack,
            aws,
            faults,
            folder,
            companies: Mutex::default(),
        }
    }

    /// With the tenant acme, which reaches Personio directly.
    pub(crate) async fn acme() -> (Self, Company) {
        let desk = Box::pin(Self::new()).await;
        let company = Box::pin(desk.tenant(Via::Direct)).await;
        (desk, company)
    }

    /// With the tenant acme, whose people a first run has brought over.
    pub(crate) async fn in_step() -> (Self, Company) {
        let (desk, company) = Self::acme().await;
        desk.done("sync acme --here").await;
        (desk, company)
    }

    /// With the company of [`Self::acme`], which is not a tenant yet.
    pub(crate) async fn new_company() -> (Self, Company) {
        let desk = Box::pin(Self::new()).await;
        let company = desk.company(Via::Direct).await;
        (desk, company)
    }

    pub(crate) fn clock(&self) -> &ManualClock {
        &self.vendors.clock
    }

    /// A company called `acme` with three people, not a tenant yet.
    pub(crate) async fn company(&self, via: Via) -> Company {
        self.company_called("acme", via).await
    }

    pub(crate) async fn company_called(&self, name: &str, via: Via) -> Company {
        let company = self.vendors.company(name, via, "").await.unwrap();
        company.personio.put_all((1..=3).map(person));
        if let Some(kombo) = &company.kombo {
            kombo.mirror(local::INTEGRATION);
        }
        self.companies.lock().unwrap().push(company.clone());
        company
    }

    /// The command that adds this company, with `more` in the tenant's file.
    pub(crate) fn add(&self, company: &Company, more: &str) -> String {
        let (file, credentials) = self.files(company, more);
        format!("add --file {file} --credentials {credentials}")
    }

    pub(crate) fn files(&self, company: &Company, more: &str) -> (String, String) {
        let secret = company.secret();
        let secret = shared::secrets::TenantSecret {
            fingerprint_key: None,
            ..secret
        };
        let file = self.file("tenant.toml", &company.tenant_file(more));
        (
            file,
            self.file("credentials.json", secret.to_json().expose_secret()),
        )
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, owner_only).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// A tenant that has been added.
    pub(crate) async fn tenant(&self, via: Via) -> Company {
        let company = self.company(via).await;
        self.done(&self.add(&company, "")).await;
        company
    }

    pub(crate) async fn stored(&self, company: &Company) -> TenantRecord {
        let stored = self.stack.store().tenant(&company.tenant).await;
        stored.unwrap().unwrap()
    }

    pub(crate) async fn inventory(&self, company: &Company) -> Inventory {
        let inventory = self.stack.store().inventory(&company.tenant).await;
        inventory.unwrap()
    }

    /// Neither tenants nor schedules nor state of this company.
    pub(crate) async fn assert_empty(&self, company: &Company) {
        self.assert_no_tenants().await;
        assert!(self.inventory(company).await.is_empty());
    }

    pub(crate) async fn assert_no_tenants(&self) {
        assert_eq!(self.stack.store().list_tenants().await.unwrap(), []);
        assert_eq!(self.schedules(), [""; 0]);
    }

    pub(crate) fn pass_minutes(&self, minutes: i64) {
        self.clock().advance(SignedDuration::from_mins(minutes));
    }

    /// Employee runs of acme, each after five minutes.
    pub(crate) async fn ticks(&self, number: usize) {
        for _ in 0..number {
            self.pass_minutes(5);
            self.run("sync acme --here").await;
        }
    }

    /// The report of a good employee run, five minutes later.
    pub(crate) async fn tick(&self) -> Value {
        self.pass_minutes(5);
        self.done("sync acme --here").await
    }

    /// A run holds the lease of this job for some minutes.
    pub(crate) async fn begin_run(&self, company: &Company, job: JobKind, minutes: i64) -> Lease {
        let (owner, lasts) = (RunId::new("run-1"), SignedDuration::from_mins(minutes));
        let (store, now) = (self.stack.store(), self.clock().now());
        let asked = store.acquire(&company.tenant, job, &owner, now, lasts);
        match asked.await.unwrap() {
            Acquisition::Acquired(lease) => lease,
            Acquisition::Held { until, .. } => panic!("held until {until}"),
        }
    }

    pub(crate) fn variables(&self) -> HashMap<String, String> {
        let environment = self.stack.environment().into_iter();
        environment.chain(self.aws.variables()).collect()
    }

    pub(crate) fn variables_without(&self, names: &[&str]) -> HashMap<String, String> {
        let mut variables = self.variables();
        variables.retain(|name, _| !names.contains(&name.as_str()));
        variables
    }

    pub(crate) fn environment(&self, interactivity: Interactivity, input: &str) -> Environment {
        self.environment_with(self.variables(), interactivity, input, Errors::default())
    }

    fn environment_with(
        &self,
        variables: HashMap<String, String>,
        interactivity: Interactivity,
        input: &str,
        errors: Errors,
    ) -> Environment {
        Environment {
            variables: Arc::new(move |name| variables.get(name).cloned()),
            clock: Arc::new(self.clock().clone()),
            pace: Some(RateLimiter::new(&[])),
            input: Mutex::new(Box::new(Cursor::new(input.to_owned()))),
            errors: Mutex::new(Box::new(errors)),
            interactivity,
            poll_interval: Duration::from_millis(1),
        }
    }

    /// Runs a command line without a terminal.
    pub(crate) async fn run(&self, line: &str) -> Done {
        self.run_in(self.variables(), line).await
    }

    pub(crate) async fn json(&self, line: &str) -> Done {
        self.run(&format!("{line} --json")).await
    }

    /// The document of a command that has to succeed.
    pub(crate) async fn done(&self, line: &str) -> Value {
        let done = self.json(line).await;
        assert_eq!(done.exit, Exit::Done, "{line}: {}", done.out);
        done.json()
    }

    /// The document of a command that finds something to look at.
    pub(crate) async fn attention(&self, line: &str) -> Value {
        let done = self.json(line).await;
        assert_eq!(done.exit, Exit::Attention, "{line}: {}", done.out);
        done.json()
    }

    /// A command that has to fail with each of `hints` in its error.
    pub(crate) async fn fails(&self, line: &str, exit: Exit, hints: &[&str]) {
        self.fails_in(self.variables(), line, exit, hints).await;
    }

    pub(crate) async fn fails_in(
        &self,
        variables: HashMap<String, String>,
        line: &str,
        exit: Exit,
        hints: &[&str],
    ) {
        let done = self.run_in(variables, &format!("{line} --json")).await;
        assert_eq!(done.exit, exit, "{line}: {}", done.out);
        let error = done.error();
        for hint in hints {
            assert!(error.contains(hint), "{line}: {hint} is not in: {error}");
        }
    }

    /// Runs a command line with these variables and no terminal.
    pub(crate) async fn run_in(&self, variables: HashMap<String, String>, line: &str) -> Done {
        let errors = Errors::default();
        let environment =
            self.environment_with(variables, Interactivity::NonInteractive, "", errors.clone());
        let done = run(line, &environment).await;
        Done {
            errors: errors.text(),
            ..done
        }
    }

    /// Runs a command line at a terminal, with `input` typed.
    pub(crate) async fn run_at_terminal(&self, line: &str, input: &str) -> Exit {
        let environment = self.environment(Interactivity::Interactive, input);
        run(line, &environment).await.exit
    }

    /// Each schedule with its state and its rate.
    pub(crate) fn schedules(&self) -> Vec<String> {
        let schedules = self.aws.schedules(GROUP);
        let line = |(name, schedule): (&String, &Value)| {
            let text = |field: &str| schedule[field].as_str().unwrap();
            format!("{name} {} {}", text("State"), text("ScheduleExpression"))
        };
        schedules.iter().map(line).collect()
    }
}

pub(crate) async fn run(line: &str, environment: &Environment) -> Done {
    let cli = Cli::try_parse_from(["tenants".to_owned()].into_iter().chain(words(line))).unwrap();
    let mut out = Vec::new();
    let exit = Box::pin(tenants::run(cli, environment, &mut out)).await;
    Done {
        exit,
        out: String::from_utf8(out).unwrap(),
        errors: String::new(),
    }
}

/// The words of a command line. Double quotes keep white space together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('"').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// A completed course of person `person` with certificate `certificate-<number>`.
pub(crate) fn participation(number: u64, person: u64, course: &str) -> Participation {
    Participation {
        id: format!("participation-{number}"),
        customer: Some(format!("personio:{person}")),
        course_name: Some(course.to_owned()),
        completed_at: Some("2026-05-11T07:30:00Z".parse().unwrap()),
        certificate: Some(Certificate::new(&format!("certificate-{number}"), 20_000)),
        ..Participation::default()
    }
}

/// The academy issues the certificate of [`participation`].
pub(crate) fn issue(company: &Company, number: u64, person: u64, course: &str) {
    company
        .reteach
        .add_participation(participation(number, person, course));
}

pub(crate) fn promote(company: &Company, id: u64) {
    company.personio.change(id, |person| {
        person.position = Some("Leiterin".to_owned());
    });
}

/// Somebody sets person `id` inactive in Personio.
pub(crate) fn deactivate(company: &Company, id: u64) {
    company
        .personio
        .change(id, |person| person.status = Status::Inactive);
}

/// An account with the mail address of `person(id)`.
pub(crate) fn account_of(id: u64, external_id: Option<&str>) -> Customer {
    Customer {
        email: person(id).email,
        external_id: external_id.map(str::to_owned),
        ..Customer::default()
    }
}

pub(crate) fn person(id: u64) -> Person {
    Person {
        gender: Some(Gender::Female),
        position: Some("Ingenieurin".to_owned()),
        subcompany: Some("Muster GmbH".to_owned()),
        department: Some("Entwicklung".to_owned()),
        office: Some("München".to_owned()),
        ..Person::new(id, "Käthe", &format!("Groß-{id}"))
    }
}

/// Text without what is another on each run.
pub(crate) fn steady(text: &str) -> String {
    let mut steady = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("127.0.0.1:") {
        steady.push_str(before);
        steady.push_str("HOST");
        rest = after.trim_start_matches(|char: char| char.is_ascii_digit());
    }
    steady + rest
}
