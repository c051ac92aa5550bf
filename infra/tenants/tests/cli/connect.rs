//! `tenants connect`

use local::Company;
use serde_json::{Value, json};
use shared::tenant::{TenantConfig, Via};
use simulators::kombo::{Condition, Endpoint};
use tenants::Exit;

use crate::add::PAUSED;
use crate::support::{Desk, Done};

const ID: &str = local::INTEGRATION;
const LINK: &str = "connect acme --email hr@acme.example --company \"Acme GmbH\"";

fn connect_to(id: &str) -> String {
    format!("connect acme --integration {id}")
}

/// The tenant's file before the company has connected.
fn unconnected_file(desk: &Desk, company: &Company) -> String {
    let line = format!("integration_id = \"{ID}\"\n");
    let text = company.tenant_file("").replace(&line, "");
    desk.file("unconnected.toml", &text)
}

/// A tenant through Kombo whose company has not connected yet.
async fn unconnected(via: Via) -> (Desk, Company) {
    let desk = Desk::new().await;
    let company = desk.company(via).await;
    let (_, credentials) = desk.files(&company, "");
    let file = unconnected_file(&desk, &company);
    desk.done(&format!("add --file {file} --credentials {credentials}"))
        .await;
    (desk, company)
}

async fn stored_id(desk: &Desk, company: &Company) -> Option<String> {
    let record = desk.stored(company).await;
    let kombo = TenantConfig::parse(&record.config).unwrap().kombo.unwrap();
    kombo.integration_id.map(|id| id.to_string())
}

#[tokio::test]
async fn a_link_carries_the_tenant_and_is_for_personio_in_german() {
    let (desk, company) = unconnected(Via::Kombo).await;
    assert_eq!(
        desk.schedules(),
        PAUSED,
        "nothing fires before the company has connected"
    );
    let link = desk.done(LINK).await["link"].clone();
    let link = link.as_str().unwrap();
    assert!(link.starts_with("https://connect.kombo.dev/"), "{link}");
    let expected = json!({
        "end_user_email": "hr@acme.example",
        "end_user_organization_name": "Acme GmbH",
        "end_user_origin_id": "acme",
        "integration_category": "HRIS",
        "integration_tool": "personio",
        "language": "de",
        "link_type": "MAGIC_LINK",
    });
    assert_eq!(company.kombo.as_ref().unwrap().links(), [expected]);
}

#[tokio::test]
async fn before_the_company_has_connected_status_and_resume_name_connect_and_nothing_else() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Kombo).await;
    let (_, credentials) = desk.files(&company, "");
    let file = unconnected_file(&desk, &company);
    let added = desk
        .run(&format!("add --file {file} --credentials {credentials}"))
        .await;
    let sum = "Personio is checked once the company has connected";
    assert!(added.out.contains(sum), "{}", added.out);
    let status = desk.attention("status acme").await;
    let problems = status["health"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let advice = "`tenants connect acme --email HR-ADMIN --company NAME`";
    assert!(
        problems[0].as_str().unwrap().contains(advice),
        "{problems:?}"
    );
    let resumed = desk.run("resume acme").await;
    assert_eq!(resumed.exit, Exit::Done, "{}", resumed.out);
    assert!(resumed.out.contains("tenants connect"), "{}", resumed.out);
    assert!(!resumed.out.contains("next employee"), "{}", resumed.out);
}

#[tokio::test]
async fn the_connection_of_an_opened_link_is_stored() {
    let (desk, company) = unconnected(Via::Kombo).await;
    let credentials = ("papi-client", "papi-secret");
    let kombo = company.kombo.clone().unwrap();
    kombo.connect_here(&company.personio, credentials, Some("anstellungsart"));
    let link = desk.done(LINK).await["link"].as_str().unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page: Value = client.get(link).send().await.unwrap().json().await.unwrap();
    let id = page["integration_id"].as_str().unwrap();
    desk.done(&connect_to(id)).await;
    assert_eq!(stored_id(&desk, &company).await.as_deref(), Some(id));
}

#[tokio::test]
async fn the_connection_is_stored_and_the_schedules_fire() {
    let token: String = ID.chars().rev().collect();
    for (via, by_token) in [(Via::Kombo, false), (Via::KomboPassthrough, true)] {
        let (desk, company) = unconnected(via).await;
        let line = if by_token {
            let file = desk.file("token", &format!("{token}\n"));
            format!("connect acme --token {file}")
        } else {
            connect_to(ID)
        };
        desk.done(&line).await;
        assert_eq!(stored_id(&desk, &company).await.as_deref(), Some(ID));
        let schedules = desk.schedules();
        let fires = |line: &String| line.contains("ENABLED");
        assert!(schedules.iter().all(fires), "{schedules:?}");
        // The operator's file still lacks the id: a repeated `add` keeps it.
        let file = unconnected_file(&desk, &company);
        desk.done(&format!("add --file {file}")).await;
        assert_eq!(stored_id(&desk, &company).await.as_deref(), Some(ID));
    }
}

