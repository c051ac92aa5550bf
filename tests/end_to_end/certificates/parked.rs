//! Unknown outcomes and repeated refusals are parked for the operator, with the reason and the remedy.

use harness::{CERTIFICATE_TICK, Harness, completed, people};
use http::StatusCode;
use jiff::SignedDuration;
use local::INTEGRATION;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::state::{CertificateState, StateError};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};

use super::fixture::{assert_failed_or_parked, finding};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A company of three with one certificate to file.
async fn company(via: Via) -> Harness {
    with_certificate(Harness::synced(via, "", people(3)).await).await
}

/// The same with simulated pauses between attempts.
async fn company_with_simulated_pauses(via: Via) -> Harness {
    let harness = Harness::in_turn(1, "2026-05-11T08:00:00Z", via, "", people(3)).await;
    harness.first_run().await;
    with_certificate(harness).await
}

async fn with_certificate(harness: Harness) -> Harness {
    harness.certificates_now().await;
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-11T08:00:00Z")]);
    harness
}

/// Why the certificate is parked.
async fn reason(harness: &Harness) -> String {
    match harness.state_of("c-1").await {
        Some(CertificateState::Parked { reason, .. }) => reason,
        other => panic!("{:?}: not parked: {other:?}", harness.company.via),
    }
}

async fn listed(harness: &Harness) -> usize {
    let tenant = &harness.company.tenant;
    let parked = harness.store().undecided_certificates(tenant).await;
    parked.unwrap().len()
}

fn is_not_parked(decided: Result<(), StateError>) -> bool {
    matches!(decided, Err(StateError::NotParked { .. }))
}

/// Withdraws what a search for documents needs.
type Blind = fn(&Harness);

fn no_right(harness: &Harness) {
    harness.personio.allow_reading_documents(false);
}

fn unauthorized(harness: &Harness) {
    no_right(harness);
    let personio = &harness.personio;
    personio.refuse_reading_documents_with(StatusCode::UNAUTHORIZED);
}

fn no_passthrough(harness: &Harness) {
    harness.kombo().allow_passthrough(INTEGRATION, false);
}

const RIGHT: &str = "\"Documents: read\"";

/// Every cause that prevents a search for documents, and what the operator reads.
const BLIND: [(Via, Blind, &str); 5] = [
    (Via::Direct, no_right, RIGHT),
    (Via::Direct, unauthorized, RIGHT),
    (Via::KomboPassthrough, no_right, RIGHT),
    (Via::Kombo, no_right, RIGHT),
    (Via::Kombo, no_passthrough, "scope config"),
];

/// Uploads so far, and certificates that are parked.
async fn uploads_and_parked(harness: &Harness) -> (usize, usize) {
    (harness.uploads(), listed(harness).await)
}

#[tokio::test]
async fn an_upload_that_cannot_be_searched_for_a_week_is_parked_with_the_missing_right() {
    for (via, blind, right) in BLIND {
        let harness = company(via).await;
        harness.fail_uploads(Fault::new(Behaviour::Close));
        let report = harness.certificates_now().await;
        assert_counts!("{via:?}", report, outcome_unknown = 1);
        blind(&harness);
        // It may be granted again within a week.
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, parked = 0, outcome_unknown = 1);
        let report = harness.certificates_after(DAY * 7).await;
        assert_counts!("{via:?}", report, parked = 1, outcome_unknown = 0);
        let finding = finding(&report, FindingKind::Parked, "c-1");
        assert_eq!(finding.person.as_deref(), Some("1"));
        let reason = reason(&harness).await;
        assert_eq!(reason, finding.text);
        for says in [right, "retry or dismiss"] {
            assert!(reason.contains(says), "{via:?}: {reason}");
        }
        assert_eq!(uploads_and_parked(&harness).await, (1, 1), "{via:?}");

        // It is not searched again; it stays in the counts, and full scans report it again.
        let quiet = harness.certificates_tick().await;
        assert_run!("{via:?}", quiet, Outcome::Unchanged, parked = 1);
        assert!(quiet.findings.is_empty(), "{quiet:#?}");
        assert_eq!((quiet.calls.personio, quiet.calls.kombo), (0, 0));
        harness.advance(DAY);
        let daily = harness.certificates_now().await;
        assert_counts!("{via:?}", daily, parked = 1);
        let texts = daily.findings.iter().map(|finding| &finding.text);
        assert!(texts.eq([&reason]), "{via:?}");

        // The operator has checked that it does not exist.
        harness.retry("c-1").await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, uploaded = 1, parked = 0);
        assert_eq!(uploads_and_parked(&harness).await, (2, 0), "{via:?}");
        assert!(harness.document_of("c-1").is_some());
        assert!(is_not_parked(harness.retry("c-1").await));
        harness.advance(DAY);
        let report = harness.certificates_now().await;
        assert_counts!("{via:?}", report, uploaded = 0);
    }
}

