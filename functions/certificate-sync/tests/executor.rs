//! The executor against simulated vendors and a simulated ledger: each way in which a download, an upload or a list of
//! documents may go, and what the next run makes of it.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use certificate_sync::report::{Counts, Report};
use jiff::SignedDuration;
use local::{Company, Fixture};
use shared::domain::id::CertificateId;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Delivery, Participation};
use simulators::{Behaviour, Body, Fault, RetryAfter};

const UPLOADS: &str = "/v1/company/documents";
const LISTS: &str = "/v2/document-management/documents";

struct Scene {
    fixture: Fixture,
    company: Company,
}

impl Scene {
    /// A company in which the employee 7 has `certificates`, `c-1` the newest.
    async fn new(certificates: i64) -> Self {
        let fixture = Fixture::start("2026-05-11T08:00:00Z".parse().unwrap())
            .await
            .unwrap();
        let company = fixture.company("acme", Via::Direct, "").await.unwrap();
        let person = simulators::Person::new(7, "Jörg", "Weiß");
        company.personio.put_all([person]);
        assert!(fixture.tick(&company).await.outcome.is_good());
        let newest = "2026-05-10T12:00:00Z".parse::<jiff::Timestamp>().unwrap();
        company
            .reteach
            .add_participations((1..=certificates).map(|number| Participation {
                customer: Some("personio:7".to_owned()),
                course_name: Some(format!("Kurs {number}")),
                completed_at: Some(newest - SignedDuration::from_mins(number)),
                certificate: Some(Certificate::new(&format!("c-{number}"), 1_000)),
                ..Participation::default()
            }));
        Self { fixture, company }
    }

    async fn run(&self) -> Report {
        self.run_until(Deadline::never()).await
    }

    async fn run_until(&self, deadline: Deadline) -> Report {
        let watch = |_| {};
        let run = self
            .fixture
            .run_certificates(&self.company, Mode::Scheduled, deadline, &watch);
        run.await.report
    }

    /// Half an hour later: one run.
    async fn tick(&self) -> Report {
        self.fixture.clock.advance(SignedDuration::from_mins(30));
        self.run().await
    }

    fn fail(&self, path: &'static str, behaviour: Behaviour, times: usize) {
        let fault = Fault::new(behaviour).path(path).times(times);
        self.company.personio.fail(fault);
    }

    /// The ledger's state of `c-1`, by name.
    async fn state(&self) -> &'static str {
        let (store, tenant) = (self.fixture.stack.store(), &self.company.tenant);
        let id = CertificateId::new("c-1");
        let mut ledger = store.certificates(tenant, [&id]).await.unwrap();
        match ledger.remove(&id).map(|entry| entry.state) {
            None => "none",
            Some(CertificateState::Intended(_)) => "intended",
            Some(CertificateState::Uploaded { document: None, .. }) => "uploaded without id",
            Some(CertificateState::Uploaded { .. }) => "uploaded",
            Some(CertificateState::Failed(retry)) if retry.failures == 0 => "withdrawn",
            Some(CertificateState::Failed(_)) => "failed",
            Some(CertificateState::Parked { .. }) => "parked",
            Some(CertificateState::Dismissed { .. }) => "dismissed",
            Some(CertificateState::Held { .. }) => "held",
        }
    }

    fn documents(&self) -> usize {
        self.company.personio.documents().len()
    }
}

/// `uploaded`, `verified`, `failed`, `outcome_unknown`, `parked`, `remaining`.
fn numbers(report: &Report) -> [u64; 6] {
    let Counts {
        uploaded,
        verified,
        failed,
        outcome_unknown,
        parked,
        remaining,
        ..
    } = report.counts;
    [
        uploaded,
        verified,
        failed,
        outcome_unknown,
        parked,
        remaining,
    ]
}

