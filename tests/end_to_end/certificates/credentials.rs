//! Broken credentials, rights and vendors: a named outcome, nothing lost or filed twice, and filing continues after the repair.

use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Harness, ROUTES, virtual_time};
use jiff::SignedDuration;
use local::INTEGRATION;
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome, Progress};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault, personio, reteach};

use crate::broken_connections::{
    ALL, BrokenConnection, DIRECT, UNIFIED, broken, common, rotations,
};

use super::fixture::{
    all_are_filed, certified, deliver, fail_participations, finding, nothing_is_held_against_any,
    run_watched, with_meanwhile,
};

fn broken_connections() -> Vec<BrokenConnection> {
    let own = [
        broken(
            "the right to write documents is missing",
            ALL,
            |harness| {
                harness.personio.allow_writing_documents(false);
            },
            Outcome::AccessDenied,
            "Documents: write",
            |harness| harness.personio.allow_writing_documents(true),
        ),
        broken(
            "documents are off in Kombo's scope config",
            UNIFIED,
            |harness| harness.kombo().allow_documents(INTEGRATION, false),
            Outcome::AccessDenied,
            "Manage documents",
            |harness| harness.kombo().allow_documents(INTEGRATION, true),
        ),
        broken(
            "reteach forbids it",
            DIRECT,
            |harness| fail_participations(harness, Behaviour::Status(403, Body::Vendor)),
            Outcome::AccessDenied,
            "does not allow this",
            Harness::clear_faults,
        ),
        broken(
            "reteach answers with a page",
            DIRECT,
            |harness| fail_participations(harness, Behaviour::Status(200, Body::Html)),
            Outcome::ReteachUnavailable,
            "reteach GET /participation",
            Harness::clear_faults,
        ),
        broken(
            "reteach's answer breaks off",
            DIRECT,
            |harness| fail_participations(harness, Behaviour::TruncateJson),
            Outcome::ReteachUnavailable,
            "reteach GET /participation",
            Harness::clear_faults,
        ),
        broken(
            "reteach no longer has the endpoint",
            DIRECT,
            |harness| fail_participations(harness, Behaviour::Status(404, Body::Vendor)),
            Outcome::ReteachUnavailable,
            "reteach GET /participation",
            Harness::clear_faults,
        ),
    ];
    common().into_iter().chain(own).collect()
}

#[test]
fn every_broken_connection_is_named_and_recovers() {
    virtual_time::without_pauses(async {
        for case in broken_connections() {
            let (outcome, says) = (case.outcome, case.says);
            for via in case.routes {
                let label = format!("{via:?}: {}", case.name);
                let harness = certified(*via, 20).await;
                let root = async || {
                    let start = harness
                        .store()
                        .certificate_start(&harness.company.tenant)
                        .await;
                    start
                        .unwrap()
                        .checkpoint
                        .map(|checkpoint| checkpoint.listed_all_at)
                };
                (case.begin)(&harness);
                for _ in 0..3 {
                    let report = harness.certificates_tick().await;
                    assert_eq!(report.outcome, outcome, "{label}: {report:#?}");
                    assert!(report.message.contains(says), "{label}: {}", report.message);
                    assert!(harness.personio.documents().is_empty(), "{label}");
                    nothing_is_held_against_any(&harness).await;
                }
                // Four uploads are in flight when the first refusal comes, and three more while three others are tried.
                let uploads = harness.personio.calls(personio::Endpoint::UploadDocument);
                assert!(uploads <= 3 * 16, "{label}: {uploads} attempts");
                if outcome == Outcome::ReteachUnavailable {
                    assert_eq!(root().await, None, "{label}: nothing counts as read");
                }
                (case.end)(&harness);
                let report = harness.certificates_tick().await;
                assert_run!("{label}", report, Outcome::Done, uploaded = 20);
                all_are_filed(&harness, 20).await;
            }
        }
    });
}

#[tokio::test]
async fn a_secret_rotated_during_a_run_is_used_within_that_run() {
    for rotation in rotations() {
        for via in rotation.routes {
            let label = format!("{via:?} {}", rotation.name);
            let harness = certified(*via, 20).await;
            // Every signed URL has expired: all vendors are needed until the end.
            harness
                .reteach
                .downloads()
                .set_url_lifetime(SignedDuration::from_secs(60));
            // A warm function has cached the old secret.
            harness.certificates(Mode::DryRun, Deadline::never()).await;
            let mut secret = harness.company.secret();
            (rotation.in_the_secret)(&mut secret);
            harness.store_secret(&secret).await;
            let applied = AtomicUsize::new(0);
            let watch = |progress| match progress {
                Progress::Planned(_) => harness.advance(SignedDuration::from_secs(61)),
                Progress::Applied if applied.fetch_add(1, Ordering::SeqCst) == 4 => {
                    (rotation.at_the_vendor)(&harness)
                }
                Progress::Applied | Progress::Read(_) => {}
            };
            let report = run_watched(&harness, &watch).await;
            assert_run!("{label}", report, Outcome::Done, uploaded = 20);
            all_are_filed(&harness, 20).await;
        }
    }
}

#[tokio::test]
async fn failures_before_a_rotated_secret_is_used_are_reported() {
    let [rotation, ..] = rotations();
    let harness = certified(Via::Direct, 20).await;
    deliver(&harness, "c-020", reteach::Delivery::NotAPdf);
    harness.certificates(Mode::DryRun, Deadline::never()).await;
    let mut secret = harness.company.secret();
    (rotation.in_the_secret)(&mut secret);
    harness.store_secret(&secret).await;
    let report = with_meanwhile(&harness, rotation.at_the_vendor).await;
    assert_run!(report, Outcome::Done, uploaded = 19, failed = 1);
    assert_eq!(
        finding(&report, FindingKind::NotFiled, "c-020")
            .person
            .as_deref(),
        Some("20")
    );
}

#[tokio::test]
async fn a_missing_write_right_is_reported_after_one_round() {
    for via in ROUTES {
        let harness = certified(via, 60).await;
        harness.personio.allow_writing_documents(false);
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::AccessDenied, remaining = 60);
        let uploads = harness.personio.calls(personio::Endpoint::UploadDocument);
        // Four at a time: those under way with the first, three from elsewhere, and what begins until the last of them is answered.
        assert!((1..=30).contains(&uploads), "{via:?} {uploads}");
        let listed = harness.reteach.calls(reteach::Endpoint::ListParticipations);
        assert_eq!(listed, 1, "{via:?}");
    }
}

/// One upload alone shows little, but the folders cannot be read any more either.
#[tokio::test]
async fn a_right_that_is_missing_for_folders_too_is_no_certificates_failure() {
    let harness = certified(Via::Direct, 1).await;
    let refused = |status| Fault::new(Behaviour::Status(status, Body::Vendor));
    harness.fail_uploads(refused(401).times(2));
    let folders = refused(403).path("/v1/company/document-categories");
    // The run begins with the first look at them.
    harness.personio.fail(folders.nth(2).always());
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::AccessDenied, failed = 0, remaining = 1);
    nothing_is_held_against_any(&harness).await;
    harness.clear_faults();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, uploaded = 1);
}