/// A retry permits one upload; its unknown outcome is a new one.
#[tokio::test]
async fn a_retry_uploads_once_and_is_parked_again_if_its_reply_is_lost_too() {
    for (via, blind, _) in [BLIND[0], BLIND[4]] {
        let harness = company(via).await;
        blind(&harness);
        harness.fail_uploads(Fault::new(Behaviour::Close).times(2));
        harness.certificates_now().await;
        let report = harness.certificates_after(DAY * 7).await;
        assert_counts!("{via:?}", report, parked = 1);
        harness.retry("c-1").await.unwrap();
        harness.retry("c-1").await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, outcome_unknown = 1, parked = 0);
        let report = harness.certificates_after(DAY * 7).await;
        assert_counts!("{via:?}", report, parked = 1);
        assert_eq!(harness.uploads(), 2, "{via:?}");
        // The operator found it, or does not want it.
        harness.dismiss("c-1").await.unwrap();
        for _ in 0..3 {
            let report = harness.certificates_tick().await;
            assert_run!("{via:?}", report, Outcome::Unchanged, parked = 0);
            harness.advance(DAY);
        }
        assert_eq!(uploads_and_parked(&harness).await, (2, 0), "{via:?}");
        let state = harness.state_of("c-1").await;
        assert!(matches!(state, Some(CertificateState::Dismissed { .. })));
    }
}

/// Once the right is granted, the operator's retry searches first and finds the document.
#[tokio::test]
async fn a_retry_searches_first_where_documents_can_be_listed() {
    for (via, blind, _) in BLIND {
        let harness = company(via).await;
        blind(&harness);
        harness.fail_uploads(Fault::new(Behaviour::LoseReply));
        harness.certificates_now().await;
        let report = harness.certificates_after(DAY * 7).await;
        assert_counts!("{via:?}", report, parked = 1);
        harness.personio.allow_reading_documents(true);
        if let Some(kombo) = &harness.company.kombo {
            kombo.allow_passthrough(INTEGRATION, true);
        }
        harness.retry("c-1").await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, verified = 1, parked = 0);
        let documents = harness.personio.documents().len();
        assert_eq!((harness.uploads(), documents), (1, 1), "{via:?}");
    }
}

#[tokio::test]
async fn a_failing_search_is_repeated_for_a_week() {
    use Via::{Direct, Kombo, KomboPassthrough};
    let status = Behaviour::Status;
    for (via, fault) in [
        (Direct, status(500, Body::Vendor)),
        (Direct, status(200, Body::Html)),
        (KomboPassthrough, Behaviour::TruncateJson),
        (Kombo, status(404, Body::Html)),
    ] {
        let what = format!("{via:?} {fault:?}");
        let harness = company_with_simulated_pauses(via).await;
        harness.fail_uploads(Fault::new(Behaviour::LoseReply));
        harness.fail_finding(Fault::new(fault).always());
        let report = harness.certificates_now().await;
        assert_counts!("{what}", report, outcome_unknown = 1);
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, outcome_unknown = 1, parked = 0);
        harness.advance(DAY * 7 - CERTIFICATE_TICK * 3);
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, outcome_unknown = 1, parked = 0);
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, outcome_unknown = 0, parked = 1);
        assert_eq!(uploads_and_parked(&harness).await, (1, 1), "{what}");

        harness.clear_faults();
        harness.retry("c-1").await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, verified = 1);
        assert_eq!(harness.uploads(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_refused_document_is_retried_with_growing_pauses_and_parked_at_the_fifth_refusal() {
    let harness = company(Via::Direct).await;
    let refusal = Behaviour::Status(422, Body::Vendor);
    harness.fail_uploads(Fault::new(refusal.clone()));
    let first = harness.certificates_now().await;
    assert_counts!(first, failed = 1, uploaded = 0);
    harness.issue([completed("c-2", 2, "Erste Hilfe", "2026-05-11T06:00:00Z")]);
    let second = harness.certificates_now().await;
    assert_counts!("others go on", second, uploaded = 1);
    harness.fail_uploads(Fault::new(refusal).times(4));
    let mut tried = Vec::new();
    for tick in 1..=40 {
        let before = harness.uploads();
        let report = harness.certificates_tick().await;
        if harness.uploads() > before {
            tried.push(tick);
            assert_failed_or_parked(&report, tried.len() - 1);
        }
    }
    // After 30 minutes, 1, 2 and 4 hours.
    assert_eq!(tried, [1, 3, 7, 15]);
    let reason = reason(&harness).await;
    let says = reason.contains("5 tries") && reason.contains("422");
    assert!(says, "{reason}");

    harness.retry("c-1").await.unwrap();
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1, parked = 0);
    assert_eq!(harness.titles(1).len(), 1);
}

#[tokio::test]
async fn a_dismissed_certificate_stays_out_of_full_scans() {
    let harness = company(Via::Direct).await;
    harness.fail_uploads(Fault::new(Behaviour::Status(422, Body::Vendor)));
    assert_eq!(harness.certificates_now().await.counts.failed, 1);
    harness.dismiss("c-1").await.unwrap();
    harness.dismiss("c-1").await.unwrap();
    assert!(is_not_parked(harness.retry("c-1").await));
    harness.advance(CERTIFICATE_TICK);
    let report = harness.certificates_in(Mode::FullScan).await;
    assert_run!(report, Outcome::Unchanged, settled = 1);
    assert_eq!(harness.uploads(), 1);
}
