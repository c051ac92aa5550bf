//! A PDF that reteach issues again under the same id: noticed once, filed again at the operator's word only.

use certificate_sync::report::Report;
use harness::{Harness, ROUTES, completed, people};
use jiff::{SignedDuration, Timestamp};
use shared::domain::id::CertificateId;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::state::{CertificateEntry, Issue};
use shared::tenant::Via;
use simulators::personio::Document;
use simulators::reteach::{Certificate, Participation};
use simulators::{Behaviour, Fault, Moment};

use super::fixture::{checkpoint, finding, id};

const HALF: SignedDuration = SignedDuration::from_mins(30);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const RECENT: &str = "2026-05-09T09:30:00Z";
const NEXT_DAY: &str = "2026-05-10T09:30:00Z";
const LONG_AGO: &str = "2025-02-10T09:30:00Z";

/// A company of three whose certificates `c-001` to `c-003` are filed. Rows have more than an address where `has_details`.
async fn filed(via: Via, completed_at: &str, has_details: bool) -> Harness {
    filed_by(
        Harness::with_folder(via, "", people(3)).await,
        completed_at,
        has_details,
    )
    .await
}

async fn filed_by(harness: Harness, completed_at: &str, has_details: bool) -> Harness {
    harness.issue((1..=3).map(|number| {
        let one = completed(&id(number), number, "Brandschutz", completed_at);
        let certificate = one.certificate.map(|certificate| Certificate {
            has_details,
            ..certificate
        });
        Participation { certificate, ..one }
    }));
    assert_eq!(harness.certificates_now().await.counts.uploaded, 3);
    harness
}

/// reteach issues `c-002` again.
fn issue_again(harness: &Harness, size: u64, completed_at: Option<&str>) {
    let completed_at = completed_at.map(|at| at.parse::<Timestamp>().unwrap());
    assert!(harness.reteach.issue_again(&id(2), size, completed_at));
}

async fn refile(harness: &Harness) {
    let (tenant, id) = (&harness.company.tenant, CertificateId::new(id(2)));
    let store = harness.store();
    let refiled = store.refile_certificate(tenant, &id, harness.moment());
    refiled.await.unwrap();
}

fn documents(harness: &Harness) -> Vec<Document> {
    harness.documents_of(2)
}

/// Half an hour later, or a day: a run that notices it.
async fn noticed(harness: &Harness, after: SignedDuration) -> Report {
    let report = harness.certificates_after(after).await;
    assert_run!(report, Outcome::Done, uploaded = 0, reissued = 1);
    finding(&report, FindingKind::Reissued, &id(2));
    report
}

/// The run that files the new PDF, and what the file has then.
async fn is_filed_beside_the_earlier_one(harness: &Harness) {
    assert_eq!(documents(harness).len(), 2, "the earlier one stays");
    let newest = documents(harness).pop().unwrap();
    assert_eq!(Some(newest.sha256), harness.reteach.pdf_sha256(&id(2)));
    for mode in [Mode::Scheduled, Mode::FullScan, Mode::Verify] {
        harness.advance(DAY);
        let report = harness.certificates_in(mode).await;
        assert_run!(report, Outcome::Unchanged, uploaded = 0, reissued = 0);
    }
    assert_eq!(documents(harness).len(), 2);
}

#[tokio::test]
async fn a_certificate_issued_again_is_noticed_once_and_filed_again_only_at_the_operators_word() {
    let half = SignedDuration::from_mins(30);
    for via in ROUTES {
        for (at, has_details, change, after) in [
            (RECENT, false, Some(NEXT_DAY), half),
            (RECENT, true, None, half),
            (LONG_AGO, false, Some("2025-02-11T09:30:00Z"), DAY),
            (LONG_AGO, true, None, DAY),
        ] {
            let harness = filed(via, at, has_details).await;
            harness.certificates_tick().await;
            issue_again(&harness, 30_000, change);
            noticed(&harness, after).await;
            for mode in [Mode::Scheduled, Mode::FullScan, Mode::Verify] {
                harness.advance(DAY);
                let report = harness.certificates_in(mode).await;
                assert_run!(report, Outcome::Unchanged, uploaded = 0, reissued = 1);
                assert!(report.findings.is_empty(), "{via:?}: {report:#?}");
            }
            assert_eq!(documents(&harness).len(), 1, "{via:?}");
            assert!(harness.retry(&id(2)).await.is_err(), "not without a word");

            refile(&harness).await;
            let report = harness.certificates_tick().await;
            assert_run!("{via:?}", report, Outcome::Done, uploaded = 1, reissued = 0);
            is_filed_beside_the_earlier_one(&harness).await;
        }
    }
}

