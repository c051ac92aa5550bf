//! Bad files and forbidden addresses: their certificate waits with a reason, all others are filed.

use harness::{Harness, ROUTES};
use jiff::SignedDuration;
use shared::domain::id::CertificateId;
use shared::runtime::{FindingKind, Outcome, Progress};
use shared::tenant::Via;
use simulators::reteach::{Delivery, Endpoint};
use std::time::Duration;

use super::fixture::{PAUSES, all_are_filed, certified, deliver, finding, id, run_watched};

/// Personio's limit for a file.
const LARGEST: u64 = 30 * 1024 * 1024;

/// A delivery and the expected reason.
struct Bad {
    name: &'static str,
    delivery: fn(&Harness) -> Delivery,
    says: &'static str,
}

fn bad() -> Vec<Bad> {
    let bad = |name, delivery, says| Bad {
        name,
        delivery,
        says,
    };
    vec![
        bad("no PDF", |_| Delivery::NotAPdf, "is not a PDF"),
        bad("empty", |_| Delivery::Empty, "is empty"),
        bad(
            "31 MB",
            |_| Delivery::Pdf { size: LARGEST + 1 },
            "larger than 30 MB",
        ),
        bad(
            "31 MB in chunks",
            |_| Delivery::Chunked { size: LARGEST + 1 },
            "larger than 30 MB",
        ),
        bad(
            "says 31 MB",
            |_| Delivery::LyingLength {
                size: 400_000,
                announced: LARGEST + 1,
            },
            "larger than 30 MB",
        ),
        bad(
            "shorter than it says",
            |_| Delivery::LyingLength {
                size: 400_000,
                announced: 900_000,
            },
            "broke off",
        ),
        bad(
            "cut in the middle",
            |_| Delivery::CutMidBody { size: 400_000 },
            "broke off",
        ),
        bad("gone", |_| Delivery::Status(404), "no longer good (404)"),
        bad(
            "forbidden",
            |_| Delivery::Status(403),
            "no longer good (403)",
        ),
        bad("a loop", |_| Delivery::RedirectLoop, "redirected too often"),
        bad(
            "elsewhere",
            |harness| {
                Delivery::Elsewhere(format!(
                    "{}/x.pdf",
                    harness.company.reteach.downloads().localhost_url()
                ))
            },
            "leads to localhost, which is not in [reteach] download_hosts",
        ),
        bad(
            "led elsewhere",
            |harness| {
                Delivery::RedirectTo(format!(
                    "{}/x.pdf",
                    harness.company.reteach.downloads().localhost_url()
                ))
            },
            "leads to localhost, which is not in [reteach] download_hosts",
        ),
        bad(
            "led to the machine's own secrets",
            |_| Delivery::RedirectTo("https://169.254.169.254/latest/meta-data".into()),
            "leads to 169.254.169.254, which is not in [reteach] download_hosts",
        ),
        bad(
            "led to a private address",
            |_| Delivery::RedirectTo("https://10.0.0.1/c.pdf".into()),
            "leads to 10.0.0.1, which is not a public machine",
        ),
        bad(
            "not https",
            |_| Delivery::Elsewhere("http://files.example.com/c.pdf".into()),
            "is not https",
        ),
        bad(
            "no URL",
            |_| Delivery::Elsewhere("certificates/2.pdf".into()),
            "is no usable URL",
        ),
        bad(
            "a file of ours",
            |_| Delivery::Elsewhere("file:///etc/passwd".into()),
            "is no usable URL",
        ),
    ]
}

/// Allows the academy's file store and a private address.
async fn allow_a_private_host(harness: &Harness) {
    let file = harness
        .company
        .tenant_file("")
        .replace("[\"127.0.0.1\"]", "[\"127.0.0.1\", \"10.0.0.1\"]");
    harness.store_file(&file).await;
}

