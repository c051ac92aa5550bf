//! Credentials, rights and vendors that fail: a clear word, nothing lost, nothing doubled, and on with it once they are
//! back.

use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Harness, ROUTES};
use jiff::SignedDuration;
use local::INTEGRATION;
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome, Progress};
use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use shared::tenant::Via;
use simulators::{Behaviour, Body, personio, reteach};

use crate::broken_connections::{
    ALL, BrokenConnection, DIRECT, KOMBO, UNIFIED, broken, common, kombo,
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
                harness.company.personio.allow_writing_documents(false);
            },
            Outcome::AccessDenied,
            "Documents: write",
            |harness| harness.company.personio.allow_writing_documents(true),
        ),
        broken(
            "documents are off in Kombo's scope config",
            UNIFIED,
            |harness| kombo(harness).allow_documents(INTEGRATION, false),
            Outcome::AccessDenied,
            "Manage documents",
            |harness| kombo(harness).allow_documents(INTEGRATION, true),
        ),
        broken(
            "reteach forbids it",
            ALL,
            |harness| fail_participations(harness, Behaviour::Status(403, Body::Vendor)),
            Outcome::AccessDenied,
            "does not allow this",
            Harness::clear_faults,
        ),
        broken(
            "reteach answers with a page",
            ALL,
            |harness| fail_participations(harness, Behaviour::Status(200, Body::Html)),
            Outcome::ReteachUnavailable,
            "reteach GET /participation",
            Harness::clear_faults,
        ),
        broken(
            "reteach's answer breaks off",
            ALL,
            |harness| fail_participations(harness, Behaviour::TruncateJson),
            Outcome::ReteachUnavailable,
            "reteach GET /participation",
            Harness::clear_faults,
        ),
        broken(
            "reteach no longer has the endpoint",
            ALL,
            |harness| fail_participations(harness, Behaviour::Status(404, Body::Vendor)),
            Outcome::ReteachUnavailable,
            "reteach GET /participation",
            Harness::clear_faults,
        ),
    ];
    common().into_iter().chain(own).collect()
}

#[tokio::test]
async fn every_broken_connection_is_named_and_recovers() {
    for BrokenConnection {
        name,
        routes,
        begin,
        outcome,
        says,
        end,
    } in broken_connections()
    {
        for via in routes {
            let label = format!("{via:?}: {name}");
            let harness = certified(*via, 12).await;
            let root = async || {
                let start = harness
                    .world
                    .stack
                    .store()
                    .certificate_start(&harness.company.tenant)
                    .await;
                start
                    .unwrap()
                    .root
                    .map(|root| (root.read_at, root.scanned_at))
            };
            begin(&harness);
            for _ in 0..3 {
                let report = harness.certificates_tick().await;
                assert_eq!(report.outcome, outcome, "{label}: {report:#?}");
                assert!(report.message.contains(says), "{label}: {}", report.message);
                assert!(harness.company.personio.documents().is_empty(), "{label}");
                nothing_is_held_against_any(&harness).await;
            }
            // Four are under way at once when the first no comes.
            let uploads = harness
                .company
                .personio
                .calls(personio::Endpoint::UploadDocument);
            assert!(uploads <= 3 * 4, "{label}: {uploads} attempts");
            if outcome == Outcome::ReteachUnavailable {
                assert_eq!(root().await, None, "{label}: nothing counts as read");
            }
            end(&harness);
            let report = harness.certificates_tick().await;
            assert_eq!(
                (report.outcome, report.counts.uploaded),
                (Outcome::Done, 12),
                "{label}: {report:#?}"
            );
            all_are_filed(&harness, 12).await;
        }
    }
}

/// New credentials, at the vendor and in the secret.
struct Rotation {
    name: &'static str,
    routes: &'static [Via],
    at_the_vendor: fn(&Harness),
    in_the_secret: fn(&mut TenantSecret),
}