/// A company of 24 whose certificates are filed, one each, completed at that time. Rows have dates, and sizes that stay.
async fn filed_many(at: &str) -> Harness {
    let harness = Harness::with_folder(Via::Direct, "", people(24)).await;
    harness.issue((1..=24).map(|number| {
        let one = completed(&id(number), number, "Brandschutz", at);
        let certificate = one.certificate.map(|certificate| Certificate {
            has_details: true,
            ..certificate
        });
        Participation { certificate, ..one }
    }));
    assert_eq!(harness.certificates_now().await.counts.uploaded, 24);
    harness.certificates_tick().await;
    harness
}

/// Another date, and nothing else, for each of the 24.
fn touch(harness: &Harness) {
    for number in 1..=24 {
        assert!(harness.reteach.issue_again(&id(number), 20_000, None));
    }
}

/// The one finding of a run that takes another date for no new issue.
fn says_that_dates_move(report: &Report, case: &str) {
    assert_counts!("{case}", report, uploaded = 0, reissued = 0);
    let texts = report.findings.iter().map(|finding| &finding.text);
    let texts: Vec<_> = texts.collect();
    assert!(
        matches!(texts[..], [text] if text.contains("24 filed certificates")),
        "{case}: {texts:?}"
    );
}

async fn is_quiet(harness: &Harness, after: SignedDuration, reissued: u64, case: &str) {
    let report = harness.certificates_after(after).await;
    assert_run!("{case}", report, Outcome::Unchanged, reissued = reissued);
    assert!(report.findings.is_empty(), "{case}: {report:#?}");
}

/// An academy whose rows get another date whenever something touches them.
#[tokio::test]
async fn dates_that_change_for_most_certificates_are_one_finding_and_no_new_issues() {
    for (at, after) in [(RECENT, HALF), (LONG_AGO, DAY)] {
        let harness = filed_many(at).await;
        touch(&harness);
        says_that_dates_move(&harness.certificates_after(after).await, at);
        for _ in 0..10 {
            touch(&harness);
            is_quiet(&harness, HALF, 0, at).await;
            touch(&harness);
            is_quiet(&harness, DAY, 0, at).await;
        }
        // Another size still is one.
        issue_again(&harness, 30_000, None);
        noticed(&harness, DAY).await;
    }
}

/// All of the last 30 days, in an academy that has more: a tick looks at everything before it says so.
#[tokio::test]
async fn many_certificates_of_the_window_that_are_issued_again_at_once_are_each_noticed() {
    let harness = filed_many(RECENT).await;
    harness.issue((1..=30).map(|number| {
        let course = format!("Kurs {number}");
        completed(&id(100 + number), 1, &course, LONG_AGO)
    }));
    assert_eq!(harness.certificates_after(DAY).await.counts.uploaded, 30);
    touch(&harness);
    let report = harness.certificates_after(HALF).await;
    assert_run!(report, Outcome::Done, uploaded = 0, reissued = 24);
    assert_eq!(report.findings.len(), 24, "{report:#?}");
    assert!(!checkpoint(&harness).await.dates_move);
    for after in [HALF, DAY, HALF] {
        is_quiet(&harness, after, 24, "noticed").await;
    }
}

/// An administrator has all certificates made once more.
#[tokio::test]
async fn an_archive_that_is_issued_again_once_is_noticed_after_eight_days_and_dates_count_again() {
    for (at, after) in [(RECENT, HALF), (LONG_AGO, DAY)] {
        let harness = filed_many(at).await;
        touch(&harness);
        says_that_dates_move(&harness.certificates_after(after).await, at);
        for _ in 0..7 {
            is_quiet(&harness, DAY, 0, at).await;
        }
        let report = harness.certificates_after(DAY).await;
        assert_run!("{at}", report, Outcome::Done, uploaded = 0, reissued = 24);
        assert_eq!(report.findings.len(), 24, "{at}: {report:#?}");
        for after in [HALF, DAY, HALF] {
            is_quiet(&harness, after, 24, at).await;
        }
        let left = checkpoint(&harness).await;
        assert_eq!((left.dates_move, left.dates_seen), (false, None), "{at}");
        for number in 1..=24 {
            harness.dismiss(&id(number)).await.unwrap();
        }
        harness.certificates_after(DAY).await;
        issue_again(&harness, 20_000, None);
        noticed(&harness, after).await;
    }
}

/// Neither a PDF without another date or size in the list nor a changed account is one.
#[tokio::test]
async fn only_what_the_list_says_is_compared() {
    let harness = filed(Via::Direct, RECENT, false).await;
    issue_again(&harness, 30_000, None);
    issue_again(&harness, 30_000, Some("2026-05-09T15:00:00Z"));
    for _ in 0..3 {
        let report = harness.certificates_after(DAY).await;
        assert_run!(report, Outcome::Unchanged, reissued = 0);
    }
}

