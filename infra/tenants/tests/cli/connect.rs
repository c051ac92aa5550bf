//! `tenants connect`

use shared::tenant::{TenantConfig, Via};
use simulators::kombo::Condition;
use tenants::{Exit, Somebody};

use crate::support::{Desk, run};

const ID: &str = local::INTEGRATION;

/// A tenant through Kombo whose company has not connected yet.
async fn unconnected(desk: &Desk, via: Via) -> local::Company {
    let company = desk.company(via).await;
    let (file, credentials) = desk.files(&company, "");
    let text = std::fs::read_to_string(&file).unwrap();
    let file = desk.file(
        "unconnected.toml",
        &text.replace(&format!("integration_id = \"{ID}\"\n"), ""),
    );
    let done = desk
        .json(&["add", "--file", &file, "--credentials", &credentials])
        .await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    company
}

async fn stored(desk: &Desk, company: &local::Company) -> Option<String> {
    let record = desk
        .stack
        .store()
        .tenant(&company.tenant)
        .await
        .unwrap()
        .unwrap();
    let config = TenantConfig::parse(&record.config).unwrap();
    config
        .kombo
        .unwrap()
        .integration_id
        .map(|id| id.to_string())
}

#[tokio::test]
async fn a_link_carries_the_tenant_and_is_for_personio_in_german() {
    let desk = Desk::new().await;
    let company = unconnected(&desk, Via::Kombo).await;
    let off = [
        "acme.certificates DISABLED rate(30 minutes)",
        "acme.employees DISABLED rate(5 minutes)",
    ];
    assert_eq!(
        desk.schedules(),
        off,
        "nothing fires before the company has connected"
    );
    let args = [
        "connect",
        "acme",
        "--email",
        "hr@acme.example",
        "--company",
        "Acme GmbH",
    ];
    let done = desk.json(&args).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert!(
        done.json()["link"]
            .as_str()
            .unwrap()
            .starts_with("https://connect.kombo.dev/")
    );
    let links = company.kombo.as_ref().unwrap().links();
    assert_eq!(
        links,
        [serde_json::json!({
            "end_user_email": "hr@acme.example",
            "end_user_organization_name": "Acme GmbH",
            "end_user_origin_id": "acme",
            "integration_category": "HRIS",
            "integration_tool": "personio",
            "language": "de",
            "link_type": "MAGIC_LINK",
        })]
    );
}

#[tokio::test]
async fn the_connection_of_an_opened_link_is_this_tenant_s() {
    let desk = Desk::new().await;
    let company = unconnected(&desk, Via::Kombo).await;
    let kombo = company.kombo.clone().unwrap();
    kombo.connect_here(
        &company.personio,
        ("papi-client", "papi-secret"),
        Some("anstellungsart"),
    );
    let args = [
        "connect",
        "acme",
        "--email",
        "hr@acme.example",
        "--company",
        "Acme GmbH",
    ];
    let link = desk.json(&args).await.json()["link"]
        .as_str()
        .unwrap()
        .to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page: serde_json::Value = client.get(link).send().await.unwrap().json().await.unwrap();
    let id = page["integration_id"].as_str().unwrap();
    let done = desk.json(&["connect", "acme", "--integration", id]).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert_eq!(stored(&desk, &company).await.as_deref(), Some(id));
}

#[tokio::test]
async fn the_connection_is_stored_and_the_schedules_fire() {
    for (via, with) in [
        (Via::Kombo, "--integration"),
        (Via::KomboPassthrough, "--token"),
    ] {
        let desk = Desk::new().await;
        let company = unconnected(&desk, via).await;
        let token: String = ID.chars().rev().collect();
        let value = if with == "--token" {
            token.as_str()
        } else {
            ID
        };
        let done = desk.json(&["connect", "acme", with, value]).await;
        assert_eq!(done.exit, Exit::Done, "{}", done.out);
        assert_eq!(stored(&desk, &company).await.as_deref(), Some(ID));
        assert!(
            desk.schedules().iter().all(|line| line.contains("ENABLED")),
            "{:?}",
            desk.schedules()
        );
        // The operator's file still lacks the id: repeating `add` keeps it.
        let file = desk.file(
            "unconnected.toml",
            &company
                .tenant_file("")
                .replace(&format!("integration_id = \"{ID}\"\n"), ""),
        );
        assert_eq!(desk.run(&["add", "--file", &file]).await.exit, Exit::Done);
        assert_eq!(stored(&desk, &company).await.as_deref(), Some(ID));
    }
}

