//! Bad files and forbidden addresses: their certificate waits with a reason, all others are filed.

use harness::{Harness, ROUTES, virtual_time};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome, Progress};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::reteach::{Delivery, Endpoint};
use simulators::{Behaviour, Body, Fault, RetryAfter};
use std::time::Duration;

use super::fixture::{
    PAUSES, all_are_filed, assert_failed_or_parked, certified, deliver, finding, id,
    nothing_is_held_against_any, run_watched,
};

/// Personio's limit for a file.
const LARGEST: u64 = 30 * 1024 * 1024;

const TOO_LARGE: u64 = LARGEST + 1;
const BAD: usize = 17;

/// Deliveries and the expected reason.
fn bad(harness: &Harness) -> [(&'static str, Delivery, &'static str); BAD] {
    use Delivery::{
        Chunked, CutMidBody, Elsewhere, Empty, LyingLength, NotAPdf, Pdf, RedirectLoop, RedirectTo,
        Status,
    };
    let (size, large, interrupted) = (400_000, "larger than 30 MB", "broke off");
    let lying = |announced| LyingLength { size, announced };
    let localhost = harness.reteach.downloads().localhost_url() + "/x.pdf";
    let foreign = "leads to localhost, which is not in [reteach] download_hosts";
    let metadata = "https://169.254.169.254/latest/meta-data".to_owned();
    let own_secrets = "leads to 169.254.169.254, which is not in [reteach] download_hosts";
    let private = "https://10.0.0.1/c.pdf".to_owned();
    let not_public = "leads to 10.0.0.1, which is not a public machine";
    let http = "http://files.example.com/c.pdf".to_owned();
    let (relative, file) = ("certificates/2.pdf".into(), "file:///etc/passwd".into());
    [
        ("no PDF", NotAPdf, "is not a PDF"),
        ("empty", Empty, "is empty"),
        ("31 MB", Pdf { size: TOO_LARGE }, large),
        ("31 MB in chunks", Chunked { size: TOO_LARGE }, large),
        ("says 31 MB", lying(TOO_LARGE), large),
        ("shorter than it says", lying(900_000), interrupted),
        ("cut in the middle", CutMidBody { size }, interrupted),
        ("gone", Status(404), "no longer good (404)"),
        ("forbidden", Status(403), "no longer good (403)"),
        ("a loop", RedirectLoop, "redirected too often"),
        ("elsewhere", Elsewhere(localhost.clone()), foreign),
        ("led elsewhere", RedirectTo(localhost), foreign),
        ("led to our secrets", RedirectTo(metadata), own_secrets),
        ("led to a private host", RedirectTo(private), not_public),
        ("not https", Elsewhere(http), "is not https"),
        ("no URL", Elsewhere(relative), "is no usable URL"),
        ("a file of ours", Elsewhere(file), "is no usable URL"),
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
    for number in 0..BAD {
        let via = ROUTES[number % ROUTES.len()];
        let harness = certified(via, 3).await;
        let (name, delivery, says) = bad(&harness)[number].clone();
        let label = format!("{via:?}: {name}");
        allow_a_private_host(&harness).await;
        deliver(&harness, "c-002", delivery);
        let report = harness.certificates_now().await;
        let elsewhere = u64::from(says.contains("download_hosts"));
        assert_run!("{label}", report, Outcome::Done, uploaded = 2);
        assert_counts!(report, failed = 1 - elsewhere, host_not_allowed = elsewhere);
        let found = finding(&report, FindingKind::NotFiled, "c-002");
        assert_eq!(found.person.as_deref(), Some("2"), "{label}");
        // A host is looked at on every tick: the tenant's file may allow it by then.
        let again = match elsewhere {
            0 => "tried again from 2026-05-11T08:30",
            _ => says,
        };
        for says in [says, again] {
            assert!(found.text.contains(says), "{label}: {}", found.text);
        }
        let downloads = harness.reteach.downloads();
        assert_eq!(downloads.requests_with_authorization(), 0, "{label}");

        deliver(&harness, "c-002", Delivery::Pdf { size: 2_000 });
        let report = harness.certificates_tick().await;
        assert_run!("{label}", report, Outcome::Done, uploaded = 1);
        all_are_filed(&harness, 3).await;
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
        let downloads = harness.reteach.downloads();
        downloads.set_content_type(Some("application/octet-stream"));
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 5);
        all_are_filed(&harness, 5).await;
    }
}

