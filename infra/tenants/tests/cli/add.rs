//! `tenants add`

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use shared::secrets::TenantSecret;
use shared::state::TenantStatus;
use shared::tenant::Via;
use simulators::people::Status;
use tenants::Exit;

use crate::support::{CERTIFICATES, Desk, EMPLOYEES, GROUP, account_of, person};

pub(crate) const PAUSED: [&str; 2] = [
    "acme.certificates DISABLED rate(30 minutes)",
    "acme.employees DISABLED rate(5 minutes)",
];
pub(crate) const RUNNING: [&str; 2] = [
    "acme.certificates ENABLED rate(30 minutes)",
    "acme.employees ENABLED rate(5 minutes)",
];

#[tokio::test]
async fn a_tenant_is_written_with_credentials_a_key_and_both_schedules() {
    let (desk, company) = Desk::new_company().await;
    let added = desk.done(&desk.add(&company, "")).await;
    assert_eq!(added["new"], json!(true), "{added:#}");

    let record = desk.stored(&company).await;
    let expected = (TenantStatus::Active, company.tenant_file(""));
    assert_eq!((record.status, record.config), expected);
    let secret = desk.stack.secrets().get(&company.tenant).await.unwrap();
    let client_id = &secret.reteach.as_ref().unwrap().client_id;
    assert_eq!(client_id.expose_secret(), "reteach-client");
    shared::fingerprint::FingerprintKey::parse(secret.fingerprint_key.as_ref().unwrap()).unwrap();

    let schedules = desk.aws.schedules(GROUP);
    for (name, rate, function) in [
        ("acme.employees", "rate(5 minutes)", EMPLOYEES),
        ("acme.certificates", "rate(30 minutes)", CERTIFICATES),
    ] {
        let schedule = &schedules[name];
        assert_eq!(schedule["ScheduleExpression"], rate);
        assert_eq!(schedule["State"], "ENABLED");
        let expected = json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1});
        assert_eq!(schedule["FlexibleTimeWindow"], expected);
        assert_eq!(schedule["Target"]["Arn"], function);
        assert_eq!(schedule["Target"]["Input"], r#"{"tenant_id":"acme"}"#);
        assert_eq!(schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 0);
        assert!(schedule["Target"]["DeadLetterConfig"]["Arn"].is_string());
    }
}

#[tokio::test]
async fn a_tenant_without_a_key_of_kombo_takes_the_stack_s() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Kombo).await;
    let (file, _) = desk.files(&company, "");
    let secret = TenantSecret {
        personio: None,
        kombo: None,
        fingerprint_key: None,
        ..company.secret()
    };
    let credentials = desk.file("credentials.json", secret.to_json().expose_secret());
    let add = format!("add --file {file} --credentials {credentials}");
    desk.fails(&add, Exit::Usage, &["kombo (api_key)"]).await;
    let client = desk.stack.aws().secrets_manager();
    let create = client.create_secret().name("reteach-personio/_kombo");
    let create = create.secret_string(r#"{"kombo":{"api_key":"kombo-key"}}"#);
    create.send().await.unwrap();
    desk.done(&add).await;
    desk.done("sync acme --here").await;
    desk.done(&format!("add --file {file}")).await;
    let stored = client.get_secret_value().secret_id("reteach-personio/acme");
    let stored = stored.send().await.unwrap();
    let stored = stored.secret_string().unwrap();
    assert!(!stored.contains("kombo"), "the key is stored once");
}

#[tokio::test]
async fn a_repeated_add_changes_nothing_and_keeps_the_key() {
    let (desk, company) = Desk::acme().await;
    let secret = desk.stack.secrets().get(&company.tenant).await.unwrap();
    let schedules = desk.aws.schedules(GROUP);
    let (file, _) = desk.files(&company, "");
    for line in [format!("add --file {file}"), desk.add(&company, "")] {
        let unchanged = json!({"created": 0, "updated": 0, "unchanged": 2});
        assert_eq!(desk.done(&line).await["schedules"], unchanged, "{line}");
    }
    let again = desk.stack.secrets().get(&company.tenant).await.unwrap();
    assert_eq!(
        again.to_json().expose_secret(),
        secret.to_json().expose_secret()
    );
    assert_eq!(desk.aws.schedules(GROUP), schedules);
}

