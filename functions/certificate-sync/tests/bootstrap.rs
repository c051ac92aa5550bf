//! The function as Lambda runs it.
//!
//! `BOOTSTRAP` names another binary than the one built with the tests, such as the one `cargo lambda build` made.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use local::{Answer, Company, Fixture, Function};
use serde_json::{Value, json};
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation};

async fn start(world: &Fixture) -> Function {
    start_in(world.stack.environment()).await
}

async fn start_in(environment: Vec<(String, String)>) -> Function {
    let built_here = env!("CARGO_BIN_EXE_certificate-sync").to_owned();
    let bootstrap = std::env::var("BOOTSTRAP").unwrap_or(built_here);
    Function::start_in("certificate-sync", bootstrap, environment)
        .await
        .unwrap()
}

async fn report(function: &mut Function, event: Value) -> Value {
    match function.invoke(event).await.unwrap() {
        Answer::Reply(report) => report,
        Answer::Error(error) => panic!("{error}"),
    }
}

async fn error(function: &mut Function, event: Value) -> Value {
    match function.invoke(event).await.unwrap() {
        Answer::Reply(report) => panic!("taken: {report}"),
        Answer::Error(error) => error,
    }
}

/// Jörg Weiß has an account and has completed a course.
async fn settle_in(world: &Fixture, company: &Company) {
    company
        .personio
        .put_all([simulators::Person::new(7, "Jörg", "Weiß")]);
    assert!(world.tick(company).await.outcome.is_good());
    company.reteach.add_participation(Participation {
        customer: Some("personio:7".to_owned()),
        course_name: Some("Wiedereingliederung nach Krankheit".to_owned()),
        completed_at: Some("2026-05-02T22:30:00Z".parse().unwrap()),
        certificate: Some(Certificate::new("c-1", 50_000)),
        ..Participation::default()
    });
}

/// Each line is JSON, and none of them says anything about anybody.
fn check_log(log: &str) {
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "{log}"
    );
    assert!(log.contains("\"CertificatesUploaded\""), "{log}");
    assert!(log.contains("\"outcome\":\"done\""), "{log}");
    let personal = [
        "Jörg",
        "Weiß",
        "muster.example",
        "Wiedereingliederung",
        "/certificates/",
    ];
    let secret = ["papi-secret", "kombo-key", "reteach-secret", "reteach-code"];
    for text in personal.iter().chain(&secret) {
        assert!(!log.contains(text), "the log contains {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_events_over_the_runtime_api_against_the_local_stack() {
    for via in [Via::Direct, Via::Kombo] {
        let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
        let company = world.company("acme", via, "").await.unwrap();
        let mut function = start(&world).await;
        let event = json!({"tenant_id": "acme"});
        let waiting = report(&mut function, event.clone()).await;
        assert_eq!(waiting["outcome"], "waiting", "{waiting}");

        settle_in(&world, &company).await;
        let dry_run = json!({"tenant_id": "acme", "mode": "dry-run"});
        let planned = report(&mut function, dry_run).await;
        assert_eq!(planned["outcome"], "planned", "{planned}");
        assert_eq!(planned["counts"]["remaining"], 1, "{planned}");
        let done = report(&mut function, event.clone()).await;
        assert_eq!(done["outcome"], "done", "{done}");
        assert_eq!(done["job"], "certificate-sync", "{done}");
        assert_eq!(done["counts"]["uploaded"], 1, "{done}");
        assert_eq!(done["findings"], json!([]), "{done}");
        let document = company.personio.documents().pop().unwrap();
        assert_eq!(document.employee_id, 7);
        assert_eq!(document.category.as_deref(), Some("Sonstige Dokumente"));
        let name = "Wiedereingliederung nach Krankheit 2026-05-03 c-1.pdf";
        assert_eq!(document.file_name, name);
        assert_eq!(Some(document.sha256), company.reteach.pdf_sha256("c-1"));

        let again = report(&mut function, event).await;
        assert_eq!(again["outcome"], "unchanged", "{again}");
        let full_scan = json!({"tenant_id": "acme", "mode": "full-scan"});
        let full = report(&mut function, full_scan).await;
        assert_eq!(full["outcome"], "unchanged", "{full}");
        assert_eq!(full["counts"]["settled"], 1, "{full}");
        assert_eq!(company.personio.documents().len(), 1);
        let unknown = report(&mut function, json!({"tenant_id": "nobody"})).await;
        assert_eq!(unknown["outcome"], "unknown-tenant", "{unknown}");

        let wrong = json!({"tenant_id": "acme", "mode": "reconcile"});
        for (event, says) in [
            (wrong, "employee-sync"),
            (json!({"tenant": "acme"}), "full-scan"),
        ] {
            let error = error(&mut function, event).await;
            assert_eq!(error["errorType"], "InvalidEvent", "{error}");
            let message = error["errorMessage"].as_str().unwrap();
            assert!(message.contains(says), "{error}");
        }
        check_log(&function.stop().await.unwrap());
    }
}

/// AWS is reached by an address that is not a loopback one, like on Lambda. What listens on loopback there is the runtime API.
#[tokio::test(flavor = "multi_thread")]
async fn where_aws_is_elsewhere_no_tenant_leads_to_the_function_s_own_machine() {
    let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Kombo, "").await.unwrap();
    settle_in(&world, &company).await;
    company.reteach.reset_log();
    let elsewhere = |(name, value): (String, String)| (name, value.replace("127.0.0.1", "0.0.0.0"));
    let environment = world.stack.environment().into_iter().map(elsewhere);
    let mut function = start_in(environment.collect()).await;
    // Whichever address it is: the vendors' own are public.
    let file = company.tenant_file("");
    let personio = file.replace(&company.personio.base_url(), "https://api.personio.de");
    let reteach = personio.replace(&company.reteach.base_url(), "https://api.reteach.io");
    let store = world.stack.store();
    for (file, field) in [
        (file, "personio"),
        (personio, "reteach"),
        (reteach, "kombo"),
    ] {
        let put = store.put_tenant(&company.tenant, &file).await;
        assert_eq!(put, Ok(()));
        let report = report(&mut function, json!({"tenant_id": "acme"})).await;
        assert_eq!(report["outcome"], "bad-configuration", "{report}");
        let says = format!("{field}.base_url names this machine");
        let message = report["message"].as_str().unwrap();
        assert!(message.contains(&says), "{report}");
    }
    assert!(company.reteach.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_function_calls_no_host_that_resolves_to_loopback() {
    let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    settle_in(&world, &company).await;
    let mut function = start(&world).await;
    for name in simulators::loopback_names() {
        let renamed = |base: &str| base.replace("http://127.0.0.1", &format!("https://{name}"));
        for (base, outcome) in [
            (company.personio.base_url(), "source-unavailable"),
            (company.reteach.base_url(), "reteach-unavailable"),
        ] {
            let file = company.tenant_file("").replace(&base, &renamed(&base));
            let put = world.stack.store().put_tenant(&company.tenant, &file).await;
            assert_eq!(put, Ok(()));
            let report = report(&mut function, json!({"tenant_id": "acme"})).await;
            assert_eq!(report["outcome"], outcome, "{report}");
            let message = report["message"].as_str().unwrap();
            let says = "leads to an address that is not public";
            assert!(message.contains(says), "{report}");
        }
    }
}
