//! Overlapping runs, crashes and lost leases: each certificate is still filed once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use harness::{CertificateReport, Harness, ROUTES, completed, people, pool, virtual_time};
use jiff::SignedDuration;
use shared::domain::clock::ManualClock;
use shared::domain::id::DocumentId;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome, Progress};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::{Behaviour, Fault};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Of its five minutes.
const MOST_OF_THE_LEASE: Duration = Duration::from_secs(240);

/// A company of three with `count` certificates to file.
async fn company(via: Via, count: u32) -> Harness {
    let harness = Harness::synced(via, "", people(3)).await;
    harness.certificates_now().await;
    let now = harness.moment().to_string();
    let issued =
        (1..=count).map(|number| completed(&format!("c-{number}"), 1, "Brandschutz", &now));
    harness.issue(issued);
    harness
}

#[tokio::test]
async fn one_of_two_concurrent_runs_is_busy() {
    let harness = company(Via::Direct, 20).await;
    let (one, other) = tokio::join!(harness.certificates_now(), harness.certificates_now());
    let mut outcomes = [one.outcome, other.outcome];
    outcomes.sort_by_key(|outcome| *outcome == Outcome::Busy);
    assert_eq!(outcomes, [Outcome::Done, Outcome::Busy]);
    let both = (harness.uploads(), harness.personio.documents().len());
    assert_eq!(both, (20, 20));
}

/// The machine fails after Personio has filed the document, before its answer is read.
#[tokio::test]
async fn a_crash_during_an_upload_files_no_second_document() {
    for via in ROUTES {
        let harness = company(via, 1).await;
        harness.fail_uploads(Fault::new(Behaviour::HangReply));
        let filed = async {
            while harness.personio.documents().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = filed => {}
            report = harness.certificates_now() => panic!("not cut off: {report:?}"),
        }
        harness.advance(MINUTE * 5 + SignedDuration::from_secs(6));
        let report = harness.certificates_now().await;
        assert_counts!("{via:?}", report, outcome_unknown = 1, uploaded = 0);
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, verified = 1, uploaded = 0);
        let document = DocumentId::new(harness.document_of("c-1").unwrap().id.to_string());
        assert_eq!(harness.filed_as("c-1").await, Some(document), "{via:?}");
    }
}

/// The first run stalls beyond its lease, and another run takes over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_lost_its_lease_files_nothing_more() {
    for (via, lost_after) in ROUTES.into_iter().zip([0, 1, 7]) {
        let harness = company(via, 20).await;
        let applied = AtomicUsize::new(0);
        let watch = |progress| {
            let moment = match progress {
                Progress::Planned(_) => 0,
                Progress::Applied => applied.fetch_add(1, Ordering::SeqCst) + 1,
                Progress::Read(_) => return,
            };
            if moment == lost_after {
                harness.advance(MINUTE * 6);
                let other = harness.certificates_now();
                let report = tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(other)
                });
                assert!(
                    report.counts.uploaded >= 13 - lost_after as u64,
                    "{via:?}: {report:#?}"
                );
            }
        };
        let ran = harness
            .world
            .run_certificates(&harness.company, Mode::Scheduled, Deadline::never(), &watch)
            .await;
        assert_eq!(
            ran.report.outcome,
            Outcome::StateUnavailable,
            "{via:?} {lost_after}: {:#?}",
            ran.report
        );
        let before = harness.uploads();
        assert!(before <= 20, "{via:?} {lost_after}: {before} uploads");
        let last = harness.certificates_tick().await;
        assert!(last.outcome.is_good(), "{last:#?}");
        let number = harness.personio.documents().len();
        assert_eq!(number, 20, "{via:?} {lost_after}");
        assert_eq!(harness.uploads(), 20, "{via:?} {lost_after}");
        harness.check_the_never_rules_of_certificates();
    }
}

/// Personio has confirmed, and DynamoDB does not answer: for a minute, or until the lease is nearly over.
#[test]
fn a_confirmed_upload_reaches_the_ledger_through_an_outage_of_dynamodb_and_the_lease_survives() {
    let cases: Vec<(Via, u64)> = ROUTES
        .into_iter()
        .flat_map(|via| [(via, 60), (via, 200)])
        .collect();
    let ended = pool::all(&cases, |(via, seconds)| {
        let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
        let outage = Duration::from_secs(*seconds);
        virtual_time::run(
            |time| virtual_time::advance(&clock, time),
            noted_after_an_outage(clock.clone(), *via, outage),
        );
        Ok(())
    });
    for (case, ended) in cases.iter().zip(ended) {
        assert_eq!(ended, Ok(()), "{case:?}");
    }
}

/// The lease ends first: nobody knows of the confirmation any more.
#[test]
fn a_confirmed_upload_is_found_after_an_outage_of_dynamodb_that_is_longer_than_the_lease() {
    let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
    let outage = Duration::from_secs(400);
    let work = async {
        let (harness, report) = confirmed_in_an_outage(clock.clone(), Via::Direct, outage).await;
        assert_run!(report, Outcome::StateUnavailable);
        tokio::time::sleep(outage - MOST_OF_THE_LEASE).await;
        let next = harness.certificates_tick().await;
        assert_run!(next, Outcome::Done, verified = 1, uploaded = 0);
        let document = DocumentId::new(harness.document_of("c-1").unwrap().id.to_string());
        assert_eq!(harness.filed_as("c-1").await, Some(document));
        let next = harness.certificates_tick().await;
        assert_run!(next, Outcome::Unchanged);
        let both = (harness.uploads(), harness.personio.documents().len());
        assert_eq!(both, (1, 1));
    };
    virtual_time::run(|time| virtual_time::advance(&clock, time), work);
}

/// The run with an upload that Personio confirms as DynamoDB goes away.
async fn confirmed_in_an_outage(
    clock: ManualClock,
    via: Via,
    outage: Duration,
) -> (Harness, CertificateReport) {
    let harness = Harness::in_order(clock.clone(), via, "", people(3)).await;
    harness.first_run().await;
    harness.personio.add_category("Bildungszertifikate");
    let now = harness.moment().to_string();
    harness.issue([completed("c-1", 1, "Brandschutz", &now)]);
    harness.fail_uploads(Fault::new(Behaviour::Slow(Duration::from_secs(5))));
    let begins = async {
        while harness.personio.documents().is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        harness.fault_engine().take_offline("DynamoDB", outage);
        if outage > MOST_OF_THE_LEASE {
            // Of hundreds of attempts to write, the last ones show enough.
            tokio::time::sleep(Duration::from_secs(10)).await;
            virtual_time::pass(&clock, MOST_OF_THE_LEASE).await;
        }
    };
    let (report, ()) = tokio::join!(harness.certificates_now(), begins);
    (harness, report)
}

async fn noted_after_an_outage(clock: ManualClock, via: Via, outage: Duration) {
    let (harness, report) = confirmed_in_an_outage(clock, via, outage).await;
    assert_run!(report, Outcome::Done, uploaded = 1, outcome_unknown = 0);
    let document = harness.document_of("c-1").unwrap().id.to_string();
    match harness.state_of("c-1").await {
        // Kombo tells no id of a document.
        Some(CertificateState::Uploaded { document: id, .. }) => {
            let expected = (via != Via::Kombo).then(|| DocumentId::new(document));
            assert_eq!(id, expected);
        }
        other => panic!("{other:?}"),
    }
    let next = harness.certificates_now().await;
    assert_run!(next, Outcome::Unchanged);
    assert_eq!(harness.personio.documents().len(), 1);
}
