//! `tenants doctor`

use std::collections::HashMap;

use jiff::SignedDuration;
use serde_json::Value;
use shared::domain::id::TenantId;
use simulators::{Behaviour, Body, Fault};
use tenants::Exit;

use crate::support::{Desk, EMPLOYEES, GROUP};

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:alarms";

/// A stack with a topic for alarms, of the release that this program is.
fn variables(desk: &Desk) -> HashMap<String, String> {
    let mut variables = desk.variables();
    let more = [
        ("AWS_ENDPOINT_URL_SNS", desk.aws.base_url()),
        ("ALARM_TOPIC_ARN", TOPIC.to_owned()),
        ("STACK_RELEASE", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    variables.extend(more.map(|(name, value)| (name.to_owned(), value)));
    variables
}

/// Those checks of a report that found something or were not done, each with its texts.
fn open(report: &Value) -> Vec<(&str, String)> {
    let checks = report.as_array().unwrap().iter();
    let open = checks.filter(|check| {
        check["findings"] != serde_json::json!([]) || check.get("not_done").is_some()
    });
    open.map(|check| (check["check"].as_str().unwrap(), check.to_string()))
        .collect()
}

#[tokio::test]
async fn a_deployment_without_findings_is_fine() {
    let (desk, _) = Desk::acme().await;
    desk.aws
        .subscribe(TOPIC, "arn:aws:sns:eu-central-1:123456789012:alarms:1");
    let done = desk.run_in(variables(&desk), "doctor").await;
    // The local table is not protected.
    let lines = done
        .out
        .lines()
        .filter(|line| !line.starts_with("table:") && !line.starts_with(' '));
    let fine: Vec<&str> = lines.collect();
    assert!(
        fine.iter().all(|line| line.ends_with(": fine")),
        "{}",
        done.out
    );
    assert_eq!(fine.len(), 9, "{}", done.out);
}

#[tokio::test]
async fn each_finding_says_what_to_do() {
    let (desk, _) = Desk::acme().await;
    desk.aws.limit_concurrency(10);
    desk.aws.set_architecture(EMPLOYEES, "x86_64");
    desk.aws.delete_schedule(GROUP, "acme.employees");
    desk.aws.subscribe(TOPIC, "PendingConfirmation");
    let mut variables = variables(&desk);
    variables.insert("STACK_RELEASE".to_owned(), "0.0.9".to_owned());
    let notices = TOPIC.replace("alarms", "notices");
    variables.insert("NOTICE_TOPIC_ARN".to_owned(), notices);
    let done = desk.run_in(variables, "doctor --json").await;
    assert_eq!(done.exit, Exit::Attention);
    let report = done.json();
    let found = open(&report);
    for (check, hint) in [
        ("release", "the stack has release 0.0.9"),
        (
            "functions",
            "employee-sync is for x86_64, certificate-sync for arm64",
        ),
        ("concurrency", "EmployeeSyncConcurrency=11"),
        ("alarms", "nobody has confirmed"),
        ("notices", "notices has no confirmed subscription"),
        ("schedules", "`tenants add --file acme.toml` repairs it"),
    ] {
        let finding = found.iter().find(|(name, _)| *name == check);
        let finding = finding.unwrap_or_else(|| panic!("{check}: {report:#}"));
        assert!(finding.1.contains(hint), "{check}: {}", finding.1);
    }
    // Two years later nobody has changed the credentials.
    let client = desk.stack.aws().secrets_manager();
    let create = client.create_secret().name("reteach-personio/_kombo");
    create.secret_string("{}").send().await.unwrap();
    desk.clock().advance(SignedDuration::from_hours(24 * 800));
    let done = desk.run_in(self::variables(&desk), "doctor --json").await;
    let report = done.json();
    let found = open(&report);
    let of = |check: &str| {
        found
            .iter()
            .find(|(name, _)| *name == check)
            .map(|(_, text)| text.clone())
    };
    let old = of("credentials").unwrap_or_default();
    for whose in ["acme: the credentials are", "the stack's key of Kombo is"] {
        assert!(old.contains(whose), "{whose}: {report:#}");
    }
}

#[tokio::test]
async fn a_tenant_without_credentials_hides_no_old_ones_of_others() {
    let (desk, company) = Desk::acme().await;
    let lost = TenantId::parse("birke").unwrap();
    let file = company.tenant_file("");
    desk.stack.store().put_tenant(&lost, &file).await.unwrap();
    desk.clock().advance(SignedDuration::from_hours(24 * 800));
    let report = desk.run_in(variables(&desk), "doctor --json").await.json();
    let found = open(&report);
    let credentials = found.iter().find(|(check, _)| *check == "credentials");
    let text = &credentials.unwrap().1;
    for finding in [
        "acme: the credentials are",
        "birke: there is no secret reteach-personio/birke",
    ] {
        assert!(text.contains(finding), "{finding}: {text}");
    }
}

/// Whatever AWS refuses, the other questions are asked.
#[tokio::test]
async fn a_missing_right_stops_one_question_alone() {
    let (desk, _) = Desk::acme().await;
    desk.aws
        .subscribe(TOPIC, "arn:aws:sns:eu-central-1:123456789012:alarms:1");
    let denied = Fault::new(Behaviour::Status(403, Body::Vendor));
    let path = "/2019-09-30/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Aemployee-sync/concurrency";
    desk.aws.fail(denied.path(path).always());
    let done = desk.run_in(variables(&desk), "doctor --json").await;
    assert_eq!(done.exit, Exit::Attention);
    let report = done.json();
    let mut found = open(&report);
    found.retain(|(check, _)| *check != "table");
    let [(check, text)] = found.as_slice() else {
        panic!("{report:#}");
    };
    assert_eq!(*check, "concurrency");
    assert!(text.contains("lambda:GetFunctionConcurrency"), "{text}");
    let told = desk.run_in(desk.variables(), "doctor").await.out;
    let says = "alarms: not done: this deployment has no topic";
    assert!(told.contains(says), "{told}");
}
