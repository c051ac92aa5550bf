//! What each end of an upload, or of the download before it, comes to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use shared::http::SignedUrl;
use shared::runtime::Outcome;
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::personio::Endpoint;
use simulators::reteach::{self, Delivery};
use simulators::{Behaviour, Body, Fault, RetryAfter};

use super::company::{Company, Given, TITLE, results, stop, uploads};
use crate::plan::{PreviousFailures, Upload};

const NO_EMPLOYEE: Behaviour = Behaviour::Status(
    404,
    Body::Json(
        r#"{"success":false,"error":{"code":404,"message":"No query results for model [Employee] 1"}}"#,
    ),
);
const NO_FOLDER: Behaviour = Behaviour::Status(
    404,
    Body::Json(
        r#"{"success":false,"error":{"code":404,"message":"No query results for model [DocumentCategory] 2"}}"#,
    ),
);

#[tokio::test]
async fn each_answer_to_an_upload_has_one_result() {
    let limit = || Behaviour::TooManyRequests(RetryAfter::Seconds(7));
    let always = |behaviour| Some(Fault::new(behaviour).always());
    let twice = Some(Fault::new(limit()).times(2));
    // The result, why the run stops, how often was uploaded, was asked for folders and for the person.
    for (fault, result, outcome, calls) in [
        (None, "Filed", None, [1, 1, 0]),
        (always(TITLE), "failed 1", None, [1, 1, 0]),
        (
            always(Behaviour::Status(400, Body::Empty)),
            "failed 1",
            None,
            [1, 2, 1],
        ),
        (always(NO_EMPLOYEE), "person deleted", None, [1, 1, 0]),
        (
            always(NO_FOLDER),
            "NotReached",
            Some(Outcome::NoCategory),
            [1, 2, 0],
        ),
        (
            always(Behaviour::Status(403, Body::Vendor)),
            "NotReached",
            Some(Outcome::AccessDenied),
            [1, 2, 0],
        ),
        (
            always(Behaviour::Status(500, Body::Vendor)),
            "unknown",
            None,
            [1, 1, 0],
        ),
        (always(Behaviour::LoseReply), "unknown", None, [1, 1, 0]),
        (twice, "Filed", None, [3, 1, 0]),
        (
            always(limit()),
            "NotReached",
            Some(Outcome::Partly),
            [6, 1, 0],
        ),
    ] {
        let case = format!("{fault:?}");
        let company = Company::new().await;
        if let Some(fault) = fault {
            company.refuse_uploads(fault);
        }
        let upload = company.certificate("c-1", 1);
        let applied = company.apply(uploads([upload])).await;
        assert_eq!(results(&applied), [result], "{case}");
        assert_eq!(stop(&applied), outcome, "{case}");
        let asked = [
            Endpoint::UploadDocument,
            Endpoint::DocumentCategories,
            Endpoint::Employee,
        ]
        .map(|endpoint| company.calls(endpoint));
        assert_eq!(asked, calls, "{case}");
        let state = company.state("c-1").await;
        let fits = match (&state, result) {
            (Some(CertificateState::Uploaded { document, .. }), "Filed") => document.is_some(),
            (Some(CertificateState::Intended(_)), "unknown") => true,
            (Some(CertificateState::Failed(retry)), "NotReached") => retry.failures == 0,
            (Some(CertificateState::Failed(retry)), "failed 1" | "person deleted") => {
                retry.failures == 1
            }
            _ => false,
        };
        assert!(fits, "{case}: {state:?}");
    }
}

#[tokio::test]
async fn a_limit_is_waited_out_as_long_as_there_is_time() {
    for (seconds, calls) in [(7, 6), (55, 1)] {
        let company = Company::new().await;
        let limit = Behaviour::TooManyRequests(RetryAfter::Seconds(seconds));
        company.refuse_uploads(Fault::new(limit).always());
        let given = Given {
            time: Some(Duration::from_secs(80)),
            ..Given::default()
        };
        let upload = company.certificate("c-1", 1);
        let before = company.now();
        let applied = company.apply_given(given, uploads([upload])).await;
        assert_eq!(results(&applied), ["NotReached"], "{seconds}");
        assert_eq!(company.uploads(), calls, "{seconds}");
        let waited = company.now().duration_since(before).as_secs();
        assert_eq!(waited, i64::from(seconds) * (calls as i64 - 1), "{seconds}");
    }
}

