//! No certificate is lost, however the list changes while it is read and whenever a certificate appears.

use harness::{CERTIFICATE_TICK, CertificateReport, Harness, by_hand, completed, people};
use jiff::{SignedDuration, Timestamp};
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::state::Unsettled;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Change, Filters, Participation};
use simulators::{Behaviour, Body, Fault};

use super::fixture::{checkpoint, documents};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn company() -> Harness {
    Harness::synced(Via::Direct, "", people(3)).await
}

/// The certificate `c-<number>` with a small file.
fn certificate(number: u32, at: Timestamp) -> Participation {
    let (person, at) = (u64::from(number % 3) + 1, at.to_string());
    Participation {
        id: format!("p-{number}"),
        certificate: Some(Certificate::new(&format!("c-{number}"), 100)),
        ..completed("", person, "Brandschutz", &at)
    }
}

/// Certificates `c-1` to `c-<count>`, completed long ago.
fn old(harness: &Harness, count: u32) {
    let first = harness.moment() - HOUR * 5_000;
    let at = |number| first + HOUR * i32::try_from(number).unwrap();
    harness.issue((1..=count).map(|number| anybodys(number, at(number))));
}

/// The same, but only one in ten belongs to a known person.
fn anybodys(number: u32, at: Timestamp) -> Participation {
    let issued = certificate(number, at);
    let customer = issued.customer.filter(|_| number.is_multiple_of(10));
    Participation { customer, ..issued }
}

/// Number of certificates to file.
fn ours(harness: &Harness) -> usize {
    let all = harness.reteach.participations().into_iter();
    all.filter(|finding| finding.customer.is_some() && finding.certificate.is_some())
        .count()
}

/// Whether there was a full scan since the logs were last emptied; empties them.
fn was_full_scan(harness: &Harness) -> bool {
    let asked = harness.asked();
    harness.forget_requests();
    let narrows = |(key, _): &(String, String)| {
        ["customerCertificateId", "completedAtSince"].contains(&key.as_str())
    };
    asked.iter().any(|request| {
        request.template == Some("/participation") && !request.query.iter().any(narrows)
    })
}

fn incomplete(report: &CertificateReport) -> bool {
    let mut findings = report.findings.iter();
    findings.any(|finding| finding.kind == FindingKind::Incomplete)
}

fn insert(number: u32) -> Change {
    Change::Insert(certificate(number, "2026-05-11T07:59:00Z".parse().unwrap()))
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_read_again() {
    let cases: [fn() -> Vec<Change>; 2] = [
        || vec![insert(1001)],
        || {
            vec![
                insert(1001),
                Change::Remove("p-599".to_owned()),
                insert(1002),
            ]
        },
    ];
    for (number, shift) in cases.into_iter().enumerate() {
        let harness = company().await;
        old(&harness, 600);
        harness.reteach.change_while_reading(shift());
        let report = harness.certificates_now().await;
        assert_run!("{number}", report, Outcome::Done, readings = 2);
        assert!(!incomplete(&report), "{number}: {report:#?}");
        assert_eq!(documents(&harness), ours(&harness), "{number}");
        let listed_all_at = checkpoint(&harness).await.listed_all_at;
        assert_eq!(listed_all_at, Some(harness.moment()));
    }
}

/// Inconsistent answers, as from a server with a stale count.
#[tokio::test]
async fn an_inconsistent_list_is_read_again() {
    for (behaviour, page) in [
        (Behaviour::DropRows(3), 2),
        (Behaviour::TotalOff(1), 1),
        (Behaviour::RepeatRows(5), 3),
        (Behaviour::TruncateJson, 1),
        (Behaviour::TruncateJson, 2),
    ] {
        let harness = company().await;
        old(&harness, 600);
        let fault = Fault::new(behaviour.clone()).path("/participation");
        harness.reteach.fail(fault.nth(page));
        let report = harness.certificates_now().await;
        if behaviour == Behaviour::TruncateJson {
            assert_eq!(report.outcome, Outcome::ReteachUnavailable, "{report:#?}");
            // What came on the other pages is filed.
            assert!(documents(&harness) > 0, "page {page}");
            assert_eq!(checkpoint(&harness).await.listed_all_at, None);
            harness.certificates_tick().await;
        } else {
            assert_counts!("{behaviour:?} on page {page}", report, readings = 2);
        }
        assert_eq!(documents(&harness), 60, "{behaviour:?} on page {page}");
    }
}

#[tokio::test]
async fn an_incomplete_reading_is_filed_and_everything_is_listed_again() {
    let harness = company().await;
    old(&harness, 600);
    harness
        .reteach
        .change_while_reading((1001..1100).map(insert));
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Partly, readings = 3);
    assert!(incomplete(&report), "{report:#?}");
    assert!(documents(&harness) > 60, "{}", documents(&harness));
    let left = checkpoint(&harness).await;
    assert_eq!(left.listed_all_at, None, "{left:?}");
    assert!(was_full_scan(&harness));
    harness.reteach.change_while_reading([]);

    let report = harness.certificates_tick().await;
    assert!(was_full_scan(&harness), "{report:#?}");
    assert!(!incomplete(&report), "{report:#?}");
    assert_eq!(documents(&harness), ours(&harness));
    let listed_all_at = checkpoint(&harness).await.listed_all_at;
    assert_eq!(listed_all_at, Some(harness.moment()));

    // The same on an incremental run: 300 of one morning, while more arrive.
    harness.advance(HOUR * 4);
    let now = harness.moment();
    harness.issue((2001..2301).map(|number| anybodys(number, now)));
    harness
        .reteach
        .change_while_reading((3001..3100).map(|number| Change::Insert(certificate(number, now))));
    let report = harness.certificates_now().await;
    assert!(incomplete(&report), "{report:#?}");
    assert!(!was_full_scan(&harness), "{report:#?}");
    assert_eq!(checkpoint(&harness).await.listed_all_at, listed_all_at);
    harness.reteach.change_while_reading([]);
    let report = harness.certificates_tick().await;
    assert!(!incomplete(&report), "{report:#?}");
    assert!(!was_full_scan(&harness), "{report:#?}");
    assert_eq!(documents(&harness), ours(&harness));
}