#[tokio::test]
async fn a_bad_file_waits_with_a_reason_and_the_others_are_filed() {
    for via in ROUTES {
        for Bad {
            name,
            delivery,
            says,
        } in bad()
        {
            let label = format!("{via:?}: {name}");
            let harness = certified(via, 3).await;
            allow_a_private_host(&harness).await;
            deliver(&harness, "c-002", delivery(&harness));
            let report = harness.certificates_now().await;
            assert_run!("{label}", report, Outcome::Done, uploaded = 2, failed = 1);
            let found = finding(&report, FindingKind::NotFiled, "c-002");
            assert_eq!(found.person.as_deref(), Some("2"), "{label}");
            assert!(found.text.contains(says), "{label}: {}", found.text);
            assert!(
                found.text.contains("tried again from 2026-05-11T08:30"),
                "{label}: {}",
                found.text
            );
            assert_eq!(
                harness
                    .company
                    .reteach
                    .downloads()
                    .requests_with_authorization(),
                0,
                "{label}"
            );

            deliver(&harness, "c-002", Delivery::Pdf { size: 2_000 });
            let report = harness.certificates_tick().await;
            assert_run!("{label}", report, Outcome::Done, uploaded = 1);
            all_are_filed(&harness, 3).await;
        }
    }
}

#[tokio::test]
async fn unusual_but_valid_files_are_filed() {
    for via in ROUTES {
        let harness = certified(via, 5).await;
        let drip = Delivery::Drip {
            size: 2_000,
            piece: 500,
            pause: Duration::from_millis(1),
        };
        deliver(&harness, "c-001", drip);
        deliver(&harness, "c-002", Delivery::Chunked { size: 200_000 });
        deliver(&harness, "c-003", Delivery::RedirectHere { size: 2_000 });
        deliver(&harness, "c-004", Delivery::Pdf { size: LARGEST });
        harness
            .company
            .reteach
            .downloads()
            .set_content_type(Some("application/octet-stream"));
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 5);
        all_are_filed(&harness, 5).await;
    }
}

#[tokio::test]
async fn many_bad_files_stop_no_other_certificate() {
    for delivery in [
        Delivery::Status(404),
        Delivery::Status(403),
        Delivery::NotAPdf,
        Delivery::CutMidBody { size: 400_000 },
    ] {
        for via in ROUTES {
            let harness = certified(via, 14).await;
            for number in 5..=14 {
                deliver(&harness, &id(number), delivery.clone());
            }
            let report = harness.certificates_now().await;
            let counts = report.counts;
            let end = (
                report.outcome,
                counts.uploaded,
                counts.failed,
                counts.remaining,
            );
            assert_eq!(
                end,
                (Outcome::Done, 4, 10, 0),
                "{via:?} {delivery:?}: {report:#?}"
            );
        }
    }
}

#[tokio::test]
async fn a_withdrawn_url_is_requested_again_once() {
    for status in [400, 401, 403, 404, 410] {
        let harness = certified(Via::Direct, 1).await;
        deliver(&harness, "c-001", Delivery::Status(status));
        let report = harness.certificates_now().await;
        assert_eq!(report.counts.failed, 1, "{report:#?}");
        let text = &finding(&report, FindingKind::NotFiled, "c-001").text;
        assert!(text.contains("nor is a fresh one"), "{text}");
        assert_eq!(asked_for_one(&harness), 1, "{status}");
        assert_eq!(
            harness.company.reteach.downloads().requests().len(),
            2,
            "{status}"
        );
    }
}

/// Requests for a single certificate.
fn asked_for_one(harness: &Harness) -> usize {
    let is_one = |request: &simulators::Received| {
        request
            .query
            .iter()
            .any(|(name, _)| name == "customerCertificateId")
    };
    harness
        .asked()
        .iter()
        .filter(|request| is_one(request))
        .count()
}

#[tokio::test]
async fn expired_signed_urls_are_requested_again() {
    // All expire before the first download; or one by one, where only we download them.
    let at_once = |progress| {
        if matches!(progress, Progress::Planned(_)) {
            60
        } else {
            0
        }
    };
    let by_and_by = |progress| if progress == Progress::Applied { 1 } else { 0 };
    type Passing = fn(Progress) -> i64;
    let cases: [(Via, Passing, _); 4] = [
        (Via::Direct, at_once, 60..=60),
        (Via::KomboPassthrough, at_once, 60..=60),
        (Via::Kombo, at_once, 60..=60),
        (Via::Direct, by_and_by, 20..=40),
    ];
    for (via, seconds, expected) in cases {
        let harness = certified(via, 60).await;
        harness
            .company
            .reteach
            .downloads()
            .set_url_lifetime(SignedDuration::from_secs(30));
        let watch = |progress| {
            harness
                .world
                .clock
                .advance(SignedDuration::from_secs(seconds(progress)))
        };
        let report = run_watched(&harness, &watch).await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 60);
        let asked = asked_for_one(&harness);
        assert!(expected.contains(&asked), "{via:?} {asked}");
        assert_eq!(
            harness.company.reteach.calls(Endpoint::ListParticipations),
            1 + asked,
            "{via:?}"
        );
        all_are_filed(&harness, 60).await;
    }
}

