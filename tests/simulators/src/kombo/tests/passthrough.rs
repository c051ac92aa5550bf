use jiff::civil::date;
use serde_json::{Value, json};

use super::{ID, assert_refused, code, environment};
use crate::kombo::Endpoint;
use crate::{Behaviour, Body, Fault, Origin, RetryAfter, people, personio};

#[tokio::test]
async fn passes_requests_through_to_personio() {
    let env = environment(people::demo(150, 1, date(2026, 3, 16))).await;
    let path = "/company/employees?attributes[]=last_name&attributes[]=email";
    let body = json!({"method": "GET", "path": path, "params": {"limit": "100"}});
    let answer = env.pass(body).await;
    assert_eq!(answer.status, 200);
    for (pointer, expected) in [
        ("/status", json!("success")),
        ("/data/status", json!(200)),
        (
            "/data/url",
            json!(format!("https://api.personio.de/v1{path}")),
        ),
        ("/data/headers/content-type", json!("application/json")),
        ("/data/headers/authorization", Value::Null),
    ] {
        assert_eq!(answer.at(pointer), expected, "{pointer}");
    }
    assert_eq!(answer.rows("/data/data/data").len(), 100);
    let attributes = answer.keys("/data/data/data/0/attributes");
    assert_eq!(attributes, ["email", "id", "last_name"]);
    let seen = &env.personio.requests()[0];
    assert_eq!(seen.origin, Origin::KomboPassthrough);
    assert_eq!(seen.template, Some("/v1/company/employees"));
    assert_eq!(env.personio.calls(personio::Endpoint::Auth), 0);
    assert_eq!(env.kombo.calls(Endpoint::Passthrough), 1);
    let logged = env.kombo.requests()[0].body.clone().unwrap();
    assert_eq!(logged["method"], "GET");
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
        let (answer, about) = (env.pass(body.clone()).await, body.to_string());
        assert_refused(&answer, 400, "PLATFORM.INPUT_INVALID", &about);
    }
    let body = json!({"method": "GET", "path": "/company/employees"});
    for api in ["personio/recruiting", "bamboohr/default"] {
        let call = env.call("POST", &format!("/passthrough/{api}"));
        assert_eq!(call.json(&body).send().await.status, 400, "{api}");
    }
    env.kombo.allow_passthrough(ID, false);
    let refused = env.pass(body).await;
    assert_eq!(code(&refused), "INTEGRATION.ACTION_NOT_AVAILABLE");
}

#[tokio::test]
async fn tells_personios_failures_from_its_own() {
    let env = environment(vec![]).await;
    let get = || env.pass(json!({"method": "GET", "path": "/company/employees"}));
    env.personio.allow_reading(false);
    let passed = async |status| {
        let answer = get().await;
        let statuses = (answer.status, answer.at("/data/status"));
        assert_eq!(statuses, (200, json!(status)));
        answer
    };
    passed(403).await;
    env.personio.allow_reading(true);
    let limit = Behaviour::TooManyRequests(RetryAfter::Seconds(3));
    env.personio.fail(Fault::new(limit));
    assert_eq!(passed(429).await.at("/data/headers/retry-after"), "3");
    let page = Behaviour::Status(502, Body::Html);
    env.personio.fail(Fault::new(page));
    let html = passed(502).await.at("/data/data");
    assert!(html.as_str().unwrap().starts_with("<html>"));
    env.personio.fail(Fault::new(Behaviour::Close));
    assert_refused(&get().await, 503, "REMOTE.SERVICE_UNAVAILABLE", "gone");
    env.personio.rotate_secret("id", "new");
    let revoked = "INTEGRATION.AUTHENTICATION_INVALID";
    assert_refused(&get().await, 403, revoked, "rotated");
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
async fn asks_personio_at_another_address() {
    let env = environment(people::demo(3, 1, date(2026, 3, 16))).await;
    env.kombo.reach_personio_at(ID, &env.personio.base_url());
    let path = "/company/employees?attributes[]=last_name&attributes[]=email";
    let body = json!({"method": "GET", "path": path, "params": {"limit": "2"}});
    let answer = env.pass(body).await;
    assert_eq!(answer.at("/data/status"), 200);
    assert_eq!(answer.at("/data/data/limit"), 2);
    assert_eq!(answer.at("/data/headers/content-length"), Value::Null);
    let seen = &env.personio.requests()[0];
    assert_eq!(seen.origin, Origin::Direct);
    assert_eq!(seen.template, Some("/v1/company/employees"));
    env.personio.fail(Fault::new(Behaviour::Close));
    let nobody = env.pass(json!({"method": "GET", "path": path})).await;
    assert_refused(&nobody, 503, "REMOTE.SERVICE_UNAVAILABLE", "nobody");
}
