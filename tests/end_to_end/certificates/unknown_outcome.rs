//! Uploads with an unknown outcome are searched before anything is uploaded again: there is one document in the end.

use harness::{Harness, ROUTES, UploadAt, completed, people, virtual_time};
use jiff::SignedDuration;
use judge::Terms;
use shared::domain::id::DocumentId;
use shared::runtime::{FindingKind, Outcome};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::reteach::{Customer, Delivery};
use simulators::{Behaviour, Body, Fault, RetryAfter, personio};

use super::fixture::{PERSONIO, deliver, filed, finding};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A company of three, after its first runs.
async fn company(via: Via) -> Harness {
    let harness = Harness::synced(via, "", people(3)).await;
    harness.certificates_now().await;
    harness
}

fn issue(harness: &Harness, id: &str) {
    let now = harness.moment().to_string();
    harness.issue([completed(id, 1, "Brandschutz", &now)]);
}

/// The document's own id, which the ledger should contain.
fn id_of(harness: &Harness, certificate: &str) -> DocumentId {
    DocumentId::new(filed(harness, certificate).id.to_string())
}

/// One upload loses its reply to `behaviour`; later it is found, or uploaded again if it never took effect.
async fn check_unknown_outcome(
    harness: &Harness,
    at: UploadAt,
    behaviour: &Behaviour,
    takes_effect: bool,
    number: usize,
) {
    let what = format!("{:?} {at:?} {behaviour:?}", harness.company.via);
    let id = format!("c-{number}");
    issue(harness, &id);
    harness.fail_next_upload(at, behaviour.clone());
    let report = harness.certificates_now().await;
    assert_counts!("{what}", report, outcome_unknown = 1, uploaded = 0);
    assert_counts!("{what}", report, failed = 0);
    finding(&report, FindingKind::OutcomeUnknown, &id);
    let state = harness.state_of(&id).await;
    assert!(
        matches!(state, Some(CertificateState::Intended(_))),
        "{what}"
    );

    harness.advance(MINUTE * 15 - SignedDuration::from_secs(1));
    let early = harness.certificates_now().await;
    assert_counts!("{what}", early, outcome_unknown = 1);
    assert_eq!(early.calls.personio + early.calls.kombo, 0, "{what}");

    harness.advance(SignedDuration::from_secs(1));
    let sent = harness.uploads();
    let later = harness.certificates_now().await;
    assert_run!("{what}", later, Outcome::Done, outcome_unknown = 0);
    let (verified, uploaded) = (takes_effect.into(), (!takes_effect).into());
    assert_counts!("{what}", later, verified = verified, uploaded = uploaded);
    let again = harness.uploads() - sent;
    assert_eq!(again, usize::from(!takes_effect), "{what}");
    let known = harness.filed_as(&id).await;
    if takes_effect || harness.company.via != Via::Kombo {
        assert_eq!(known, Some(id_of(harness, &id)), "{what}");
    }
    let state = harness.state_of(&id).await;
    assert!(
        matches!(state, Some(CertificateState::Uploaded { .. })),
        "{what}"
    );
    assert_eq!(harness.personio.documents().len(), number, "{what}");
}

#[tokio::test]
async fn one_list_without_the_document_is_not_proof() {
    let lists = [
        Behaviour::EmptyList,
        Behaviour::DropRows(1),
        Behaviour::SkipRows(1),
    ];
    for (via, behaviour) in ROUTES.into_iter().zip(lists) {
        let harness = company(via).await;
        issue(&harness, "c-1");
        harness.fail_next_upload(UploadAt::on(via)[0], Behaviour::LoseReply);
        assert_eq!(harness.certificates_now().await.counts.outcome_unknown, 1);
        harness.advance(MINUTE * 15);
        let list = Fault::new(behaviour.clone()).path("/v2/document-management/documents");
        harness.personio.fail(list);
        let report = harness.certificates_now().await;
        assert_counts!("{behaviour:?}", report, verified = 1, uploaded = 0);
        let documents = harness.personio.documents().len();
        assert_eq!(documents, 1, "{via:?} {behaviour:?}");
    }
}

