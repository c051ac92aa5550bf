//! PDFs that are produced after their certificate are polled until they exist.

use harness::{CERTIFICATE_TICK, Harness, by_hand, completed, people};
use jiff::{SignedDuration, Timestamp};
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation, Publication};
use simulators::{Behaviour, Body, Fault, Received};

use super::fixture::{checkpoint, documents, listed_everything};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn company() -> Harness {
    Harness::synced(Via::Direct, "", people(3)).await
}

/// How many certificates the last run left without a PDF.
async fn waiting(harness: &Harness) -> u32 {
    checkpoint(harness).await.unsettled().waiting_for_pdf
}

/// Requests for single certificates since the logs were last emptied, and whether there was a full scan.
fn asked(harness: &Harness) -> (usize, bool) {
    let is_of_one = |request: &&Received| {
        let mut query = request.query.iter();
        query.any(|(key, _)| key == "customerCertificateId")
    };
    let of_one = harness.asked().iter().filter(is_of_one).count();
    (of_one, listed_everything(harness))
}

/// The certificate `c-<number>`, whose PDF is produced later.
fn without_pdf(number: u32, at: Timestamp, publication: Publication) -> Participation {
    let id = format!("c-{number}");
    let certificate = Some(Certificate {
        publication,
        ..Certificate::new(&id, 100)
    });
    let issued = completed(
        &id,
        u64::from(number % 3) + 1,
        "Brandschutz",
        &at.to_string(),
    );
    Participation {
        certificate,
        ..issued
    }
}

#[tokio::test]
async fn a_late_pdf_costs_nothing_and_is_filed_by_the_next_tick() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let at = harness.moment() - HOUR * 100;
    harness.issue([without_pdf(1, at, Publication::OnDemand)]);
    let report = harness.certificates_now().await;
    assert_counts!(report, waiting_for_pdf = 1, uploaded = 0);
    assert!(harness.certificate_ledger().await.is_empty());
    for _ in 1..=24 {
        harness.forget_requests();
        let report = harness.certificates_tick().await;
        let ended = (report.outcome, report.counts.waiting_for_pdf);
        assert_eq!(ended, (Outcome::Unchanged, 1), "{report:#?}");
        assert_eq!(asked(&harness), (0, false));
    }
    harness.reteach.publish_pdf("c-1");
    harness.forget_requests();
    harness.certificates_tick().await;
    assert_eq!(documents(&harness), 1);
    assert_eq!(asked(&harness), (0, false));
    assert_eq!(waiting(&harness).await, 0);
}

#[tokio::test]
async fn a_pdf_that_takes_an_hour_is_filed_by_the_next_tick() {
    let harness = company().await;
    let at = harness.moment() - HOUR * 100;
    let hour = Publication::After(SignedDuration::from_mins(61));
    harness.issue([without_pdf(1, at, hour)]);
    for _ in 0..3 {
        assert_eq!(harness.certificates_now().await.counts.waiting_for_pdf, 1);
        harness.advance(CERTIFICATE_TICK);
    }
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 1, waiting_for_pdf = 0);
}

/// Within a tick, however old: of older ones each tick lists everything, as asking for each would take more calls.
#[tokio::test]
async fn many_late_pdfs_are_all_filed() {
    for ago in [HOUR, HOUR * 1000] {
        let harness = company().await;
        harness.certificates_now().await;
        let at = harness.moment() - ago;
        harness.issue((1..=150).map(|number| without_pdf(number, at, Publication::OnDemand)));
        harness.advance(CERTIFICATE_TICK);
        let report = harness
            .certificates(Mode::FullScan, Deadline::never())
            .await
            .report;
        assert_eq!(report.counts.waiting_for_pdf, 150, "{report:#?}");
        assert_eq!(waiting(&harness).await, 150);
        // Which shows that nobody has a PDF.
        let outcome = match ago == HOUR * 1000 {
            true => Outcome::ReteachUnavailable,
            false => Outcome::Unchanged,
        };
        for _ in 0..4 {
            let report = harness.certificates_tick().await;
            assert_run!("{ago:?}", report, outcome, remaining = 0);
        }
        for number in 1..=150 {
            harness.reteach.publish_pdf(&format!("c-{number}"));
        }
        let mut ticks = 0;
        while documents(&harness) < 150 {
            ticks += 1;
            assert!(ticks <= 1, "{ago:?}: {}", documents(&harness));
            harness.certificates_tick().await;
        }
        assert_eq!(harness.certificates_tick().await.counts.waiting_for_pdf, 0);
    }
}