/// A run with a fault, what it comes to, and what the next one comes to without.
struct Case {
    name: &'static str,
    begin: fn(&Scene),
    first: (Outcome, [u64; 6], &'static str),
    between: fn(&Scene),
    second: (Outcome, [u64; 6], &'static str),
    documents: usize,
}

const FILED: (Outcome, [u64; 6], &str) = (Outcome::Done, [1, 0, 0, 0, 0, 0], "uploaded");
const FAILED: (Outcome, [u64; 6], &str) = (Outcome::Done, [0, 0, 1, 0, 0, 0], "failed");
const UNKNOWN: (Outcome, [u64; 6], &str) = (Outcome::Done, [0, 0, 0, 1, 0, 0], "intended");
const UNCHANGED: (Outcome, [u64; 6], &str) = (Outcome::Unchanged, [0; 6], "uploaded");

fn deliver(scene: &Scene, delivery: Delivery) {
    assert!(scene.company.reteach.set_delivery("c-1", delivery));
}

fn lose_reply(scene: &Scene) {
    scene.fail(UPLOADS, Behaviour::LoseReply, 1);
}

fn nothing(_: &Scene) {}

fn cases() -> Vec<Case> {
    let whole = |scene: &Scene| deliver(scene, Delivery::default());
    vec![
        Case {
            name: "all is well",
            begin: nothing,
            first: FILED,
            between: nothing,
            second: UNCHANGED,
            documents: 1,
        },
        Case {
            name: "the document is refused",
            begin: |scene| scene.fail(UPLOADS, Behaviour::Status(422, Body::Vendor), 1),
            first: FAILED,
            between: nothing,
            second: FILED,
            documents: 1,
        },
        Case {
            name: "an upload that is too early is tried again at once",
            begin: |scene| {
                let busy = Behaviour::TooManyRequests(RetryAfter::Seconds(0));
                scene.fail(UPLOADS, busy, 1);
            },
            first: FILED,
            between: nothing,
            second: UNCHANGED,
            documents: 1,
        },
        Case {
            name: "Personio has no time for it",
            begin: |scene| {
                let busy = Behaviour::TooManyRequests(RetryAfter::Seconds(0));
                scene.fail(UPLOADS, busy, 1_000);
            },
            first: (Outcome::Partly, [0, 0, 0, 0, 0, 1], "withdrawn"),
            between: |scene| scene.company.personio.clear_faults(),
            second: FILED,
            documents: 1,
        },
        Case {
            name: "a right is missing",
            begin: |scene| scene.fail(UPLOADS, Behaviour::Status(403, Body::Vendor), 1),
            first: (Outcome::AccessDenied, [0, 0, 0, 0, 0, 1], "withdrawn"),
            between: nothing,
            second: FILED,
            documents: 1,
        },
        Case {
            name: "the reply is lost, and the document is there",
            begin: lose_reply,
            first: UNKNOWN,
            between: nothing,
            second: (Outcome::Done, [0, 1, 0, 0, 0, 0], "uploaded"),
            documents: 1,
        },
        Case {
            name: "no reply, and no document",
            begin: |scene| scene.fail(UPLOADS, Behaviour::Status(500, Body::Vendor), 1),
            first: UNKNOWN,
            between: nothing,
            second: FILED,
            documents: 1,
        },
        Case {
            name: "the reply is lost, and documents cannot be listed",
            begin: lose_reply,
            first: UNKNOWN,
            between: |scene| scene.company.personio.allow_reading_documents(false),
            second: (Outcome::Done, [0, 0, 0, 1, 0, 0], "intended"),
            documents: 1,
        },
        Case {
            name: "the reply is lost, and lists fail for the moment",
            begin: lose_reply,
            first: UNKNOWN,
            between: |scene| scene.fail(LISTS, Behaviour::Status(503, Body::Vendor), 1_000),
            second: (Outcome::Done, [0, 0, 0, 1, 0, 0], "intended"),
            documents: 1,
        },
        Case {
            name: "the reply is lost, and the certificate is revoked",
            begin: lose_reply,
            first: UNKNOWN,
            between: |scene| {
                let id = scene.company.reteach.participations().pop().unwrap().id;
                scene.company.reteach.remove_participation(&id);
            },
            // An academy that lists nothing at all is not believed.
            second: (Outcome::Partly, [0, 1, 0, 0, 0, 0], "uploaded"),
            documents: 1,
        },
        Case {
            name: "the file is not a PDF",
            begin: |scene| deliver(scene, Delivery::NotAPdf),
            first: (Outcome::Done, [0, 0, 1, 0, 0, 0], "failed"),
            between: whole,
            second: FILED,
            documents: 1,
        },
        Case {
            name: "the address is refused, and the certificate is not found by its id",
            begin: |scene| {
                deliver(scene, Delivery::Status(403));
                let fault = Fault::new(Behaviour::EmptyList).path("/participation");
                let fault = fault.query("customerCertificateId", "c-1").always();
                scene.company.reteach.fail(fault);
            },
            first: (Outcome::Done, [0, 0, 1, 0, 0, 0], "failed"),
            between: |scene| {
                scene.company.reteach.clear_faults();
                deliver(scene, Delivery::default());
            },
            second: FILED,
            documents: 1,
        },
        Case {
            name: "a right is missing, as far as one upload shows, and the folders cannot be read either",
            begin: |scene| {
                scene.fail(UPLOADS, Behaviour::Status(401, Body::Vendor), 2);
                let folders = "/v1/company/document-categories";
                let fault = Fault::new(Behaviour::Status(403, Body::Vendor)).path(folders);
                scene.company.personio.fail(fault.nth(2).always());
            },
            first: (Outcome::AccessDenied, [0, 0, 0, 0, 0, 1], "withdrawn"),
            between: |scene| scene.company.personio.clear_faults(),
            second: FILED,
            documents: 1,
        },
        Case {
            name: "a firewall refuses one upload",
            begin: |scene| scene.fail(UPLOADS, Behaviour::Status(403, Body::Html), 1),
            first: FAILED,
            between: nothing,
            second: FILED,
            documents: 1,
        },
        Case {
            name: "the address is refused, and so is a fresh one",
            begin: |scene| deliver(scene, Delivery::Status(403)),
            first: (Outcome::Done, [0, 0, 1, 0, 0, 0], "failed"),
            between: whole,
            second: FILED,
            documents: 1,
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transition_of_the_executor_ends_in_the_ledger() {
    for case in cases() {
        let scene = Scene::new(1).await;
        (case.begin)(&scene);
        let first = scene.run().await;
        let found = (first.outcome, numbers(&first), scene.state().await);
        assert_eq!(found, case.first, "{}: {first:#?}", case.name);
        (case.between)(&scene);
        let second = scene.tick().await;
        let found = (second.outcome, numbers(&second), scene.state().await);
        assert_eq!(found, case.second, "{}: {second:#?}", case.name);
        assert_eq!(scene.documents(), case.documents, "{}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_uploads_without_an_answer_stop_the_run() {
    let scene = Scene::new(20).await;
    scene.fail(UPLOADS, Behaviour::Close, 1_000);
    let report = scene.run().await;
    assert_eq!(report.outcome, Outcome::SourceUnavailable, "{report:#?}");
    let Counts {
        outcome_unknown,
        remaining,
        ..
    } = report.counts;
    // Three, and what was under way with the third.
    assert!((3..=6).contains(&outcome_unknown), "{report:#?}");
    assert_eq!(outcome_unknown + remaining, 20, "{report:#?}");
    scene.company.personio.clear_faults();
    let report = scene.tick().await;
    assert_eq!(report.counts.uploaded, 20, "{report:#?}");
    assert_eq!(scene.documents(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_too_little_time_no_upload_begins() {
    let scene = Scene::new(3).await;
    let report = scene
        .run_until(Deadline::after(Duration::from_secs(39)))
        .await;
    assert_eq!(
        (report.outcome, numbers(&report), scene.state().await),
        (Outcome::Partly, [0, 0, 0, 0, 0, 3], "none"),
        "{report:#?}"
    );
    assert_eq!(scene.tick().await.counts.uploaded, 3);
}
