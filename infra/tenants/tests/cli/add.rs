//! `tenants add`

use secrecy::ExposeSecret as _;
use serde_json::json;
use shared::state::TenantStatus;
use shared::tenant::Via;
use simulators::people::Status;
use tenants::Exit;

use crate::support::{CERTIFICATES, Desk, EMPLOYEES, GROUP};

#[tokio::test]
async fn a_tenant_is_written_with_its_credentials_a_key_and_both_schedules() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    let done = desk
        .json(&["add", "--file", &file, "--credentials", &credentials])
        .await;
    assert_eq!(
        (done.exit, &done.json()["new"]),
        (Exit::Done, &json!(true)),
        "{}",
        done.out
    );

    let record = desk
        .stack
        .store()
        .tenant(&company.tenant)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (record.status, record.config),
        (TenantStatus::Active, company.tenant_file(""))
    );
    let secret = desk.stack.secrets().get(&company.tenant).await.unwrap();
    assert_eq!(
        secret.reteach.as_ref().unwrap().client_id.expose_secret(),
        "reteach-client"
    );
    shared::fingerprint::FingerprintKey::parse(secret.fingerprint_key.as_ref().unwrap()).unwrap();

    let schedules = desk.aws.schedules(GROUP);
    for (name, rate, function) in [
        ("acme.employees", "rate(5 minutes)", EMPLOYEES),
        ("acme.certificates", "rate(30 minutes)", CERTIFICATES),
    ] {
        let schedule = &schedules[name];
        assert_eq!(schedule["ScheduleExpression"], rate);
        assert_eq!(schedule["State"], "ENABLED");
        assert_eq!(schedule["FlexibleTimeWindow"], json!({"Mode": "OFF"}));
        assert_eq!(schedule["Target"]["Arn"], function);
        assert_eq!(schedule["Target"]["Input"], r#"{"tenant_id":"acme"}"#);
        assert_eq!(schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 0);
        assert!(schedule["Target"]["DeadLetterConfig"]["Arn"].is_string());
    }
}

#[tokio::test]
async fn repeating_it_changes_nothing_and_keeps_the_key() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let secret = desk.stack.secrets().get(&company.tenant).await.unwrap();
    let schedules = desk.aws.schedules(GROUP);
    let (file, credentials) = desk.files(&company, "");
    for args in [
        vec!["add", "--file", &file],
        vec!["add", "--file", &file, "--credentials", &credentials],
    ] {
        let done = desk.json(&args).await;
        assert_eq!(done.exit, Exit::Done, "{}", done.out);
        assert_eq!(
            done.json()["schedules"],
            json!({"created": 0, "updated": 0, "unchanged": 2})
        );
    }
    let again = desk.stack.secrets().get(&company.tenant).await.unwrap();
    assert_eq!(
        again.to_json().expose_secret(),
        secret.to_json().expose_secret()
    );
    assert_eq!(desk.aws.schedules(GROUP), schedules);
}

#[tokio::test]
async fn schedules_that_were_deleted_or_changed_by_hand_are_put_right() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let (file, _) = desk.files(&company, "");
    let good = desk.schedules();
    desk.aws.delete_schedule(GROUP, "acme.certificates");
    let mut changed = desk.aws.schedules(GROUP)["acme.employees"].clone();
    changed["ScheduleExpression"] = json!("rate(1 hour)");
    changed["Target"]["Input"] = json!("{}");
    desk.aws.put_schedule(GROUP, "acme.employees", changed);
    let done = desk.json(&["add", "--file", &file]).await;
    assert_eq!(
        done.json()["schedules"],
        json!({"created": 1, "updated": 1, "unchanged": 0}),
        "{}",
        done.out
    );
    assert_eq!(desk.schedules(), good);
    assert_eq!(
        desk.aws.schedules(GROUP)["acme.employees"]["Target"]["Input"],
        r#"{"tenant_id":"acme"}"#
    );
}

#[tokio::test]
async fn a_tenant_that_is_added_paused_is_planned_and_does_not_run_before_it_is_resumed() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    let add = [
        "add",
        "--file",
        &file,
        "--credentials",
        &credentials,
        "--paused",
    ];
    let done = desk.json(&add).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert!(
        done.json()["status"]["paused"]["since"].is_string(),
        "{}",
        done.out
    );
    assert!(
        desk.schedules().iter().all(|it| it.contains("DISABLED")),
        "{:?}",
        desk.schedules()
    );

    let plan = desk.run(&["plan", "acme"]).await;
    assert_eq!(plan.exit, Exit::Done, "{}", plan.out);
    assert!(
        plan.out.contains("3 to create") && plan.out.contains("tenants resume acme"),
        "{}",
        plan.out
    );
    let sync = desk.json(&["sync", "acme", "--here"]).await;
    assert_eq!(sync.json()["outcome"], "paused", "{}", sync.out);
    assert_eq!(company.reteach.customers().len(), 0);

    // Repeated, it is as it was; once it runs, it is no longer new.
    assert_eq!(desk.json(&add).await.exit, Exit::Done);
    assert_eq!(desk.run(&["resume", "acme"]).await.exit, Exit::Done);
    assert_eq!(desk.run(&["sync", "acme", "--here"]).await.exit, Exit::Done);
    assert_eq!(company.reteach.customers().len(), 3);
    let done = desk.json(&add).await;
    assert_eq!(done.exit, Exit::Usage);
    assert!(
        done.error().contains("tenants pause acme"),
        "{}",
        done.error()
    );
}

