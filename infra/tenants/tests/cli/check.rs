//! `tenants check`

use serde_json::Value;
use shared::tenant::Via;
use simulators::kombo::Condition;
use simulators::reteach::{Certificate, Delivery, Participation, Publication};
use simulators::{Behaviour, Body, Fault, personio};

use crate::support::{Desk, account_of, issue, participation};

fn misses(check: &Value) -> Vec<String> {
    let items = check["items"].as_array().unwrap().iter();
    items
        .filter(|item| item["level"] == "miss")
        .map(|item| format!("{}: {} → {}", item["about"], item["text"], item["advice"]))
        .collect()
}

/// One miss has all these parts.
fn assert_miss(check: &Value, parts: &[&str]) {
    let misses = misses(check);
    let has = |miss: &String| parts.iter().all(|part| miss.contains(part));
    assert!(misses.iter().any(has), "{parts:?}: {misses:#?}");
}

#[tokio::test]
async fn a_company_that_is_set_up_misses_nothing_on_every_route() {
    for via in [Via::Direct, Via::KomboPassthrough, Via::Kombo] {
        let desk = Desk::new().await;
        let company = desk.tenant(via).await;
        let writes = || {
            let requests = company.reteach.requests();
            requests.iter().filter(|call| call.method != "GET").count()
        };
        let before = writes();
        let check = desk.done("check acme").await;
        assert_eq!(misses(&check), [""; 0], "{via:?}");
        assert!(writes() <= before + 1, "only a login may be posted");
    }
}

#[tokio::test]
async fn each_miss_is_named_in_plain_words_with_what_to_do() {
    let (desk, company) = Desk::acme().await;
    company.personio.revoke(&["termination_date", "position"]);
    for category in company.personio.categories() {
        company.personio.remove_category(&category.name);
    }
    let check = desk.attention("check acme").await;
    for parts in [
        &[
            "Arbeitsverhältnis endet zum",
            "nobody is locked at the end",
            "tick",
        ][..],
        &["Position", "keeps its value in reteach"],
        &["folder", "Bildungszertifikate"],
    ] {
        assert_miss(&check, parts);
    }
    assert_eq!(misses(&check).len(), 3, "{check:#}");

    company.personio.allow_reading(false);
    let check = desk.attention("check acme").await;
    let names_right =
        |miss: &String| miss.contains("Mitarbeiter: Lesen") || miss.contains("Employees: read");
    assert!(misses(&check).iter().any(names_right), "{check:#}");
}

#[tokio::test]
async fn problems_of_a_kombo_connection_are_named() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Kombo).await;
    let kombo = company.kombo.as_ref().unwrap();
    kombo.mirror_automatically(local::INTEGRATION, false);
    for (condition, hint) in [
        (Condition::SetupIncomplete, "has steps left"),
        (Condition::SetupSyncPending, "first sync is still running"),
        (Condition::Invalid, "no longer valid"),
        (Condition::Inactive, "switched off"),
    ] {
        kombo.set_condition(local::INTEGRATION, condition);
        assert_miss(&desk.attention("check acme").await, &[hint]);
    }
    kombo.revoke_api_key("kombo-key");
    let check = desk.attention("check acme").await;
    assert!(misses(&check)[0].contains("Kombo: API key"), "{check:#}");
}

#[tokio::test]
async fn files_can_be_checked_before_anything_is_stored() {
    let (desk, company) = Desk::new_company().await;
    let (file, credentials) = desk.files(&company, "");
    desk.done(&format!("check --file {file} --credentials {credentials}"))
        .await;
    desk.assert_empty(&company).await;
}

#[tokio::test]
async fn an_unreadable_mail_address_is_explained_with_the_number_of_other_accounts() {
    let (desk, company) = Desk::acme().await;
    company.personio.revoke(&["email", "status"]);
    let check = desk.attention("check acme").await;
    let said = check["items"].to_string();
    for text in [
        "people get user names (personio-<id>)",
        "nobody gets a second one",
        "nobody who is set inactive by hand is locked",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    for id in 1..=3 {
        company.reteach.insert(account_of(id, None));
    }
    company.reteach.insert(account_of(4, Some("personio:4")));
    let check = desk.attention("check acme").await;
    assert_miss(
        &check,
        &[
            "Personio: E-Mail",
            "3 accounts that are not ours",
            "their owners get a second one",
            "before the first run",
        ],
    );
}

#[tokio::test]
async fn one_real_certificate_is_opened_and_its_refused_host_is_named_as_a_line_for_the_file() {
    let (desk, company) = Desk::acme().await;
    issue(&company, 1, 1, "Brandschutz");
    let opened = desk.run("check acme").await;
    assert!(opened.out.contains("PDF of a certificate: one was opened"));

    let downloads = company.reteach.downloads();
    downloads.set_url_base("https://files.academy.example");
    let check = desk.attention("check acme").await;
    let line = [
        "is on files.academy.example",
        "download_hosts = [",
        "127.0.0.1",
    ];
    assert_miss(&check, &line);
    assert!(!check.to_string().contains("signature"), "{check:#}");

    downloads.set_url_base(&downloads.base_url());
    company
        .reteach
        .set_delivery("certificate-1", Delivery::NotAPdf);
    let check = desk.attention("check acme").await;
    assert_miss(&check, &["cannot be opened", "is not a PDF"]);
}

#[tokio::test]
async fn certificates_of_which_none_has_an_address_of_its_pdf_are_a_miss() {
    let (desk, company) = Desk::acme().await;
    let unmade = |number: u64| {
        let issued = participation(number, 1, "Brandschutz");
        let certificate = issued.certificate.map(|certificate| Certificate {
            publication: Publication::OnDemand,
            ..certificate
        });
        Participation {
            certificate,
            ..issued
        }
    };
    for number in 1..=2 {
        company.reteach.add_participation(unmade(number));
    }
    let check = desk.attention("check acme").await;
    assert_miss(
        &check,
        &[
            "PDF of a certificate",
            "none of 2 certificates has an address",
            "ask reteach's support",
        ],
    );
    // One is enough.
    company.reteach.publish_pdf("certificate-2");
    let opened = desk.run("check acme").await;
    assert!(opened.out.contains("PDF of a certificate: one was opened"));
}

#[tokio::test]
async fn the_fallback_folder_and_documents_that_cannot_be_seen_are_said_beforehand() {
    let (desk, company) = Desk::new_company().await;
    company.personio.allow_reading_documents(false);
    let add = desk.run(&desk.add(&company, "")).await.out;
    let add = add.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "only \"Sonstige Dokumente\"",
        "backfill = \"hold\"",
        "certificates that someone else filed earlier are not seen",
        "Dokumente: Lesen",
    ] {
        assert!(add.contains(part), "{part}: {add}");
    }
    company.personio.add_category("Bildungszertifikate");
    let check = desk.run("check acme").await.out;
    assert!(check.contains("ok   Personio: folder for certificates: \"Bildungszertifikate\""));
}