#[tokio::test]
async fn where_lists_show_no_comments_an_upload_of_unknown_outcome_is_parked_rather_than_repeated()
{
    for via in PERSONIO {
        let harness = company(via).await;
        harness
            .personio
            .set_quirks([personio::Quirk::HidesComments]);
        issue(&harness, "c-1");
        harness.fail_next_upload(UploadAt::Personio, Behaviour::LoseReply);
        assert_eq!(harness.certificates_now().await.counts.outcome_unknown, 1);
        let report = harness.certificates_after(MINUTE * 15).await;
        assert_counts!("{via:?}", report, parked = 1, uploaded = 0, verified = 0);
        assert!(
            finding(&report, FindingKind::Parked, "c-1")
                .text
                .contains("no comment")
        );
        assert_eq!(harness.personio.documents().len(), 1, "{via:?}");
        // An upload that did not arrive is sent again all the same.
        issue(&harness, "c-2");
        harness.fail_next_upload(UploadAt::Personio, Behaviour::Close);
        assert_eq!(harness.certificates_now().await.counts.outcome_unknown, 1);
        let report = harness.certificates_after(MINUTE * 15).await;
        assert_counts!("{via:?}", report, uploaded = 1);
        assert_eq!(harness.personio.documents().len(), 2, "{via:?}");
    }
}

/// Lists show nothing for a while, and what is sent meanwhile files nothing, also until it is parked.
#[tokio::test]
async fn a_document_that_was_hidden_from_two_lists_is_looked_for_before_each_further_attempt() {
    for (via, meanwhile, pauses) in [
        (Via::Direct, None, &[30, 30][..]),
        (Via::KomboPassthrough, Some(422), &[30, 30]),
        (Via::Direct, Some(500), &[30, 30]),
        (Via::KomboPassthrough, Some(422), &[30, 60, 120, 240, 480]),
    ] {
        let label = format!("{via:?} {meanwhile:?} {pauses:?}");
        let harness = company(via).await;
        harness.company.record(&harness.tape);
        issue(&harness, "c-1");
        harness.fail_next_upload(UploadAt::Personio, Behaviour::LoseReply);
        let report = harness.certificates_now().await;
        assert_counts!("{label}", report, outcome_unknown = 1);
        harness.fail_finding(Fault::new(Behaviour::EmptyList).always());
        match meanwhile {
            None => deliver(&harness, "c-1", Delivery::NotAPdf),
            Some(status) => {
                let refusal = Behaviour::Status(status, Body::Vendor);
                harness.fail_uploads(Fault::new(refusal).always());
            }
        }
        for minutes in pauses {
            let report = harness.certificates_after(MINUTE * *minutes).await;
            assert_counts!("{label}", report, uploaded = 0, verified = 0);
        }
        harness.clear_faults();
        if pauses.len() > 2 {
            let state = harness.state_of("c-1").await;
            let is_parked = matches!(state, Some(CertificateState::Parked { .. }));
            assert!(is_parked, "{label}: {state:?}");
            harness.retry("c-1").await.unwrap();
        }
        deliver(&harness, "c-1", Delivery::default());
        harness.certificates_after(MINUTE * 60).await;
        harness.certificates_after(MINUTE * 60).await;
        assert_eq!(harness.personio.documents().len(), 1, "{label}");
        let broken = harness.violations(&Terms::default());
        assert_eq!(broken, Vec::<String>::new(), "{label}");
        let state = harness.state_of("c-1").await;
        let is_filed = matches!(state, Some(CertificateState::Uploaded { .. }));
        assert!(is_filed, "{label}: {state:?}");
    }
}

#[test]
fn an_upload_of_unknown_outcome_is_searched_before_it_is_repeated() {
    virtual_time::without_pauses(async {
        for via in ROUTES {
            for at in UploadAt::on(via) {
                let harness = company(via).await;
                let mut number = 0;
                let lost = [
                    Behaviour::LoseReply,
                    Behaviour::CloseMidBody,
                    Behaviour::LateEffect(MINUTE * 10),
                    Behaviour::LateStatus(500, Body::Vendor),
                    Behaviour::LateStatus(502, Body::Html),
                    Behaviour::LateStatus(504, Body::Empty),
                    Behaviour::LateStatus(503, Body::TruncatedJson),
                    Behaviour::LateStatus(302, Body::Html),
                ];
                let nothing = [
                    Behaviour::Close,
                    Behaviour::Status(500, Body::Vendor),
                    Behaviour::Status(502, Body::Html),
                    Behaviour::Status(504, Body::Empty),
                    Behaviour::Redirect("https://personio.de/maintenance".to_owned()),
                ];
                let lost = lost.iter().map(|behaviour| (behaviour, true));
                let nothing = nothing.iter().map(|behaviour| (behaviour, false));
                for (behaviour, takes_effect) in lost.chain(nothing) {
                    number += 1;
                    check_unknown_outcome(&harness, *at, behaviour, takes_effect, number).await;
                }
            }
        }
    });
}