#[tokio::test]
async fn somebody_at_a_terminal_is_shown_the_link_and_asked_for_the_id() {
    let desk = Desk::new().await;
    let company = unconnected(&desk, Via::Kombo).await;
    let args = [
        "connect",
        "acme",
        "--email",
        "hr@acme.example",
        "--company",
        "Acme GmbH",
    ];
    for (answer, exit, expected) in [
        ("\n", Exit::Done, None),
        ("nonsense\n", Exit::Usage, None),
        (&format!("{ID}\n"), Exit::Done, Some(ID)),
    ] {
        let here = desk.surroundings(desk.variables(), Somebody::Watches, answer);
        assert_eq!(run(&args, &here).await.exit, exit, "{answer:?}");
        assert_eq!(stored(&desk, &company).await.as_deref(), expected);
    }
}

#[tokio::test]
async fn a_connection_that_is_not_this_tenant_s_or_not_ready_is_not_stored() {
    type Spoil = fn(&simulators::Kombo);
    let cases: Vec<(Spoil, &str)> = vec![
        (
            |kombo| kombo.set_origin(ID, Some("other")),
            "carries the id of other",
        ),
        (|kombo| kombo.set_origin(ID, None), "carries no tenant's id"),
        (
            |kombo| kombo.set_condition(ID, Condition::SetupIncomplete),
            "has steps left",
        ),
        (
            |kombo| kombo.set_condition(ID, Condition::Invalid),
            "no longer valid",
        ),
        (
            |kombo| kombo.set_condition(ID, Condition::SetupSyncPending),
            "first sync is still running",
        ),
    ];
    for (spoil, hint) in cases {
        let desk = Desk::new().await;
        let company = unconnected(&desk, Via::Kombo).await;
        spoil(company.kombo.as_ref().unwrap());
        let done = desk
            .json(&["connect", "acme", "--integration", ID, "--wait", "0"])
            .await;
        assert_eq!(
            (done.exit, &done.json()["stored"]),
            (Exit::Look, &serde_json::json!(false)),
            "{}",
            done.out
        );
        assert!(done.out.contains(hint), "{hint}: {}", done.out);
        assert_eq!(stored(&desk, &company).await, None);
    }
    let desk = Desk::new().await;
    unconnected(&desk, Via::Kombo).await;
    let done = desk
        .json(&["connect", "acme", "--integration", "personio:nobody"])
        .await;
    assert_eq!(done.exit, Exit::Look);
    assert!(
        done.error().contains("no such integration"),
        "{}",
        done.error()
    );
}

#[tokio::test]
async fn the_first_sync_is_waited_for() {
    let desk = Desk::new().await;
    let company = unconnected(&desk, Via::Kombo).await;
    let kombo = company.kombo.clone().unwrap();
    kombo.set_condition(ID, Condition::SetupSyncPending);
    let before = kombo.calls(simulators::kombo::Endpoint::Integration);
    let ends = async {
        while kombo.calls(simulators::kombo::Endpoint::Integration) < before + 3 {
            tokio::task::yield_now().await;
        }
        kombo.set_condition(ID, Condition::Active);
    };
    let args = ["connect", "acme", "--integration", ID];
    let (done, ()) = tokio::join!(desk.json(&args), ends);
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert_eq!(stored(&desk, &company).await.as_deref(), Some(ID));
}

#[tokio::test]
async fn a_second_connection_is_not_made_by_mistake() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Kombo).await;
    let link = [
        "connect",
        "acme",
        "--email",
        "hr@acme.example",
        "--company",
        "Acme GmbH",
    ];
    let done = desk.json(&link).await;
    assert_eq!(done.exit, Exit::Look);
    assert!(
        done.error().contains("connected already"),
        "{}",
        done.error()
    );
    let other = desk
        .json(&["connect", "acme", "--integration", "personio:other"])
        .await;
    assert_eq!(other.exit, Exit::Usage, "{}", other.out);
    assert_eq!(company.kombo.as_ref().unwrap().links().len(), 0);

    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let direct = desk.json(&link).await;
    assert_eq!(direct.exit, Exit::Usage);
    assert!(
        direct.error().contains("route direct"),
        "{}",
        direct.error()
    );
}