#[tokio::test]
async fn many_bad_files_stop_no_other_certificate() {
    let deliveries = [
        Delivery::Status(404),
        Delivery::Status(403),
        Delivery::NotAPdf,
        Delivery::CutMidBody { size: 400_000 },
    ];
    for (delivery, via) in deliveries.into_iter().zip(ROUTES.into_iter().cycle()) {
        let harness = certified(via, 14).await;
        for number in 5..=14 {
            deliver(&harness, &id(number), delivery.clone());
        }
        let report = harness.certificates_now().await;
        assert_run!("{via:?} {delivery:?}", report, Outcome::Done);
        assert_counts!(report, uploaded = 4, failed = 10, remaining = 0);
    }
}

/// A file's own status says nothing about the academy, and an address that does not answer is tried elsewhere first.
#[test]
fn files_that_answer_with_an_error_stop_no_other_certificate() {
    virtual_time::without_pauses(async {
        // A refusal, an error, and no answer.
        for status in [422, 500, 503] {
            let harness = certified(Via::Direct, 16).await;
            for number in 5..=16 {
                deliver(&harness, &id(number), Delivery::Status(status));
            }
            let report = harness.certificates_now().await;
            assert_run!("{status}", report, Outcome::Done, uploaded = 4, failed = 12);
        }
    });
}

/// Each file takes longer than an upload may: Personio has nothing to do with it.
#[test]
fn files_that_come_too_slowly_are_no_outage_of_personio() {
    virtual_time::without_pauses(async {
        let harness = certified(Via::Direct, 4).await;
        for number in 2..=4 {
            let drip = Delivery::Drip {
                size: 400_000,
                piece: 20_000,
                pause: Duration::from_secs(15),
            };
            deliver(&harness, &id(number), drip);
        }
        let report = harness.certificates_now().await;
        assert_run!(report, Outcome::Done, uploaded = 1, failed = 3);
        let text = &finding(&report, FindingKind::NotFiled, "c-004").text;
        assert!(text.contains("download broke off"), "{text}");
    });
}

#[test]
fn a_file_store_that_answers_nobody_is_an_outage_and_nobodys_failure() {
    virtual_time::without_pauses(async {
        let harness = certified(Via::Direct, 16).await;
        for number in 1..=16 {
            deliver(&harness, &id(number), Delivery::Status(503));
        }
        let report = harness.certificates_now().await;
        let outage = Outcome::ReteachUnavailable;
        assert_run!(report, outage, failed = 0, remaining = 16);
    });
}

#[tokio::test]
async fn bad_files_at_either_end_of_the_queue_are_parked_and_all_others_filed() {
    let newest_and_oldest = || (1..=3).chain(10..=14);
    for bad in [
        Vec::from_iter(1..=10),
        Vec::from_iter(9..=14),
        newest_and_oldest().collect(),
    ] {
        let harness = certified(Via::Direct, 14).await;
        for number in &bad {
            deliver(&harness, &id(*number), Delivery::NotAPdf);
        }
        let good = 14 - bad.len() as u64;
        let first = harness.certificates_now().await;
        assert_counts!("{bad:?}", first, uploaded = good);
        let mut last = first;
        for _ in 0..5 {
            last = harness
                .certificates_after(SignedDuration::from_hours(25))
                .await;
        }
        assert_counts!("{bad:?}", last, parked = bad.len() as u64, failed = 0);
    }
}

#[tokio::test]
async fn files_that_nobody_gets_are_one_outcome_and_no_failure_of_single_certificates() {
    for delivery in [
        Delivery::Status(403),
        Delivery::Status(404),
        Delivery::CutMidBody { size: 400_000 },
    ] {
        let harness = certified(Via::Direct, 14).await;
        for number in 1..=14 {
            deliver(&harness, &id(number), delivery.clone());
        }
        let report = harness.certificates_now().await;
        assert_run!("{delivery:?}", report, Outcome::AcademyRefuses, failed = 0);
        assert!(harness.personio.documents().is_empty());
    }
}

const LISTS: simulators::personio::Endpoint = simulators::personio::Endpoint::Documents;

/// The academy's own addresses redirect to a file store that the tenant's file does not allow.
fn at_refused_store() -> Delivery {
    Delivery::RedirectTo("https://cdn.example.com/c.pdf?signature=SECRET".to_owned())
}

