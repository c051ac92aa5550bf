//! No name, mail address, course, signed URL or secret appears in a report, the state, an error, Debug output or the log,
//! whatever fails and whatever vendors send.

use harness::{ROUTES, Witness, completed, marked_company, virtual_time};
use jiff::SignedDuration;
use shared::runtime::Mode;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Customer, Delivery, Participation};
use simulators::{Behaviour, Body, Fault};

use super::fixture::UPLOAD;

/// An error that repeats personal data.
const TALK: &str = r#"{"success":false,"status":"error","error":{"code":"REMOTE.INPUT_INVALID","message":"Frau Zwetschge, \"Zwetschge\", zwetschge@zwetschge.example","title":"zwetschge@x.example Zwetschgenkunde","error_data":{"title":["Zwetschgenkunde"],"zwetschge":["zwetschge"]}},"errors":[{"title":"Zwetschgenkunde","detail":"zwetschge"}],"statusCode":422,"message":["Zwetschgenkunde of Zwetschge is zwetschge@zwetschge.example"]}"#;
/// The same with Personio's numeric code.
const MISSING: &str = r#"{"success":false,"error":{"code":0,"message":"No query results for model [DocumentCategory] zwetschge Zwetschge"}}"#;
/// A list of malformed records.
const LIST: &str = r#"{"resultCount":2,"results":[{"id":"zwetschge","status":"ZWETSCHGE","completedAt":"Zwetschgenzeit","customer":{"id":"x","externalId":"personio:1","lastName":"Zwetschge"},"course":{"name":"Zwetschgenkunde"},"certificate":{"id":"c-odd","url":"https://zwetschge"}},"zwetschge"]}"#;

fn certificate(id: &str, person: u64, delivery: Delivery) -> Participation {
    let course = format!("Zwetschgenkunde für Zwetschge-{person} /zwetschge");
    let certificate = Some(Certificate {
        delivery,
        ..Certificate::new(id, 2_000)
    });
    Participation {
        certificate,
        ..completed(id, person, &course, "2026-05-10T12:00:00Z")
    }
}

/// Files and records with every kind of fault.
fn go_wrong(seen: &Witness) {
    let academy = &seen.harness.reteach;
    let elsewhere = |url: &str| Delivery::Elsewhere(url.to_owned());
    let deliveries = [
        Delivery::default(),
        Delivery::NotAPdf,
        Delivery::Empty,
        Delivery::CutMidBody { size: 400_000 },
        Delivery::Chunked {
            size: 31 * 1024 * 1024,
        },
        Delivery::Status(403),
        Delivery::Status(404),
        Delivery::RedirectLoop,
        Delivery::RedirectTo("https://10.0.0.1/zwetschge?zwetschge=zwetschge".into()),
        Delivery::RedirectTo("https://zwetschge:zwetschge@files.example/".into()),
        elsewhere("https://files.example/zwetschge.pdf?zwetschge"),
        elsewhere("http://files.example/zwetschge.pdf"),
        elsewhere("zwetschge"),
        elsewhere("https://zwetschge:zwetschge@127.0.0.1/zwetschge"),
    ];
    for (delivery, person) in deliveries.into_iter().zip(1..) {
        academy.add_participation(certificate(&format!("c-{person:03}"), person, delivery));
    }
    academy.add_participation(Participation {
        customer: None,
        ..certificate("c-nobody", 1, Delivery::default())
    });
    academy.insert(Customer {
        email: Some("fremd@zwetschge.example".into()),
        first_name: Some("Zwetschge".into()),
        ..Customer::default()
    });
    let stranger = Some("fremd@zwetschge.example".to_owned());
    academy.add_participation(Participation {
        customer: stranger,
        ..certificate("c-stranger", 1, Delivery::default())
    });
    seen.harness.personio.remove(16);
    academy.add_participation(certificate("c-016", 16, Delivery::default()));
}

async fn scenario(seen: &mut Witness) {
    seen.harness.personio.add_category("Bildungszertifikate");
    go_wrong(seen);
    seen.run_certificates(Mode::DryRun).await;
    for hours in [0, 1, 2, 4, 8] {
        seen.harness.advance(SignedDuration::from_hours(hours));
        seen.run_certificates(Mode::Scheduled).await;
    }
    seen.harness.advance(SignedDuration::from_hours(25));
    seen.run_certificates(Mode::Scheduled).await;
    seen.run_certificates(Mode::FullScan).await;
}

