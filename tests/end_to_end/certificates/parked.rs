//! Unknown outcomes and repeated refusals are parked for the operator, with the reason and the remedy.

use harness::{CERTIFICATE_TICK, Harness, ROUTES, completed, people};
use http::StatusCode;
use jiff::SignedDuration;
use local::INTEGRATION;
use shared::domain::id::CertificateId;
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::state::{CertificateState, StateError};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};

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
    harness.company.reteach.add_participation(completed(
        "c-1",
        1,
        "Brandschutz",
        "2026-05-11T07:00:00Z",
    ));
    harness
}

fn c1() -> CertificateId {
    CertificateId::new("c-1")
}

/// Why the certificate is parked.
async fn reason(harness: &Harness) -> String {
    match harness.state_of("c-1").await {
        Some(CertificateState::Parked { reason, .. }) => reason,
        other => panic!("{:?}: not parked: {other:?}", harness.company.via),
    }
}

async fn listed(harness: &Harness) -> usize {
    harness
        .world
        .stack
        .store()
        .parked_certificates(&harness.company.tenant)
        .await
        .unwrap()
        .len()
}

async fn retry(harness: &Harness) -> Result<(), StateError> {
    let store = harness.world.stack.store();
    store
        .retry_certificate(&harness.company.tenant, &c1(), harness.moment())
        .await
}

async fn dismiss(harness: &Harness) -> Result<(), StateError> {
    let store = harness.world.stack.store();
    store
        .dismiss_certificate(&harness.company.tenant, &c1(), harness.moment())
        .await
}

/// Withdraws what a search for documents needs.
type Blind = fn(&Harness);

/// Every cause that prevents a search for documents, and what the operator reads.
const BLIND: [(Via, Blind, &str); 5] = [
    (
        Via::Direct,
        |harness| harness.company.personio.allow_reading_documents(false),
        "\"Documents: read\"",
    ),
    (
        Via::Direct,
        |harness| {
            harness.company.personio.allow_reading_documents(false);
            harness
                .company
                .personio
                .refuse_reading_documents_with(StatusCode::UNAUTHORIZED);
        },
        "\"Documents: read\"",
    ),
    (
        Via::KomboPassthrough,
        |harness| harness.company.personio.allow_reading_documents(false),
        "\"Documents: read\"",
    ),
    (
        Via::Kombo,
        |harness| harness.company.personio.allow_reading_documents(false),
        "\"Documents: read\"",
    ),
    (
        Via::Kombo,
        |harness| {
            harness
                .company
                .kombo
                .as_ref()
                .unwrap()
                .allow_passthrough(INTEGRATION, false)
        },
        "scope config",
    ),
];

#[tokio::test]
async fn an_upload_that_cannot_be_searched_is_parked_with_the_missing_right() {
    for (via, blind, right) in BLIND {
        let harness = company(via).await;
        harness.fail_uploads(Fault::new(Behaviour::Close));
        assert_eq!(
            harness.certificates_now().await.counts.outcome_unknown,
            1,
            "{via:?}"
        );
        blind(&harness);
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, parked = 1, outcome_unknown = 0);
        let finding = report
            .findings
            .iter()
            .find(|finding| finding.kind == FindingKind::Parked)
            .unwrap();
        assert_eq!(
            (finding.certificate.clone(), finding.person.as_deref()),
            (Some(c1()), Some("1"))
        );
        let reason = reason(&harness).await;
        assert!(
            reason == finding.text && reason.contains(right),
            "{via:?}: {reason}"
        );
        assert!(reason.contains("retry or dismiss"), "{via:?}: {reason}");
        assert_eq!(
            (listed(&harness).await, harness.uploads()),
            (1, 1),
            "{via:?}"
        );

        // It is not searched again; it stays in the counts, and full scans report it again.
        let quiet = harness.certificates_tick().await;
        assert_run!("{via:?}", quiet, Outcome::Unchanged, parked = 1);
        assert!(
            quiet.findings.is_empty() && quiet.calls.personio + quiet.calls.kombo == 0,
            "{quiet:#?}"
        );
        harness.world.clock.advance(DAY);
        let daily = harness.certificates_now().await;
        assert_counts!("{via:?}", daily, parked = 1);
        assert_eq!(daily.findings.len(), 1, "{via:?}");
        assert_eq!(
            daily.findings.first().map(|finding| finding.text.as_str()),
            Some(reason.as_str())
        );

        // The operator has checked that it does not exist.
        retry(&harness).await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, uploaded = 1, parked = 0);
        assert_eq!(
            (harness.uploads(), listed(&harness).await),
            (2, 0),
            "{via:?}"
        );
        assert!(harness.document_of("c-1").is_some());
        assert!(
            matches!(retry(&harness).await, Err(StateError::NotParked { .. })),
            "{via:?}"
        );
        harness.world.clock.advance(DAY);
        assert_eq!(
            harness.certificates_now().await.counts.uploaded,
            0,
            "{via:?}"
        );
    }
}