#[tokio::test]
async fn a_refused_host_that_all_pdfs_lead_to_is_one_outcome_and_nobodys_failure() {
    let harness = certified(Via::Direct, 60).await;
    for number in 1..=60 {
        deliver(&harness, &id(number), at_refused_store());
    }
    let downloads = harness.reteach.downloads();
    for _ in 0..6 {
        downloads.reset_log();
        let lists = harness.personio.calls(LISTS);
        let report = harness
            .certificates_after(SignedDuration::from_hours(25))
            .await;
        let outcome = Outcome::HostNotAllowed;
        assert_run!(report, outcome, failed = 0, parked = 0);
        assert_counts!(report, host_not_allowed = 60, remaining = 0);
        assert_counts!(report, people_left = 0);
        let lists = harness.personio.calls(LISTS) - lists;
        assert!(lists < 20, "{lists} lists of documents");
        let says = "add \"cdn.example.com\" to download_hosts";
        assert!(report.message.contains(says), "{}", report.message);
        assert!(!format!("{report:?}").contains("SECRET"), "{report:#?}");
        let asked = downloads.requests().len();
        assert_eq!(asked, 60, "one call each");
    }
    assert!(harness.certificate_ledger().await.is_empty());
    for number in 1..=60 {
        deliver(&harness, &id(number), Delivery::default());
    }
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, uploaded = 60);
    all_are_filed(&harness, 60).await;
}

#[tokio::test]
async fn certificates_that_lead_to_a_refused_host_keep_no_other_from_being_filed() {
    // Newer ones, and nine in ten.
    type Case = (fn(u64) -> bool, u64, Outcome);
    let cases: [Case; 3] = [
        (|number| number > 36, 4, Outcome::Done),
        (|number| number > 10, 30, Outcome::HostNotAllowed),
        (|number| number % 10 != 7, 36, Outcome::HostNotAllowed),
    ];
    for (leads_elsewhere, elsewhere, outcome) in cases {
        let harness = certified(Via::Direct, 40).await;
        for number in (1..=40).filter(|number| leads_elsewhere(*number)) {
            deliver(&harness, &id(number), at_refused_store());
        }
        for uploaded in [40 - elsewhere, 0] {
            let report = harness.certificates_tick().await;
            assert_run!("{elsewhere}", report, outcome, uploaded = uploaded);
            assert_counts!("{elsewhere}", report, host_not_allowed = elsewhere);
            assert_counts!("{elsewhere}", report, failed = 0, parked = 0, remaining = 0);
            assert!(format!("{report:?}").contains("cdn.example.com"));
        }
        nothing_is_held_against_any(&harness).await;
    }
}

/// The look-up by id finds nothing, although the list has them.
#[tokio::test]
async fn listed_certificates_that_are_not_found_by_their_ids_are_no_silent_success() {
    for (certificates, outcome, failed) in [(1, Outcome::Done, 1), (5, Outcome::AcademyRefuses, 0)]
    {
        let harness = certified(Via::Direct, certificates).await;
        for number in 1..=certificates {
            deliver(&harness, &id(number), Delivery::Status(403));
            let one = Fault::new(Behaviour::EmptyList).path("/participation");
            let one = one.query("customerCertificateId", id(number).leak());
            harness.reteach.fail(one.always());
        }
        let report = harness.certificates_now().await;
        assert_run!("{certificates}", report, outcome, failed = failed);
        let text = format!("{report:?}");
        assert!(
            text.contains("does not find the certificate by its id"),
            "{text}"
        );
    }
}

/// Bad files of one course hide good ones of other courses in fixed places.
#[tokio::test]
async fn certificates_of_other_courses_are_filed_behind_many_bad_ones() {
    let harness = Harness::with_folder(Via::Direct, "", harness::people(1)).await;
    let good = [17, 31, 44];
    for number in 1..=63 {
        let at = harness.moment() - SignedDuration::from_mins(number);
        let number = u64::try_from(number).unwrap();
        let course = match good.contains(&number) {
            true => format!("Kurs {number}"),
            false => "Brandschutz".to_owned(),
        };
        harness.issue([harness::completed(&id(number), 1, &course, &at.to_string())]);
        if !good.contains(&number) {
            deliver(&harness, &id(number), Delivery::NotAPdf);
        }
    }
    for _ in 0..5 {
        harness.certificates_tick().await;
    }
    assert_eq!(harness.personio.documents().len(), good.len());
}

#[tokio::test]
async fn a_withdrawn_url_is_requested_again_once() {
    let harness = certified(Via::Direct, 1).await;
    deliver(&harness, "c-001", Delivery::Status(410));
    let report = harness.certificates_now().await;
    assert_eq!(report.counts.failed, 1, "{report:#?}");
    let text = &finding(&report, FindingKind::NotFiled, "c-001").text;
    assert!(text.contains("nor is a fresh one"), "{text}");
    assert_eq!(asked_for_one(&harness), 1);
    assert_eq!(harness.reteach.downloads().requests().len(), 2);
}

