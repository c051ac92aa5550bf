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
    assert!(
        log.contains("\"CertificatesUploaded\"") && log.contains("\"outcome\":\"Done\""),
        "{log}"
    );
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
        let planned = report(
            &mut function,
            json!({"tenant_id": "acme", "mode": "dry-run"}),
        )
        .await;
        assert_eq!(planned["outcome"], "planned", "{planned}");
        assert_eq!(planned["counts"]["remaining"], 1, "{planned}");
        let done = report(&mut function, event.clone()).await;
        assert_eq!(
            (&done["outcome"], &done["job"]),
            (&json!("done"), &json!("certificate-sync")),
            "{done}"
        );
        assert_eq!(
            (&done["counts"]["uploaded"], &done["findings"]),
            (&json!(1), &json!([])),
            "{done}"
        );
        let document = company.personio.documents().pop().unwrap();
        assert_eq!(
            (document.employee_id, document.category.as_deref()),
            (7, Some("Sonstige Dokumente"))
        );
        assert_eq!(
            document.file_name,
            "Wiedereingliederung nach Krankheit 2026-05-03 c-1.pdf"
        );
        assert_eq!(Some(document.sha256), company.reteach.pdf_sha256("c-1"));

        let again = report(&mut function, event).await;
        assert_eq!(again["outcome"], "unchanged", "{again}");
        let full = report(
            &mut function,
            json!({"tenant_id": "acme", "mode": "full-scan"}),
        )
        .await;
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
            assert!(
                error["errorMessage"].as_str().unwrap().contains(says),
                "{error}"
            );
        }
        check_log(&function.stop().await.unwrap());
    }
}

/// AWS is reached by an address that is not a loopback one, as it is on Lambda. What listens on loopback there is the runtime API.
#[tokio::test(flavor = "multi_thread")]
async fn where_aws_is_elsewhere_no_tenant_leads_to_the_function_s_own_machine() {
    let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Kombo, "").await.unwrap();
    settle_in(&world, &company).await;
    company.reteach.reset_log();
    let elsewhere = |(name, value): (String, String)| (name, value.replace("127.0.0.1", "0.0.0.0"));
    let mut function = start_in(
        world
            .stack
            .environment()
            .into_iter()
            .map(elsewhere)
            .collect(),
    )
    .await;
    // Whichever address it is: the vendors' own are public.
    let file = company.tenant_file("");
    let personio = file.replace(&company.personio.base_url(), "https://api.personio.de");
    let reteach = personio.replace(&company.reteach.base_url(), "https://api.reteach.io");
    for (file, field) in [
        (file, "personio"),
        (personio, "reteach"),
        (reteach, "kombo"),
    ] {
        world
            .stack
            .store()
            .put_tenant(&company.tenant, &file)
            .await
            .unwrap();
        let report = report(&mut function, json!({"tenant_id": "acme"})).await;
        assert_eq!(report["outcome"], "bad-configuration", "{report}");
        let says = format!("{field}.base_url names this machine");
        assert!(
            report["message"].as_str().unwrap().contains(&says),
            "{report}"
        );
    }
    assert!(company.reteach.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_beside_us_is_not_called_by_the_function_itself() {
    let world = Fixture::start(jiff::Timestamp::now()).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    settle_in(&world, &company).await;
    let mut function = start(&world).await;
    for name in simulators::loopback_names() {
        let beside = |base: &str| base.replace("http://127.0.0.1", &format!("https://{name}"));
        for (base, outcome) in [
            (company.personio.base_url(), "source-unavailable"),
            (company.reteach.base_url(), "reteach-unavailable"),
        ] {
            let file = company.tenant_file("").replace(&base, &beside(&base));
            world
                .stack
                .store()
                .put_tenant(&company.tenant, &file)
                .await
                .unwrap();
            let report = report(&mut function, json!({"tenant_id": "acme"})).await;
            assert_eq!(report["outcome"], outcome, "{report}");
            let message = report["message"].as_str().unwrap();
            assert!(
                message.contains("leads to an address that is not public"),
                "{report}"
            );
        }
    }
}
