//! Vendor outages: a run stops, gives nothing up, and the next run continues.

use harness::{Harness, ROUTES, completed, people, virtual_time};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::reteach::Delivery;
use simulators::{Behaviour, Body, Fault, Received, RetryAfter};

use super::fixture::{documents, finding};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A company with `count` certificates to file, completed one second apart.
async fn company(via: Via, count: u32) -> Harness {
    company_of(3, via, count).await
}

/// The same of so many people.
async fn company_of(staff: u32, via: Via, count: u32) -> Harness {
    let harness = Harness::synced(via, "", people(staff.into())).await;
    harness.certificates_now().await;
    issue_to(staff, &harness, count, HOUR);
    harness
}

/// The same with simulated pauses between attempts.
async fn patient_company(via: Via, count: u32) -> Harness {
    let harness = Harness::in_turn(1, "2026-05-11T08:00:00Z", via, "", people(3)).await;
    harness.first_run().await;
    harness.certificates_now().await;
    issue(&harness, count, HOUR);
    harness
}

/// The same before the first run, with certificates so old that only full scans list them.
async fn old_company(via: Via, count: u32) -> Harness {
    let harness = Harness::synced(via, "", people(3)).await;
    issue(&harness, count, HOUR * 1000);
    harness
}

fn issue(harness: &Harness, count: u32, ago: SignedDuration) {
    issue_to(3, harness, count, ago);
}

/// The people from 1 to `staff` take turns.
fn issue_to(staff: u32, harness: &Harness, count: u32, ago: SignedDuration) {
    let first = harness.moment() - ago;
    harness.issue((1..=count).map(|number| {
        let at = first + SignedDuration::from_secs(i64::from(number));
        let (id, person) = (format!("c-{number}"), u64::from(number % staff) + 1);
        completed(&id, person, "Brandschutz", &at.to_string())
    }));
}

/// Requests for participations: of all, of those since a moment, of one.
fn questions(harness: &Harness) -> (usize, usize, usize) {
    let asked = harness.asked();
    let has = |request: &&Received, name| request.query.iter().any(|(key, _)| key == name);
    let with = |name| asked.iter().filter(|request| has(request, name)).count();
    let (since, one) = (with("completedAtSince"), with("customerCertificateId"));
    let is_list = |request: &&Received| request.template == Some("/participation");
    let lists = asked.iter().filter(is_list).count();
    (lists - since - one, since, one)
}

#[test]
fn an_unreachable_vendor_counts_as_no_failure() {
    virtual_time::without_pauses(async {
        for via in ROUTES {
            let harness = company(via, 5).await;
            let base = match &harness.company.kombo {
                Some(kombo) => kombo.base_url(),
                None => harness.personio.base_url(),
            };
            let file = harness.company.tenant_file("");
            // No server listens there.
            let dead = file.replace(&base, "http://127.0.0.1:1");
            harness.store_file(&dead).await;
            let report = harness.certificates_tick().await;
            assert_run!("{via:?}", report, Outcome::SourceUnavailable);
            assert_counts!("{via:?}", report, remaining = 5, failed = 0);
            assert!(harness.certificate_ledger().await.is_empty(), "{via:?}");
            harness.advance(HOUR * 24 * 9);
            harness.store_file(&file).await;
            let report = harness.certificates_tick().await;
            assert_run!("{via:?}", report, Outcome::Done, uploaded = 5);
        }
    });
}

/// The academy's files cannot be had for a while, or they can again.
fn deliver_all(harness: &Harness, certificates: u32, delivery: &Delivery) {
    for number in 1..=certificates {
        let id = format!("c-{number}");
        assert!(harness.reteach.set_delivery(&id, delivery.clone()));
    }
}

#[tokio::test]
async fn transient_failures_retry_for_a_week() {
    // Three of them, and nothing else, are an outage and nobody's failure.
    let harness = patient_company(Via::Direct, 2).await;
    deliver_all(&harness, 2, &Delivery::Status(503));
    for _ in 0..27 {
        let report = harness.certificates_now().await;
        assert_counts!(report, parked = 0, uploaded = 0);
        assert!(report.counts.failed <= 2, "{report:#?}");
        harness.advance(HOUR * 6);
    }
    for entry in harness.certificate_ledger().await.into_values() {
        let CertificateState::Failed(setback) = entry.state else {
            panic!("{entry:?}")
        };
        assert!(
            setback.failures >= 5 && setback.reason.contains("503"),
            "{setback:?}"
        );
        assert!(setback.retry_at <= harness.later(HOUR * 24), "{setback:?}");
    }
    deliver_all(&harness, 2, &Delivery::default());
    for _ in 0..5 {
        harness.certificates_now().await;
        harness.advance(HOUR * 6);
    }
    let ended = (
        documents(&harness),
        harness.certificates_now().await.outcome,
    );
    assert_eq!(ended, (2, Outcome::Unchanged));
}