/// Requests for a single certificate.
fn asked_for_one(harness: &Harness) -> usize {
    let is_one = |(name, _): &(String, String)| name == "customerCertificateId";
    let asked = harness.asked().into_iter();
    asked
        .filter(|request| request.query.iter().any(is_one))
        .count()
}

#[tokio::test]
async fn expired_signed_urls_are_requested_again() {
    // All expire before the first download; or one by one, where only we download them.
    let at_once = |progress| 60 * i64::from(matches!(progress, Progress::Planned(_)));
    let by_and_by = |progress| i64::from(progress == Progress::Applied);
    type Passing = fn(Progress) -> i64;
    let cases: [(Via, Passing, _); 4] = [
        (Via::Direct, at_once, 60..=60),
        (Via::KomboPassthrough, at_once, 60..=60),
        (Via::Kombo, at_once, 60..=60),
        (Via::Direct, by_and_by, 20..=40),
    ];
    for (via, seconds, expected) in cases {
        let harness = certified(via, 60).await;
        let downloads = harness.reteach.downloads();
        downloads.set_url_lifetime(SignedDuration::from_secs(30));
        let watch = |progress| harness.advance(SignedDuration::from_secs(seconds(progress)));
        let report = run_watched(&harness, &watch).await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 60);
        let asked = asked_for_one(&harness);
        assert!(expected.contains(&asked), "{via:?} {asked}");
        let lists = harness.reteach.calls(Endpoint::ListParticipations);
        assert_eq!(lists, 1 + asked, "{via:?}");
        all_are_filed(&harness, 60).await;
    }
}

/// A host that shows a log-in page, and no error, under an address that has expired.
#[tokio::test]
async fn an_address_that_shows_a_page_by_now_is_requested_again() {
    for via in ROUTES {
        let harness = certified(via, 12).await;
        let listed = harness.reteach.certificate_url("c-001").unwrap();
        let expires = listed.split(['=', '&']).nth(1).unwrap().to_owned();
        let page = Fault::new(Behaviour::Status(200, Body::Html));
        let page = page.query("X-Expires", expires.leak());
        harness.reteach.downloads().fail(page.always());
        // All of them expire before the first download.
        let watch = |progress| {
            if matches!(progress, Progress::Planned(_)) {
                harness.advance(SignedDuration::from_secs(60));
            }
        };
        let report = run_watched(&harness, &watch).await;
        assert_run!("{via:?}", report, Outcome::Done, uploaded = 12, failed = 0);
        assert_eq!(asked_for_one(&harness), 12, "{via:?}");
        all_are_filed(&harness, 12).await;
    }
}

/// Until the academy says whether there is another address, nothing is known of the file.
#[test]
fn a_page_counts_against_no_certificate_while_no_other_address_can_be_asked_for() {
    virtual_time::without_pauses(async {
        let limited = Behaviour::TooManyRequests(RetryAfter::None);
        let forbidden = Behaviour::Status(403, Body::Vendor);
        for (behaviour, outcome) in [
            (limited, Outcome::Partly),
            (forbidden, Outcome::AccessDenied),
        ] {
            let harness = certified(Via::Direct, 1).await;
            deliver(&harness, "c-001", Delivery::NotAPdf);
            let fault = Fault::new(behaviour).query("customerCertificateId", "c-001");
            harness.reteach.fail(fault.always());
            let report = harness.certificates_now().await;
            assert_run!("{outcome:?}", report, outcome, uploaded = 0, failed = 0);
            harness.clear_faults();
            assert_eq!(harness.certificates_tick().await.counts.failed, 1);
        }
    });
}

/// The academy shows its list and forbids one question: its file may be to blame.
#[tokio::test]
async fn a_question_for_another_address_that_is_forbidden_stops_no_other_certificate() {
    let harness = certified(Via::Direct, 10).await;
    deliver(&harness, "c-010", Delivery::NotAPdf);
    let fault = Fault::new(Behaviour::Status(403, Body::Vendor));
    let fault = fault.query("customerCertificateId", "c-010");
    harness.reteach.fail(fault.always());
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 9, failed = 1);
    let text = &finding(&report, FindingKind::NotFiled, "c-010").text;
    assert!(text.contains("403"), "{text}");
}