/// A retry permits one upload; its unknown outcome is a new one.
#[tokio::test]
async fn a_retry_uploads_once_and_is_parked_again_if_its_reply_is_lost_too() {
    for (via, blind, _) in BLIND {
        let harness = company(via).await;
        blind(&harness);
        harness.fail_uploads(Fault::new(Behaviour::Close).times(2));
        harness.certificates_now().await;
        assert_eq!(
            harness.certificates_tick().await.counts.parked,
            1,
            "{via:?}"
        );
        retry(&harness).await.unwrap();
        retry(&harness).await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, outcome_unknown = 1, parked = 0);
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, parked = 1);
        assert_eq!(harness.uploads(), 2, "{via:?}");
        // The operator found it, or does not want it.
        dismiss(&harness).await.unwrap();
        for _ in 0..3 {
            let report = harness.certificates_tick().await;
            assert_run!("{via:?}", report, Outcome::Unchanged, parked = 0);
            harness.world.clock.advance(DAY);
        }
        assert_eq!(
            (harness.uploads(), listed(&harness).await),
            (2, 0),
            "{via:?}"
        );
        assert!(matches!(
            harness.state_of("c-1").await,
            Some(CertificateState::Dismissed { .. })
        ));
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
        assert_eq!(
            harness.certificates_tick().await.counts.parked,
            1,
            "{via:?}"
        );
        harness.company.personio.allow_reading_documents(true);
        if let Some(kombo) = &harness.company.kombo {
            kombo.allow_passthrough(INTEGRATION, true);
        }
        retry(&harness).await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, verified = 1, parked = 0);
        assert_eq!(
            (
                harness.uploads(),
                harness.company.personio.documents().len()
            ),
            (1, 1),
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn a_failing_search_is_repeated_for_a_week() {
    for (via, fault) in [
        (Via::Direct, Behaviour::Status(500, Body::Vendor)),
        (Via::Direct, Behaviour::Close),
        (Via::Direct, Behaviour::Status(404, Body::Vendor)),
        (Via::Direct, Behaviour::Status(200, Body::Html)),
        (
            Via::Direct,
            Behaviour::Status(200, Body::Json(r#"{"_data": 7}"#)),
        ),
        (Via::KomboPassthrough, Behaviour::Status(404, Body::Html)),
        (Via::KomboPassthrough, Behaviour::TruncateJson),
        (Via::Kombo, Behaviour::Status(502, Body::Html)),
    ] {
        let what = format!("{via:?} {fault:?}");
        let harness = company_with_simulated_pauses(via).await;
        harness.fail_uploads(Fault::new(Behaviour::LoseReply));
        harness.fail_finding(Fault::new(fault).always());
        assert_eq!(
            harness.certificates_now().await.counts.outcome_unknown,
            1,
            "{what}"
        );
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, outcome_unknown = 1, parked = 0);
        harness.world.clock.advance(DAY * 7 - CERTIFICATE_TICK * 3);
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, outcome_unknown = 1, parked = 0);
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, outcome_unknown = 0, parked = 1);
        assert_eq!(
            (harness.uploads(), listed(&harness).await),
            (1, 1),
            "{what}"
        );

        harness.clear_faults();
        retry(&harness).await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{what}", report, verified = 1);
        assert_eq!(harness.uploads(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_search_that_fails_once_is_retried() {
    for via in ROUTES {
        let harness = company(via).await;
        harness.fail_uploads(Fault::new(Behaviour::LoseReply));
        harness.certificates_now().await;
        harness.fail_finding(Fault::new(Behaviour::Status(503, Body::Html)));
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Done, verified = 1);
    }
}

#[tokio::test]
async fn a_refused_document_is_retried_with_growing_pauses_and_parked_at_the_fifth_refusal() {
    for via in ROUTES {
        let harness = company(via).await;
        let refusal = Behaviour::Status(422, Body::Vendor);
        harness.fail_uploads(Fault::new(refusal.clone()));
        let first = harness.certificates_now().await;
        assert_counts!("{via:?}", first, failed = 1, uploaded = 0);
        harness.company.reteach.add_participation(completed(
            "c-2",
            2,
            "Erste Hilfe",
            "2026-05-11T06:00:00Z",
        ));
        let second = harness.certificates_now().await;
        assert_counts!("{via:?}: others go on", second, uploaded = 1);
        harness.fail_uploads(Fault::new(refusal).times(4));
        let mut tried = Vec::new();
        for tick in 1..=40 {
            let before = harness.uploads();
            let report = harness.certificates_tick().await;
            if harness.uploads() > before {
                tried.push(tick);
                let expected = if tried.len() < 4 { (1, 0) } else { (0, 1) };
                assert_eq!(
                    (report.counts.failed, report.counts.parked),
                    expected,
                    "{via:?}: {report:#?}"
                );
            }
        }
        assert_eq!(
            tried,
            [1, 3, 7, 15],
            "{via:?}: after 30 minutes, 1, 2 and 4 hours"
        );
        let reason = reason(&harness).await;
        assert!(
            reason.contains("5 tries") && reason.contains("422") || via == Via::Kombo,
            "{reason}"
        );

        retry(&harness).await.unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, uploaded = 1, parked = 0);
        assert_eq!(harness.titles(1).len(), 1);
    }
}

#[tokio::test]
async fn a_dismissed_certificate_stays_out_of_full_scans() {
    let harness = company(Via::Direct).await;
    harness.fail_uploads(Fault::new(Behaviour::Status(422, Body::Vendor)));
    assert_eq!(harness.certificates_now().await.counts.failed, 1);
    dismiss(&harness).await.unwrap();
    dismiss(&harness).await.unwrap();
    assert!(matches!(
        retry(&harness).await,
        Err(StateError::NotParked { .. })
    ));
    harness.world.clock.advance(CERTIFICATE_TICK);
    let ran = harness
        .certificates(Mode::FullScan, Deadline::never())
        .await;
    assert_eq!(
        (ran.report.outcome, ran.report.counts.settled),
        (Outcome::Unchanged, 1),
        "{:#?}",
        ran.report
    );
    assert_eq!(harness.uploads(), 1);
}
