//! Whole runs of a job that ends as a test says, over a table in memory. One server stands in for SNS, SES, a webhook and
//! Secrets Manager.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;

use super::*;
use crate::aws::http_client;
use crate::domain::clock::Clock;
use crate::domain::id::{RunId, TenantId};
use crate::http::testing::{Canned, Seen, Server};
use crate::runtime::{
    App, Counts, Event, HeldNote, JobResult, LeaseGuard, LeaseTerms, NoticesSent, Reached, Request,
    RunError,
};
use crate::secrets::Secrets;
use crate::state::testing::{Emulator, aws_at};
use crate::state::{Brake, TenantStatus};

const TOPIC: &str = "/";
const MAIL: &str = "/v2/email/outbound-emails";
const HOOK: &str = "/hook";
const EVERYBODY: &[&str] = &[TOPIC, HOOK, MAIL];
const NOBODY: &[&str] = &[];
const A_DAY: i64 = 24 * 60;

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Nothing {}

impl Counts for Nothing {
    fn with_earlier(self, _: Self) -> Self {
        self
    }

    fn metrics(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// How the next run ends, and what it holds.
type Ending = Arc<Mutex<(Outcome, Option<HeldNote>)>>;

struct Scripted<const IS_OF_PEOPLE: bool = true>(Ending);

impl<const IS_OF_PEOPLE: bool> Job for Scripted<IS_OF_PEOPLE> {
    const JOB: JobKind = match IS_OF_PEOPLE {
        true => JobKind::Employees,
        false => JobKind::Certificates,
    };
    const LEASE: LeaseTerms = LeaseTerms {
        lasts: SignedDuration::from_secs(60),
        enough: SignedDuration::from_secs(40),
    };
    type Counts = Nothing;
    type Plan = ();

    async fn attempt(
        &self,
        _: &Run<'_, Self>,
        _: &Tenant,
        _: Arc<TenantSecret>,
        _: Option<&LeaseGuard<'_>>,
    ) -> Result<JobResult<Self>, RunError> {
        let (outcome, held) = self.0.lock().unwrap().clone();
        Ok(JobResult {
            outcome,
            message: "the message".to_owned(),
            credentials_refused: false,
            is_of_academy: false,
            damaged: (outcome == Outcome::StateUnavailable).then_some("a lease"),
            counts: Nothing {},
            findings: Vec::new(),
            held,
            reached: Reached {
                source: true,
                academy: true,
                everybody: true,
                plan: true,
                filing: true,
            },
            plan: None,
        })
    }
}

const CONFIG: &str = "tenant_id = 'acme'\ntime_zone = 'Europe/Berlin'\n[personio]\nvia = 'direct'\n\
                      [notices]\nmail = ['hr@acme.example']\nwebhook = 'slack'\n";

struct World {
    table: Emulator,
    app: App<Scripted>,
    ending: Ending,
    server: Server,
    runs: usize,
}

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn accepted(_: &str) -> Canned {
    Canned::Text(200, "")
}

/// The tenant's secret, or what its channels answer.
fn answer(seen: &Seen, channels: fn(&str) -> Canned) -> Canned {
    if seen.header("x-amz-target").is_none() {
        return channels(seen.path());
    }
    let hook = format!("http://{}{HOOK}", seen.header("host").unwrap());
    let secret = json!({
        "personio": {"client_id": "a", "client_secret": "b"},
        "notices": {"webhook_url": hook},
    });
    let secret = secret.to_string();
    let reply = json!({"Name": "stack/acme", "VersionId": "v", "SecretString": secret});
    Canned::Json(200, reply)
}

fn app<const IS_OF_PEOPLE: bool>(
    table: &Emulator,
    server: &Server,
    ending: &Ending,
) -> App<Scripted<IS_OF_PEOPLE>> {
    let clock: Arc<dyn Clock> = Arc::new(server.clock.clone());
    let base = server.base.to_string();
    let secrets = Secrets::new(&aws_at(base.clone()), "stack", Arc::clone(&clock));
    let read = |name: &str| match name.starts_with("AWS_ENDPOINT_URL") {
        true => Some(base.clone()),
        false => Some("x".to_owned()),
    };
    let senders = Senders::from_environment(read, &http_client().unwrap(), &clock);
    let job = Scripted(Arc::clone(ending));
    let http = server.context().with_simulators();
    let app = App::new(job, table.store.clone(), secrets, http);
    app.with_notices(senders.unwrap())
}

impl World {
    async fn start(config: &str, channels: fn(&str) -> Canned) -> Self {
        let server = Server::start(move |_, seen| answer(seen, channels)).await;
        let table = Emulator::start().await;
        let stored = table.store.put_tenant(&tenant(), config).await;
        assert_eq!(stored, Ok(()));
        let ending = Ending::new(Mutex::new((Outcome::Done, None)));
        Self {
            app: app(&table, &server, &ending),
            table,
            ending,
            server,
            runs: 0,
        }
    }

    /// A run so many minutes after the last one: what it sends, and its report.
    async fn run_in(
        &mut self,
        minutes: i64,
        outcome: Outcome,
        (mode, deadline): (Mode, Deadline),
    ) -> (Vec<Seen>, Report<Nothing>) {
        let later = SignedDuration::from_mins(minutes);
        self.server.clock.advance(later);
        self.ending.lock().unwrap().0 = outcome;
        let before = self.server.seen().len();
        self.runs += 1;
        let request = Request {
            event: Event {
                tenant_id: tenant(),
                mode,
            },
            run_id: RunId::new(self.runs.to_string()),
            deadline,
        };
        let ran = self.app.run(&request, &|_| {}).await;
        let mut sent = self.server.seen().split_off(before);
        sent.retain(|call| call.header("x-amz-target").is_none());
        sent.sort_by_key(|call| call.uri.clone());
        (sent, ran.report)
    }

    async fn run(&mut self, minutes: i64, outcome: Outcome) -> (Vec<Seen>, Report<Nothing>) {
        let usual = (Mode::Scheduled, Deadline::never());
        self.run_in(minutes, outcome, usual).await
    }
}

fn paths(calls: &[Seen]) -> Vec<&str> {
    calls.iter().map(Seen::path).collect()
}

#[tokio::test]
async fn trouble_goes_to_everybody_at_once_then_daily_then_when_it_is_over() {
    let mut world = World::start(CONFIG, accepted).await;
    for (minutes, outcome, expected) in [
        (0, Outcome::Done, NOBODY),
        (5, Outcome::AccessDenied, EVERYBODY),
        (5, Outcome::AccessDenied, NOBODY),
        (A_DAY, Outcome::AccessDenied, EVERYBODY),
        (5, Outcome::Done, NOBODY),
        (A_DAY, Outcome::Done, EVERYBODY),
        (5, Outcome::Done, NOBODY),
    ] {
        let (sent, report) = world.run(minutes, outcome).await;
        assert_eq!(paths(&sent), expected, "{minutes} {outcome:?}");
        let counted = NoticesSent {
            sent: expected.len() as u64,
            failed: 0,
        };
        assert_eq!((report.outcome, report.notices), (outcome, counted));
    }
}

#[tokio::test]
async fn a_notice_that_was_not_sent_is_a_finding_and_delays_no_other() {
    let rejected = |path: &str| match path {
        MAIL => Canned::With(400, "x-amzn-errortype", "MessageRejected", json!({})),
        _ => Canned::Text(200, ""),
    };
    let mut world = World::start(CONFIG, rejected).await;
    let (sent, report) = world.run(0, Outcome::AccessDenied).await;
    assert_eq!(paths(&sent), EVERYBODY);
    assert_eq!((report.notices.sent, report.notices.failed), (2, 1));
    assert_eq!((report.findings.len(), report.findings_total), (1, 1));
    let finding = &report.findings[0];
    assert_eq!(finding.kind, FindingKind::NoticeNotSent);
    let begin = "the notice about access-denied did not go to mail: SES rejects the message";
    assert!(finding.text.starts_with(begin), "{}", finding.text);
    let (sent, report) = world.run(A_DAY, Outcome::AccessDenied).await;
    assert_eq!(paths(&sent), EVERYBODY);
    assert_eq!(report.notices.failed, 1);
}

#[tokio::test]
async fn the_operator_reads_what_a_plan_holds_or_what_the_run_ended_with() {
    let mut world = World::start(CONFIG, accepted).await;
    let (sent, _) = world.run(0, Outcome::BadSecret).await;
    assert_eq!(paths(&sent), [TOPIC]);
    let text = |calls: &[Seen]| String::from_utf8(calls[0].raw.to_vec()).unwrap();
    assert!(text(&sent).contains("the+message"));
    let held = HeldNote {
        hash: "1f".to_owned(),
        since: world.server.clock.now(),
        counts: BTreeMap::from([(Brake::MailChange, 7)]),
        dismissed: false,
        text: "seven mails".to_owned(),
    };
    world.ending.lock().unwrap().1 = Some(held);
    let (sent, _) = world.run(5, Outcome::Done).await;
    assert_eq!(paths(&sent), EVERYBODY);
    let text = text(&sent);
    assert!(text.contains("seven+mails"), "{text}");
    assert!(!text.contains("the+message"), "{text}");
}

#[tokio::test]
async fn of_an_item_that_cannot_be_read_the_operator_reads_the_kind_without_the_key() {
    let mut world = World::start(CONFIG, accepted).await;
    let (sent, _) = world.run(0, Outcome::StateUnavailable).await;
    assert_eq!(paths(&sent), [TOPIC]);
    let text = String::from_utf8(sent[0].raw.to_vec()).unwrap();
    for (words, are_there) in [
        ("a+lease", true),
        ("tenants+runs+acme", true),
        // An error's text has the key.
        ("the+message", false),
    ] {
        assert_eq!(text.contains(words), are_there, "{text}");
    }
}

#[tokio::test]
async fn what_there_is_no_time_for_is_sent_by_the_next_run() {
    let mut world = World::start(CONFIG, accepted).await;
    for (seconds, expected) in [(9, NOBODY), (60, EVERYBODY)] {
        let deadline = Deadline::after(Duration::from_secs(seconds));
        let ending = (Mode::Scheduled, deadline);
        let (sent, _) = world.run_in(5, Outcome::AccessDenied, ending).await;
        assert_eq!(paths(&sent), expected, "{seconds}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_the_operators_and_no_dry_runs_notice() {
    let mut world = World::start("tenant_id = 'acme'\n", accepted).await;
    for (minutes, mode, expected) in [
        (0, Mode::Scheduled, &[TOPIC][..]),
        (5, Mode::Scheduled, NOBODY),
        (A_DAY, Mode::DryRun, NOBODY),
        (5, Mode::Scheduled, &[TOPIC]),
    ] {
        let usual = (mode, Deadline::never());
        let (sent, report) = world.run_in(minutes, Outcome::Done, usual).await;
        assert_eq!(report.outcome, Outcome::BadConfiguration);
        assert_eq!(paths(&sent), expected, "{minutes} {mode:?}");
    }
}

#[tokio::test]
async fn of_a_file_that_cannot_be_used_the_certificate_job_has_neither_a_notice_nor_a_lease() {
    let world = World::start("tenant_id = 'acme'\n", accepted).await;
    let app = app::<false>(&world.table, &world.server, &world.ending);
    let request = Request {
        event: Event {
            tenant_id: tenant(),
            mode: Mode::Scheduled,
        },
        run_id: RunId::new("1"),
        deadline: Deadline::never(),
    };
    let ran = app.run(&request, &|_| {}).await;
    assert_eq!(ran.report.outcome, Outcome::BadConfiguration);
    let mut sent = world.server.seen();
    sent.retain(|call| call.header("x-amz-target").is_none());
    assert_eq!(paths(&sent), NOBODY);
    let (store, job) = (&world.table.store, JobKind::Certificates);
    assert_eq!(store.waiting_since(&tenant(), job).await, Ok(None));
}

#[tokio::test]
async fn a_paused_tenant_has_neither_a_notice_nor_a_lease() {
    let mut world = World::start(CONFIG, accepted).await;
    let since = world.server.clock.now();
    let (store, paused) = (world.table.store.clone(), TenantStatus::Paused { since });
    assert_eq!(store.set_status(&tenant(), paused, None).await, Ok(()));
    let (sent, report) = world.run(0, Outcome::AccessDenied).await;
    assert_eq!((report.outcome, paths(&sent)), (Outcome::Paused, vec![]));
    let waits = store.waiting_since(&tenant(), JobKind::Employees).await;
    assert_eq!(waits, Ok(None));
}