#[tokio::test]
async fn at_a_terminal_the_link_is_shown_and_the_id_is_asked_for() {
    let (desk, company) = unconnected(Via::Kombo).await;
    for (input, exit, expected) in [
        ("\n", Exit::Done, None),
        ("nonsense\n", Exit::Usage, None),
        (&format!("{ID}\n"), Exit::Done, Some(ID)),
    ] {
        assert_eq!(desk.run_at_terminal(LINK, input).await, exit, "{input:?}");
        assert_eq!(stored_id(&desk, &company).await.as_deref(), expected);
    }
}

#[tokio::test]
async fn a_connection_of_another_tenant_or_not_ready_is_not_stored() {
    let (desk, company) = unconnected(Via::Kombo).await;
    let kombo = company.kombo.as_ref().unwrap();
    for (origin, condition, hint) in [
        (Some("other"), Condition::Active, "carries the id of other"),
        (None, Condition::Active, "carries no tenant's id"),
        (Some("acme"), Condition::SetupIncomplete, "has steps left"),
        (Some("acme"), Condition::Invalid, "no longer valid"),
        (
            Some("acme"),
            Condition::SetupSyncPending,
            "first sync is still running",
        ),
    ] {
        kombo.set_origin(ID, origin);
        kombo.set_condition(ID, condition);
        let refused = desk
            .attention(&format!("{} --wait 0", connect_to(ID)))
            .await;
        assert_eq!(refused["stored"], json!(false), "{refused:#}");
        assert!(refused.to_string().contains(hint), "{hint}: {refused:#}");
        assert_eq!(stored_id(&desk, &company).await, None);
    }
    let unknown = connect_to("personio:nobody");
    desk.fails(&unknown, Exit::Attention, &["no such integration"])
        .await;
}

#[tokio::test]
async fn connect_waits_for_the_first_sync() {
    let (desk, company) = unconnected(Via::Kombo).await;
    let kombo = company.kombo.clone().unwrap();
    kombo.set_condition(ID, Condition::SetupSyncPending);
    let before = kombo.calls(Endpoint::Integration);
    let sync_ends = async {
        while kombo.calls(Endpoint::Integration) < before + 3 {
            tokio::task::yield_now().await;
        }
        kombo.set_condition(ID, Condition::Active);
    };
    let line = format!("{} --wait {}", connect_to(ID), u32::MAX);
    tokio::join!(desk.done(&line), sync_ends);
    assert_eq!(stored_id(&desk, &company).await.as_deref(), Some(ID));
}

/// Runs `connect`, and `meanwhile` while Kombo's first sync is waited for.
async fn connect_while(desk: &Desk, company: &Company, meanwhile: &str) -> Done {
    let kombo = company.kombo.clone().unwrap();
    kombo.set_condition(ID, Condition::SetupSyncPending);
    let before = kombo.calls(Endpoint::Integration);
    let others = async {
        while kombo.calls(Endpoint::Integration) < before + 3 {
            tokio::task::yield_now().await;
        }
        desk.done(meanwhile).await;
        kombo.set_condition(ID, Condition::Active);
    };
    let line = connect_to(ID);
    tokio::join!(desk.json(&line), others).0
}

#[tokio::test]
async fn what_changes_while_connect_waits_stays() {
    let (desk, company) = unconnected(Via::Kombo).await;
    let file = unconnected_file(&desk, &company);
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("[brake]\nmail = 3\n");
    let changed = desk.file("changed.toml", &text);
    let update = format!("add --file {changed} --update");
    let done = connect_while(&desk, &company, &update).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert_eq!(stored_id(&desk, &company).await.as_deref(), Some(ID));
    let stored = desk.stored(&company).await.config;
    assert!(stored.contains("mail = 3"), "{stored}");

    let (desk, company) = unconnected(Via::Kombo).await;
    let done = connect_while(&desk, &company, "pause acme").await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    let schedules = desk.schedules();
    assert!(schedules.iter().all(|line| line.contains("DISABLED")));

    let (desk, company) = unconnected(Via::Kombo).await;
    let done = connect_while(&desk, &company, "remove acme --yes").await;
    assert_eq!(done.exit, Exit::Attention, "{}", done.out);
    assert!(done.error().contains("no tenant acme"), "{}", done.out);
    desk.assert_no_tenants().await;
}

#[tokio::test]
async fn a_second_connection_is_not_made_by_mistake() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Kombo).await;
    desk.fails(LINK, Exit::Attention, &["connected already"])
        .await;
    desk.fails(&connect_to("personio:other"), Exit::Usage, &["--replace"])
        .await;
    assert_eq!(company.kombo.as_ref().unwrap().links().len(), 0);

    let (desk, _) = Desk::acme().await;
    desk.fails(LINK, Exit::Usage, &["route direct"]).await;
}
