//! The function as Lambda runs it.
//!
//! `BOOTSTRAP` names another binary than the one built with the tests, such as the one `cargo lambda build` made.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use local::{Answer, Fixture, Function};
use serde_json::{Value, json};
use shared::tenant::Via;

async fn start(world: &Fixture) -> Function {
    start_in(world.stack.environment()).await
}

async fn start_in(environment: Vec<(String, String)>) -> Function {
    let built_here = env!("CARGO_BIN_EXE_employee-sync").to_owned();
    let bootstrap = std::env::var("BOOTSTRAP").unwrap_or(built_here);
    Function::start_in("employee-sync", bootstrap, environment)
        .await
        .unwrap()
}

async fn report(function: &mut Function, event: Value) -> Value {
    match function.invoke(event).await.unwrap() {
        Answer::Reply(report) => report,
        Answer::Error(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_events_over_the_runtime_api_against_the_local_stack() {
    let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    company
        .personio
        .put_all([simulators::Person::new(7, "Jörg", "Weiß")]);
    let mut function = start(&world).await;

    let first = report(&mut function, json!({"tenant_id": "acme"})).await;
    let ended = (&first["outcome"], &first["counts"]["created"]);
    assert_eq!(ended, (&json!("done"), &json!(1)), "{first}");
    assert_eq!(
        company.reteach.customers()[0].external_id.as_deref(),
        Some("personio:7")
    );

    let second = report(&mut function, json!({"tenant_id": "acme"})).await;
    assert_eq!(second["outcome"], "unchanged", "{second}");
    let unknown = report(&mut function, json!({"tenant_id": "nobody"})).await;
    assert_eq!(unknown["outcome"], "unknown-tenant", "{unknown}");

    let Answer::Error(error) = function.invoke(json!({"tenant": "acme"})).await.unwrap() else {
        panic!("a wrong event is an error")
    };
    assert_eq!(error["errorType"], "InvalidEvent");
    let message = error["errorMessage"].as_str().unwrap();
    for part in ["tenant", "dry-run"] {
        assert!(message.contains(part), "{message}");
    }

    let log = function.stop().await.unwrap();
    let mut lines = log.lines().map(serde_json::from_str::<Value>);
    assert!(lines.all(|line| line.is_ok()), "{log}");
    for part in ["\"CloudWatchMetrics\"", "\"outcome\":\"done\""] {
        assert!(log.contains(part), "{log}");
    }
    let secrets = ["papi-secret", "reteach-secret", "reteach-code"];
    let personal = ["Jörg", "Weiß", "muster.example"];
    for text in secrets.into_iter().chain(personal) {
        assert!(!log.contains(text), "the log contains {text}");
    }
}

/// AWS is reached by an address that is not a loopback one, like on Lambda. What listens on loopback there is the runtime API.
#[tokio::test(flavor = "multi_thread")]
async fn where_aws_is_elsewhere_no_tenant_leads_to_the_function_s_own_machine() {
    let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    let elsewhere = |(name, value): (String, String)| (name, value.replace("127.0.0.1", "0.0.0.0"));
    let environment = world.stack.environment().into_iter().map(elsewhere);
    let mut function = start_in(environment.collect()).await;
    let report = report(&mut function, json!({"tenant_id": "acme"})).await;
    assert_eq!(report["outcome"], "bad-configuration", "{report}");
    let message = report["message"].as_str().unwrap();
    let says = "personio.base_url names this machine";
    assert!(message.contains(says), "{report}");
    assert!(company.personio.requests().is_empty() && company.reteach.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_an_internal_address_is_not_called_by_the_function_itself() {
    let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    let mut function = start(&world).await;
    let names = simulators::loopback_names();
    eprintln!("names that resolve to loopback here: {names:?}");
    for name in names {
        let base = company.personio.base_url();
        let renamed = base.replace("http://127.0.0.1", &format!("https://{name}"));
        let file = company.tenant_file("").replace(&base, &renamed);
        let put = world.stack.store().put_tenant(&company.tenant, &file).await;
        assert_eq!(put, Ok(()));
        let report = report(&mut function, json!({"tenant_id": "acme"})).await;
        assert_eq!(report["outcome"], "source-unavailable", "{report}");
        let message = report["message"].as_str().unwrap();
        let says = "leads to an address that is not public";
        assert!(message.contains(says), "{report}");
    }
}
