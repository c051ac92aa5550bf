//! A run ends in good time before its deadline; what it did not reach is left for the next one, the newest first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use certificate_sync::CertificateSync;
use futures::FutureExt as _;
use harness::{CertificateReport, Harness, ROUTES, completed, people, virtual_time};
use jiff::SignedDuration;
use local::FunctionOptions;
use shared::domain::clock::{Clock as _, ManualClock};
use shared::domain::id::RunId;
use shared::http::Deadline;
use shared::runtime::{Event, Mode, Outcome, Progress, ProgressFn, Request};
use shared::tenant::Via;
use simulators::reteach::{Certificate, Delivery};
use simulators::{Behaviour, Body, Fault};
use tokio::time::Instant;

/// A company with `count` certificates that were issued over the last years: `c-1` is the newest.
pub(super) async fn company(via: Via, people_: u64, count: u64) -> Harness {
    let harness = Harness::synced(via, "", people(people_)).await;
    let newest = harness.moment() - SignedDuration::from_hours(1);
    harness.issue((1..=count).rev().map(|number| {
        let at = newest - SignedDuration::from_mins(30) * i32::try_from(number).unwrap();
        let id = format!("c-{number}");
        let certificate = Some(Certificate::new(&id, 100));
        let issued = completed(&id, number % people_ + 1, "Brandschutz", &at.to_string());
        simulators::reteach::Participation {
            certificate,
            ..issued
        }
    }));
    harness
}

/// Moves the time by which deadlines go.
fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).now_or_never();
    tokio::time::resume();
}

/// A run of a minute: fifteen seconds are kept back, and no upload begins with less than thirty left. After `uploads` of
/// them there is no time for another.
pub(super) async fn run_of(harness: &Harness, uploads: usize) -> CertificateReport {
    let (started, applied) = (Instant::now(), AtomicUsize::new(0));
    let watch = |progress| match progress {
        // The reading has taken so long that only four seconds are left: calls under way survive a jump of as much.
        Progress::Planned(_) => pass(Duration::from_secs(11).saturating_sub(started.elapsed())),
        Progress::Applied if applied.fetch_add(1, Ordering::SeqCst) + 1 == uploads => {
            pass(Duration::from_millis(4_100));
        }
        _ => {}
    };
    let deadline = Deadline::after(Duration::from_secs(60));
    let ran = harness
        .world
        .run_certificates(&harness.company, Mode::Scheduled, deadline, &watch)
        .await;
    ran.report
}

/// Exactly the newest `count` certificates are filed.
async fn newest_are_filed(harness: &Harness, count: usize) {
    let ids: BTreeSet<_> = harness
        .certificate_ledger()
        .await
        .into_keys()
        .map(|id| id.as_str().to_owned())
        .collect();
    let newest: BTreeSet<_> = (1..=count).map(|number| format!("c-{number}")).collect();
    assert_eq!(ids, newest);
    assert_eq!(harness.personio.documents().len(), count);
}

#[tokio::test]
async fn runs_cut_by_a_deadline_file_the_newest_first() {
    let harness = company(Via::Direct, 5, 60).await;
    let mut filed = 0;
    for _ in 0..3 {
        let report = run_of(&harness, 15).await;
        assert_eq!(report.outcome, Outcome::Partly, "{report:#?}");
        // A long backfill is progress, and raises no alarm.
        assert_eq!(report.minutes_since_good_run, Some(0));
        assert_says!(report.message, "at this pace");
        // Uploads in flight together with the fifteenth come through.
        assert!((15..=18).contains(&report.counts.uploaded), "{report:#?}");
        filed += report.counts.uploaded;
        assert_eq!(report.counts.remaining, 60 - filed, "{report:#?}");
        newest_are_filed(&harness, usize::try_from(filed).unwrap()).await;
        harness.advance(harness::CERTIFICATE_TICK);
    }
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, remaining = 0);
    newest_are_filed(&harness, 60).await;
}

#[tokio::test]
async fn an_upload_interrupted_by_the_deadline_has_an_unknown_outcome() {
    for via in ROUTES {
        let harness = company(via, 3, 12).await;
        harness.fail_uploads(Fault::new(Behaviour::HangReply).times(4));
        // One at a time where no list may show what became of it.
        let in_flight = if via == Via::Kombo { 1 } else { 4 };
        let cut = async {
            while harness.personio.documents().len() < in_flight {
                tokio::task::yield_now().await;
            }
            pass(Duration::from_secs(46));
        };
        let deadline = Deadline::after(Duration::from_secs(60));
        let (ran, ()) = tokio::join!(harness.certificates(Mode::Scheduled, deadline), cut);
        let report = ran.report;
        let doubtful = in_flight as u64;
        assert_run!(
            "{via:?}",
            report,
            Outcome::Partly,
            outcome_unknown = doubtful
        );
        assert_counts!("{via:?}", report, uploaded = 0, remaining = 12 - doubtful);
        harness.clear_faults();
        let report = harness.certificates_tick().await;
        assert_counts!(
            "{via:?}",
            report,
            verified = doubtful,
            uploaded = 12 - doubtful
        );
        newest_are_filed(&harness, 12).await;
    }
}