#[tokio::test]
async fn a_file_that_stays_bad_is_parked_at_the_fifth_failure_until_the_operator_retries_it() {
    for via in ROUTES {
        let harness = certified(via, 2).await;
        deliver(&harness, "c-002", Delivery::NotAPdf);
        assert_eq!(harness.certificates_now().await.counts.uploaded, 1);
        for (before, minutes) in PAUSES.into_iter().enumerate() {
            harness
                .world
                .clock
                .advance(SignedDuration::from_mins(minutes - 1));
            let early = harness.certificates_now().await;
            assert_counts!("{via:?} {before}", early, failed = 0, parked = 0);
            harness.world.clock.advance(SignedDuration::from_mins(1));
            let report = harness.certificates_now().await;
            let expected = if before == 3 { (0, 1) } else { (1, 0) };
            assert_eq!(
                (report.counts.failed, report.counts.parked),
                expected,
                "{via:?} {before}: {report:#?}"
            );
            if before == 3 {
                let text = &finding(&report, FindingKind::Parked, "c-002").text;
                assert!(
                    text.contains("given up after 5 tries") && text.contains("not a PDF"),
                    "{text}"
                );
            }
        }
        deliver(&harness, "c-002", Delivery::Pdf { size: 2_000 });
        harness.company.reteach.downloads().reset_log();
        let later = harness.certificates_tick().await;
        assert_counts!(
            "{via:?}: parked is left alone",
            later,
            uploaded = 0,
            parked = 1
        );
        assert!(harness.company.reteach.downloads().requests().is_empty());

        let (store, tenant) = (harness.world.stack.store(), &harness.company.tenant);
        store
            .retry_certificate(tenant, &CertificateId::new("c-002"), harness.moment())
            .await
            .unwrap();
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, uploaded = 1, parked = 0);
        all_are_filed(&harness, 2).await;
    }
}

#[tokio::test]
async fn kombo_receives_the_validated_bytes() {
    for via in [Via::KomboPassthrough, Via::Kombo] {
        let harness = certified(via, 2).await;
        let academy = &harness.company.reteach;
        // The first URL is on the academy's own host, so it gets the token, and redirects to the second file.
        let file = academy.certificate_url("c-002").unwrap();
        deliver(
            &harness,
            "c-001",
            Delivery::Elsewhere(format!("{}/me", academy.base_url())),
        );
        academy.fail(
            simulators::Fault::new(simulators::Behaviour::Redirect(file))
                .path("/me")
                .always(),
        );
        let report = harness.certificates_now().await;
        assert_eq!(report.counts.uploaded, 2, "{via:?} {report:#?}");
        let bodies: Vec<_> = kombo_uploads(&harness);
        let with = |key: &str| {
            bodies
                .iter()
                .filter(|body| body.contains(&format!("\"{key}\":\"")))
                .count()
        };
        assert_eq!(
            (bodies.len(), with("data_url"), with("data")),
            (2, 0, 2),
            "{via:?}"
        );
        let (one, other) = (
            harness.document_of("c-001").unwrap(),
            harness.document_of("c-002").unwrap(),
        );
        assert_eq!(
            one.sha256, other.sha256,
            "{via:?}: the same bytes from either address"
        );
        assert_eq!(Some(other.sha256), academy.pdf_sha256("c-002"));
        assert_eq!(academy.downloads().requests_with_authorization(), 0);
    }
}

/// Bodies of uploads as Kombo received them.
fn kombo_uploads(harness: &Harness) -> Vec<String> {
    let requests = harness.company.kombo.as_ref().unwrap().requests();
    let bodies = requests
        .into_iter()
        .filter_map(|request| request.body)
        .map(|body| body.to_string());
    bodies
        .filter(|body| body.contains("\"content_type\":\"application/pdf\""))
        .collect()
}
