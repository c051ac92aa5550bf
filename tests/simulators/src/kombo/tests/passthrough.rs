use jiff::civil::date;
use serde_json::{Value, json};

use super::{ID, code, environment};
use crate::kombo::Endpoint;
use crate::{Behaviour, Body, Fault, Origin, RetryAfter, people, personio};

#[tokio::test]
async fn passes_requests_through_to_personio() {
    let env = environment(people::demo(150, 1, date(2026, 3, 16))).await;
    let path = "/company/employees?attributes[]=last_name&attributes[]=email";
    let answer = env
        .pass(json!({"method": "GET", "path": path, "params": {"limit": "100"}}))
        .await;
    assert_eq!(
        (answer.status, answer.at("/status")),
        (200, json!("success"))
    );
    assert_eq!(answer.at("/data/status"), json!(200));
    assert_eq!(
        answer.at("/data/url"),
        json!(format!("https://api.personio.de/v1{path}"))
    );
    assert_eq!(
        answer.at("/data/headers/content-type"),
        json!("application/json")
    );
    assert_eq!(answer.at("/data/headers/authorization"), Value::Null);
    assert_eq!(answer.at("/data/data/data").as_array().unwrap().len(), 100);
    let attributes = answer.at("/data/data/data/0/attributes");
    assert_eq!(
        attributes.as_object().unwrap().len(),
        3,
        "id, last_name, email"
    );
    let seen = &env.personio.requests()[0];
    assert_eq!(
        (seen.origin, seen.template),
        (Origin::KomboPassthrough, Some("/v1/company/employees"))
    );
    assert_eq!(env.personio.calls(personio::Endpoint::Auth), 0);
    assert_eq!(env.kombo.calls(Endpoint::Passthrough), 1);
    assert_eq!(
        env.kombo.requests()[0].body.as_ref().unwrap()["method"],
        "GET"
    );
}

#[tokio::test]
async fn checks_the_body_of_a_passthrough() {
    let env = environment(vec![]).await;
    let bodies = [
        json!([]),
        json!({"path": "/company/employees"}),
        json!({"method": "HEAD", "path": "/company/employees"}),
        json!({"method": "GET"}),
        json!({"method": "GET", "path": "company/employees"}),
        json!({"method": "GET", "path": "/company/employees", "params": {"limit": 100}}),
        json!({"method": "GET", "path": "/company/employees", "params": {"attributes[]": ["email"]}}),
        json!({"method": "GET", "path": "/company/employees", "query": {}}),
    ];
    for body in bodies {
        let answer = env.pass(body.clone()).await;
        assert_eq!(
            (answer.status, code(&answer)),
            (400, json!("PLATFORM.INPUT_INVALID")),
            "{body}"
        );
    }
    let body = json!({"method": "GET", "path": "/company/employees"});
    for api in ["personio/recruiting", "bamboohr/default"] {
        let answer = env
            .call("POST", &format!("/passthrough/{api}"))
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.status, 400, "{api}");
    }
    env.kombo.allow_passthrough(ID, false);
    assert_eq!(
        code(&env.pass(body).await),
        json!("INTEGRATION.ACTION_NOT_AVAILABLE")
    );
}

#[tokio::test]
async fn tells_personios_failures_from_its_own() {
    let env = environment(vec![]).await;
    let get = || env.pass(json!({"method": "GET", "path": "/company/employees"}));
    env.personio.allow_reading(false);
    let forbidden = get().await;
    assert_eq!(
        (forbidden.status, forbidden.at("/data/status")),
        (200, json!(403))
    );
    env.personio.allow_reading(true);
    env.personio
        .fail(Fault::new(Behaviour::TooManyRequests(RetryAfter::Seconds(
            3,
        ))));
    let limited = get().await;
    assert_eq!(
        (limited.status, limited.at("/data/status")),
        (200, json!(429))
    );
    assert_eq!(limited.at("/data/headers/retry-after"), json!("3"));
    env.personio
        .fail(Fault::new(Behaviour::Status(502, Body::Html)));
    let html = get().await;
    assert_eq!(html.at("/data/status"), json!(502));
    assert!(
        html.at("/data/data")
            .as_str()
            .unwrap()
            .starts_with("<html>")
    );
    env.personio.fail(Fault::new(Behaviour::Close));
    let gone = get().await;
    assert_eq!(
        (gone.status, code(&gone)),
        (503, json!("REMOTE.SERVICE_UNAVAILABLE"))
    );
    env.personio.rotate_secret("id", "new");
    let refused = get().await;
    assert_eq!(
        (refused.status, code(&refused)),
        (403, json!("INTEGRATION.AUTHENTICATION_INVALID"))
    );
}

#[tokio::test]
async fn lets_go_of_personio_when_it_shuts_down() {
    let env = environment(vec![]).await;
    env.personio.fail(Fault::new(Behaviour::Hang));
    let body = json!({"method": "GET", "path": "/company/employees"});
    let call = env
        .call("POST", "/passthrough/personio/personnel")
        .json(&body);
    let hung = tokio::spawn(call.try_send());
    while env.personio.calls(personio::Endpoint::Employees) == 0 {
        tokio::task::yield_now().await;
    }
    drop(env.kombo);
    assert!(hung.await.unwrap().is_err());
}

#[tokio::test]
async fn asks_personio_where_it_is_told_to() {
    let env = environment(people::demo(3, 1, date(2026, 3, 16))).await;
    env.kombo.reach_personio_at(ID, &env.personio.base_url());
    let path = "/company/employees?attributes[]=last_name&attributes[]=email";
    let answer = env
        .pass(json!({"method": "GET", "path": path, "params": {"limit": "2"}}))
        .await;
    assert_eq!(
        (answer.at("/data/status"), answer.at("/data/data/limit")),
        (json!(200), json!(2))
    );
    assert_eq!(answer.at("/data/headers/content-length"), Value::Null);
    let seen = &env.personio.requests()[0];
    assert_eq!(
        (seen.origin, seen.template),
        (Origin::Direct, Some("/v1/company/employees"))
    );
    env.personio.fail(Fault::new(Behaviour::Close));
    let nobody = env.pass(json!({"method": "GET", "path": path})).await;
    assert_eq!(
        (nobody.status, code(&nobody)),
        (503, json!("REMOTE.SERVICE_UNAVAILABLE"))
    );
}