/// An academy that is down for one question refuses no file.
#[test]
fn a_page_is_no_refusal_while_the_question_for_another_address_fails() {
    virtual_time::without_pauses(async {
        let harness = certified(Via::Direct, 1).await;
        deliver(&harness, "c-001", Delivery::NotAPdf);
        let fault = Fault::new(Behaviour::Status(500, Body::Vendor));
        let fault = fault.query("customerCertificateId", "c-001");
        harness.reteach.fail(fault.always());
        let report = harness.certificates_now().await;
        let text = &finding(&report, FindingKind::NotFiled, "c-001").text;
        assert!(text.contains("500"), "{text}");
        let ledger = harness.certificate_ledger().await;
        let state = ledger.values().map(|entry| &entry.state).next();
        let Some(CertificateState::Failed(retry)) = state else {
            panic!("{ledger:#?}")
        };
        assert_eq!((retry.failures, retry.refusals), (1, 0));
    });
}

/// The fresh address is no better: a third one has no better chance.
#[tokio::test]
async fn a_fresh_address_that_has_expired_behind_a_page_is_requested_once() {
    let harness = certified(Via::Direct, 1).await;
    let listed = harness.reteach.certificate_url("c-001").unwrap();
    let expires = listed.split(['=', '&']).nth(1).unwrap().to_owned();
    let page = Fault::new(Behaviour::Status(200, Body::Html));
    let page = page.query("X-Expires", expires.leak());
    harness.reteach.downloads().fail(page.always());
    deliver(&harness, "c-001", Delivery::Status(403));
    let watch = |progress| {
        if matches!(progress, Progress::Planned(_)) {
            harness.advance(SignedDuration::from_secs(60));
        }
    };
    let report = run_watched(&harness, &watch).await;
    assert_eq!(report.counts.failed, 1, "{report:#?}");
    assert_eq!(asked_for_one(&harness), 1);
}

#[tokio::test]
async fn a_file_that_stays_bad_is_parked_at_the_fifth_failure_until_the_operator_retries_it() {
    let harness = certified(Via::Direct, 2).await;
    deliver(&harness, "c-002", Delivery::NotAPdf);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 1);
    for (before, minutes) in PAUSES.into_iter().enumerate() {
        harness.advance(SignedDuration::from_mins(minutes - 1));
        let early = harness.certificates_now().await;
        assert_counts!("{before}", early, failed = 0, parked = 0);
        harness.advance(SignedDuration::from_mins(1));
        let report = harness.certificates_now().await;
        assert_failed_or_parked(&report, before);
        if before == 3 {
            let text = &finding(&report, FindingKind::Parked, "c-002").text;
            assert!(text.contains("given up after 5 tries"), "{text}");
            assert!(text.contains("not a PDF"), "{text}");
        }
    }
    deliver(&harness, "c-002", Delivery::Pdf { size: 2_000 });
    harness.reteach.downloads().reset_log();
    let later = harness.certificates_tick().await;
    assert_counts!(later, uploaded = 0, parked = 1);
    assert!(harness.reteach.downloads().requests().is_empty());

    harness.retry("c-002").await.unwrap();
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1, parked = 0);
    all_are_filed(&harness, 2).await;
}

#[tokio::test]
async fn kombo_receives_the_validated_bytes() {
    for via in [Via::KomboPassthrough, Via::Kombo] {
        let harness = certified(via, 2).await;
        let academy = &harness.reteach;
        // The first URL is on the academy's own host, so it gets the token, and redirects to the second file.
        let file = academy.certificate_url("c-002").unwrap();
        let own = format!("{}/me", academy.base_url());
        deliver(&harness, "c-001", Delivery::Elsewhere(own));
        academy.fail(Fault::new(Behaviour::Redirect(file)).path("/me").always());
        let report = harness.certificates_now().await;
        assert_eq!(report.counts.uploaded, 2, "{via:?} {report:#?}");
        let uploads = kombo_uploads(&harness);
        let with = |key: &str| {
            let with = uploads.iter().filter(|body| body.contains(key));
            with.count()
        };
        let counts = (uploads.len(), with("\"data_url\":\""), with("\"data\":\""));
        assert_eq!(counts, (2, 0, 2), "{via:?}");
        // The same bytes from either address.
        let hash = academy.pdf_sha256("c-002");
        for id in ["c-001", "c-002"] {
            let document = harness.document_of(id).unwrap();
            assert_eq!(Some(document.sha256), hash, "{via:?} {id}");
        }
        assert_eq!(academy.downloads().requests_with_authorization(), 0);
    }
}

/// Bodies of uploads as Kombo received them.
fn kombo_uploads(harness: &Harness) -> Vec<String> {
    let requests = harness.kombo().requests().into_iter();
    let bodies = requests.filter_map(|request| Some(request.body?.to_string()));
    let pdf = "\"content_type\":\"application/pdf\"";
    bodies.filter(|body| body.contains(pdf)).collect()
}
