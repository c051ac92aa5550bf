//! An operator who runs every command for a company.

use std::collections::{BTreeSet, HashMap};
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use futures::future::BoxFuture;
use harness::{Lines, Witness};
use local::{Answer, Functions};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use shared::domain::clock::Clock as _;
use shared::domain::id::RunId;
use shared::http::{Deadline, RateLimiter};
use shared::runtime::{App, Event, Job, Request};
use simulators::Aws;
use simulators::aws::deployment::{CERTIFICATES, EMPLOYEES, GROUP};
use simulators::aws::{Call, Runtime};
use tenants::{Cli, Environment, Interactivity};

/// All commands except those that add and remove a tenant.
const COMMANDS: &[&[&str]] = &[
    &["list"],
    &["status"],
    &["status", "acme"],
    &["status", "--last-day"],
    &["check", "acme"],
    &["plan", "acme"],
    &["explain", "acme", "1"],
    &["explain", "acme", "personio:3"],
    &["explain", "acme", "999"],
    &["sync", "acme", "--here"],
    &["sync", "acme", "--here", "--job", "certificates"],
    &["sync", "acme"],
    &["sync", "acme", "--job", "certificates"],
    &["runs", "acme"],
    &["runs", "acme", "--findings"],
    &["people", "list", "acme"],
    &["people", "find", "acme", "a"],
    &["people", "retry", "acme"],
    &["people", "export", "acme", "1"],
    &["people", "forget", "acme", "1", "--yes"],
    &[
        "people", "handover", "acme", "--from", "1", "--to", "2", "--yes",
    ],
    &["certificates", "start", "acme", "--yes"],
    &["certificates", "move", "acme", "--yes"],
    &["restore", "--since", "2026-05-11T08:00:00Z", "--yes"],
    &["migrate", "acme"],
    &["migrate", "acme", "--approve", "3fa9c27be104"],
    &["certificates", "list", "acme"],
    &["certificates", "list", "acme", "--all"],
    &["certificates", "retry", "acme", "c-1"],
    &["certificates", "dismiss", "acme", "c-1"],
    &["certificates", "retry", "acme", "--all", "--yes"],
    &["approve", "acme", "3fa9c27be104"],
    &["dismiss", "acme", "3fa9c27be104"],
    &["decisions", "acme"],
    &[
        "connect",
        "acme",
        "--email",
        "zwetschge.hr@zwetschge.example",
        "--company",
        "Zwetschge GmbH",
    ],
    &[
        "connect",
        "acme",
        "--replace",
        "--email",
        "hr@zwetschge.example",
        "--company",
        "Zwetschge GmbH",
    ],
    &[
        "connect",
        "acme",
        "--replace",
        "--integration",
        local::INTEGRATION,
    ],
    &["doctor"],
    &["pause", "acme"],
    &["resume", "acme"],
    &["doctor"],
    &["completions", "bash"],
];

/// Commands that remove the tenant; it is added again after each.
const REMOVALS: &[&[&str]] = &[
    &["remove", "acme", "--yes"],
    &["remove", "acme", "--certificate-ledger", "--yes"],
];

/// Text and JSON.
const FORMS: [&[&str]; 2] = [&[], &["--json"]];

/// The operator's files and the simulated deployment.
pub(super) struct Operator {
    folder: PathBuf,
    aws: Aws,
}