/// It makes no PDFs, or its API names them otherwise.
#[tokio::test]
async fn an_academy_that_names_nobodys_pdf_is_no_good_outcome_from_five_overdue_ones_on() {
    for (count, ago, outcome) in [
        (5, HOUR * 100, Outcome::ReteachUnavailable),
        (4, HOUR * 100, Outcome::Unchanged),
        // Completed today.
        (5, HOUR, Outcome::Unchanged),
    ] {
        let harness = company().await;
        let at = harness.moment() - ago;
        harness.issue((1..=count).map(|number| without_pdf(number, at, Publication::OnDemand)));
        // A listing of everything shows it, which the next ticks are not.
        for expected in [outcome, Outcome::Unchanged, Outcome::Unchanged] {
            let report = harness.certificates_tick().await;
            let waiting = u64::from(count);
            assert_run!(
                "{count} {ago:?}",
                report,
                expected,
                waiting_for_pdf = waiting
            );
            let is_told = report.message.contains("none of the 5 certificates");
            let is_trouble = expected == Outcome::ReteachUnavailable;
            assert_eq!(is_told, is_trouble, "{}", report.message);
        }
        harness.reteach.publish_pdf("c-1");
        let report = harness.certificates_tick().await;
        assert_run!("{count} {ago:?}", report, Outcome::Done, uploaded = 1);
        let report = harness.certificates_tick().await;
        assert_run!("{count} {ago:?}", report, Outcome::Unchanged);
    }
}

/// Only the daily listing shows older ones: the ticks between do not end the notice. A guest's certificate shows nothing.
#[tokio::test]
async fn an_academy_that_names_nobodys_pdf_of_long_ago_is_a_notice_within_a_day() {
    let (harness, _aws) = Harness::with_notices(Via::Direct, "", people(3)).await;
    harness.first_run().await;
    let at = harness.moment() - HOUR * 1000;
    let guest = harness.reteach.insert(by_hand("guest@example.com"));
    harness.issue((1..=5).map(|number| without_pdf(number, at, Publication::OnDemand)));
    harness.issue([Participation {
        customer: Some(guest),
        ..completed("c-6", 1, "Brandschutz", &at.to_string())
    }]);
    let trouble = Outcome::ReteachUnavailable;
    let report = harness.certificates_now().await;
    assert_run!(report, trouble, waiting_for_pdf = 5, not_from_hr = 1);
    for _ in 0..47 {
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::Unchanged, waiting_for_pdf = 5);
        assert_eq!(report.notices.sent, 0, "{report:#?}");
    }
    let report = harness.certificates_tick().await;
    assert_run!(report, trouble, waiting_for_pdf = 5);
    assert_eq!(report.notices.sent, 1, "{report:#?}");
}

#[tokio::test]
async fn a_late_pdf_of_a_course_completed_long_ago_costs_one_call_a_tick_and_is_filed_by_the_next()
{
    let harness = company().await;
    let at = harness.moment() - HOUR * 1000;
    harness.issue([
        without_pdf(1, at, Publication::OnDemand),
        without_pdf(2, at, Publication::OnDemand),
    ]);
    let report = harness.certificates_now().await;
    assert_counts!(report, waiting_for_pdf = 2, uploaded = 0);
    for _ in 1..=24 {
        harness.forget_requests();
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::Unchanged, waiting_for_pdf = 2);
        assert_eq!(asked(&harness), (2, false));
    }
    harness.reteach.publish_pdf("c-1");
    harness.forget_requests();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, uploaded = 1, waiting_for_pdf = 1);
    assert_eq!(asked(&harness), (2, false));
    harness.forget_requests();
    harness.certificates_tick().await;
    assert_eq!(asked(&harness), (1, false));
}

