//! What nobody can tell, and what is refused again and again, is left for the operator, with the reason and what to do.

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

/// A company of three with one certificate to be filed.
async fn company(via: Via) -> Harness {
    let harness = Harness::synced(via, "", people(3)).await;
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

/// Takes away what is needed to look for documents.
type Blind = fn(&Harness);

/// Every way in which nobody can look for documents, and what the operator is told.
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
            harness.certificates_now().await.counts.doubtful,
            1,
            "{via:?}"
        );
        blind(&harness);
        let report = harness.certificates_tick().await;
        assert_eq!(
            (report.counts.parked, report.counts.doubtful),
            (1, 0),
            "{via:?}: {report:#?}"
        );
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

        // Nobody asks about it any more; it stays in the counts, and full scans tell of it again.
        let quiet = harness.certificates_tick().await;
        assert_eq!(
            (quiet.outcome, quiet.counts.parked),
            (Outcome::Unchanged, 1),
            "{via:?}: {quiet:#?}"
        );
        assert!(
            quiet.findings.is_empty() && quiet.calls.personio + quiet.calls.kombo == 0,
            "{quiet:#?}"
        );
        harness.world.clock.advance(DAY);
        let daily = harness.certificates_now().await;
        assert_eq!(
            (daily.counts.parked, daily.findings.len()),
            (1, 1),
            "{via:?}: {daily:#?}"
        );
        assert_eq!(
            daily.findings.first().map(|finding| finding.text.as_str()),
            Some(reason.as_str())
        );

        // The operator has looked: it is not there.
        retry(&harness).await.unwrap();
        let report = harness.certificates_tick().await;
        assert_eq!(
            (report.counts.uploaded, report.counts.parked),
            (1, 0),
            "{via:?}: {report:#?}"
        );
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

/// The operator's word is good for one upload: the next doubt is a new one.
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
        assert_eq!(
            (report.counts.doubtful, report.counts.parked),
            (1, 0),
            "{via:?}: {report:#?}"
        );
        let report = harness.certificates_tick().await;
        assert_eq!(
            (report.counts.parked, harness.uploads()),
            (1, 2),
            "{via:?}: {report:#?}"
        );
        // The operator finds it, or does not want it.
        dismiss(&harness).await.unwrap();
        for _ in 0..3 {
            let report = harness.certificates_tick().await;
            assert_eq!(
                (report.outcome, report.counts.parked),
                (Outcome::Unchanged, 0),
                "{via:?}: {report:#?}"
            );
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

/// The right is granted meanwhile: then the operator's retry looks first, and finds it.
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
        assert_eq!(
            (report.counts.verified, report.counts.parked),
            (1, 0),
            "{via:?}: {report:#?}"
        );
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
        let harness = company(via).await;
        harness.fail_uploads(Fault::new(Behaviour::LoseReply));
        harness.fail_finding(Fault::new(fault).always());
        assert_eq!(
            harness.certificates_now().await.counts.doubtful,
            1,
            "{what}"
        );
        let report = harness.certificates_tick().await;
        assert_eq!(
            (report.counts.doubtful, report.counts.parked),
            (1, 0),
            "{what}: {report:#?}"
        );
        harness.world.clock.advance(DAY * 7 - CERTIFICATE_TICK * 3);
        let report = harness.certificates_tick().await;
        assert_eq!(
            (report.counts.doubtful, report.counts.parked),
            (1, 0),
            "{what}: {report:#?}"
        );
        let report = harness.certificates_tick().await;
        assert_eq!(
            (report.counts.doubtful, report.counts.parked),
            (0, 1),
            "{what}: {report:#?}"
        );
        assert_eq!(
            (harness.uploads(), listed(&harness).await),
            (1, 1),
            "{what}"
        );

        harness.clear_faults();
        retry(&harness).await.unwrap();
        let report = harness.certificates_tick().await;
        assert_eq!(
            (report.counts.verified, harness.uploads()),
            (1, 1),
            "{what}: {report:#?}"
        );
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
        assert_eq!(
            (report.counts.verified, report.outcome),
            (1, Outcome::Done),
            "{via:?}: {report:#?}"
        );
    }
}

#[tokio::test]
async fn a_refused_document_is_retried_with_growing_pauses_and_parked_at_the_fifth_refusal() {
    for via in ROUTES {
        let harness = company(via).await;
        let refusal = Behaviour::Status(422, Body::Vendor);
        harness.fail_uploads(Fault::new(refusal.clone()));
        let first = harness.certificates_now().await;
        assert_eq!(
            (first.counts.failed, first.counts.uploaded),
            (1, 0),
            "{via:?}: {first:#?}"
        );
        harness.company.reteach.add_participation(completed(
            "c-2",
            2,
            "Erste Hilfe",
            "2026-05-11T06:00:00Z",
        ));
        let second = harness.certificates_now().await;
        assert_eq!(
            second.counts.uploaded, 1,
            "{via:?}: others go on: {second:#?}"
        );
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
        assert_eq!(
            (report.counts.uploaded, report.counts.parked),
            (1, 0),
            "{via:?}: {report:#?}"
        );
        assert_eq!(harness.titles(1).len(), 1);
    }
}

/// Everything the run would do about it stays as the operator decided, in every mode.
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