#[tokio::test]
async fn certificates_filed_by_an_earlier_release_are_not_compared() {
    for at in [RECENT, LONG_AGO] {
        let harness = filed(Via::Direct, at, true).await;
        let items = harness.ledger_items().await.into_iter();
        let items = items.map(|mut item| {
            item.remove("issue");
            item
        });
        harness.put_ledger_items(items.collect()).await;
        issue_again(&harness, 30_000, Some(NEXT_DAY));
        for _ in 0..2 {
            let report = harness.certificates_after(DAY).await;
            assert_run!(report, Outcome::Unchanged, reissued = 0);
        }
        let ledger = harness.certificate_ledger().await;
        let is_unknown = |entry: &CertificateEntry| entry.issue == Issue::default();
        assert!(ledger.values().all(is_unknown), "{ledger:#?}");
    }
}

#[tokio::test]
async fn a_dismissed_issue_keeps_the_earlier_document_until_the_next_one() {
    let harness = filed(Via::Direct, RECENT, false).await;
    issue_again(&harness, 30_000, Some(NEXT_DAY));
    noticed(&harness, SignedDuration::from_mins(30)).await;
    harness.dismiss(&id(2)).await.unwrap();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, uploaded = 0, reissued = 0);
    issue_again(&harness, 40_000, Some(RECENT));
    noticed(&harness, SignedDuration::from_mins(30)).await;
    assert_eq!(documents(&harness).len(), 1);
}

/// The earlier document names the certificate as well: it is not taken for the new one.
#[tokio::test]
async fn an_upload_of_unknown_outcome_is_not_taken_for_the_earlier_document() {
    for via in [Via::Direct, Via::KomboPassthrough] {
        for takes_effect in [true, false] {
            let harness = filed(via, RECENT, false).await;
            issue_again(&harness, 30_000, Some(NEXT_DAY));
            noticed(&harness, SignedDuration::from_mins(30)).await;
            refile(&harness).await;
            let behaviour = match takes_effect {
                true => Behaviour::LoseReply,
                false => Behaviour::Close,
            };
            harness.fail_uploads(Fault::new(behaviour));
            let report = harness.certificates_tick().await;
            assert_counts!(report, outcome_unknown = 1, uploaded = 0);
            let report = harness.certificates_tick().await;
            let (verified, uploaded) = (u64::from(takes_effect), u64::from(!takes_effect));
            assert_counts!("{via:?}", report, verified = verified, uploaded = uploaded);
            is_filed_beside_the_earlier_one(&harness).await;
        }
    }
}

/// The restored table does not know that the new PDF is filed, or not even that there is one.
#[tokio::test]
async fn a_pdf_filed_again_before_a_restore_is_not_filed_a_third_time() {
    for via in ROUTES {
        for is_noticed in [true, false] {
            let harness = filed(via, RECENT, false).await;
            let (to, mut backup) = (harness.moment(), harness.ledger_items().await);
            issue_again(&harness, 30_000, Some(NEXT_DAY));
            noticed(&harness, SignedDuration::from_mins(30)).await;
            if is_noticed {
                backup = harness.ledger_items().await;
            }
            refile(&harness).await;
            assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
            harness.advance(DAY);
            harness.restore_ledger(to, backup).await;
            if !is_noticed {
                noticed(&harness, SignedDuration::from_mins(30)).await;
            }
            refile(&harness).await;
            let report = harness.certificates_tick().await;
            assert_counts!("{via:?} {is_noticed}", report, adopted = 1, uploaded = 0);
            is_filed_beside_the_earlier_one(&harness).await;
        }
    }
}

/// The function dies at each call while it notices the new PDF, and while it files it.
#[tokio::test]
async fn a_death_at_any_call_loses_no_new_pdf_and_files_it_once() {
    for moment in [Moment::Before, Moment::After] {
        let mut calls = 0;
        loop {
            let fault = || Fault::new(Behaviour::Kill(moment)).nth(calls + 1);
            let harness = Harness::with_faults(Via::Direct, "", people(3)).await;
            harness.first_run().await;
            let harness = filed_by(harness, RECENT, false).await;
            issue_again(&harness, 30_000, Some(NEXT_DAY));
            let noticing = is_killed(&harness, fault()).await;
            for _ in 0..2 {
                harness.certificates_tick().await;
            }
            assert_eq!(documents(&harness).len(), 1, "{moment:?} {calls}");
            refile(&harness).await;
            let filing = is_killed(&harness, fault()).await;
            for _ in 0..3 {
                harness.certificates_tick().await;
            }
            is_filed_beside_the_earlier_one(&harness).await;
            if !noticing && !filing {
                break;
            }
            calls += 1;
        }
        assert!(calls > 8, "{moment:?}: {calls}");
    }
}

/// Half an hour later: a run, unless it dies.
async fn is_killed(harness: &Harness, fault: Fault) -> bool {
    harness.advance(SignedDuration::from_mins(30));
    let run = harness.certificates_now();
    let ran = harness.fault_engine().interrupt(fault, run).await;
    if ran.ran.is_none() {
        harness.world.restart().unwrap();
    }
    ran.ran.is_none()
}