#[tokio::test]
async fn an_attribute_that_an_account_shows_by_its_newer_name_is_no_miss() {
    let (desk, company) = Desk::acme().await;
    for (old, newer) in [("office", "workplace"), ("subcompany", "legal_entity")] {
        company
            .personio
            .set_quirks([personio::Quirk::Renames(old, newer)]);
        let check = desk.done("check acme").await;
        let can_be_read = check
            .to_string()
            .contains("all that are needed can be read");
        assert!(can_be_read, "{newer}: {check:#}");
    }
}

#[tokio::test]
async fn an_endpoint_that_a_vendor_retires_is_shown_by_check_and_status() {
    let announce = Behaviour::Announce("sunset", "Sat, 31 Oct 2026 23:59:59 GMT");
    let at = |path: &str| Fault::new(announce.clone()).path(path).always();
    let direct = [
        "Personio GET /v1/company/employees",
        "reteach GET /customer",
        "reteach GET /participation",
    ];
    for (via, endpoints) in [
        (Via::Direct, direct.as_slice()),
        (Via::Kombo, &["Kombo GET /hris/employees"]),
    ] {
        let desk = Desk::new().await;
        let company = desk.tenant(via).await;
        match &company.kombo {
            Some(environment) => environment.fail(at("/v1/hris/employees")),
            None => {
                company.personio.fail(at("/v1/company/employees"));
                company.reteach.fail(at("/customer"));
                company.reteach.fail(at("/participation"));
            }
        }
        desk.json("sync acme --here").await;
        desk.json("sync acme --here --job certificates").await;
        for command in ["check acme", "status acme"] {
            let said = desk.run(command).await.out;
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            for endpoint in endpoints {
                let announced = format!("{endpoint} ends on 2026-10-31");
                assert!(said.contains(&announced), "{endpoint}: {command}: {said}");
            }
        }
    }
}

#[tokio::test]
async fn a_field_that_the_api_document_lacks_is_a_line_for_the_tenants_file() {
    const LACKS_BOTH: &str = r#"{"openapi": "3.0.0", "paths": {"/customer/{id}": {"put": {"requestBody": {"content":
        {"application/json": {"schema": {"properties": {"firstName": {}, "lastName": {}, "company": {}, "gender": {},
        "setActiveAt": {}, "setInactiveAt": {}}}}}}}}}}"#;
    let (desk, company) = Desk::acme().await;
    let document = Behaviour::Status(200, Body::Json(LACKS_BOTH));
    company
        .reteach
        .fail(Fault::new(document).path("/docs-json").always());
    let said = desk.run("check acme").await.out;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for field in ["position", "location"] {
        let line = format!("if it confirms this, set `[employees] {field} = \"tag\"`");
        assert!(said.contains(&format!("updates have no {field}")), "{said}");
        assert!(said.contains(&line), "{said}");
    }
}

#[tokio::test]
async fn an_api_document_that_is_none_is_one_note_and_no_miss() {
    let (desk, company) = Desk::acme().await;
    let other_product = r#"{"openapi": "3.0.0", "paths": {"/pets/{id}": {"put": {}}}}"#;
    let huge: &str = Box::leak(format!("[\"{}\"]", "x".repeat(50 << 20)).into_boxed_str());
    for (behaviour, said) in [
        (Behaviour::Status(200, Body::Html), "not JSON"),
        (
            Behaviour::Status(200, Body::Json(other_product)),
            "nothing to compare",
        ),
        (Behaviour::Status(200, Body::Json(huge)), "larger than"),
        (Behaviour::Status(200, Body::Vendor), "nothing to compare"),
        (Behaviour::Status(401, Body::Vendor), "cannot be compared"),
        (Behaviour::Status(404, Body::Html), "publishes none"),
        (
            Behaviour::Redirect("https://academy.example/login".to_owned()),
            "cannot be compared",
        ),
        (Behaviour::CloseMidBody, "cannot be compared"),
    ] {
        let case = said.to_owned();
        company.reteach.clear_faults();
        company
            .reteach
            .fail(Fault::new(behaviour).path("/docs-json").always());
        let check = desk.done("check acme").await;
        let items = check["items"].as_array().unwrap().iter();
        let notes: Vec<_> = items
            .filter(|item| item["about"] == "reteach: API document")
            .map(|item| item["text"].as_str().unwrap())
            .collect();
        assert!(
            matches!(notes[..], [note] if note.contains(said)),
            "{case}: {notes:?}"
        );
    }
}