/// Its list contains unfinished courses and courses without certificates too.
#[tokio::test]
async fn an_academy_that_ignores_filters_is_filtered_locally() {
    let harness = company().await;
    harness.reteach.set_filters(Filters::Of2023);
    old(&harness, 300);
    let at = harness.moment() - HOUR * 100;
    harness.issue((6001..6200).map(|number| Participation {
        certificate: None,
        ..certificate(number, at)
    }));
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 30);
    assert_counts!(report, readings = 1);
    assert_eq!(documents(&harness), 30);
    let quiet = harness.certificates_tick().await;
    assert_run!(quiet, Outcome::Unchanged, seen = 0);
    let now = harness.moment();
    harness.issue([certificate(301, now)]);
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
}

#[tokio::test]
async fn a_certificate_that_turns_up_late_is_filed() {
    let harness = company().await;
    harness.certificates_now().await;
    harness.advance(HOUR * 10);
    harness.certificates_now().await;
    was_full_scan(&harness);
    // Completed five hours ago and listed only now.
    harness.issue([certificate(1, harness.moment() - HOUR * 5)]);
    // Entered only now, and back-dated by almost 30 days.
    harness.issue([certificate(4, harness.moment() - HOUR * 719)]);
    // Completed longer ago, and given a certificate only now.
    harness.issue([certificate(2, harness.moment() - HOUR * 800)]);
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 2);
    assert!(!was_full_scan(&harness), "{report:#?}");
    assert!(harness.document_of("c-1").is_some() && harness.document_of("c-4").is_some());
    while harness.document_of("c-2").is_none() {
        assert!(
            harness.moment() < "2026-05-12T09:00:00Z".parse().unwrap(),
            "a day is over"
        );
        was_full_scan(&harness);
        harness.certificates_tick().await;
    }
    assert!(was_full_scan(&harness));
    // The operator may ask for it earlier.
    harness.issue([certificate(3, harness.moment() - HOUR * 800)]);
    harness.advance(CERTIFICATE_TICK);
    let report = harness.certificates_in(Mode::FullScan).await;
    assert_counts!(report, uploaded = 1);
}

/// A day of back-dated completions, one with each run.
#[tokio::test]
async fn each_run_files_what_was_entered_since_the_last_one() {
    let harness = company().await;
    harness.certificates_now().await;
    for number in 1..=46 {
        harness.advance(CERTIFICATE_TICK);
        let at = harness.moment() - HOUR * 5 - SignedDuration::from_mins(59);
        harness.issue([certificate(number, at)]);
        let report = harness.certificates_now().await;
        assert_eq!(report.counts.uploaded, 1, "{number}: {report:#?}");
    }
    assert_eq!(checkpoint(&harness).await.unsettled(), Unsettled::default());
}

/// Revoked and reissued between list and upload: the new one comes with the next reading.
#[tokio::test]
async fn a_certificate_reissued_between_list_and_upload_is_filed() {
    let harness = company().await;
    let at = harness.moment() - HOUR;
    let id = harness.reteach.add_participation(certificate(1, at));
    harness.fail_uploads(Fault::new(Behaviour::Status(422, Body::Vendor)));
    assert_eq!(harness.certificates_now().await.counts.failed, 1);
    let new = harness.reteach.reissue(&id).unwrap();
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1);
    assert_eq!(documents(&harness), 1);
    assert!(harness.document_of(&new).is_some());
    harness.advance(HOUR * 24);
    assert!(harness.certificates_now().await.outcome.is_good());
    let unsettled = checkpoint(&harness).await.unsettled();
    assert_eq!((documents(&harness), unsettled), (1, Unsettled::default()));
}