#[tokio::test]
async fn too_little_time_starts_no_upload() {
    for via in ROUTES {
        let harness = company(via, 3, 12).await;
        harness.fail_uploads(Fault::new(Behaviour::LoseReply).times(2));
        let short = || Deadline::after(Duration::from_secs(39));
        let report = harness.certificates(Mode::Scheduled, short()).await.report;
        assert_run!("{via:?}", report, Outcome::Partly, remaining = 12);
        let both = (harness.uploads(), harness.certificate_ledger().await.len());
        assert_eq!(both, (0, 0), "{via:?}");
        let report = harness.certificates_now().await;
        match via {
            Via::Kombo => {
                assert_counts!(report, outcome_unknown = 1, uploaded = 0);
                harness.clear_faults();
                let report = harness.certificates_now().await;
                assert_counts!(report, outcome_unknown = 1, uploaded = 11);
            }
            _ => assert_counts!("{via:?}", report, outcome_unknown = 2, uploaded = 10),
        }
        let doubtful = if via == Via::Kombo { 1 } else { 2 };
        harness.advance(harness::CERTIFICATE_TICK);
        let report = harness.certificates(Mode::Scheduled, short()).await.report;
        assert_run!("{via:?}", report, Outcome::Partly, remaining = doubtful);
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, verified = doubtful);
        newest_are_filed(&harness, 12).await;
    }
}

/// A run at Personio's own pace of one upload a second.
async fn paced_run(
    harness: &Harness,
    clock: &ManualClock,
    watch: ProgressFn<'_>,
) -> CertificateReport {
    let options = FunctionOptions {
        limits: None,
        ..FunctionOptions::without_limits(Arc::new(clock.clone()))
    };
    let work = CertificateSync::new().unwrap();
    let function = local::app(work, &harness.world.stack, &options).unwrap();
    let event = Event {
        tenant_id: harness.company.tenant.clone(),
        mode: Mode::Scheduled,
    };
    let request = Request {
        event,
        run_id: RunId::new("paced"),
        deadline: Deadline::never(),
    };
    function.run(&request, watch).await.report
}

/// An open download that waits for its turn would break off.
#[test]
fn a_download_begins_when_its_upload_has_its_turn() {
    let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
    let (asked, applied) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let filed = async {
        let harness = Harness::in_order(clock.clone(), Via::Direct, "", people(3)).await;
        harness.first_run().await;
        harness.issue((1..=3).map(|number| {
            completed(
                &format!("c-{number}"),
                number,
                "Kurs",
                "2026-05-11T07:00:00Z",
            )
        }));
        let watch = |progress| {
            if progress == Progress::Applied && applied.fetch_add(1, Ordering::SeqCst) == 0 {
                let downloads = harness.reteach.downloads().requests();
                asked.store(downloads.len(), Ordering::SeqCst);
            }
        };
        paced_run(&harness, &clock, &watch).await.counts.uploaded
    };
    let filed = virtual_time::run(|time| virtual_time::advance(&clock, time), filed);
    assert_eq!((filed, asked.into_inner()), (3, 1));
}

/// Nine in ten files lead to a refused host: once that is known, they take no turn from the others.
#[test]
fn certificates_that_lead_to_a_refused_host_do_not_delay_the_others() {
    let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
    let ran = async {
        let harness = Harness::in_order(clock.clone(), Via::Direct, "", people(3)).await;
        harness.first_run().await;
        for number in 1..=60 {
            let (id, at) = (format!("c-{number}"), "2026-05-11T07:00:00Z");
            harness.issue([completed(&id, number % 3 + 1, "Kurs", at)]);
            if number % 10 != 0 {
                let elsewhere = "https://cdn.example.com/c.pdf".to_owned();
                let delivery = Delivery::RedirectTo(elsewhere);
                assert!(harness.reteach.set_delivery(&id, delivery));
            }
        }
        let began = clock.now();
        let report = paced_run(&harness, &clock, &|_| {}).await;
        (report, clock.now().duration_since(began))
    };
    let (report, took) = virtual_time::run(|time| virtual_time::advance(&clock, time), ran);
    assert_run!(report, Outcome::HostNotAllowed, uploaded = 6);
    assert_counts!(report, host_not_allowed = 54, remaining = 0);
    // Turns of the first five, of those under way with them, and of the six. All sixty would take a minute.
    assert!(took < SignedDuration::from_secs(30), "{took:?}");
}

/// The first sync of an academy of many years: as much as fits into each run, until all is filed.
#[tokio::test]
#[ignore = "12 seconds: runs in `cargo prove`"]
async fn years_of_certificates_are_filed_over_several_runs() {
    const ALL: u64 = 2_000;
    const AT_ONCE: usize = 600;
    let harness = company(Via::Direct, 50, ALL).await;
    let (mut filed, mut left, mut refusals) = (0, ALL, 0);
    while left > 0 {
        // HR takes the right away for a while: then nothing more is begun, and nothing is lost.
        let refused = Fault::new(Behaviour::Status(403, Body::Vendor));
        harness.fail_uploads(refused.nth(AT_ONCE + 1).times(usize::MAX));
        let before = harness.uploads() as u64;
        let report = harness.certificates_now().await;
        harness.clear_faults();
        let uploaded = report.counts.uploaded;
        assert_eq!(uploaded, left.min(AT_ONCE as u64), "{report:#?}");
        (filed, left, refusals) = (
            filed + uploaded,
            left - uploaded,
            refusals + harness.uploads() as u64 - before - uploaded,
        );
        assert_eq!(report.counts.remaining, left, "{report:#?}");
        assert_counts!(report, failed = 0, outcome_unknown = 0);
        assert_eq!(harness.personio.documents().len() as u64, filed);
        harness.advance(harness::CERTIFICATE_TICK);
    }
    assert_eq!((filed, harness.uploads() as u64), (ALL, ALL + refusals));
    newest_are_filed(&harness, usize::try_from(ALL).unwrap()).await;
    harness.check_the_never_rules_of_certificates();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, remaining = 0);
}