#[tokio::test]
async fn each_end_of_a_download_has_one_result() {
    // How often the file is asked for, and the academy for another address.
    for (delivery, result, calls) in [
        (Delivery::Pdf { size: 2_000 }, "Filed", [1, 0]),
        (Delivery::NotAPdf, "failed 1", [1, 1]),
        (Delivery::Empty, "failed 1", [1, 0]),
        // It may pass at once, and does not.
        (Delivery::Status(451), "failed 1", [3, 0]),
        // A fresh address is refused as well.
        (Delivery::Status(403), "failed 1", [2, 1]),
    ] {
        let case = format!("{delivery:?}");
        let company = Company::new().await;
        let upload = company.delivered("c-1", 1, delivery);
        let applied = company.apply(uploads([upload])).await;
        assert_eq!(results(&applied), [result], "{case}");
        let asked = company
            .local
            .reteach
            .calls(reteach::Endpoint::ListParticipations);
        assert_eq!([company.files(), asked], calls, "{case}");
        assert_eq!(company.uploads(), usize::from(result == "Filed"), "{case}");
        assert_eq!(stop(&applied), None, "{case}");
    }
}

#[tokio::test]
async fn an_address_that_has_expired_is_asked_for_again_once() {
    let company = Company::new().await;
    let [listed, gone] = [("c-1", 1), ("c-2", 2)].map(|(id, who)| company.certificate(id, who));
    let rows = company.local.reteach.participations();
    let row = rows.iter().find(|row| {
        let certificate = row.certificate.as_ref();
        certificate.is_some_and(|certificate| certificate.id == "c-2")
    });
    assert!(company.local.reteach.remove_participation(&row.unwrap().id));
    company.advance(SignedDuration::from_mins(16));
    let applied = company.apply(uploads([listed, gone])).await;
    assert_eq!(results(&applied), ["Filed", "failed 1"]);
    assert_eq!(company.files(), 3);
}

/// The academy lists certificates, and does not answer for a single one.
#[tokio::test]
async fn files_without_a_fresh_address_keep_no_other_certificate_from_being_filed() {
    for behaviour in [
        Behaviour::Status(400, Body::Vendor),
        Behaviour::Status(403, Body::Vendor),
        Behaviour::Status(200, Body::Html),
    ] {
        let case = format!("{behaviour:?}");
        let company = Company::new().await;
        let one = Fault::new(behaviour).path("/participation");
        company.local.reteach.fail(one.always());
        let gone = |who| company.delivered(&format!("c-{who}"), who, Delivery::Status(404));
        let gone = (1..=3).map(gone);
        let certificates: Vec<_> = gone.chain([company.certificate("c-4", 4)]).collect();
        let applied = company.apply(uploads(certificates)).await;
        let expected = ["failed 1", "failed 1", "failed 1", "Filed"];
        assert_eq!(results(&applied), expected, "{case}");
        assert_eq!(stop(&applied), None, "{case}");
    }
}

/// Some hosts answer an address that has expired with a page, and no error, or lead to a log-in elsewhere.
#[tokio::test]
async fn a_page_in_the_place_of_a_pdf_is_asked_for_under_a_fresh_address() {
    let login = Delivery::RedirectTo("https://login.example.com/".to_owned());
    for delivery in [Delivery::NotAPdf, login] {
        let case = format!("{delivery:?}");
        let company = Company::new().await;
        let page = company.delivered("page", 9, delivery);
        let upload = Upload {
            url: page.url,
            ..company.certificate("c-1", 1)
        };
        let applied = company.apply(uploads([upload])).await;
        assert_eq!(results(&applied), ["Filed"], "{case}");
        assert_eq!(company.files(), 2, "{case}");
    }
}