/// A new certificate, and one run per endpoint while that endpoint shows `behaviour`.
async fn talked_to(seen: &mut Witness, number: usize, behaviour: Behaviour) {
    let fresh = certificate(&format!("c-talk-{number}"), 17, Delivery::default());
    seen.harness.issue([fresh]);
    let places = [
        UPLOAD,
        "/v1/company/document-categories",
        "/v2/document-management/documents",
    ];
    for place in places {
        seen.harness
            .personio
            .fail(Fault::new(behaviour.clone()).path(place).always());
        seen.run_certificates(Mode::FullScan).await;
        seen.harness.clear_faults();
    }
    if let Some(kombo) = &seen.harness.company.kombo {
        for place in ["/v1/hris/", "/v1/passthrough/"] {
            kombo.fail(Fault::new(behaviour.clone()).path(place).always());
        }
        seen.run_certificates(Mode::FullScan).await;
    }
    seen.harness.clear_faults();
    // The academy's answers take the same way on each route.
    if seen.harness.company.via != Via::Direct {
        seen.run_certificates(Mode::FullScan).await;
        return;
    }
    for place in ["/participation", "/oauth"] {
        seen.harness
            .reteach
            .fail(Fault::new(behaviour.clone()).path(place).always());
    }
    seen.run_certificates(Mode::FullScan).await;
    seen.harness.clear_faults();
    seen.harness
        .reteach
        .downloads()
        .fail(Fault::new(behaviour).always());
    seen.run_certificates(Mode::FullScan).await;
    seen.harness.reteach.downloads().clear_faults();
}

async fn loose_tongues(seen: &mut Witness) {
    let talk = [200, 400, 401, 403, 404, 409, 413, 422]
        .map(|status| Behaviour::Status(status, Body::Json(TALK)));
    let more = [
        Behaviour::Status(404, Body::Json(MISSING)),
        Behaviour::Status(200, Body::Json(LIST)),
        Behaviour::Redirect("https://files.example/zwetschge?zwetschge".into()),
    ];
    for (number, behaviour) in talk.into_iter().chain(more).enumerate() {
        talked_to(seen, number, behaviour).await;
    }
    // An upload with an unknown outcome, whose search fails with personal data.
    seen.harness
        .issue([certificate("c-lost", 18, Delivery::default())]);
    seen.harness
        .personio
        .fail(Fault::new(Behaviour::LoseReply).path(UPLOAD).always());
    seen.run_certificates(Mode::FullScan).await;
    seen.harness.clear_faults();
    let fault = Fault::new(Behaviour::Status(403, Body::Json(TALK)))
        .path("/v2/document-management/documents");
    seen.harness.personio.fail(fault);
    seen.run_certificates(Mode::FullScan).await;
}

/// Refused credentials and invalid secrets.
async fn without_credentials(seen: &mut Witness) {
    let company = &seen.harness.company;
    company
        .reteach
        .add_participation(certificate("c-late", 19, Delivery::default()));
    company.personio.remove_credentials("id-zwetschge");
    if let Some(kombo) = &company.kombo {
        kombo.revoke_api_key("zwetschge-2");
    }
    seen.run_certificates(Mode::FullScan).await;
    seen.harness.reteach.remove_credentials("rid-zwetschge");
    seen.harness.reteach.revoke_tokens();
    seen.run_certificates(Mode::FullScan).await;
    for text in [
        "Zwetschge",
        r#"{"reteach":"zwetschge"}"#,
        r#"{"fingerprint_key":"zwetschge"}"#,
    ] {
        seen.harness.store_secret_text(text).await;
        seen.run_certificates(Mode::Scheduled).await;
    }
}

#[test]
fn no_output_shows_personal_data() {
    virtual_time::without_pauses(async {
        for via in ROUTES {
            let harness = marked_company(via).await;
            harness.first_run().await;
            let mut seen = Witness::new(harness);
            scenario(&mut seen).await;
            loose_tongues(&mut seen).await;
            without_credentials(&mut seen).await;
            seen.check();
            let filed = seen.harness.personio.documents();
            let marked = filed
                .iter()
                .filter(|document| document.title.contains("Zwetschgenkunde"))
                .count();
            assert!(
                marked >= 5,
                "{via:?}: the marks did go through the whole job: {filed:#?}"
            );
            let ledger = seen.harness.certificate_ledger().await;
            assert!(ledger.len() > 20, "{via:?}: {ledger:#?}");
        }
    });
}
