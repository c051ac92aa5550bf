//! Everything there is, with marked people, courses and secrets: both jobs, every route, errors, panics, the command line
//! with and without `--json`, the demo with a company's own files. None of it shows a mark.
//!
//! The one exception is asked for: `--details` shows an operator values, and the test says so.

use std::fmt;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use harness::{CERTIFICATE_TICK, Lines, MARK, ROUTES, TICK, Witness, completed, marked_company, unwatched};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use shared::connect::{Connections, Sink, Source};
use shared::document::DocumentSink as _;
use shared::http::{Calls, Context, Deadline, Pace};
use shared::job::Mode;
use shared::source::EmployeeSource as _;
use shared::tenant::TenantConfig;
use simulators::{Behaviour, Body, Fault};
use tenants::{Cli, Somebody, Surroundings};

/// Vendors that repeat what they were given, or write of people, in their errors.
const TALK: &str = r#"{"success":false,"status":"error","error":{"code":"REMOTE.INPUT_INVALID","message":"Frau Zwetschge, zwetschge@zwetschge.example","title":"zwetschge"},"statusCode":422,"message":["lastName of Zwetschge is zwetschge@zwetschge.example"]}"#;

/// What an operator may type about a company, apart from what adds and removes it.
const COMMANDS: &[&[&str]] = &[
    &["list"],
    &["status"],
    &["status", "acme"],
    &["check", "acme"],
    &["plan", "acme"],
    &["explain", "acme", "1"],
    &["explain", "acme", "personio:3"],
    &["explain", "acme", "999"],
    &["sync", "acme", "--here"],
    &["sync", "acme", "--here", "--job", "certificates"],
    &["runs", "acme"],
    &["certificates", "list", "acme"],
    &["certificates", "retry", "acme", "c-1"],
    &["approve", "acme", "3fa9c27be104"],
    &["dismiss", "acme", "3fa9c27be104"],
    &["pause", "acme"],
    &["resume", "acme"],
];

/// The company's files, as an operator has them.
struct Files(PathBuf);

impl Files {
    async fn of(seen: &Witness) -> Self {
        let company = &seen.harness.company;
        let folder =
            std::env::temp_dir().join(format!("everything-{}-{:?}", std::process::id(), company.via));
        std::fs::create_dir_all(&folder).unwrap();
        let secret = seen.harness.world.stack.secrets().get(&company.tenant).await.unwrap();
        std::fs::write(folder.join("acme.toml"), company.tenant_file("")).unwrap();
        std::fs::write(folder.join("acme.json"), secret.to_json().expose_secret()).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a command writes, as text or for programs, with what goes to standard error.
async fn typed(seen: &Witness, args: &[&str]) -> String {
    let variables = seen.harness.world.stack.environment();
    let errors = Lines::default();
    let surroundings = Surroundings {
        variables: Box::new(move |name| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        }),
        clock: Arc::new(seen.harness.world.clock.clone()),
        pace: Some(Pace::new(&[])),
        input: Mutex::new(Box::new(Cursor::new("acme\n"))),
        errors: Mutex::new(Box::new(errors.clone())),
        somebody: Somebody::Nobody,
        look_every: Duration::from_millis(1),
    };
    let mut out = Vec::new();
    let cli = Cli::try_parse_from(["tenants"].iter().chain(args)).unwrap();
    Box::pin(tenants::run(cli, &surroundings, &mut out)).await;
    String::from_utf8(out).unwrap() + &errors.text()
}

async fn every_command(seen: &mut Witness, files: &Files) {
    let (file, credentials) = (files.path("acme.toml"), files.path("acme.json"));
    let add: &[&str] = &["add", "--file", &file, "--credentials", &credentials, "--update"];
    for args in COMMANDS.iter().chain([&add]) {
        for more in [&[][..], &["--json"]] {
            let args: Vec<&str> = args.iter().chain(more).copied().collect();
            let said = typed(seen, &args).await;
            seen.texts.push(said);
        }
    }
}

async fn both_jobs(seen: &mut Witness) {
    for mode in [Mode::DryRun, Mode::Scheduled, Mode::Reconcile] {
        seen.harness.world.clock.advance(TICK);
        let ran = seen.harness.world.run(&seen.harness.company, mode, Deadline::never(), &unwatched).await;
        seen.see(&ran).await;
    }
    for mode in [Mode::DryRun, Mode::Scheduled, Mode::FullScan] {
        seen.harness.world.clock.advance(CERTIFICATE_TICK);
        let (world, company) = (&seen.harness.world, &seen.harness.company);
        let ran = world.run_certificates(company, mode, Deadline::never(), &unwatched).await;
        seen.see(&ran).await;
    }
}

/// Every vendor refuses everything and talks about it.
fn loose_tongues(seen: &Witness, status: u16) {
    let talk = || Fault::new(Behaviour::Status(status, Body::Json(TALK))).always();
    let company = &seen.harness.company;
    company.personio.fail(talk());
    company.reteach.fail(talk());
    company.reteach.downloads().fail(talk());
    if let Some(kombo) = &company.kombo {
        kombo.fail(talk());
    }
}

fn issue(seen: &Witness, ids: std::ops::Range<u64>) {
    let course = |id: u64| completed(&format!("c-{id}"), id, "Zwetschgenkunde", "2026-05-10T12:00:00Z");
    seen.harness.issue(ids.map(course));
}

/// The words of a panic that shows `value`.
fn panicking(value: &impl fmt::Debug) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| panic!("{value:?}"))).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// What the jobs hold in their hands, each as a panic would show it.
async fn panics(seen: &mut Witness) {
    let company = &seen.harness.company;
    let secret = seen.harness.world.stack.secrets().get(&company.tenant).await.unwrap();
    let config = TenantConfig::parse(&company.tenant_file("")).unwrap();
    let clock = Arc::new(seen.harness.world.clock.clone());
    let context = Context::new(shared::http::client().unwrap(), clock, Calls::default()).with_simulators();
    let connections: Connections<Source> = Connections::new(&config, &secret, &context).unwrap();
    let sink: Connections<Sink> = Connections::new(&config, &secret, &context).unwrap();
    let (connections, sink) = (connections.with_pace(&Pace::new(&[])), sink.with_pace(&Pace::new(&[])));
    let people = connections.hr.read(0).await.unwrap();
    let accounts = connections.reteach.list_all().await.unwrap();
    let certificates =
        connections.reteach.participations(&shared::reteach::Filter::default(), 1).await.unwrap();
    assert!(
        people.records.len() > 10 && accounts.customers.len() > 10 && !certificates.participations.is_empty()
    );
    let folders = sink.hr.categories().await.unwrap();
    let held: [&dyn fmt::Debug; 8] =
        [&*secret, &connections, &sink, &people, &accounts, &certificates, &folders, &seen.harness.world];
    let words: Vec<String> = held.iter().map(panicking).collect();
    assert!(words.iter().all(|text| !text.is_empty()), "{words:?}");
    seen.texts.extend(words);
}