#[tokio::test]
async fn while_no_fresh_address_can_be_asked_for_nobody_knows_where_files_are() {
    let company = Company::new().await;
    let down = Fault::new(Behaviour::Status(503, Body::Vendor)).path("/participation");
    company.local.reteach.fail(down.always());
    let login = Delivery::RedirectTo("https://login.example.com/".to_owned());
    let elsewhere = [("c-1", 1), ("c-2", 2)].map(|(id, who)| Upload {
        url: company.delivered("login", 9, login.clone()).url,
        ..company.certificate(id, who)
    });
    let applied = company.apply(uploads(elsewhere)).await;
    assert_eq!(stop(&applied), Some(Outcome::ReteachUnavailable));
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_not_called() {
    let company = Company::new().await;
    let upload = Upload {
        url: SignedUrl::new("https://elsewhere.example/c-1.pdf"),
        ..company.certificate("c-1", 1)
    };
    let applied = company.apply(uploads([upload])).await;
    let expected = r#"HostNotAllowed("elsewhere.example")"#;
    assert_eq!(results(&applied), [expected]);
    assert_eq!([company.files(), company.uploads()], [0, 0]);
    assert_eq!(company.state("c-1").await, None);
}

#[tokio::test]
async fn a_fifth_refusal_parks_a_certificate() {
    let company = Company::new().await;
    company.refuse_uploads(Fault::new(TITLE).always());
    let previous = PreviousFailures {
        failures: 4,
        refusals: 4,
        ..PreviousFailures::default()
    };
    let upload = Upload {
        previous,
        ..company.certificate("c-1", 1)
    };
    let applied = company.apply(uploads([upload])).await;
    assert_eq!(results(&applied), ["parked"]);
    assert_eq!(applied.newly_parked(), 1);
    let state = company.state("c-1").await;
    let is_parked = matches!(state, Some(CertificateState::Parked { .. }));
    assert!(is_parked, "{state:?}");
}

#[tokio::test]
async fn what_somebody_has_decided_meanwhile_is_not_filed() {
    let company = Company::new().await;
    company.file(company.certificate("c-1", 1)).await;
    let applied = company
        .apply(uploads([company.certificate("c-1", 1)]))
        .await;
    assert_eq!(results(&applied), ["NotReached"]);
    assert_eq!(company.uploads(), 0);
}

#[tokio::test]
async fn without_time_nothing_is_begun() {
    let company = Company::new().await;
    let given = Given {
        time: Some(Duration::from_secs(20)),
        ..Given::default()
    };
    let upload = company.certificate("c-1", 1);
    let applied = company.apply_given(given, uploads([upload])).await;
    assert_eq!(results(&applied), ["NotReached"]);
    assert_eq!(stop(&applied), Some(Outcome::Partly));
    assert!(company.personio.requests().is_empty());
}

#[tokio::test]
async fn certificates_of_one_person_and_of_several_are_filed_and_counted_one_by_one() {
    let company = Company::new().await;
    let certificates = [("c-1", 1), ("c-2", 2), ("c-3", 1)];
    let certificates = certificates.map(|(id, who)| company.certificate(id, who));
    let done = AtomicUsize::new(0);
    let count = || {
        done.fetch_add(1, Ordering::Relaxed);
    };
    let applied = company
        .apply_watched(Given::default(), uploads(certificates), &count)
        .await;
    assert_eq!(results(&applied), ["Filed", "Filed", "Filed"]);
    assert_eq!(done.into_inner(), 3);
    assert_eq!([company.documents(), company.lists()], [3, 0]);
    assert_eq!((applied.people_looked_at, applied.people_left), (0, 0));
    assert_eq!(applied.lists, None);
}

#[tokio::test]
async fn a_folder_that_changes_meanwhile_stops_the_run_and_leaves_the_rest() {
    let company = Company::new().await;
    let personio = company.personio.clone();
    let change = move || {
        if personio.remove_category("Sonstige Dokumente") {
            personio.add_category("Bildungszertifikate");
        }
    };
    let certificates = [("c-1", 1), ("c-2", 2), ("c-3", 3)];
    let certificates = certificates.map(|(id, who)| company.certificate(id, who));
    let applied = company
        .apply_watched(Given::default(), uploads(certificates), &change)
        .await;
    assert_eq!(results(&applied), ["Filed", "NotReached", "NotReached"]);
    assert_eq!(stop(&applied), Some(Outcome::NoCategory));
    let message = applied.stop.unwrap().message;
    let says = "the next run uses the new one";
    assert!(message.contains(says), "{message}");
    assert_eq!(company.uploads(), 2);
}

/// Where no list shows what became of an upload, one in doubt is enough.
#[tokio::test]
async fn an_upload_of_unknown_outcome_ends_a_run_that_cannot_look_for_it() {
    let unavailable = Some(Outcome::SourceUnavailable);
    for (via, expected, outcome) in [
        (Via::Direct, ["unknown", "Filed"], None),
        (Via::Kombo, ["unknown", "NotReached"], unavailable),
    ] {
        let company = Company::via(via).await;
        company.refuse_uploads(Fault::new(Behaviour::LoseReply));
        let certificates = [("c-1", 1), ("c-2", 2)];
        let certificates = certificates.map(|(id, who)| company.certificate(id, who));
        let applied = company.apply(uploads(certificates)).await;
        assert_eq!(results(&applied), expected, "{via:?}");
        assert_eq!(stop(&applied), outcome, "{via:?}");
    }
}