fn rotations() -> [Rotation; 3] {
    [
        Rotation {
            name: "personio",
            routes: DIRECT,
            at_the_vendor: |harness| {
                harness
                    .company
                    .personio
                    .rotate_secret("papi-client", "papi-new")
            },
            in_the_secret: |secret| {
                let new = PersonioSecret {
                    client_id: "papi-client".into(),
                    client_secret: "papi-new".into(),
                };
                secret.personio = Some(new);
            },
        },
        Rotation {
            name: "kombo",
            routes: KOMBO,
            at_the_vendor: |harness| {
                kombo(harness).revoke_api_key("kombo-key");
                kombo(harness).add_api_key("kombo-new");
            },
            in_the_secret: |secret| {
                secret.kombo = Some(KomboSecret {
                    api_key: "kombo-new".into(),
                })
            },
        },
        Rotation {
            name: "reteach",
            routes: ALL,
            at_the_vendor: |harness| {
                harness.company.reteach.remove_credentials("reteach-client");
                harness.company.reteach.revoke_tokens();
                harness
                    .company
                    .reteach
                    .add_credentials("new-client", "new-secret", "new-code");
            },
            in_the_secret: |secret| {
                secret.reteach = Some(ReteachSecret {
                    client_id: "new-client".into(),
                    client_secret: "new-secret".into(),
                    client_code: "new-code".into(),
                });
            },
        },
    ]
}

#[tokio::test]
async fn a_secret_rotated_during_a_run_is_used_within_that_run() {
    for Rotation {
        name,
        routes,
        at_the_vendor,
        in_the_secret,
    } in rotations()
    {
        for via in routes {
            let label = format!("{via:?} {name}");
            let harness = certified(*via, 20).await;
            // Every address has to be asked for anew: all vendors are needed to the end.
            harness
                .company
                .reteach
                .downloads()
                .set_url_lifetime(SignedDuration::from_secs(60));
            // A warm function has the old secret in its hands.
            harness.certificates(Mode::DryRun, Deadline::never()).await;
            let mut secret = harness.company.secret();
            in_the_secret(&mut secret);
            harness
                .world
                .stack
                .secrets()
                .put(&harness.company.tenant, &secret)
                .await
                .unwrap();
            let applied = AtomicUsize::new(0);
            let watch = |progress| match progress {
                Progress::Planned(_) => harness.world.clock.advance(SignedDuration::from_secs(61)),
                Progress::Applied if applied.fetch_add(1, Ordering::SeqCst) == 4 => {
                    at_the_vendor(&harness)
                }
                Progress::Applied | Progress::Read(_) => {}
            };
            let report = run_watched(&harness, &watch).await;
            assert_eq!(
                (report.outcome, report.counts.uploaded),
                (Outcome::Done, 20),
                "{label}: {report:#?}"
            );
            all_are_filed(&harness, 20).await;
        }
    }
}

#[tokio::test]
async fn failures_before_a_rotated_secret_is_used_are_reported() {
    let [
        Rotation {
            at_the_vendor,
            in_the_secret,
            ..
        },
        ..,
    ] = rotations();
    let harness = certified(Via::Direct, 20).await;
    deliver(&harness, "c-020", reteach::Delivery::NotAPdf);
    harness.certificates(Mode::DryRun, Deadline::never()).await;
    let mut secret = harness.company.secret();
    in_the_secret(&mut secret);
    harness
        .world
        .stack
        .secrets()
        .put(&harness.company.tenant, &secret)
        .await
        .unwrap();
    let report = with_meanwhile(&harness, at_the_vendor).await;
    let counts = report.counts;
    assert_eq!(
        (report.outcome, counts.uploaded, counts.failed),
        (Outcome::Done, 19, 1),
        "{report:#?}"
    );
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
        harness.company.personio.allow_writing_documents(false);
        let report = harness.certificates_now().await;
        assert_eq!(
            (report.outcome, report.counts.remaining),
            (Outcome::AccessDenied, 60),
            "{via:?} {report:#?}"
        );
        let uploads = harness
            .company
            .personio
            .calls(personio::Endpoint::UploadDocument);
        assert!((1..=4).contains(&uploads), "{via:?} {uploads}");
        let listed = harness
            .company
            .reteach
            .calls(reteach::Endpoint::ListParticipations);
        assert_eq!(listed, 1, "{via:?}");
    }
}
