//! A stack, companies, and somebody who types commands.

use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use jiff::Timestamp;
use local::{Company, Options, Stack, World};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use shared::domain::clock::{Clock as _, ManualClock};
use shared::http::RateLimiter;
use shared::tenant::Via;
use simulators::people::Gender;
use simulators::{Aws, Person, Scissors};
use tenants::{Cli, Exit, Somebody, Surroundings};

pub(crate) const GROUP: &str = "reteach-personio";
pub(crate) const EMPLOYEES: &str =
    "arn:aws:lambda:eu-central-1:123456789012:function:employee-sync";
pub(crate) const CERTIFICATES: &str =
    "arn:aws:lambda:eu-central-1:123456789012:function:certificate-sync";

/// The deployment, the companies, and a folder for files.
pub(crate) struct Desk {
    /// The companies' vendors; their own stack is not used.
    pub(crate) vendors: World,
    pub(crate) stack: Stack,
    pub(crate) aws: Aws,
    pub(crate) scissors: Scissors,
    folder: PathBuf,
    /// Simulators stop with their last handle.
    companies: Mutex<Vec<Company>>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    /// What came on standard error.
    pub(crate) errors: String,
}

/// Standard error, kept.
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
        let vendors = Box::pin(World::start(now())).await.unwrap();
        let scissors = Scissors::default();
        let clock = Arc::new(vendors.clock.clone());
        let options = Options {
            clock,
            scissors: Some(scissors.clone()),
            ..Options::default()
        };
        let stack = Stack::start(options).await.unwrap();
        let clock = vendors.clock.clone();
        let aws = Aws::start(Arc::new(move || clock.now())).await.unwrap();
        aws.cut_by(&scissors);
        aws.add_group(GROUP);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("desk-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            vendors,
            stack,
            aws,
            scissors,
            folder,
            companies: Mutex::default(),
        }
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

    /// The two files of a company.
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

    /// A file with this content.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// A tenant that has been added.
    pub(crate) async fn tenant(&self, via: Via) -> Company {
        let company = self.company(via).await;
        let (file, credentials) = self.files(&company, "");
        let done = self
            .run(&["add", "--file", &file, "--credentials", &credentials])
            .await;
        assert_eq!(done.exit, Exit::Done, "{}", done.out);
        company
    }

    pub(crate) fn variables(&self) -> HashMap<String, String> {
        let mut variables: HashMap<String, String> = self.stack.environment().into_iter().collect();
        let url = self.aws.base_url();
        let more = [
            ("AWS_ENDPOINT_URL_SCHEDULER", url.as_str()),
            ("AWS_ENDPOINT_URL_LAMBDA", &url),
            ("AWS_ENDPOINT_URL_CLOUDFORMATION", &url),
            ("SCHEDULE_GROUP_NAME", GROUP),
            (
                "SCHEDULER_ROLE_ARN",
                "arn:aws:iam::123456789012:role/scheduler",
            ),
            (
                "DELIVERY_QUEUE_ARN",
                "arn:aws:sqs:eu-central-1:123456789012:delivery",
            ),
            ("EMPLOYEE_FUNCTION_ARN", EMPLOYEES),
            ("CERTIFICATE_FUNCTION_ARN", CERTIFICATES),
        ];
        variables.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables
    }

    /// What a command finds around it.
    pub(crate) fn surroundings(
        &self,
        variables: HashMap<String, String>,
        somebody: Somebody,
        input: &str,
    ) -> Surroundings {
        self.surroundings_with(variables, somebody, input, Errors::default())
    }

    fn surroundings_with(
        &self,
        variables: HashMap<String, String>,
        somebody: Somebody,
        input: &str,
        errors: Errors,
    ) -> Surroundings {
        Surroundings {
            variables: Box::new(move |name| variables.get(name).cloned()),
            clock: Arc::new(self.clock().clone()),
            pace: Some(RateLimiter::new(&[])),
            input: Mutex::new(Box::new(Cursor::new(input.to_owned()))),
            errors: Mutex::new(Box::new(errors)),
            somebody,
            look_every: Duration::from_millis(1),
        }
    }

    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        self.run_in(self.variables(), args).await
    }

    pub(crate) async fn json(&self, args: &[&str]) -> Done {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        self.run(&args).await
    }

    pub(crate) async fn run_in(&self, variables: HashMap<String, String>, args: &[&str]) -> Done {
        self.run_as(Somebody::Nobody, "", variables, args).await
    }

    /// The same, perhaps with somebody there, who types `input`.
    pub(crate) async fn run_as(
        &self,
        somebody: Somebody,
        input: &str,
        variables: HashMap<String, String>,
        args: &[&str],
    ) -> Done {
        let errors = Errors::default();
        let here = self.surroundings_with(variables, somebody, input, errors.clone());
        let done = run(args, &here).await;
        Done {
            errors: errors.text(),
            ..done
        }
    }

    /// The names of the schedules that fire, and of those that do not.
    pub(crate) fn schedules(&self) -> Vec<String> {
        let schedules = self.aws.schedules(GROUP);
        let line = |(name, it): (&String, &Value)| {
            format!(
                "{name} {} {}",
                it["State"].as_str().unwrap(),
                it["ScheduleExpression"].as_str().unwrap()
            )
        };
        schedules.iter().map(line).collect()
    }
}

pub(crate) async fn run(args: &[&str], surroundings: &Surroundings) -> Done {
    let cli = Cli::try_parse_from(["tenants"].iter().chain(args)).unwrap();
    let mut out = Vec::new();
    let exit = Box::pin(tenants::run(cli, surroundings, &mut out)).await;
    Done {
        exit,
        out: String::from_utf8(out).unwrap(),
        errors: String::new(),
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
