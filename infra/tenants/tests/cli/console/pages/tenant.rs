//! One company: how it is, its buttons, and what cannot be read of it.

use reqwest::{Method, StatusCode};
use shared::state::TenantStatus;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};
use tenants::Exit;

use super::assert_has;
use crate::certificates::park;
use crate::console::visitor::{form, send, visitor, visitor_of_stack};
use crate::forget::DENIED;
use crate::restore::{damage, items};
use crate::support::Desk;

#[tokio::test]
async fn the_first_sentence_says_how_a_company_is_in_the_browsers_language() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let mut visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme").await;
    assert_has(&page, &["Never synced yet", "employee run has succeeded"]);
    // The problem has the buttons of the commands that it names.
    for action in ["check", "sync"] {
        let action = format!("/do/{action}\"");
        let next_to_the_connection = if action.contains("sync") { 2 } else { 1 };
        let forms = page.matches(&action).count();
        assert_eq!(forms, 1 + next_to_the_connection, "{action}: {page}");
    }
    desk.done("sync acme --here").await;
    desk.pass_minutes(4);
    // One run in the last day, which made accounts.
    assert_has(
        &visitor.text("/").await,
        &[
            "The one company is fine",
            "3 changes, 0 runs failed",
            "data-label=\"People\"><a href=\"/tenants/acme/people\">3</a>",
        ],
    );
    let printed = desk.json("status --last-day").await.json();
    let day = &printed["last_day"]["acme"];
    assert_eq!([&day["changes"], &day["failed"]], [3, 0], "{day:#}");
    let hours = day["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 24);
    assert_eq!(hours[23]["changes"], 3);
    assert_eq!(hours[23]["worst"], "done");
    assert_has(
        &visitor.text("/tenants/acme").await,
        &["In sync 4 minutes ago: all 3 people"],
    );
    visitor.language = "de-AT,de;q=0.9,en;q=0.5";
    assert_has(
        &visitor.text("/").await,
        &["<html lang=\"de\">", "Die eine Firma ist in Ordnung"],
    );
    assert_has(
        &visitor.text("/tenants/acme").await,
        &[
            "Abgeglichen vor 4 Minuten: alle 3 Personen",
            "Personen in höchstens 5 Minuten, Zertifikate in höchstens 30 Minuten",
            "11.05.2026, 10:00",
        ],
    );
}

#[tokio::test]
async fn a_run_that_reads_nobody_leaves_the_number_of_people() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let refused = Fault::new(Behaviour::Status(403, Body::Vendor));
    company.personio.fail(refused.always());
    desk.attention("sync acme --here").await;
    let page = visitor(&desk, "").await.text("/tenants/acme").await;
    assert_has(
        &page,
        &["access-denied", "<strong>3</strong><span>people</span>"],
    );
}

