//! `tenants check`

use serde_json::Value;
use shared::tenant::Via;
use simulators::kombo::Condition;
use tenants::Exit;

use crate::support::Desk;

fn misses(check: &Value) -> Vec<String> {
    let items = check["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["level"] == "miss");
    items
        .map(|item| format!("{}: {} → {}", item["about"], item["text"], item["advice"]))
        .collect()
}

#[tokio::test]
async fn on_every_route_a_company_that_is_set_up_misses_nothing() {
    for via in [Via::Direct, Via::KomboPassthrough, Via::Kombo] {
        let desk = Desk::new().await;
        let company = desk.tenant(via).await;
        let writes = company
            .reteach
            .requests()
            .iter()
            .filter(|it| it.method != "GET")
            .count();
        let done = desk.json(&["check", "acme"]).await;
        assert_eq!(
            (done.exit, misses(&done.json())),
            (Exit::Done, vec![]),
            "{via:?} {}",
            done.out
        );
        let after = company
            .reteach
            .requests()
            .iter()
            .filter(|it| it.method != "GET")
            .count();
        assert!(after <= writes + 1, "nothing but a login may be posted");
    }
}

#[tokio::test]
async fn each_miss_is_named_in_plain_words_with_what_to_do() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    company.personio.revoke(&["termination_date", "position"]);
    for category in company.personio.categories() {
        company.personio.remove_category(&category.name);
    }
    let done = desk.json(&["check", "acme"]).await;
    assert_eq!(done.exit, Exit::Look);
    let misses = misses(&done.json());
    let has = |parts: &[&str]| {
        misses
            .iter()
            .any(|miss| parts.iter().all(|part| miss.contains(part)))
    };
    assert!(
        has(&[
            "Arbeitsverhältnis endet zum",
            "nobody is locked at the end",
            "tick"
        ]),
        "{misses:#?}"
    );
    assert!(
        has(&["Position", "stays as it is in reteach"]),
        "{misses:#?}"
    );
    assert!(has(&["folder", "Bildungszertifikate"]), "{misses:#?}");
    assert_eq!(misses.len(), 3, "{misses:#?}");
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    company.personio.allow_reading(false);
    let done = desk.json(&["check", "acme"]).await;
    let misses = misses(&done.json());
    assert!(
        misses
            .iter()
            .any(|miss| miss.contains("Mitarbeiter: Lesen") || miss.contains("Employees: read")),
        "{misses:#?}"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_kombo_connection_is_named() {
    for (condition, hint) in [
        (Condition::SetupIncomplete, "has steps left"),
        (Condition::SetupSyncPending, "first sync is still running"),
        (Condition::Invalid, "no longer valid"),
        (Condition::Inactive, "switched off"),
    ] {
        let desk = Desk::new().await;
        let company = desk.tenant(Via::Kombo).await;
        let kombo = company.kombo.as_ref().unwrap();
        kombo.mirror_automatically(local::INTEGRATION, false);
        kombo.set_condition(local::INTEGRATION, condition);
        let done = desk.json(&["check", "acme"]).await;
        let misses = misses(&done.json());
        assert!(
            misses.iter().any(|miss| miss.contains(hint)),
            "{condition:?}: {misses:#?}"
        );
    }
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Kombo).await;
    company.kombo.as_ref().unwrap().revoke_api_key("kombo-key");
    let done = desk.json(&["check", "acme"]).await;
    assert!(
        misses(&done.json())[0].contains("Kombo: API key"),
        "{}",
        done.out
    );
}

#[tokio::test]
async fn files_can_be_checked_before_anything_is_stored() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    let done = desk
        .json(&["check", "--file", &file, "--credentials", &credentials])
        .await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
}
