//! The function as Lambda runs it.
//!
//! `BOOTSTRAP` names another binary than the one built with the tests, such as the one `cargo lambda build` made.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use local::{Answer, Function, World};
use serde_json::{Value, json};
use shared::tenant::Via;

async fn start(world: &World) -> Function {
    let built_here = env!("CARGO_BIN_EXE_employee-sync").to_owned();
    let bootstrap = std::env::var("BOOTSTRAP").unwrap_or(built_here);
    Function::start("employee-sync", bootstrap, &world.stack).await.unwrap()
}

async fn report(function: &mut Function, event: Value) -> Value {
    match function.invoke(event).await.unwrap() {
        Answer::Reply(report) => report,
        Answer::Error(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_events_over_the_runtime_api_against_the_local_stack() {
    let world = World::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    company.personio.put_all([simulators::Person::new(7, "Jörg", "Weiß")]);
    let mut function = start(&world).await;

    let first = report(&mut function, json!({"tenant_id": "acme"})).await;
    assert_eq!((&first["outcome"], &first["counts"]["created"]), (&json!("done"), &json!(1)), "{first}");
    assert_eq!(company.reteach.customers()[0].external_id.as_deref(), Some("personio:7"));

    let second = report(&mut function, json!({"tenant_id": "acme"})).await;
    assert_eq!(second["outcome"], "unchanged", "{second}");
    let unknown = report(&mut function, json!({"tenant_id": "nobody"})).await;
    assert_eq!(unknown["outcome"], "unknown-tenant", "{unknown}");

    let Answer::Error(error) = function.invoke(json!({"tenant": "acme"})).await.unwrap() else {
        panic!("a wrong event is an error")
    };
    assert_eq!(error["errorType"], "InvalidEvent");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("tenant") && message.contains("dry-run"), "{message}");

    let log = function.stop().await.unwrap();
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    assert!(log.contains("\"CloudWatchMetrics\"") && log.contains("\"outcome\":\"Done\""), "{log}");
    for secret in ["papi-secret", "reteach-secret", "reteach-code", "Jörg", "Weiß", "muster.example"] {
        assert!(!log.contains(secret), "the log contains {secret}");
    }
}