impl Operator {
    pub(super) async fn of(seen: &Witness) -> Self {
        let (world, company) = (&seen.harness.world, &seen.harness.company);
        let folder = std::env::temp_dir().join(format!(
            "everything-{}-{:?}",
            std::process::id(),
            company.via
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let secret = world.stack.secrets().get(&company.tenant).await.unwrap();
        std::fs::write(folder.join("acme.toml"), company.tenant_file("")).unwrap();
        std::fs::write(folder.join("acme.json"), secret.to_json().expose_secret()).unwrap();
        let clock = world.clock.clone();
        let aws = Aws::start(Arc::new(move || clock.now())).await.unwrap();
        aws.add_group(GROUP);
        for arn in [EMPLOYEES, CERTIFICATES] {
            aws.add_runtime(arn, Arc::new(Deployed(world.functions())));
        }
        Self { folder, aws }
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    fn variables(&self, seen: &Witness) -> HashMap<String, String> {
        let environment = seen.harness.world.stack.environment().into_iter();
        environment.chain(self.aws.variables()).collect()
    }

    /// Output of a command, including standard error.
    pub(super) async fn typed(&self, seen: &Witness, args: &[&str]) -> String {
        let variables = self.variables(seen);
        let errors = Lines::default();
        let environment = Environment {
            variables: Arc::new(move |name| variables.get(name).cloned()),
            clock: Arc::new(seen.harness.world.clock.clone()),
            pace: Some(RateLimiter::new(&[])),
            input: Mutex::new(Box::new(Cursor::new("acme\n"))),
            errors: Mutex::new(Box::new(errors.clone())),
            interactivity: Interactivity::NonInteractive,
            poll_interval: Duration::from_millis(1),
        };
        let mut out = Vec::new();
        let cli = Cli::try_parse_from(["tenants"].iter().chain(args)).unwrap();
        Box::pin(tenants::run(cli, &environment, &mut out)).await;
        String::from_utf8(out).unwrap() + &errors.text()
    }

    async fn both(&self, seen: &mut Witness, args: &[&str]) {
        for more in FORMS {
            self.one(seen, args, more).await;
        }
    }

    async fn one(&self, seen: &mut Witness, args: &[&str], more: &[&str]) {
        let args: Vec<&str> = args.iter().chain(more).copied().collect();
        let said = self.typed(seen, &args).await;
        assert!(!said.is_empty(), "{args:?} says something");
        seen.texts.push(said);
    }

    /// Runs every command that keeps the tenant.
    pub(super) async fn every_command(&self, seen: &mut Witness) {
        for args in COMMANDS {
            self.both(seen, args).await;
        }
        self.add(seen, &["--update"]).await;
    }

    /// Runs every command that removes the tenant, and adds it again after each.
    pub(super) async fn comes_and_goes(&self, seen: &mut Witness) {
        for (args, more) in REMOVALS
            .iter()
            .flat_map(|args| FORMS.map(|more| (args, more)))
        {
            self.one(seen, args, more).await;
            let left = seen
                .harness
                .store()
                .tenant(&seen.harness.company.tenant)
                .await
                .unwrap();
            assert_eq!(left, None, "{args:?}");
            self.add(seen, &[]).await;
        }
    }

    async fn add(&self, seen: &mut Witness, more: &[&str]) {
        let (file, credentials) = (self.path("acme.toml"), self.path("acme.json"));
        let add = ["add", "--file", &file, "--credentials", &credentials];
        let args: Vec<&str> = add.iter().chain(more).copied().collect();
        self.both(seen, &args).await;
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Both functions behind the simulated Lambda.
struct Deployed(Arc<Functions>);

impl Runtime for Deployed {
    fn invoke(&self, arn: String, event: Value, _: Call) -> BoxFuture<'static, Answer> {
        let functions = Arc::clone(&self.0);
        Box::pin(async move {
            Answer::Reply(match arn.ends_with("certificate-sync") {
                true => run(&functions.certificates, event).await,
                false => run(&functions.employees, event).await,
            })
        })
    }
}

async fn run<W: Job>(app: &App<W>, event: Value) -> Value {
    let event = Event::parse(event, W::JOB).unwrap();
    let request = Request {
        event,
        run_id: RunId::new("called"),
        deadline: Deadline::never(),
    };
    serde_json::to_value(app.run(&request, &|_| {}).await.report).unwrap()
}

/// Full names of all leaf subcommands of `command`.
fn leaves(command: &clap::Command, before: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for command in command.get_subcommands() {
        let path = [before, &[command.get_name().to_owned()]].concat();
        let below = leaves(command, &path);
        found.extend(if below.is_empty() {
            [path].into()
        } else {
            below
        });
    }
    found
}

#[test]
fn every_command_is_covered() {
    // Serves pages until it is stopped: its own tests look at them.
    let (add, web) = (["add", "--file"], ["web"]);
    let typed: Vec<&[&str]> = COMMANDS
        .iter()
        .chain(REMOVALS)
        .copied()
        .chain([&add[..], &web])
        .collect();
    let is_typed = |path: &Vec<String>| {
        typed
            .iter()
            .any(|args| args.iter().zip(path).all(|(is, name)| is == name))
    };
    let all = leaves(&Cli::command(), &[]);
    assert!(all.len() > 15, "{all:?}");
    let missing: Vec<_> = all.iter().filter(|path| !is_typed(path)).collect();
    assert!(missing.is_empty(), "nobody looks at {missing:?}");
}