#[tokio::test]
async fn a_limit_of_calls_pauses_the_run_and_is_nobodys_failure() {
    for (via, retry_after) in [
        (Via::Direct, RetryAfter::Seconds(90)),
        (Via::KomboPassthrough, RetryAfter::None),
        (Via::Kombo, RetryAfter::Seconds(90)),
    ] {
        let harness = patient_company(via, 5).await;
        let limit = Behaviour::TooManyRequests(retry_after);
        harness.fail_uploads(Fault::new(limit.clone()).times(2));
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 5, failed = 0);

        let harness = patient_company(via, 5).await;
        harness.fail_uploads(Fault::new(limit).always());
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Partly, uploaded = 0, failed = 0);
        for entry in harness.certificate_ledger().await.into_values() {
            let CertificateState::Failed(retry) = entry.state else {
                panic!("{entry:?}")
            };
            assert_eq!(retry.failures, 0, "{retry:?}");
        }
        harness.clear_faults();
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 5);
    }
}

#[tokio::test]
async fn a_maintenance_page_in_place_of_every_pdf_is_one_outcome_and_parks_nothing() {
    let harness = company(Via::Direct, 20).await;
    deliver_all(&harness, 20, &Delivery::NotAPdf);
    for _ in 0..10 {
        let report = harness.certificates_after(HOUR * 24).await;
        assert_run!(report, Outcome::AcademyRefuses, failed = 0, parked = 0);
        assert!(report.message.contains("not a PDF"), "{}", report.message);
    }
    assert!(harness.certificate_ledger().await.is_empty());
    deliver_all(&harness, 20, &Delivery::default());
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, uploaded = 20);
}

#[tokio::test]
async fn an_old_certificate_on_a_refused_host_is_looked_at_daily_or_when_another_host_is_allowed() {
    for (elsewhere, outcome) in [(1_u32, Outcome::Unchanged), (30, Outcome::HostNotAllowed)] {
        let harness = old_company(Via::Direct, 40).await;
        let host = harness.reteach.downloads().localhost_url();
        for number in 1..=elsewhere {
            let url = format!("{host}/certificates/c-{number}.pdf");
            let delivery = Delivery::Elsewhere(url);
            assert!(
                harness
                    .reteach
                    .set_delivery(&format!("c-{number}"), delivery)
            );
        }
        let held = u64::from(elsewhere);
        let report = harness.certificates_now().await;
        assert_counts!(report, uploaded = 40 - held, host_not_allowed = held);
        for _ in 0..47 {
            harness.forget_traffic();
            let report = harness.certificates_tick().await;
            assert_run!(report, outcome, host_not_allowed = held, remaining = 0);
            assert!(format!("{report:?}").contains("localhost"), "{report:#?}");
            assert_eq!(questions(&harness), (0, 1, 0), "one call for the window");
            assert!(report.dynamodb.read <= 2.5, "{:?}", report.dynamodb);
        }
        harness.forget_traffic();
        harness.certificates_tick().await;
        assert_eq!(questions(&harness), (1, 0, 0), "a day later");
        let file = harness.company.tenant_file("");
        let allowed = file.replace("[\"127.0.0.1\"]", "[\"127.0.0.1\", \"localhost\"]");
        harness.store_file(&allowed).await;
        harness.forget_traffic();
        let report = harness.certificates_tick().await;
        assert_eq!(report.counts.host_not_allowed, 0, "{report:#?}");
        assert_eq!(questions(&harness).0, 1, "the file has changed");
    }
}

#[tokio::test]
async fn three_uploads_without_reply_stop_the_run_and_the_next_continues() {
    for via in ROUTES {
        // More people than uploads in flight: whichever three fail first are three people's.
        let harness = company_of(6, via, 30).await;
        harness.fail_uploads(Fault::new(Behaviour::Close).always());
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::SourceUnavailable);
        // Three, and the uploads in flight with the third; one where no list may show what became of it.
        let doubtful = report.counts.outcome_unknown;
        let expected = if via == Via::Kombo { 1..=1 } else { 3..=6 };
        assert!(expected.contains(&doubtful), "{via:?}: {report:#?}");
        assert_counts!("{via:?}", report, remaining = 30 - doubtful);
        harness.clear_faults();
        harness.forget_requests();
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 30);
        assert_counts!("{via:?}", report, remaining = 0, outcome_unknown = 0);
        assert_eq!(documents(&harness), 30, "{via:?}");
    }
}

/// The newest certificates are of one person, for whom Personio files nothing.
#[tokio::test]
async fn uploads_without_reply_of_one_person_stop_nobody_elses() {
    for via in [Via::Direct, Via::KomboPassthrough] {
        let harness = company(via, 0).await;
        let issue = |number: u32, person, course, at| {
            harness.issue([completed(&format!("c-{number}"), person, course, at)]);
        };
        for number in 1..=4 {
            issue(number, 1, "Erste Hilfe", "2026-05-11T07:30:00Z");
            let person = 2 + u64::from(number % 2);
            issue(number + 4, person, "Brandschutz", "2026-05-11T07:00:00Z");
        }
        let broken = Fault::new(Behaviour::Status(500, Body::Vendor)).body(&["Erste Hilfe"]);
        harness.fail_uploads(broken.always());
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 4);
        assert_counts!("{via:?}", report, remaining = 0, outcome_unknown = 4);
        issue(9, 2, "Brandschutz", "2026-05-11T08:10:00Z");
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 1);
        assert_counts!("{via:?}", report, remaining = 0, outcome_unknown = 4);
    }
}