/// A 200 does not prove that the document was filed. How Kombo translates such an answer of Personio's is not ours to test.
#[tokio::test]
async fn an_unreadable_success_is_an_unknown_outcome() {
    for (via, at) in [
        (Via::Direct, UploadAt::Personio),
        (Via::KomboPassthrough, UploadAt::Personio),
        (Via::KomboPassthrough, UploadAt::Kombo),
        (Via::Kombo, UploadAt::Kombo),
    ] {
        let harness = company(via).await;
        let cases = [
            (Behaviour::TruncateJson, true),
            (Behaviour::LateStatus(200, Body::Html), true),
            (Behaviour::LateStatus(201, Body::Empty), true),
            (Behaviour::Status(200, Body::Html), false),
            (Behaviour::Status(200, Body::Json("{}")), false),
        ];
        for (number, (behaviour, takes_effect)) in cases.iter().enumerate() {
            check_unknown_outcome(&harness, at, behaviour, *takes_effect, number + 1).await;
        }
    }
}

#[tokio::test]
async fn kombo_error_codes_for_unknown_outcomes_are_recognised() {
    const UNAVAILABLE: &str = r#"{"status":"error","error":{"code":"REMOTE.SERVICE_UNAVAILABLE","title":"Down","message":""}}"#;
    const TIMED_OUT: &str = r#"{"status":"error","error":{"code":"PLATFORM.TASK_TIMED_OUT","title":"Slow","message":""}}"#;
    const NEW: &str =
        r#"{"status":"error","error":{"code":"PLATFORM.SOMETHING_NEW","title":"?","message":""}}"#;
    for via in [Via::KomboPassthrough, Via::Kombo] {
        let harness = company(via).await;
        let mut number = 0;
        let unavailable = [(503, UNAVAILABLE), (409, UNAVAILABLE)];
        for (status, text) in unavailable
            .into_iter()
            .chain([(504, TIMED_OUT), (400, NEW)])
        {
            for takes_effect in [true, false] {
                let behaviour = match takes_effect {
                    true => Behaviour::LateStatus(status, Body::Json(text)),
                    false => Behaviour::Status(status, Body::Json(text)),
                };
                number += 1;
                let at = UploadAt::Kombo;
                check_unknown_outcome(&harness, at, &behaviour, takes_effect, number).await;
            }
        }
    }
}

#[tokio::test]
async fn a_document_that_shows_up_late_is_not_filed_twice() {
    for via in ROUTES {
        let harness = company(via).await;
        harness.personio.set_document_lag(MINUTE * 10);
        let (at, lost) = (UploadAt::Personio, Behaviour::LoseReply);
        check_unknown_outcome(&harness, at, &lost, true, 1).await;
        harness.personio.set_document_lag(MINUTE * 5);
        let late = Behaviour::LateEffect(MINUTE * 10);
        check_unknown_outcome(&harness, at, &late, true, 2).await;
    }
}

/// A document is found by the certificate's id, not by its name or folder.
#[tokio::test]
async fn a_document_is_found_after_revocation_and_a_folder_rename() {
    for via in ROUTES {
        let harness = company(via).await;
        let id = harness.reteach.add_participation(completed(
            "c-1",
            1,
            "Brandschutz",
            "2026-05-11T07:00:00Z",
        ));
        issue(&harness, "c-2");
        harness.fail_uploads(Fault::new(Behaviour::LoseReply).times(2));
        let mut report = harness.certificates_now().await;
        if via == Via::Kombo {
            // One a run where no list may show what became of it.
            assert_counts!(report, outcome_unknown = 1, remaining = 1);
            report = harness.certificates_now().await;
        }
        assert_counts!("{via:?}", report, outcome_unknown = 2);
        harness.reteach.remove_participation(&id);
        harness
            .personio
            .rename_category("Sonstige Dokumente", "Verschiedenes");
        harness.personio.add_category("Bildungszertifikate");
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, verified = 2, outcome_unknown = 0);
        assert_eq!(harness.personio.documents().len(), 2, "{via:?}");
    }
}