#[tokio::test]
async fn deleted_and_changed_schedules_are_repaired() {
    let (desk, company) = Desk::acme().await;
    let good = desk.schedules();
    desk.aws.delete_schedule(GROUP, "acme.certificates");
    let mut changed = desk.aws.schedules(GROUP)["acme.employees"].clone();
    changed["ScheduleExpression"] = json!("rate(1 hour)");
    changed["Target"]["Input"] = json!("{}");
    desk.aws.put_schedule(GROUP, "acme.employees", changed);
    let repaired = desk.done(&desk.add(&company, "")).await;
    let expected = json!({"created": 1, "updated": 1, "unchanged": 0});
    assert_eq!(repaired["schedules"], expected, "{repaired:#}");
    assert_eq!(desk.schedules(), good);
    let input = &desk.aws.schedules(GROUP)["acme.employees"]["Target"]["Input"];
    assert_eq!(input, r#"{"tenant_id":"acme"}"#);
}

#[tokio::test]
async fn a_paused_new_tenant_is_planned_and_runs_only_after_resume() {
    let (desk, company) = Desk::new_company().await;
    let add = format!("{} --paused", desk.add(&company, ""));
    let added = desk.done(&add).await;
    assert!(added["status"]["paused"]["since"].is_string(), "{added:#}");
    assert_eq!(desk.schedules(), PAUSED);

    let plan = desk.run("plan acme").await;
    assert_eq!(plan.exit, Exit::Done, "{}", plan.out);
    for part in ["3 to create", "tenants resume acme"] {
        assert!(plan.out.contains(part), "{}", plan.out);
    }
    let sync = desk.json("sync acme --here").await.json();
    assert_eq!(sync["outcome"], "paused", "{sync:#}");
    assert_eq!(company.reteach.customers().len(), 0);

    // A repeated `add --paused` keeps the pause; a running tenant refuses it.
    desk.done(&add).await;
    let resumed = desk.run("resume acme").await;
    // The interval, and the minute that a tick may be late.
    assert!(resumed.out.contains("within 6 minutes"), "{}", resumed.out);
    desk.done("sync acme --here").await;
    assert_eq!(company.reteach.customers().len(), 3);
    desk.fails(&add, Exit::Usage, &["tenants pause acme"]).await;
}

#[tokio::test]
async fn a_changed_configuration_needs_update() {
    let (desk, company) = Desk::acme().await;
    let more = "[schedule]\nemployees = \"10 minutes\"\n[brake]\nmail = 3\n";
    let (file, _) = desk.files(&company, more);
    let add = format!("add --file {file}");
    // Also after a rollback, where a newer release has stored what this one does not know.
    for known in ["", "[later]\nwhy = 2\n"] {
        let before = company.tenant_file(known);
        let store = desk.stack.store();
        store.put_tenant(&company.tenant, &before).await.unwrap();
        desk.fails(&add, Exit::Usage, &["([brake], [schedule])"])
            .await;
        assert_eq!(desk.stored(&company).await.config, before);
    }

    desk.done(&format!("{add} --update")).await;
    let changed = "acme.employees ENABLED rate(10 minutes)".to_owned();
    assert!(desk.schedules().contains(&changed));
    let expected = company.tenant_file(more);
    assert_eq!(desk.stored(&company).await.config, expected);
}

#[tokio::test]
async fn add_says_what_follows_where_mail_and_status_cannot_be_read() {
    let (desk, company) = Desk::new_company().await;
    company.personio.revoke(&["email", "status"]);
    for id in 1..=3 {
        company.reteach.insert(account_of(id, None));
    }
    let added = desk.run(&desk.add(&company, "")).await;
    assert_eq!(added.exit, Exit::Attention, "{}", added.out);
    let text = added.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in [
        "people get user names (personio-<id>) and no mail address",
        "the academy has 3 accounts that are not ours, and their owners get a second one",
        "tick \"E-Mail\" before the first run",
        "nobody who is set inactive by hand is locked",
        "tick \"Status\"",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    // The first run creates nobody before somebody agrees.
    let report = desk.attention("sync acme --here").await;
    assert_eq!(report["counts"]["created"], json!(0), "{report:#}");
    assert_eq!(report["held"]["counts"], json!({"create": 3}));
    assert_eq!(company.reteach.customers().len(), 3);
}

#[tokio::test]
async fn the_academy_of_the_file_has_to_be_that_of_the_credentials() {
    let (desk, company) = Desk::acme().await;
    let stored = desk.stored(&company).await.config;
    let elsewhere = "[reteach]\n";
    let file = company
        .tenant_file("")
        .replace(elsewhere, "[reteach]\nacademy = \"other.reteach.io\"\n");
    let file = desk.file("elsewhere.toml", &file);
    let refused = desk.run(&format!("add --file {file} --update")).await;
    assert_eq!(refused.exit, Exit::Attention);
    let text = refused.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in [
        "the tenant file says other.reteach.io",
        "Nothing was written for acme",
    ] {
        assert!(text.contains(says), "{text}");
    }
    assert_eq!(desk.stored(&company).await.config, stored);
}

#[tokio::test]
async fn what_an_update_replaces_is_said_and_a_miss_is_not_called_as_it_should_be() {
    let (desk, company) = Desk::acme().await;
    let (file, _) = desk.files(&company, "[brake]\nmail = 7\n");
    let add = format!("add --file {file} --update");
    for (line, state) in [
        (add.as_str(), "acme is updated, replaced: [brake]."),
        (&add, "acme is as it should be."),
    ] {
        let out = desk.run(line).await.out;
        assert!(out.contains(state), "{state}: {out}");
    }
    company.personio.revoke(&["gender"]);
    let out = desk.run(&add).await.out;
    let says = "1 thing is missing.\nacme is stored as before.";
    assert!(out.contains(says), "{out}");

    let credentials = desk.add(&company, "[brake]\nmail = 7\n");
    let credentials = credentials.replace("credentials.json", "other.json");
    let secret = company.secret();
    let text = secret
        .to_json()
        .expose_secret()
        .replace("papi-secret", "wr0ng");
    desk.file("other.json", &text);
    let out = desk.run(&format!("{credentials} --unchecked")).await.out;
    assert!(out.contains("replaced: credentials"), "{out}");
    assert!(out.contains("for up to 15 minutes"), "{out}");
}

#[tokio::test]
async fn a_scope_that_matches_nobody_is_a_miss() {
    let (desk, company) = Desk::new_company().await;
    let scope = "[scope]\ninclude_companies = [\"Nirgends\"]\n";
    let added = desk.run(&desk.add(&company, scope)).await;
    assert_eq!(added.exit, Exit::Attention, "{}", added.out);
    let out = &added.out;
    assert!(out.contains("[scope] matches none of them"), "{out}");
    assert!(added.out.contains("acme is added."), "{}", added.out);
}

#[tokio::test]
async fn a_stored_tenant_is_repaired_even_while_a_vendor_refuses() {
    let (desk, company) = Desk::acme().await;
    let (file, _) = desk.files(&company, "");
    company.personio.remove_credentials("papi-client");
    desk.aws.delete_schedule(GROUP, "acme.employees");
    let repaired = desk.attention(&format!("add --file {file}")).await;
    assert_eq!(repaired["written"], json!(true), "{repaired:#}");
    assert_eq!(desk.schedules().len(), 2);
}

#[tokio::test]
async fn credentials_of_another_academy_are_refused() {
    let (desk, company) = Desk::acme().await;
    let other = desk.company_called("other", Via::Direct).await;
    other.reteach.set_id("another-academy");
    let (here, there) = (company.reteach.base_url(), other.reteach.base_url());
    let moved = company.tenant_file("").replace(&here, &there);
    let (_, credentials) = desk.files(&other, "");
    let file = desk.file("moved.toml", &moved);
    let add = format!("add --file {file} --credentials {credentials} --update");
    // Also once the stored ones are of no use any more.
    for _ in 0..2 {
        let refused = desk.attention(&add).await;
        let text = refused["refused"].as_str().unwrap();
        assert!(text.contains("another academy"), "{text}");
        assert_eq!(desk.stored(&company).await.config, company.tenant_file(""));
        company.reteach.remove_credentials("reteach-client");
        company.reteach.revoke_tokens();
    }
}

#[tokio::test]
async fn an_academy_of_another_tenant_is_refused_unless_the_operator_says_so() {
    let (desk, company) = Desk::acme().await;
    let other = desk.company_called("other", Via::Direct).await;
    let (here, there) = (company.reteach.base_url(), other.reteach.base_url());
    let file = desk.file("other.toml", &other.tenant_file("").replace(&there, &here));
    let (_, credentials) = desk.files(&other, "");
    let add = format!("add --file {file} --credentials {credentials}");
    let refused = desk.attention(&add).await;
    let text = refused["refused"].as_str().unwrap();
    assert!(text.starts_with("acme has this academy"), "{text}");
    let shown = desk.run(&add).await.out;
    assert!(shown.contains("acme has this academy"), "{shown}");
    assert!(desk.inventory(&other).await.is_empty());

    let doctor = async || desk.attention("doctor").await.to_string();
    assert!(!doctor().await.contains("have one academy"));
    desk.done(&format!("{add} --shared-academy")).await;
    assert!(doctor().await.contains("acme, other have one academy"));
    // Nobody has to say so again.
    desk.done(&add).await;
}

#[tokio::test]
async fn a_paused_tenant_stays_paused() {
    let (desk, company) = Desk::acme().await;
    desk.done("pause acme").await;
    assert_eq!(desk.schedules(), PAUSED);
    let added: Value = desk.done(&desk.add(&company, "")).await;
    assert!(added["status"]["paused"].is_object(), "{added:#}");
    assert_eq!(desk.schedules(), PAUSED);

    desk.pass_minutes(30 * 60);
    desk.done("resume acme").await;
    assert_eq!(desk.schedules(), RUNNING);
}

#[tokio::test]
async fn a_tenant_is_added_without_a_scheduler() {
    let (desk, company) = Desk::new_company().await;
    company.personio.put(simulators::Person {
        status: Status::Leave,
        ..person(9)
    });
    let variables = desk.variables_without(&["SCHEDULE_GROUP_NAME"]);
    let done = desk.run_in(variables, &desk.add(&company, "")).await;
    assert_eq!(done.exit, Exit::Done);
    assert!(done.out.contains("no schedules"), "{}", done.out);
}