/// Asking for each of them would take 40 calls, a listing of everything takes one.
#[tokio::test]
async fn a_late_pdf_of_long_ago_is_filed_by_the_next_tick_however_many_others_wait() {
    let harness = company().await;
    let at = harness.moment() - HOUR * 1000;
    harness.issue([completed("c-0", 1, "Brandschutz", &at.to_string())]);
    harness.issue((1..=40).map(|number| without_pdf(number, at, Publication::OnDemand)));
    let report = harness.certificates_now().await;
    assert_counts!(report, waiting_for_pdf = 40, uploaded = 1);
    for _ in 0..2 {
        harness.forget_requests();
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::Unchanged, waiting_for_pdf = 40);
        assert_eq!(asked(&harness), (0, true));
    }
    harness.reteach.publish_pdf("c-9");
    // If everything cannot be listed, what the window shows is filed.
    let now = harness.moment().to_string();
    harness.issue([completed("new", 1, "Brandschutz", &now)]);
    let silent = Fault::new(Behaviour::Status(500, Body::Vendor));
    let silent = silent.path("/participation").nth(2).always();
    harness.reteach.fail(silent);
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, waiting_for_pdf = 40, uploaded = 1);
    harness.reteach.clear_faults();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, waiting_for_pdf = 39, uploaded = 1);

    // Once none was made for 30 days, the daily listing shows those that are.
    harness.advance(HOUR * (31 * 24));
    harness.certificates_now().await;
    harness.reteach.publish_pdf("c-10");
    harness.forget_requests();
    harness.certificates_tick().await;
    assert_eq!((asked(&harness), documents(&harness)), ((0, false), 3));
    harness.advance(HOUR * 24);
    assert_counts!(harness.certificates_now().await, uploaded = 1);
    harness.forget_requests();
    harness.certificates_tick().await;
    assert_eq!(asked(&harness), (0, true));
}

#[tokio::test]
async fn a_late_pdf_that_cannot_be_asked_for_is_asked_for_again() {
    let harness = company().await;
    let at = harness.moment() - HOUR * 1000;
    harness.issue([without_pdf(1, at, Publication::OnDemand)]);
    harness.certificates_now().await;
    harness.reteach.publish_pdf("c-1");
    let silent = Fault::new(Behaviour::Status(500, Body::Vendor));
    harness.reteach.fail(
        silent
            .path("/participation")
            .query("customerCertificateId", "c-1")
            .always(),
    );
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, waiting_for_pdf = 1);
    // Where the academy takes no such question, everything is listed.
    harness.reteach.clear_faults();
    let refuse = |id| {
        let refused = Fault::new(Behaviour::Status(400, Body::Vendor)).path("/participation");
        let one = refused.query("customerCertificateId", id);
        harness.reteach.fail(one.always());
    };
    refuse("c-1");
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
    // Once none was made for 30 days, a refused question keeps no other from being asked.
    harness.issue([2, 3].map(|number| without_pdf(number, at, Publication::OnDemand)));
    harness.advance(HOUR * (31 * 24));
    harness.certificates_now().await;
    refuse("c-2");
    harness.reteach.publish_pdf("c-3");
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
}

#[tokio::test]
async fn a_certificate_revoked_while_its_pdf_is_late_is_dropped() {
    let harness = company().await;
    let at = harness.moment() - HOUR * 100;
    let id = harness
        .reteach
        .add_participation(without_pdf(1, at, Publication::OnDemand));
    assert_eq!(harness.certificates_now().await.counts.waiting_for_pdf, 1);
    harness.reteach.remove_participation(&id);
    let report = harness.certificates_tick().await;
    let ended = (report.outcome, report.counts.waiting_for_pdf);
    assert_eq!(ended, (Outcome::Unchanged, 0), "{report:#?}");
    assert_eq!(waiting(&harness).await, 0);
    harness.forget_requests();
    harness.certificates_tick().await;
    assert_eq!(harness.asked().len(), 1, "the list alone");
}
