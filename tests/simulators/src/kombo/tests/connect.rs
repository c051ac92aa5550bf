use serde_json::{Value, json};

use super::{Environment, ID, environment};
use crate::people::Person;
use crate::testing::{Answer, Call};

async fn link(kombo: &Environment, tenant: &str) -> String {
    let body = json!({"end_user_email": "hr@acme.example", "end_user_organization_name": "Acme", "end_user_origin_id": tenant, "integration_tool": "personio"});
    let answer = kombo
        .call("POST", "/connect/create-link")
        .json(&body)
        .send()
        .await;
    answer.at("/data/link").as_str().unwrap().to_owned()
}

async fn integration(kombo: &Environment, id: &Value) -> Answer {
    kombo
        .call("GET", &format!("/integrations/{}", id.as_str().unwrap()))
        .send()
        .await
}

#[tokio::test]
async fn a_link_that_leads_here_connects_the_company_when_it_is_opened() {
    let env = environment(vec![Person::new(7, "Ada", "A")]).await;
    assert!(
        link(&env, "acme")
            .await
            .starts_with("https://connect.kombo.dev/"),
        "at the start"
    );
    env.kombo
        .connect_here(&env.personio, ("id", "secret"), Some("anstellungsart"));
    let (acme, other) = (link(&env, "acme").await, link(&env, "other").await);
    assert_eq!(
        env.kombo.integrations(),
        [ID],
        "nothing before the links are opened"
    );
    let opened = Call::new("GET", &acme).send().await;
    let id = opened.at("/integration_id");
    assert_eq!(opened.at("/end_user_origin_id"), "acme");
    assert_eq!(
        integration(&env, &id).await.at("/data/end_user/origin_id"),
        "acme"
    );
    assert_eq!(
        integration(&env, &id).await.at("/data/setup_status"),
        "COMPLETED"
    );
    let token = opened.at("/token");
    let path = format!("/connect/integration-by-token/{}", token.as_str().unwrap());
    assert_eq!(env.call("GET", &path).send().await.at("/data/id"), id);
    let again = Call::new("GET", &acme)
        .header("accept", "text/html")
        .send()
        .await;
    assert!(
        again.text.contains(id.as_str().unwrap()) && again.text.contains("tenants connect acme"),
        "{}",
        again.text
    );
    let number = env.kombo.integrations().len();
    assert_eq!(number, 2, "opened twice, connected once");
    assert_ne!(
        Call::new("GET", &other).send().await.at("/integration_id"),
        id
    );
}

#[tokio::test]
async fn a_link_that_was_never_made_leads_nowhere() {
    let env = environment(Vec::new()).await;
    env.kombo
        .connect_here(&env.personio, ("id", "secret"), None);
    let made = link(&env, "acme").await;
    for token in ["link-0", "link-2", "link-", "nonsense"] {
        let url = made.replace("link-1", token);
        assert_eq!(Call::new("GET", &url).send().await.status, 404, "{token}");
    }
    assert_eq!(env.kombo.integrations(), [ID]);
}