#[tokio::test]
async fn another_configuration_needs_update() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let more = "[schedule]\nemployees = \"10 minutes\"\n[brake]\npercent = 3\n";
    let (file, _) = desk.files(&company, more);
    let done = desk.json(&["add", "--file", &file]).await;
    assert_eq!(done.exit, Exit::Usage);
    assert!(
        done.error().contains("([brake], [schedule])"),
        "{}",
        done.error()
    );
    let record = desk
        .stack
        .store()
        .tenant(&company.tenant)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.config, company.tenant_file(""));

    let done = desk.json(&["add", "--file", &file, "--update"]).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert!(
        desk.schedules()
            .contains(&"acme.employees ENABLED rate(10 minutes)".to_owned())
    );
    let record = desk
        .stack
        .store()
        .tenant(&company.tenant)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.config, company.tenant_file(more));
}

#[tokio::test]
async fn credentials_that_are_refused_are_not_stored() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    let text = std::fs::read_to_string(&credentials).unwrap();
    for (right, wrong, about) in [
        ("papi-secret", "wrong", "Personio: employees"),
        ("reteach-secret", "wrong", "reteach: credentials"),
    ] {
        let credentials = desk.file("wrong.json", &text.replace(right, wrong));
        let done = desk
            .json(&["add", "--file", &file, "--credentials", &credentials])
            .await;
        assert_eq!(
            (done.exit, &done.json()["written"]),
            (Exit::Look, &json!(false)),
            "{}",
            done.out
        );
        let items = done.json()["check"]["items"].clone();
        let missed = |item: &&serde_json::Value| item["level"] == "miss" && item["about"] == about;
        assert!(
            items.as_array().unwrap().iter().any(|item| missed(&item)),
            "{items:#}"
        );
        assert!(!done.out.contains("wrong"), "{}", done.out);
    }
    assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
    assert_eq!(desk.schedules(), [""; 0]);
}

#[tokio::test]
async fn a_miss_with_which_runs_can_do_is_told_and_the_tenant_is_added() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    company.personio.revoke(&["gender"]);
    let (file, credentials) = desk.files(&company, "");
    let done = desk
        .json(&["add", "--file", &file, "--credentials", &credentials])
        .await;
    assert_eq!(
        (done.exit, &done.json()["written"]),
        (Exit::Look, &json!(true)),
        "{}",
        done.out
    );
    assert_eq!(desk.schedules().len(), 2);
}

#[tokio::test]
async fn what_is_stored_is_repaired_whatever_the_vendors_say_today() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let (file, _) = desk.files(&company, "");
    company.personio.remove_credentials("papi-client");
    desk.aws.delete_schedule(GROUP, "acme.employees");
    let done = desk.json(&["add", "--file", &file]).await;
    assert_eq!(
        (done.exit, &done.json()["written"]),
        (Exit::Look, &json!(true)),
        "{}",
        done.out
    );
    assert_eq!(desk.schedules().len(), 2);
}

#[tokio::test]
async fn credentials_of_another_academy_are_refused() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let other = desk.company_called("other", Via::Direct).await;
    other.reteach.set_id("another-academy");
    let file = desk.file(
        "moved.toml",
        &company
            .tenant_file("")
            .replace(&company.reteach.base_url(), &other.reteach.base_url()),
    );
    let (_, credentials) = desk.files(&other, "");
    let done = desk
        .json(&[
            "add",
            "--file",
            &file,
            "--credentials",
            &credentials,
            "--update",
        ])
        .await;
    assert_eq!(done.exit, Exit::Look, "{}", done.out);
    assert!(
        done.json()["refused"]
            .as_str()
            .unwrap()
            .contains("another academy"),
        "{}",
        done.out
    );
    let record = desk
        .stack
        .store()
        .tenant(&company.tenant)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.config, company.tenant_file(""));
}

#[tokio::test]
async fn a_paused_tenant_stays_paused() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    desk.run(&["pause", "acme"]).await;
    let paused = [
        "acme.certificates DISABLED rate(30 minutes)",
        "acme.employees DISABLED rate(5 minutes)",
    ];
    assert_eq!(desk.schedules(), paused);
    let (file, _) = desk.files(&company, "");
    let done = desk.json(&["add", "--file", &file]).await;
    assert!(done.json()["status"]["paused"].is_object(), "{}", done.out);
    assert_eq!(desk.schedules(), paused);

    desk.clock().advance(jiff::SignedDuration::from_hours(30));
    assert_eq!(desk.run(&["resume", "acme"]).await.exit, Exit::Done);
    let running = [
        "acme.certificates ENABLED rate(30 minutes)",
        "acme.employees ENABLED rate(5 minutes)",
    ];
    assert_eq!(desk.schedules(), running);
}

#[tokio::test]
async fn without_a_scheduler_a_tenant_is_added_all_the_same() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    company.personio.put(simulators::Person {
        status: Status::Leave,
        ..crate::support::person(9)
    });
    let (file, credentials) = desk.files(&company, "");
    let mut variables = desk.variables();
    variables.retain(|name, _| name != "SCHEDULE_GROUP_NAME");
    let done = desk
        .run_in(
            variables,
            &["add", "--file", &file, "--credentials", &credentials],
        )
        .await;
    assert_eq!(done.exit, Exit::Done);
    assert!(done.out.contains("no schedules"), "{}", done.out);
}