#[tokio::test]
async fn what_aws_refuses_is_named_and_the_rest_is_shown() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.done("sync acme --here").await;
    let visitor = visitor_of_stack(&desk, desk.variables()).await;
    let refused = Fault::new(Behaviour::Status(403, Body::Vendor)).method(http::Method::GET);
    desk.aws.fail(refused.clone().path("/schedules").always());
    let unread = [
        "acme",
        "were not compared",
        "No company needs you so far",
        "fine so far",
    ];
    assert_has(&visitor.text("/").await, &unread);
    desk.aws.fail(refused.path("/schedules/{name}").always());
    for (path, rest) in [
        ("", "were not compared"),
        ("", "In sync just now, 1 thing to look at"),
        ("/plan", "<title>Plan · acme · tenants</title>"),
        ("/certificates", "Filed per day"),
    ] {
        let path = format!("/tenants/acme{path}");
        assert_has(&visitor.text(&path).await, &["acme", rest]);
    }
    let denied = Fault::new(Behaviour::Status(400, Body::Json(DENIED)));
    let secrets = denied.clone().calls("Secrets Manager GetSecretValue");
    desk.faults.add(secrets.always());
    let page = visitor.text("/tenants/acme").await;
    assert_has(&page, &["not checked: AWS does not let you read them"]);
    let reports = denied.clone().calls("DynamoDB Query").body(&["RUN#"]);
    desk.faults.add(reports.always());
    let page = visitor.text("/tenants/acme").await;
    assert_has(&page, &["In sync just now", "DynamoDB refuses Query"]);
    let day = "<a href=\"/tenants/acme/runs\">cannot be read</a>";
    let visitor = visitor_of_stack(&desk, desk.variables()).await;
    assert_has(&visitor.text("/").await, &["</span>fine so far<", day]);
    desk.faults.add(denied.calls("DynamoDB Query").always());
    let visitor = visitor_of_stack(&desk, desk.variables()).await;
    let failed = visitor.text("/?wait=true").await;
    assert_has(&failed, &["That did not work", "id=\"main\""]);
    let list = visitor.request(Method::GET, "/");
    let list = send(list.header("hx-request", "true")).await;
    assert_eq!(list.status, StatusCode::BAD_GATEWAY, "what is shown stays");
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_named_and_the_rest_is_shown() {
    let (desk, _company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    desk.pass_minutes(61);
    desk.done("sync acme --here").await;
    let items = items(&desk).await;
    let keys = items.iter().map(|item| item["sk"].as_s().unwrap());
    let first = keys.filter(|key| key.starts_with("RUN#")).min().unwrap();
    let table = "reteach-personio";
    damage(&desk, table, "TENANT#acme", first, "report").await;
    let visitor = visitor(&desk, "").await;
    let named = format!("{first} cannot be read");
    assert_has(
        &visitor.text("/tenants/acme").await,
        &[&named, "In sync just now", "unchanged"],
    );
    let runs = visitor.text("/tenants/acme/runs").await;
    assert_has(&runs, &[&named, "1 report, none failed", "unchanged"]);
    let printed = desk.run("runs acme").await;
    assert_eq!(printed.exit, Exit::Attention);
    assert_has(&printed.out, &[&named, "unchanged"]);
    assert_has(&visitor.text("/").await, &["The one company is fine"]);
    for (key, attribute) in [
        ("FINGERPRINTS", "open_accounts"),
        ("HELD#employees", "hash"),
        ("CONFIG", "config"),
    ] {
        damage(&desk, table, "TENANT#acme", key, attribute).await;
        let page = visitor.text("/tenants/acme").await;
        let named = format!("{key} cannot be read");
        assert_has(&page, &[&named, "Cannot be read", "unchanged"]);
    }
}

#[tokio::test]
async fn an_item_that_cannot_be_read_hides_no_other_person_certificate_or_decision() {
    let (desk, company) = Desk::in_step().await;
    for certificate in ["cert-1", "cert-2"] {
        park(&desk, &company.tenant, certificate, false).await;
    }
    desk.done("certificates dismiss acme cert-2").await;
    let items = items(&desk).await;
    let mut keys = items.iter().map(|item| item["sk"].as_s().unwrap());
    let shard = keys.find(|key| key.starts_with("FINGERPRINTS#")).unwrap();
    let visitor = visitor(&desk, "").await;
    // After each one those before it are still named.
    let mut named = Vec::new();
    for (key, attribute, pages) in [
        (
            "CERTIFICATE#cert-1",
            "state",
            &["certificates", "audit"][..],
        ),
        ("EMPLOYEE#1", "customer_id", &["people"][..]),
        (shard.as_str(), "people", &["people"][..]),
    ] {
        damage(&desk, "reteach-personio", "TENANT#acme", key, attribute).await;
        let problem = |page: &&'static str| (*page, format!("{key} cannot be read"));
        named.extend(pages.iter().map(problem));
        for (page, named) in &named {
            let rest = match *page {
                "people" => "/tenants/acme/people/2",
                _ => "cert-2",
            };
            let shown = visitor.text(&format!("/tenants/acme/{page}")).await;
            assert_has(&shown, &[named, rest]);
        }
    }
    for (line, rest) in [
        ("certificates list acme --all", "cert-2"),
        ("decisions acme", "certificate cert-2"),
        ("people list acme", "3"),
    ] {
        let printed = desk.run(line).await;
        assert_eq!(printed.exit, Exit::Attention, "{line}: {}", printed.out);
        assert_has(&printed.out, &["cannot be read", rest]);
    }
    let list = desk.attention("people list acme").await;
    assert_eq!(list["unreadable"].as_array().unwrap().len(), 2, "{list:#}");
    assert_eq!(list["counts"].get("gone"), None, "they are in the shard");
    // What changes something still stops.
    desk.fails("people retry acme", Exit::Attention, &["cannot be read"])
        .await;
    damage(&desk, "reteach-personio", "TENANT#acme", "CONFIG", "config").await;
    for page in ["people", "audit"] {
        let shown = visitor.text(&format!("/tenants/acme/{page}")).await;
        assert_has(&shown, &["CONFIG cannot be read"]);
    }
}

#[tokio::test]
async fn a_company_says_what_its_certificates_wait_for() {
    for (more, text) in [
        ("backfill = \"hold\"", "earlier ones are held until you"),
        ("enabled = false", "certificates are off"),
    ] {
        let (desk, company) = Desk::new_company().await;
        let more = format!("[certificates]\n{more}\n");
        desk.run(&desk.add(&company, &more)).await;
        desk.done("sync acme --here").await;
        let visitor = visitor(&desk, "").await;
        let page = visitor.text("/tenants/acme").await;
        assert_has(&page, &[text]);
        assert!(!page.contains("have been filed since"), "{page}");
    }
}

#[tokio::test]
async fn the_address_of_a_button_leads_to_its_company() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor(&desk, "").await;
    for path in ["do/approve", "do/sync", "people/find"] {
        let page = visitor.get(&format!("/tenants/acme/{path}")).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(page.headers["location"], "/tenants/acme", "{path}");
    }
}

#[tokio::test]
async fn a_tenant_that_was_removed_meanwhile_is_not_acted_on() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme").await;
    desk.done("remove acme --yes").await;
    for action in ["pause", "sync", "check"] {
        let path = format!("/tenants/acme/do/{action}");
        let refused = visitor.post(&path, &form(&page, &path)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.text);
        assert_has(&refused.text, &["there is no tenant acme"]);
    }
}

#[tokio::test]
async fn a_tenant_is_paused_resumed_and_checked() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    visitor
        .submit("/tenants/acme", "/tenants/acme/do/pause", &[])
        .await;
    assert_ne!(desk.stored(&company).await.status, TenantStatus::Active);
    assert_has(
        &visitor.text("/tenants/acme").await,
        &["Paused: nobody is synced"],
    );
    visitor
        .submit("/tenants/acme", "/tenants/acme/do/resume", &[])
        .await;
    assert_eq!(desk.stored(&company).await.status, TenantStatus::Active);
    let checked = visitor
        .submit("/tenants/acme", "/tenants/acme/do/check", &[])
        .await;
    assert_has(&checked.text, &["Connection and rights", "Personio"]);
}