/// `cargo demo` with the company's files: what it would do.
async fn demo(seen: &mut Witness, files: &Files) {
    let (file, credentials) = (files.path("acme.toml"), files.path("acme.json"));
    for more in [&[][..], &["--json"]] {
        let args = ["demo", "--tenant", &file, "--credentials", &credentials]
            .into_iter()
            .chain(more.iter().copied());
        let mut out = Vec::new();
        local::demo::run(local::demo::Args::parse_from(args), &mut out).await;
        let text = String::from_utf8(out).unwrap();
        assert!(!text.is_empty(), "the demo says something");
        seen.texts.push(text);
    }
}

#[tokio::test]
async fn no_mark_is_seen_by_whoever_looks() {
    for via in ROUTES {
        let mut seen = Witness::new(marked_company(via).await);
        let files = Files::of(&seen).await;
        seen.harness.company.personio.add_category("Bildungszertifikate");
        every_command(&mut seen, &files).await;
        issue(&seen, 1..5);
        both_jobs(&mut seen).await;
        every_command(&mut seen, &files).await;
        demo(&mut seen, &files).await;
        panics(&mut seen).await;
        for (status, ids) in [(422, 5..8), (200, 8..11)] {
            issue(&seen, ids.clone());
            ids.for_each(|id| seen.harness.change(id, |it| it.last_name = format!("Zwetschge-{status}")));
            loose_tongues(&seen, status);
            both_jobs(&mut seen).await;
            every_command(&mut seen, &files).await;
            seen.harness.clear_faults();
            seen.harness.company.reteach.downloads().clear_faults();
            seen.harness.world.clock.advance(SignedDuration::from_hours(1));
        }
        seen.check();
        let filed = seen.harness.company.personio.documents();
        assert!(
            filed.iter().any(|it| it.title == "Zwetschgenkunde" || it.file_name.contains("Zwetschgenkunde"))
        );
        // The exception, which an operator has to ask for: values are shown where they were asked for.
        seen.harness.change(12, |it| it.position = Some("Zwetschgenmeister".into()));
        let shown = typed(&seen, &["explain", "acme", "12", "--details"]).await;
        assert!(shown.to_lowercase().contains(MARK), "--details shows values: {shown}");
        let hidden = typed(&seen, &["explain", "acme", "12"]).await;
        assert!(!hidden.to_lowercase().contains(MARK), "{hidden}");
    }
}