/// The company has moved to a new Personio account, and HR has taken the documents along.
#[tokio::test]
async fn an_upload_of_unknown_outcome_is_found_under_the_id_that_its_person_has_by_then() {
    for via in ROUTES {
        let harness = company(via).await;
        issue(&harness, "c-1");
        harness.fail_next_upload(UploadAt::on(via)[0], Behaviour::LoseReply);
        assert_eq!(harness.certificates_now().await.counts.outcome_unknown, 1);
        let document = filed(&harness, "c-1");
        harness.personio.remove_document(document.id);
        for (old, new) in [("personio:3", "personio:33"), ("personio:1", "personio:3")] {
            let rename = |account: &mut Customer| account.external_id = Some(new.to_owned());
            assert!(harness.reteach.edit(old, rename));
        }
        harness.personio.add_document(personio::Document {
            employee_id: 3,
            ..document
        });
        harness.advance(MINUTE * 15);
        // Here too, one list without it is no proof.
        let list = Fault::new(Behaviour::EmptyList).path("/v2/document-management/documents");
        harness.personio.fail(list);
        let report = harness.certificates_now().await;
        assert_counts!("{via:?}", report, verified = 1, uploaded = 0);
        assert_eq!(harness.personio.documents().len(), 1, "{via:?}");
    }
}

#[tokio::test]
async fn a_certificate_revoked_while_its_outcome_is_unknown_is_not_filed() {
    for via in ROUTES {
        let harness = company(via).await;
        let id = harness.reteach.add_participation(completed(
            "c-1",
            1,
            "Brandschutz",
            "2026-05-11T07:00:00Z",
        ));
        harness.fail_uploads(Fault::new(Behaviour::Close));
        let report = harness.certificates_now().await;
        assert_counts!("{via:?}", report, outcome_unknown = 1);
        harness.reteach.remove_participation(&id);
        let report = harness.certificates_tick().await;
        // An academy that lists nothing at all is not believed.
        assert_run!(
            "{via:?}",
            report,
            Outcome::Partly,
            uploaded = 0,
            outcome_unknown = 0
        );
        let quiet = harness.certificates_tick().await;
        assert_run!(quiet, Outcome::Unchanged);
        assert_eq!(quiet.calls.personio + quiet.calls.kombo, 0);
        assert!(harness.personio.documents().is_empty());
    }
}

#[test]
fn a_rate_limited_upload_waits_and_is_filed_once() {
    virtual_time::without_pauses(async {
        for via in ROUTES {
            for at in UploadAt::on(via) {
                let harness = company(via).await;
                issue(&harness, "c-1");
                issue(&harness, "c-2");
                harness.fail_next_upload(*at, Behaviour::TooManyRequests(RetryAfter::Seconds(1)));
                let started = tokio::time::Instant::now();
                let report = harness.certificates_now().await;
                assert_run!("{via:?} {at:?}", report, Outcome::Done, uploaded = 2);
                let has_waited = started.elapsed().as_secs() >= 1;
                assert!(has_waited || *at == UploadAt::Personio, "{via:?}");
                assert_eq!(harness.personio.documents().len(), 2, "{via:?} {at:?}");
            }
        }
    });
}

#[tokio::test]
async fn a_document_that_the_virus_scan_refuses_is_left_to_the_operator() {
    let harness = company(Via::Direct).await;
    issue(&harness, "c-1");
    harness.fail_next_upload(UploadAt::Personio, Behaviour::LoseReply);
    let report = harness.certificates_now().await;
    assert_counts!(report, outcome_unknown = 1);
    let document = harness.personio.documents()[0].id;
    harness.personio.refuse_document_by_scan(document);
    let report = harness.certificates_tick().await;
    assert_counts!(report, parked = 1, verified = 0, uploaded = 0);
    let text = &finding(&report, FindingKind::Parked, "c-1").text;
    assert!(text.contains("virus scan"), "{text}");
    assert_eq!(harness.personio.documents().len(), 1);
}