/// A gateway's 502 leaves every outcome unknown, and each search finds no document.
#[tokio::test]
async fn an_outage_of_a_day_parks_nothing() {
    let harness = company(Via::Direct, 8).await;
    harness.fail_uploads(Fault::new(Behaviour::Status(502, Body::Html)).always());
    for _ in 0..48 {
        let report = harness.certificates_tick().await;
        assert_counts!(report, parked = 0, uploaded = 0);
    }
    harness.clear_faults();
    let mut ticks = 0;
    while documents(&harness) < 8 {
        ticks += 1;
        assert!(ticks <= 48, "{} filed", documents(&harness));
        harness.certificates_tick().await;
    }
}

/// A document that always fails is parked in the end, and each upload is preceded by a search.
#[tokio::test]
async fn an_upload_without_any_reply_is_parked_after_a_week() {
    let harness = company(Via::Direct, 1).await;
    harness.fail_uploads(Fault::new(Behaviour::Status(500, Body::Vendor)).always());
    let start = harness.moment();
    let mut report = harness.certificates_now().await;
    while report.counts.parked == 0 {
        let waited = harness.moment().duration_since(start);
        assert!(waited < HOUR * 24 * 10, "{report:#?}");
        report = harness.certificates_tick().await;
    }
    let waited = harness.moment().duration_since(start);
    assert!(waited >= HOUR * 24 * 7, "{report:#?}");
    let uploads = harness.uploads();
    assert!((5..=15).contains(&uploads), "growing pauses: {uploads}");
    let text = &finding(&report, FindingKind::Parked, "c-1").text;
    assert!(text.contains("given up"), "{text}");
    assert!(text.contains("no answer"), "{text}");
}

/// A run stops after `before` uploads, because the right to file documents is withdrawn.
async fn stopped_after(harness: &Harness, before: usize) -> harness::CertificateReport {
    let refused = Fault::new(Behaviour::Status(403, Body::Vendor));
    harness.fail_uploads(refused.nth(before + 1).times(usize::MAX));
    let report = harness.certificates_now().await;
    assert_eq!(report.outcome, Outcome::AccessDenied, "{report:#?}");
    assert!(report.message.contains("Documents: write"), "{report:#?}");
    harness.clear_faults();
    harness.forget_requests();
    report
}

#[tokio::test]
async fn the_next_run_continues_a_stopped_one() {
    for (left, is_old) in [(100_u32, false), (300, true)] {
        let harness = match is_old {
            true => old_company(Via::Direct, left + 20).await,
            false => company(Via::Direct, left + 20).await,
        };
        let report = stopped_after(&harness, 20).await;
        assert_counts!(report, uploaded = 20, remaining = u64::from(left));
        assert_counts!(report, failed = 0, outcome_unknown = 0);
        let report = harness.certificates_tick().await;
        assert_run!("{left}", report, Outcome::Done, remaining = 0);
        assert_counts!("{left}", report, uploaded = u64::from(left));
        // Only what is older than the window needs a listing of everything.
        let (all, since, one) = questions(&harness);
        let expected = (is_old, usize::from(!is_old), 0);
        assert_eq!((all > 0, since, one), expected, "{left}");
        harness.forget_requests();
        let report = harness.certificates_tick().await;
        assert_run!("{left}", report, Outcome::Unchanged);
        assert_eq!(questions(&harness), (0, 1, 0), "{left}");
    }
}

#[test]
fn a_failing_lookup_stops_no_other_certificate() {
    virtual_time::without_pauses(async {
        // A look-up is tried three times, and a 404 means that nothing was found.
        for (behaviour, calls) in [
            (Behaviour::Status(404, Body::Vendor), 1),
            (Behaviour::Status(200, Body::Html), 3),
            (Behaviour::Status(500, Body::Vendor), 12),
        ] {
            let harness = company(Via::Direct, 2).await;
            let reteach = &harness.reteach;
            assert!(reteach.set_delivery("c-1", Delivery::Status(403)));
            // The list comes first.
            let fault = Fault::new(behaviour.clone()).path("/participation");
            reteach.fail(fault.nth(2).times(calls));
            let report = harness.certificates_tick().await;
            assert_run!("{behaviour:?}", report, Outcome::Done, uploaded = 1);
            assert_counts!("{behaviour:?}", report, failed = 1);
            assert!(reteach.set_delivery("c-1", Delivery::default()));
            harness.forget_requests();
            let report = harness.certificates_tick().await;
            assert_run!("{behaviour:?}", report, Outcome::Done, uploaded = 1);
            let full_scans = questions(&harness).0;
            assert_eq!((documents(&harness), full_scans), (2, 0), "{behaviour:?}");
        }
    });
}