/// An empty answer is accepted, but drops nothing.
#[tokio::test]
async fn an_empty_list_delays_certificates_by_at_most_a_day() {
    let harness = company().await;
    old(&harness, 30);
    harness
        .reteach
        .fail(Fault::new(Behaviour::EmptyList).path("/participation"));
    assert_eq!(harness.certificates_now().await.counts.seen, 0);
    harness.advance(HOUR * 24);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 3);
}

/// Lists of certificates are answered 404; the list of all participations shows whether they may be empty.
#[tokio::test]
async fn an_academy_that_answers_404_for_an_empty_list_is_no_outage() {
    let harness = company().await;
    let refused = Fault::new(Behaviour::Status(404, Body::Vendor)).path("/participation");
    let refused = refused.query("hasCertificate", "true").always();
    // Nobody has a certificate yet.
    harness.reteach.fail(refused.clone());
    for _ in 0..2 {
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::Unchanged, seen = 0);
    }
    harness.clear_faults();
    old(&harness, 30);
    harness.advance(HOUR * 24);
    assert_counts!(harness.certificates_now().await, uploaded = 3);
    // Nobody has completed a course in the last 30 days.
    harness.reteach.fail(refused);
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, seen = 0);
    // A listing of everything is not empty.
    harness.advance(HOUR * 24);
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::ReteachUnavailable);
    harness.clear_faults();
    assert_counts!(harness.certificates_tick().await, seen = 30);
}

#[tokio::test]
async fn an_academy_without_a_total_that_answers_404_after_the_last_page_is_read_in_full() {
    let harness = company().await;
    let past_the_end = Fault::new(Behaviour::Status(404, Body::Vendor)).path("/participation");
    harness
        .reteach
        .fail(past_the_end.query("page", "2").always());
    let no_total = Fault::new(Behaviour::NoTotal).path("/participation");
    harness.reteach.fail(no_total.always());
    old(&harness, 30);
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 3, readings = 1);
    assert!(!incomplete(&report), "{report:#?}");
    let listed_all_at = checkpoint(&harness).await.listed_all_at;
    assert_eq!(listed_all_at, Some(harness.moment()));
    was_full_scan(&harness);
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, seen = 0);
    assert!(!was_full_scan(&harness), "{report:#?}");
}

/// A certificate that waits for its retry while its day leaves the window is still retried.
#[tokio::test]
async fn a_retry_that_comes_due_after_its_day_has_left_the_window_lists_everything() {
    let harness = company().await;
    harness.certificates_now().await;
    let at = harness.moment() - HOUR * (30 * 24);
    harness.issue([certificate(1, at)]);
    let refused = Fault::new(Behaviour::Status(422, Body::Vendor));
    harness.fail_uploads(refused.times(6));
    assert_eq!(harness.certificates_tick().await.counts.failed, 1);
    let begin = harness.moment();
    while documents(&harness) == 0 {
        assert!(harness.moment().duration_since(begin) < HOUR * 20);
        was_full_scan(&harness);
        harness.certificates_tick().await;
        harness.clear_faults();
    }
}

/// The clock was ahead when everything was listed last: that is no reason to wait for it.
#[tokio::test]
async fn a_clock_that_went_back_does_not_delay_the_daily_listing() {
    let harness = company().await;
    harness.advance(HOUR * 240);
    harness.certificates_now().await;
    harness.advance(HOUR * -240);
    old(&harness, 30);
    was_full_scan(&harness);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 3);
    assert!(was_full_scan(&harness));
    assert!(harness.certificates_tick().await.outcome.is_good());
    assert!(!was_full_scan(&harness));
}

/// More than a tick keeps of the last 30 days, of a guest: the newest are looked at by themselves, an older one by listing
/// everything.
#[tokio::test]
async fn a_month_with_more_certificates_than_a_tick_keeps_costs_no_more_and_loses_none() {
    let harness = company().await;
    let guest = harness.reteach.insert(by_hand("guest@example.com"));
    let begin = harness.moment() - HOUR * 24 * 20;
    let at = |number: i64| begin + SignedDuration::from_mins(number);
    harness.issue((1..=10_100).map(|number| Participation {
        customer: Some(guest.clone()),
        ..completed(&format!("c-{number}"), 0, "Kurs", &at(number).to_string())
    }));
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Unchanged, not_from_hr = 10_100);
    for (late, everything) in [(None, false), (Some(10_050), false), (Some(50), true)] {
        was_full_scan(&harness);
        let issued = late.map(|number| {
            completed(
                &format!("late-{number}"),
                2,
                "Nachgetragen",
                &at(number).to_string(),
            )
        });
        let uploaded = issued.iter().count() as u64;
        harness.issue(issued);
        let report = harness.certificates_tick().await;
        assert_counts!(report, uploaded = uploaded, remaining = 0);
        assert_eq!(was_full_scan(&harness), everything, "{late:?}");
    }
    let outcome = harness.certificates_tick().await.outcome;
    assert_eq!(outcome, Outcome::Unchanged);
    assert_eq!(documents(&harness), 2);
}
